"""What runs between an application's own steps, in one of two forms of one source.

The files of this folder are plain Python and run everywhere. ``scripts/compile_tracer.py`` makes C
of all of them together and of that ``compiled.….so`` beside them, one for each Python that shares
this folder. It is taken unless ``FLASKSCOPE_COMPILED=0`` says otherwise, it cannot be loaded, for
whatever reason, or it was made of other files than those that are here.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

from .made_of import fingerprint

IS_COMPILED: bool
"""Whether it runs as C."""

_MADE_AS: Final = "tracer.hot_path.compiled"
"""Where Cython enters it, whatever name it is loaded under."""


def _can_be_used() -> bool:
    """Whether a compiled form is here that is of our files; loads it."""
    if os.environ.get("FLASKSCOPE_COMPILED") == "0":
        return False
    before = sys.modules.get(_MADE_AS)
    try:
        compiled = import_module(".compiled", __name__)
        return bool(fingerprint() == compiled.SOURCE)
    except Exception:  # noqa: BLE001 - made for another libc, another Python, half written: all one
        return False
    finally:
        if before is None and not _MADE_AS.startswith(__name__):
            sys.modules.pop(_MADE_AS, None)  # the application has a `tracer` of its own


if TYPE_CHECKING or not _can_be_used():
    IS_COMPILED = False
    from .plain import *
else:
    IS_COMPILED = True
    from .compiled import *
