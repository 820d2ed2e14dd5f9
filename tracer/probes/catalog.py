"""All probes, in the order in which they are installed; they are taken out in reverse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .base import Probe
from .calls import CallsProbe
from .contexts import ContextsProbe
from .dbutils_pools import DbutilsProbe
from .error_handlers import ErrorHandlersProbe
from .flashes import FlashesProbe
from .flask_compat import HAS_TWO_CONTEXTS, STACKS
from .green import GreenProbe
from .hooks import HooksProbe
from .legacy_stacks import StackedContextsProbe
from .local_proxies import ProxyUsesProbe, UnboundProxiesProbe
from .local_stacks import LocalStacksProbe
from .locals import LocalsProbe
from .logs import LogsProbe
from .merged_contexts import MergedContextsProbe
from .mysql_driver import PyMysqlProbe
from .redis_client import RedisProbe
from .routing import RoutingProbe
from .sessions import SessionsProbe
from .setup import SetupProbe
from .signals import SignalsProbe
from .sqlalchemy_engine import SqlalchemyProbe
from .sqlite_driver import SqliteProbe
from .state import StateProbe
from .templates import TemplatesProbe
from .threads import ThreadsProbe
from .values import ValuesProbe
from .views import ViewsProbe
from .wsgi import WsgiProbe

_CONTEXTS: Final = (
    MergedContextsProbe
    if not HAS_TWO_CONTEXTS
    else StackedContextsProbe
    if STACKS
    else ContextsProbe
)

CATALOG: Final[tuple[type[Probe], ...]] = (
    SessionsProbe,  # before contexts, which show it each session interface
    _CONTEXTS,
    WsgiProbe,
    RoutingProbe,
    CallsProbe,
    HooksProbe,
    ViewsProbe,
    ErrorHandlersProbe,
    SignalsProbe,
    TemplatesProbe,  # before flashes: it must know the original of get_flashed_messages
    FlashesProbe,
    LocalStacksProbe,
    UnboundProxiesProbe,
    ThreadsProbe,
    GreenProbe,
    LogsProbe,
    SqliteProbe,
    PyMysqlProbe,
    DbutilsProbe,
    SqlalchemyProbe,
    RedisProbe,
    SetupProbe,
)

SWITCHED: Final[Mapping[str, type[Probe]]] = {
    "proxy": ProxyUsesProbe,
    "local": LocalsProbe,
    "state": StateProbe,
    "values": ValuesProbe,
}
"""Those that are installed when somebody asks for them by the names of ``config.SWITCHES``. They
patch classes and modules only, so that they can come and go while applications are traced."""
