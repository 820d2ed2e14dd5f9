"""A request from the outermost WSGI callable to the close of the response."""

from __future__ import annotations

import gc
import os
import sys
from types import FrameType, MethodType
from typing import Any, Final
from weakref import WeakSet

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from ..applications import AppRecord, learn_base_url
from ..capture import class_name, text, wsgi_text
from ..hot_path import (
    FRAMES,
    MISSING,
    NO_NUMBERS,
    NOWHERE,
    Flow,
    Running,
    charge,
    context_of_class,
    entered,
    opened_root,
    own_context,
)
from ..redaction import redact_path
from .base import Probe, Tools
from .body import Body, body_for
from .flask_compat import is_method
from .functions import function_name
from .middleware import Layer, Layers
from .patching import Patches
from .servers import Servers


class WsgiProbe(Probe):
    name = "wsgi"
    kinds = (
        "request",
        "wsgi_app",
        "middleware",
        "dispatch",
        "start_response",
        "response.chunk",
        "response.close",
    )

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.layers = Layers(self)
        self._patches: Patches | None = None
        self._called: set[type] = set()
        self.open_ones: WeakSet[Running] = WeakSet()
        """Requests whose response is not closed; kept only while somebody records in memory."""

    def install(self, patches: Patches) -> None:
        self._patches = patches
        self._called = {Flask}
        self.layers.install(patches)
        Servers(self).install(patches)
        patches.replace(Flask, "__call__", self._call)
        if self.tools.covers_all:
            self.cover_all()

    def cover_all(self) -> None:
        """Applications are traced that nobody named: whatever dispatches to them is a root too."""
        if self._patches is not None and DispatcherMiddleware not in self._called:
            self._called.add(DispatcherMiddleware)
            self._patches.replace(DispatcherMiddleware, "__call__", self._dispatch)

    def attach(self, app: Flask, record: AppRecord, patches: Patches, of_classes: Patches) -> None:
        patches.cover(
            app, "request_context", lambda original: own_context(self, app, record, original)
        )
        of_classes.method(
            type(app), "request_context", lambda original: context_of_class(self, original)
        )
        for cls in type(app).__mro__:
            if "__call__" in vars(cls):
                if cls not in self._called and self._patches is not None:
                    self._called.add(cls)
                    self._patches.replace(cls, "__call__", self._call)
                break

    # --- the outermost callable ------------------------------------------------------------------

    def _call(self, original: Any) -> Any:
        traced = self.tools.apps.traced

        def __call__(
            app: Any,
            environ: Any = MISSING,
            start_response: Any = MISSING,
            /,
            *rest: Any,
            **kwargs: Any,
        ) -> Any:
            # No server calls by keywords.
            if not self.is_on or kwargs or start_response is MISSING:
                given = (one for one in (environ, start_response) if one is not MISSING)
                return original(app, *given, *rest, **kwargs)
            running = layer = None
            try:
                record = traced.get(id(app)) or self.tools.record_of(app)
                if record is not None:
                    if record.base_url is None:
                        learn_base_url(record, environ)
                    running = entered(self, environ, start_response, record.key)
                    if "wsgi_app" in app.__dict__:
                        layer = self.layers.outermost(app)
            except Exception as error:  # noqa: BLE001
                self.fault(error)
            if layer is not None:
                return self._through(running, layer, original, app, environ, start_response, rest)
            if running is None:
                return original(app, environ, start_response, *rest)
            try:
                if rest:
                    body = original(app, environ, running.started, *rest)
                else:
                    body = original(app, environ, running.started)
            except BaseException as error:
                running.left(error)
                raise
            return self._answered(running, environ, body)

        return __call__

    def _through(
        self,
        running: Running | None,
        layer: Layer,
        original: Any,
        app: Any,
        environ: Any,
        start_response: Any,
        rest: Any,
    ) -> Any:
        """The same, through a middleware: a function, or one that is nobody's ``wsgi_app``."""
        start = start_response if running is None else running.started
        try:
            body = self.layers.around(layer, environ, original, (app, environ, start, *rest))
        except BaseException as error:
            if running is not None:
                running.left(error)
            raise
        return body if running is None else self._answered(running, environ, body)

    def finish_open(self) -> None:
        """Requests whose response nobody closed."""
        for running in list(self.open_ones):
            running.finish({"left_open": "capture ended"})

    def finish_all(self) -> None:
        """The same at the end of the process, when there is time to look for them everywhere."""
        pid = os.getpid()
        for found in gc.get_objects():
            # What was open when this process was forked is the parent's.
            if type(found) is Running and found.root is not None and found.root[1].lane.pid == pid:
                found.finish({"left_open": "process ended"})

    def _answered(self, running: Running, environ: Any, body: Any) -> Any:
        if running.root is None:
            return body
        try:
            return body_for(running, environ, body)
        except Exception as error:  # noqa: BLE001
            self.fault(error)
            running.finish({})
            return body

    def is_method(self, code: Any, app: Flask) -> bool:
        """Whether *code* is that of a method of *app*'s class."""
        return is_method(code, app)

    def goes_on(self, flow: Flow, depth: int) -> bool:
        """Whether the request that is open in *flow* is on the stack, beyond the *depth* frames of
        who has just been called.

        It is not when something like Control-C struck in the very lines that begin or end it: then
        nothing is open from here on.
        """
        frame: FrameType | None = sys._getframe(depth)
        while frame is not None:
            code = frame.f_code
            if code.co_name == "wsgi_app" or (
                code.co_name in _INSIDE and code.co_filename in _FILES
            ):
                return True
            frame = frame.f_back
        flow.open, flow.numbers = NOWHERE, NO_NUMBERS
        return False

    # --- Flask's own part ------------------------------------------------------------------------

    def begin_wsgi_app(self, environ: Any, key: str) -> tuple[Any, Any]:
        """The span, and a root in front of it when the application was not called as such."""
        flow = self.recorder.flow()
        opened = flow.open
        trace = opened[2]
        root, dynamic = None, None
        if trace.is_silent:
            return None, None
        is_other = trace.environ != id(environ)
        if (
            not trace.environ
            or opened[1] is not flow
            or (is_other and not self.goes_on(flow, 4 + FRAMES))
        ):
            trace = flow.open[2]
            root = opened_root(self, environ, key)
            if root is not None:
                trace = root[2]
        elif is_other:
            dynamic = {
                "method": environ.get("REQUEST_METHOD"),
                "path": redact_path(text(wsgi_text(environ.get("PATH_INFO")))),
            }
        try:
            if trace.environ == id(environ):
                trace.is_entered = True
            trace.app = trace.app or key
            if trace.layers:
                self.layers.entered(trace, environ)
            return root, self.recorder.begin("wsgi_app", key, key, None, dynamic)
        except Exception:
            self.failed(root, None, None)
            raise

    def failed(self, root: Any, span: Any, error: BaseException | None) -> None:
        try:
            try:
                if span is not None and error is None:
                    self.recorder.end(span)
                elif span is not None:
                    self.recorder.left(span, error)  # type: ignore[arg-type]
            finally:
                if root is not None:
                    self.recorder.close_root(
                        root, {} if error is None else {"left_by": class_name(type(error))}
                    )
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)

    # --- DispatcherMiddleware --------------------------------------------------------------------

    def _dispatch(self, original: Any) -> Any:
        def choose(dispatcher: Any, /, environ: Any, *rest: Any) -> Any:
            try:
                if self.is_on:
                    self._chosen(dispatcher, environ)
            except Exception as error:  # noqa: BLE001
                self.fault(error)
            return original(dispatcher, environ, *rest)

        def __call__(dispatcher: Any, /, *args: Any, **kwargs: Any) -> Any:
            if not self.is_on or kwargs or len(args) < 2:
                return original(dispatcher, *args, **kwargs)
            environ, start_response, *rest = args
            running = layer = None
            try:
                running = entered(self, environ, start_response, None)
                layer = self.layers.alone(dispatcher)
            except Exception as error:  # noqa: BLE001
                self.fault(error)
            if layer is not None:
                return self._through(
                    running, layer, choose, dispatcher, environ, start_response, rest
                )
            if running is None:
                return choose(dispatcher, environ, start_response, *rest)
            try:
                body = choose(dispatcher, environ, running.started, *rest)
            except BaseException as error:
                running.left(error)
                raise
            return self._answered(running, environ, body)

        __call__.__wrapped__ = original  # type: ignore[attr-defined]
        return __call__

    def _mounted(self, application: Any) -> str:
        owner = application.__self__ if type(application) is MethodType else application
        record = self.tools.record_of(owner) if Flask in type(owner).__mro__ else None
        return function_name(application) if record is None else record.key

    def _chosen(self, dispatcher: Any, environ: Any) -> None:
        """Work out the choice as the dispatcher will: it tells nobody before it calls."""
        mounts = dispatcher.mounts
        if type(mounts) is not dict:
            return
        before, path = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
        script, rest = path, ""
        while "/" in script and script not in mounts:
            script, _, last = script.rpartition("/")
            rest = f"/{last}{rest}"
        chosen = mounts.get(script, dispatcher.app)
        charge(self.recorder.buffer, before, before, path, rest)
        self.recorder.instant(
            "dispatch",
            text(wsgi_text(script)) or "/",
            None,
            None,
            (_dispatched, before, before + script, path, rest, self._mounted(chosen)),
        )


_FILES: Final = {WsgiProbe.attach.__code__.co_filename, Body.close.__code__.co_filename}
_INSIDE: Final = ("__call__", "__next__", "close")


def _dispatched(before: str, after: str, path: str, rest: str, mounted: str) -> dict[str, Any]:
    return {
        "script_name": [wsgi_text(before), wsgi_text(after)],
        "path_info": [redact_path(wsgi_text(path)), redact_path(wsgi_text(rest))],
        "mounted": mounted,
    }
