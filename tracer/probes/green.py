"""Flows of control inside a thread: greenlets that a trace spawns, and tasks that it makes.

gevent tells who spawns what; eventlet's two ways to make a greenlet are patched. asyncio copies the
context for each task in C: the span that is open there is put into the context for that moment.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import MethodType, ModuleType
from typing import Any

from ..capture import class_name
from ..current import new_greenlet_flow
from ..hot_path import FLOWS, HANDED, INNER
from .base import Probe, Tools
from .functions import function_name
from .libraries import Adopt
from .patching import Patches

_WRAPPERS = ("__thread_body", "_spawn_n_impl")
"""eventlet's own functions, whose first argument is what was asked for."""


class GreenProbe(Probe):
    name = "green"
    kinds = ("thread.start",)

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._greenlet: Any = None
        """gevent's class, which calls us."""

    def install(self, patches: Patches) -> None:
        for name, adopt in (
            ("greenlet", self._adopt_greenlet),
            ("asyncio", self._adopt_asyncio),
            ("gevent", self._adopt_gevent),
            ("eventlet.greenthread", self._adopt_eventlet),
        ):
            self.tools.libraries.when_imported(name, self._guarded(adopt))

    def uninstall(self) -> None:
        if self._greenlet is not None:
            self._greenlet.remove_spawn_callback(self._spawned)

    def _guarded(self, adopt: Adopt) -> Adopt:
        def guarded(module: ModuleType, patches: Patches) -> None:
            try:
                adopt(module, patches)
            except Exception as error:  # noqa: BLE001 - a version that we do not know
                self.fault(error)

        return guarded

    def _adopt_greenlet(self, module: ModuleType, patches: Patches) -> None:
        INNER.look()

    # --- asyncio ---------------------------------------------------------------------------------

    def _adopt_asyncio(self, module: ModuleType, patches: Patches) -> None:
        INNER.look()
        patches.replace(module.BaseEventLoop, "create_task", self._create_task)

    def _create_task(self, original: Any) -> Any:
        def create_task(loop: Any, /, *args: Any, **kwargs: Any) -> Any:
            token = None
            if self.is_on:
                try:
                    opened = self.recorder.flow().open
                    if opened[2].id is not None:
                        token = HANDED.set(opened)
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            try:
                return original(loop, *args, **kwargs)
            finally:
                if token is not None:
                    HANDED.reset(token)

        return create_task

    # --- gevent ----------------------------------------------------------------------------------

    def _adopt_gevent(self, module: ModuleType, patches: Patches) -> None:
        module.Greenlet.add_spawn_callback(self._spawned)
        self._greenlet = module.Greenlet

    def _spawned(self, greenlet: Any) -> None:
        """Called by whoever starts *greenlet*, before it runs."""
        if self.is_on:
            try:
                self._hand_over(greenlet, greenlet.__dict__.get("_run"))
            except Exception as error:  # noqa: BLE001
                self.fault(error)

    # --- eventlet --------------------------------------------------------------------------------

    def _adopt_eventlet(self, module: ModuleType, patches: Patches) -> None:
        patches.replace(module.GreenThread, "__init__", self._init)
        patches.replace(module, "_spawn_n", self._spawn_n)

    def _init(self, original: Any) -> Any:
        def __init__(thread: Any, /, *args: Any, **kwargs: Any) -> None:
            original(thread, *args, **kwargs)
            if self.is_on:
                try:
                    # It is told its function later, when it is switched to.
                    asked = sys._getframe(1).f_locals
                    self._hand_over(thread, asked.get("func"), asked.get("args"))
                except Exception as error:  # noqa: BLE001
                    self.fault(error)

        return __init__

    def _spawn_n(self, original: Any) -> Callable[..., Any]:
        def _spawn_n(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if self.is_on:
                try:
                    _, function, arguments, *_ = args
                    self._hand_over(result[1], function, arguments)
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return result

        return _spawn_n

    # --- both ------------------------------------------------------------------------------------

    def _hand_over(self, greenlet: Any, function: Any, args: Any = ()) -> None:
        opened = self.tools.inside()
        if opened is None:
            return
        if getattr(function, "__name__", None) in _WRAPPERS and args:
            function = args[0]
        if type(function) is MethodType and function.__name__ == "_bootstrap":
            return  # of threading.Thread, which was seen when it started
        flow = new_greenlet_flow(FLOWS.flow, greenlet, opened)
        name = class_name(type(greenlet)) if function is None else function_name(function)
        self.recorder.instant(
            "thread.start", name, opened[5][2], None, {"greenlet": flow.lane.greenlet}
        )
