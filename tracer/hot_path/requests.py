"""A request on its way in: from the outermost callable to its context."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from operator import itemgetter
from sys import _getframe
from typing import Any, Final
from weakref import ref

from flask import Flask

from ..capture import FREE_TEXT, text, wsgi_text
from ..ids import parse_trace_id
from ..redaction import clean_text, redact_path
from .calls import FRAMES
from .flows import FLOWS, INNER, OpenSpan
from .rows import charge
from .running import Running

__all__ = ["context_of_class", "entered", "opened_root", "own_context"]

_WSGI_APP: Final = Flask.wsgi_app.__code__
TRACE_HEADER: Final = "HTTP_FLASKSCOPE_TRACE"
_whole: Final = itemgetter("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")


def entered(probe: Any, environ: Any, start_response: Any, key: str | None) -> Running | None:
    """What is running from here on, None when it is running already."""
    # compiled: cdef Flow flow
    # compiled: cdef TraceState trace
    recorder = probe.recorder
    flow = FLOWS.flow if INNER.flow_of is None else recorder.flow()
    opened = flow.open
    trace = opened[2]
    if trace.is_silent:
        return None
    if trace.environ and opened[1] is flow and probe.goes_on(flow, 2 + FRAMES):
        if trace.environ == id(environ):
            return None
        # A request inside a request: a part of that trace, with a start_response of its own.
        return Running(probe, None, start_response, key)
    root = opened_root(probe, environ, key)
    if root is None:
        return None
    try:
        running = Running(probe, root, start_response, key)
        if recorder.captures:
            probe.open_ones.add(running)
    except Exception:
        recorder.close_root(root, None)
        raise
    return running


def opened_root(probe: Any, environ: Any, key: str | None) -> OpenSpan | None:
    """A root of its own for the request in *environ*."""
    get = environ.get
    try:
        method, script, path, query = _whole(environ)
    except KeyError:  # all but the first may be missing
        method, script, path, query = (
            get("REQUEST_METHOD", "GET"), get("SCRIPT_NAME", ""), get("PATH_INFO", ""),
            get("QUERY_STRING", ""),
        )  # fmt: skip
    if len(method) + len(path) + len(query) > FREE_TEXT:
        charge(probe.recorder.buffer, method, path, query)
    traceparent = get("HTTP_TRACEPARENT")
    if type(traceparent) is str:
        traceparent = traceparent[:100]  # whoever sends the request chose its length
    identity = parse_trace_id(get(TRACE_HEADER)) if TRACE_HEADER in environ else None
    root: OpenSpan | None = probe.recorder.open_root(
        "request",
        (_request_name, method, script, path),
        key,
        (
            _request,
            method,
            script,
            path,
            query,
            get("REMOTE_ADDR"),
            traceparent,
            key,
        ),
        identity,
    )
    if root is not None:
        root[2].environ = id(environ)
    return root


def own_context(probe: Any, app: Flask, record: Any, original: Any) -> Callable[..., Any]:
    """In place of the ``request_context`` that *app* has of its own."""
    # compiled: cdef Switch switch
    switch = probe
    reference = ref(app)

    def request_context(*args: Any, **kwargs: Any) -> Any:
        app = reference()
        if app is None or not switch.is_on:
            return original(*args, **kwargs)
        return _context(probe, app, record, original, args, kwargs)

    return request_context


def context_of_class(probe: Any, original: Any) -> Callable[..., Any]:
    """In place of ``Flask.request_context``."""
    # compiled: cdef Switch switch
    switch = probe
    traced = probe.tools.apps.traced

    @wraps(original)
    def request_context(*args: Any, **kwargs: Any) -> Any:
        record = traced.get(id(args[0])) if args and switch.is_on else None
        if record is None:
            return original(*args, **kwargs)
        return _context(probe, args[0], record, original, args, kwargs)

    return request_context


def _context(probe: Any, app: Flask, record: Any, original: Any, args: Any, kwargs: Any) -> Any:
    # compiled: cdef Flow flow
    # compiled: cdef TraceState trace
    recorder, key = probe.recorder, record.key
    root = span = None
    try:
        environ = args[-1]
        flow = FLOWS.flow if INNER.flow_of is None else recorder.flow()
        trace = flow.open[2]
        if trace.environ == id(environ) and not trace.is_entered and trace.layers is None:
            trace.is_entered = True
            span = recorder.begin("wsgi_app", key, key)
        else:
            code = _getframe(1 + FRAMES).f_code
            if code is _WSGI_APP or (code.co_name == "wsgi_app" and probe.is_method(code, app)):
                root, span = probe.begin_wsgi_app(environ, key)
    except Exception as error:  # noqa: BLE001
        probe.fault(error)
    try:
        context = original(*args, **kwargs) if kwargs else original(*args)
    except BaseException as error:
        probe.failed(root, span, error)
        raise
    if span is not None or root is not None:
        _hang_on(probe, context, record, root, span)
    return context


def _hang_on(probe: Any, context: Any, record: Any, root: Any, span: Any) -> None:
    """The span ends when the last pop of *context* is through."""
    try:
        tokens = probe.tools.watch_context(context, record)
        if tokens is None:
            probe.failed(root, span, None)
        else:
            tokens.after, tokens.outside = (span, root), id(sys.exc_info()[1])
    except Exception as error:  # noqa: BLE001
        probe.fault(error)
        probe.failed(root, span, None)


def _request_name(method: str, script: str, path: str) -> str:
    return f"{clean_text(method)} {_shown(script, path)}"


def _request(
    method: str,
    script: str,
    path: str,
    query: str,
    client: Any,
    traceparent: Any,
    app: str | None,
) -> Mapping[str, Any]:
    shown = _shown(script, path)
    attributes = {
        "method": clean_text(method),
        "path": redact_path(f"{shown}?{wsgi_text(query)[:2048]}") if query else shown,
        "script_root": wsgi_text(script),
        "app": app,
    }
    if type(client) is str:
        attributes["client"] = client
    if type(traceparent) is str:
        attributes["traceparent"] = clean_text(traceparent)
    return attributes


def _shown(script: str, path: str) -> str:
    return text(f"{wsgi_text(script)}{wsgi_text(path)}") or "/"
