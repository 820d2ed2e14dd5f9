"""Threads that a trace starts, work that it gives to a pool, contexts that it copies."""

from __future__ import annotations

import contextvars
import sys
import threading
from types import FunctionType, ModuleType
from typing import Any

from ..capture import text
from ..events import word
from ..hot_path import HANDED, NO_NUMBERS
from .base import Probe
from .functions import function_name
from .patching import Patches

_ATTRIBUTE = "_flaskscope_handed"
"""Where a thread that was not started yet, or work for a pool, carries the span it comes from."""
_POOLS = ("concurrent.futures.thread",)
"""Whose threads outlive the request that happened to start them and then serve others."""
_LIBRARIES = ("asyncio", "asgiref", "threading", "gevent", "eventlet")


class ThreadsProbe(Probe):
    name = "threads"
    kinds = ("thread.start", "context.copied")

    def install(self, patches: Patches) -> None:
        patches.replace(threading.Thread, "start", self._start)
        patches.replace(threading.Thread, "_bootstrap_inner", self._bootstrap)
        patches.replace(contextvars, "copy_context", self._copy_context)
        self.tools.libraries.when_imported("concurrent.futures.thread", self._adopt_pools)

    def _start(self, original: Any) -> Any:
        def start(thread: Any, /, *args: Any, **kwargs: Any) -> Any:
            if self.is_on:
                try:
                    self._hand_over(thread)
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return original(thread, *args, **kwargs)

        return start

    def _hand_over(self, thread: Any) -> None:
        current = self.recorder.flow().open
        state = object.__getattribute__(thread, "__dict__")
        if current[2].id is None or not state.get("_initialized") or state["_started"].is_set():
            return  # it will be refused, in the last two cases
        target = state.get("_target")
        if type(target) is FunctionType and target.__module__ in _POOLS:
            return
        state[_ATTRIBUTE] = current
        name = function_name(target) if target is not None else type(thread).__name__
        self.recorder.instant(
            "thread.start", name, current[5][2], None, {"thread": text(str(state.get("_name")))}
        )

    def _bootstrap(self, original: Any) -> Any:
        def _bootstrap_inner(thread: Any, /, *args: Any, **kwargs: Any) -> Any:
            try:
                handed = object.__getattribute__(thread, "__dict__").pop(_ATTRIBUTE, None)
                if handed is not None and self.is_on:
                    flow = self.recorder.flow()  # a greenlet's, where threads are green
                    flow.open = handed
                    # So early threading does not know the thread yet.
                    name = word(str(thread.__dict__.get("_name")))
                    flow.lane = flow.lane._replace(thread_name=name)
            except Exception as error:  # noqa: BLE001
                self.fault(error)
            return original(thread, *args, **kwargs)

        return _bootstrap_inner

    # --- pools -----------------------------------------------------------------------------------

    def _adopt_pools(self, module: ModuleType, patches: Patches) -> None:
        item = getattr(module, "_WorkItem", None)
        if type(item) is type:
            patches.replace(item, "__init__", self._submitted)
            patches.replace(item, "run", self._run)

    def _submitted(self, original: Any) -> Any:
        def __init__(item: Any, /, *args: Any, **kwargs: Any) -> None:
            original(item, *args, **kwargs)
            if self.is_on:
                try:
                    self._give(item, args, sys._getframe(2).f_globals.get("__name__"))
                except Exception as error:  # noqa: BLE001
                    self.fault(error)

        return __init__

    def _give(self, item: Any, args: tuple[Any, ...], caller: Any) -> None:
        opened = self.tools.inside()
        if opened is None:
            return
        item.__dict__[_ATTRIBUTE] = opened
        if not _is_library(caller):
            function = args[1][0] if type(args[1]) is tuple else args[1]  # from 3.14 on a tuple
            name = function_name(function)
            self.recorder.instant("thread.start", name, opened[5][2], None, {"thread": "of a pool"})

    def _run(self, original: Any) -> Any:
        def run(item: Any, /, *args: Any, **kwargs: Any) -> Any:
            outside = None
            try:
                handed = item.__dict__.pop(_ATTRIBUTE, None)
                if handed is not None and self.is_on:
                    flow = self.recorder.flow()
                    outside = flow.open, flow.numbers
                    flow.open, flow.numbers = handed, NO_NUMBERS
            except Exception as error:  # noqa: BLE001
                self.fault(error)
            try:
                return original(item, *args, **kwargs)
            finally:
                if outside is not None:  # the thread serves others next
                    flow.open, flow.numbers = outside

        return run

    # --- contexts --------------------------------------------------------------------------------

    def _copy_context(self, original: Any) -> Any:
        def copy_context() -> Any:
            token = None
            if self.is_on:
                try:
                    opened = self.recorder.flow().open
                    if opened[2].id is not None:
                        token = HANDED.set(opened)
                        self._copied(sys._getframe(1).f_globals.get("__name__"))
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            context = original()
            if token is not None:
                HANDED.reset(token)
            return context

        return copy_context

    def _copied(self, caller: Any) -> None:
        current = self.recorder.flow().open
        if current[2].id is None:
            return
        if _is_library(caller):
            return
        self.recorder.instant("context.copied", "copy_context", current[5][2])


def _is_library(module: Any) -> bool:
    """Whether it hands over work for its own purposes."""
    return type(module) is str and module.partition(".")[0] in _LIBRARIES
