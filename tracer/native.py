"""Threads, locks and thread-locals of the operating system, also inside a monkey-patched process.

eventlet and gevent put green ones in their place, which belong to one thread's event loop. What the
tracer shares between an application's threads and its own must not: a green lock that the
exporter's thread waits for is waited for in a loop that does not run there.
"""

from __future__ import annotations

import _thread
import sys
from types import BuiltinFunctionType
from typing import Any, Final

__all__ = ["Local", "Lock", "RLock", "get_ident", "is_patched", "original"]


def is_patched() -> bool:
    """Whether threads are green in this process by now."""
    return type(_thread.start_new_thread) is not BuiltinFunctionType


def original(name: str) -> Any:
    """*name* of the module ``_thread`` as the interpreter made it."""
    patcher, monkey = sys.modules.get("eventlet.patcher"), sys.modules.get("gevent.monkey")
    if patcher is not None and patcher.is_monkey_patched("thread"):
        return getattr(patcher.original("_thread"), name)
    if monkey is not None:
        return monkey.get_original("_thread", name)
    return getattr(_thread, name)


Lock: Final = original("allocate_lock")
RLock: Final = original("RLock")
Local: Final[Any] = original("_local")
get_ident: Final = original("get_ident")
