"""What runs for each event, in one of two forms of one source.

:mod:`.source` is plain Python and runs everywhere. ``scripts/compile_tracer.py`` makes C of it and
of that ``compiled.….so`` beside it, one for each Python that shares this folder. It is taken unless
``FLASKSCOPE_COMPILED=0`` says otherwise, it cannot be loaded, for whatever reason, or it was made
of another ``source.py`` than the one that is here.
"""

from __future__ import annotations

import hashlib
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

IS_COMPILED: bool
"""Whether it runs as C."""

_MADE_AS: Final = "tracer.hot_path.compiled"
"""Where Cython enters it, whatever name it is loaded under."""


def _can_be_used() -> bool:
    """Whether a compiled form is here that is of our ``source.py``; loads it."""
    if os.environ.get("FLASKSCOPE_COMPILED") == "0":
        return False
    source = Path(__file__).with_name("source.py")
    before = sys.modules.get(_MADE_AS)
    try:
        compiled = import_module(".compiled", __name__)
        return bool(hashlib.sha256(source.read_bytes()).hexdigest() == compiled.SOURCE)
    except Exception:  # noqa: BLE001 - made for another libc, another Python, half written: all one
        return False
    finally:
        if before is None and not _MADE_AS.startswith(__name__):
            sys.modules.pop(_MADE_AS, None)  # the application has a `tracer` of its own


if TYPE_CHECKING:
    from .source import *
elif _can_be_used():
    IS_COMPILED = True
    from .compiled import *
else:
    IS_COMPILED = False
    from .source import *
