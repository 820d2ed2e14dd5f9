"""The plain form: all that the compiled one has, under the same names."""

from .calls import *
from .contexts import *
from .flows import *
from .recording import *
from .requests import *
from .responses import *
from .rows import *
from .running import *
from .sessions import *
from .signals import *
from .templates import *
