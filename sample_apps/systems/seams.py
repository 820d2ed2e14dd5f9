"""Where the other systems can be watched from outside, in the common vocabulary of phases.

Each seam is a function of the system itself, with a span around it; the applications know nothing.
What was found at which function is written down in ``docs/lessons.md``.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from functools import partial, wraps
from types import SimpleNamespace
from typing import Any, NamedTuple

from tracer.programs import Program


class Expected(NamedTuple):
    """What is known of a request before a byte of it has been read."""

    method: str
    path: str
    trace_id: str | None


Ask = Callable[[int], Expected]
"""From the port that a connection comes from to what is expected of it."""
OPEN: ContextVar[Any] = ContextVar("open request", default=None)
"""The request that goes on in this thread or task, until it is closed."""


class Seams:
    """Reports one system."""

    def __init__(self, program: Program, ask: Ask) -> None:
        self.program = program
        self.ask = ask
        self.status: int | None = None
        """Of the response, where the server says it before the request is closed."""
        self.replaced: dict[str, Any] = {}
        """Names in the lesson's module that are to mean something else there."""

    def around(self, owner: Any, name: str, phase: str, label: str | None = None) -> None:
        """A span around each call of *owner*'s function *name*."""
        setattr(owner, name, self.watched(getattr(owner, name), phase, label or name))

    def watched(self, function: Callable[..., Any], phase: str, label: str) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self.program.phase(phase, label):
                return function(*args, **kwargs)

        return call

    # --- where a request begins and ends ---------------------------------------------------------

    def accepted(self, connection: socket.socket, label: str) -> None:
        """A request begins with its connection."""
        self.begin(self.ask(connection.getpeername()[1]))
        with self.program.phase("connection", label):
            pass

    def begin(self, expected: Expected) -> None:
        OPEN.set(self.program.open_request(*expected))

    def close(self, status: int | None = None) -> None:
        self.program.close_request(OPEN.get(), status or self.status)
        OPEN.set(None)
        self.status = None

    def wsgi(self, application: Callable[..., Any]) -> Callable[..., Any]:
        """*application*, whose requests begin when it is called and end when they are closed."""

        @wraps(application)
        def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            query = environ.get("QUERY_STRING")
            path = environ["PATH_INFO"] + (f"?{query}" if query else "")
            trace_id = environ.get("HTTP_FLASKSCOPE_TRACE")
            self.begin(Expected(environ["REQUEST_METHOD"], path, trace_id))
            statuses = []

            def start(status: str, *args: Any) -> Any:
                statuses.append(int(status[:3]))
                with self.program.phase("response_start", "start_response"):
                    return start_response(status, *args)

            return Body(application(environ, start), self, statuses)

        return call

    def wsgi_method(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """The same for a method that is the application."""

        @wraps(method)
        def call(this: Any, environ: Any, start_response: Any) -> Any:
            return self.wsgi(partial(method, this))(environ, start_response)

        return call


class Body:
    """What a WSGI application returned, its chunks and its close."""

    def __init__(self, inner: Iterable[bytes], seams: Seams, statuses: list[int]) -> None:
        self.inner = inner
        self.seams = seams
        self.statuses = statuses

    def __len__(self) -> int:
        return len(self.inner)  # type: ignore[arg-type]  # a server asks, and gets what it got

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self.inner)
        while True:
            with self.seams.program.phase("iterate", "next"):
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk

    def close(self) -> None:
        with self.seams.program.phase("close", "close"):
            if hasattr(self.inner, "close"):
                self.inner.close()
        self.seams.close(self.statuses[-1] if self.statuses else None)


# --- the systems ----------------------------------------------------------------------------------


def raw_socket(seams: Seams) -> None:
    class Watched(socket.socket):
        def accept(self) -> Any:
            connection, address = super().accept()
            seams.accepted(connection, "accept")
            return Watched(fileno=connection.detach()), address

        def close(self) -> None:
            with seams.program.phase("close", "close"):
                super().close()
            seams.close()

    seams.around(Watched, "bind", "connection")
    seams.around(Watched, "listen", "connection")
    seams.around(Watched, "recv", "parse")
    seams.around(Watched, "send", "response_start")
    # The lesson's alone: what the tracer sends goes through sockets as well.
    seams.replaced["socket"] = SimpleNamespace(**{**vars(socket), "socket": Watched})


def wsgiref(seams: Seams) -> None:
    from wsgiref import handlers, simple_server

    request, handler = simple_server.WSGIRequestHandler, handlers.BaseHandler
    standard_server(seams, simple_server.WSGIServer, request)
    seams.around(request, "setup", "connection")
    seams.around(request, "parse_request", "parse")
    seams.around(request, "get_environ", "parse")
    get_app = simple_server.WSGIServer.get_app
    simple_server.WSGIServer.get_app = lambda server: seams.watched(  # type: ignore[method-assign]
        get_app(server), "view", "application"
    )
    seams.around(handler, "start_response", "response_start")
    seams.around(handler, "write", "iterate")
    seams.around(handler, "send_headers", "response_start")
    seams.around(simple_server.ServerHandler, "close", "close")
    seams.around(request, "finish", "teardown")


def werkzeug(seams: Seams) -> None:
    from werkzeug import serving, wrappers, wsgi

    standard_server(seams, serving.BaseWSGIServer, serving.WSGIRequestHandler)
    seams.around(serving.WSGIRequestHandler, "setup", "connection")
    seams.around(serving.WSGIRequestHandler, "parse_request", "parse")
    seams.around(serving.WSGIRequestHandler, "make_environ", "parse")
    seams.around(wrappers.Request, "__init__", "context", "Request")
    application = wrappers.Request.application.__func__  # type: ignore[attr-defined]
    wrappers.Request.application = classmethod(  # type: ignore[assignment,method-assign]
        lambda cls, f: application(cls, seams.watched(f, "view", f.__name__))
    )
    seams.around(wrappers.Response, "__call__", "response_start", "Response")
    seams.around(serving.WSGIRequestHandler, "send_response", "response_start")
    seams.around(wsgi.ClosingIterator, "close", "close", "ClosingIterator.close")
    seams.around(wrappers.Response, "close", "close", "Response.close")
    seams.around(serving.WSGIRequestHandler, "finish", "teardown")


def standard_server(seams: Seams, server: Any, handler: Any) -> None:
    """A server of ``socketserver``: its requests begin with get_request."""
    get_request, shutdown = server.get_request, server.shutdown_request
    log_request = handler.log_request

    def accept(self: Any) -> Any:
        connection, address = get_request(self)
        seams.accepted(connection, "get_request")
        return connection, address

    def shut(self: Any, request: Any) -> None:
        with seams.program.phase("connection", "shutdown_request"):
            shutdown(self, request)
        seams.close()

    def log(self: Any, code: Any = "-", size: Any = "-") -> None:
        seams.status = int(code)
        log_request(self, code, size)

    server.get_request, server.shutdown_request, handler.log_request = accept, shut, log


def flask(seams: Seams) -> None:
    """Its own tracer reports it."""


def django(seams: Seams) -> None:
    from django.core import signals
    from django.core.handlers import base, exception, wsgi
    from django.utils.deprecation import MiddlewareMixin

    wsgi.WSGIHandler.__call__ = seams.wsgi_method(wsgi.WSGIHandler.__call__)
    seams.around(wsgi.WSGIRequest, "__init__", "context", "WSGIRequest")
    seams.around(signals.request_started, "send", "pre_hooks", "request_started")
    seams.around(signals.request_finished, "send", "teardown", "request_finished")
    load, made = base.BaseHandler.load_middleware, MiddlewareMixin.__init__
    hooks = {"process_request": "pre_hooks", "process_response": "post_hooks"}

    def make(self: Any, get_response: Any) -> None:
        made(self, get_response)
        for name, phase in hooks.items():
            if hasattr(self, name):
                seams.around(self, name, phase, f"{type(self).__name__}.{name}")

    def load_middleware(self: Any, *args: Any, **kwargs: Any) -> None:
        # Django wraps views of its own into middleware as well; only the application's is watched.
        MiddlewareMixin.__init__ = make
        try:
            load(self, *args, **kwargs)
        finally:
            MiddlewareMixin.__init__ = made

    base.BaseHandler.load_middleware = load_middleware
    seams.around(base.BaseHandler, "resolve_request", "route")
    make_view = base.BaseHandler.make_view_atomic
    base.BaseHandler.make_view_atomic = lambda self, view: seams.watched(
        make_view(self, view), "view", view.__name__
    )
    seams.around(exception, "response_for_exception", "error")


def tornado(seams: Seams) -> None:
    from tornado import routing, web

    handler = web.RequestHandler
    received = routing._RoutingDelegate.headers_received

    def headers_received(self: Any, line: Any, headers: Any) -> Any:
        seams.begin(Expected(line.method, line.path, headers.get("Flaskscope-Trace")))
        return seams.watched(received, "parse", "headers_received")(self, line, headers)

    routing._RoutingDelegate.headers_received = headers_received
    seams.around(web.Application, "find_handler", "route")
    seams.around(handler, "__init__", "context", "RequestHandler")
    execute = handler._execute

    async def _execute(self: Any, *args: Any, **kwargs: Any) -> Any:
        seams.around(self, "prepare", "pre_hooks")
        seams.around(self, self.request.method.lower(), "view")
        seams.around(self, "on_finish", "post_hooks")
        return await execute(self, *args, **kwargs)

    handler._execute = _execute
    seams.around(handler, "log_exception", "error")
    seams.around(handler, "write_error", "error")
    seams.around(handler, "flush", "response_start")
    finish = handler.finish

    def finished(self: Any, *args: Any, **kwargs: Any) -> Any:
        with seams.program.phase("close", "finish"):
            future = finish(self, *args, **kwargs)
        seams.close(self.get_status())
        return future

    handler.finish = finished


def bottle(seams: Seams) -> None:
    import bottle as module

    module.Bottle.wsgi = seams.wsgi_method(module.Bottle.wsgi)
    seams.around(module.LocalRequest, "bind", "context", "request.bind")
    trigger = module.Bottle.trigger_hook
    phases = {"before_request": "pre_hooks", "after_request": "post_hooks"}

    def trigger_hook(self: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        watched = seams.watched(trigger, phases[name], name) if name in phases else trigger
        return watched(self, name, *args, **kwargs)

    module.Bottle.trigger_hook = trigger_hook
    seams.around(module.Router, "match", "route")
    make = module.Route._make_callback
    module.Route._make_callback = lambda self: seams.watched(
        make(self), "view", self.callback.__name__
    )
    seams.around(module.Bottle, "default_error_handler", "error")


def webpy(seams: Seams) -> None:
    import web

    application = web.application
    wsgifunc = application.wsgifunc
    application.wsgifunc = lambda self, *middleware: seams.wsgi(wsgifunc(self, *middleware))
    seams.around(application, "load", "context")
    seams.around(application, "_match", "route")
    delegate = application._delegate

    def _delegate(self: Any, f: Any, *args: Any, **kwargs: Any) -> Any:
        label = getattr(f, "__name__", str(f))
        return seams.watched(delegate, "view", label)(self, f, *args, **kwargs)

    application._delegate = _delegate
    loadhook, unloadhook = web.loadhook, web.unloadhook
    web.loadhook = lambda h: loadhook(seams.watched(h, "pre_hooks", h.__name__))
    web.unloadhook = lambda h: unloadhook(seams.watched(h, "post_hooks", h.__name__))
    seams.around(application, "_cleanup", "teardown")
    seams.around(application, "internalerror", "error")


SYSTEMS: dict[str, Callable[[Seams], None]] = {
    "socket": raw_socket,
    "wsgiref": wsgiref,
    "werkzeug": werkzeug,
    "flask": flask,
    "django": django,
    "tornado": tornado,
    "bottle": bottle,
    "webpy": webpy,
}
