"""A dumb twin of the tracer: it watches the same thing with CPython's profile hook, in all threads.

It patches nothing, subscribes to nothing and has to be told nothing: what Flask's own methods call
are hooks, views, handlers and receivers, and their names are in those methods' local variables.
"""

from __future__ import annotations

import inspect
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

import blinker
import flask
import flask.ctx
import flask.globals
import flask.signals
import flask.templating
import jinja2
from flask import Flask
from flask.ctx import AppContext
from flask.sessions import SessionInterface
from flask.views import View
from jinja2.defaults import DEFAULT_NAMESPACE
from werkzeug.local import LocalStack
from werkzeug.routing import MapAdapter

from tracer.events import Event

SIGNAL_NAMES = {
    id(signal): name
    for name, signal in vars(flask.signals).items()
    if isinstance(signal, blinker.Signal)
}


def code(function: Any) -> CodeType:
    return function.__code__


RequestContext = vars(flask.ctx).get("RequestContext", AppContext)
"""From 3.2 on one class is both."""
SEND = code(blinker.Signal.send)
APP_PUSH, APP_POP = code(AppContext.push), code(AppContext.pop)
REQUEST_PUSH, REQUEST_POP = code(RequestContext.push), code(RequestContext.pop)
STACK_PUSH, STACK_POP = code(LocalStack.push), code(LocalStack.pop)
STACKS = {
    id(vars(flask.globals).get(name)): kind
    for name, kind in (
        ("_app_ctx_stack", "app_context"),
        ("_request_ctx_stack", "request_context"),
    )
}
"""Up to 2.1 the contexts are kept in these; later there are none, or stand-ins."""

ROLES = {
    "before_request": "preprocess_request",
    "url_value_preprocessor": "preprocess_request",
    "after_request": "process_response",
    "after_this_request": "process_response",
    "teardown_request": "do_teardown_request",
    "teardown_appcontext": "do_teardown_appcontext",
    "view": "dispatch_request",
    "error_handler": "handle_error",
    "context_processor": "update_template_context",
    "url_defaults": "inject_url_defaults",
    "signal_receiver": "send",
}
"""What the tracer calls a function → which method of Flask calls it."""
HANDLERS = ("handle_user_exception", "handle_http_exception", "handle_exception")
PLAIN = {
    "wsgi_app", "url_match", "session.open", "session.save", "session.null", "make_response",
    "template.render", "template.stream", "url_for",
    "app_context.push", "app_context.pop", "request_context.push", "request_context.pop",
    "local_stack.push", "local_stack.pop",
}  # fmt: skip
"""Kinds that are compared without a name."""
IN_TEMPLATES = ("template_filter", "template_global", "template_test")
SESSIONS = {
    "open_session": "session.open",
    "save_session": "session.save",
    "make_null_session": "session.null",
}
ENTERED = {
    code(Flask.make_response): "make_response",
    code(RequestContext.match_request): "url_match",
    code(flask.templating._render): "template.render",
}
if hasattr(flask.templating, "_stream"):  # from 2.2 on
    ENTERED[code(flask.templating._stream)] = "template.stream"
LEFT = {
    code(MapAdapter.build): "url_for",
    STACK_PUSH: "local_stack.push",
    STACK_POP: "local_stack.pop",
}
USES_TEMPLATES = {code(jinja2.Template.render), code(jinja2.Template.generate),
                  code(jinja2.Environment.compile)}  # fmt: skip
FLASK = f"{Path(flask.__file__).parent}{os.sep}"
VIEWS = str(Path(sys.modules[View.__module__].__file__ or ""))
JINJAS = ("jinja2", "markupsafe", "flask")


class Twin:
    """The order of what it saw: names like the tracer's, functions by role and name."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._in_templates: dict[CodeType, str] = {}

    def watch(self, frame: FrameType, event: str, argument: Any) -> None:
        found = frame.f_code
        if event == "call":
            self._called(found, frame)
        elif event == "c_return":
            self._c_returned(found, argument)
        elif event == "return":
            self._returned(found, frame, argument)

    def _called(self, found: CodeType, frame: FrameType) -> None:
        caller = frame.f_back
        role = None if caller is None else role_of(caller)
        if caller is not None and role is not None:
            name = called_name(frame, caller)
            if name is not None:
                self.seen.append(f"{role} {name}")
        own = first_argument(frame)
        if found.co_name in SESSIONS and isinstance(own, SessionInterface):
            if not is_inherited(frame):
                self.seen.append(SESSIONS[found.co_name])
        elif found.co_name == "wsgi_app" and isinstance(own, Flask):
            if not is_inherited(frame):
                self.seen.append("wsgi_app")
        elif found in ENTERED:
            self.seen.append(ENTERED[found])
        elif found in USES_TEMPLATES:
            self._learn(own if isinstance(own, jinja2.Environment) else own.environment)
        elif found is SEND:
            name = SIGNAL_NAMES.get(id(own), getattr(own, "name", "signal"))
            self.seen.append(f"signal {name}")
        elif found in self._in_templates:
            self.seen.append(self._in_templates[found])

    def _c_returned(self, found: CodeType, function: Any) -> None:
        """Contexts change when ``ContextVar.set`` or ``reset`` returns inside push and pop."""
        name = getattr(function, "__name__", "")
        if name == "set" and found in (APP_PUSH, REQUEST_PUSH):
            self.seen.append("app_context.push" if found is APP_PUSH else "request_context.push")
        elif name == "reset" and found in (APP_POP, REQUEST_POP):
            self.seen.append("app_context.pop" if found is APP_POP else "request_context.pop")

    def _returned(self, found: CodeType, frame: FrameType, result: Any) -> None:
        if found in (STACK_PUSH, STACK_POP):
            kind = STACKS.get(id(frame.f_locals["self"]))
            moved = frame.f_locals["obj"] if found is STACK_PUSH else result
            if kind is not None and moved is not None:  # a test client pushes None in between
                self.seen.append(f"{kind}.{'push' if found is STACK_PUSH else 'pop'}")
        if found in LEFT:
            self.seen.append(LEFT[found])

    def _learn(self, environment: jinja2.Environment) -> None:
        """Whatever a template may call that Jinja did not bring along."""
        for functions in (environment.filters, environment.globals, environment.tests):
            for name, function in functions.items():
                if DEFAULT_NAMESPACE.get(name) is not function:
                    found = code_of(function)
                    module = getattr(function, "__module__", None) or ""
                    if found is not None and module.partition(".")[0] not in JINJAS:
                        self._in_templates[found] = f"template {name_of(function)}"


def role_of(caller: FrameType) -> str | None:
    """The method of Flask that runs in *caller*, also as a subclass wrote it."""
    name = caller.f_code.co_name
    if caller.f_code is SEND:
        return name
    if not isinstance(first_argument(caller), Flask):
        return None
    return "handle_error" if name in HANDLERS else name if name in ROLES.values() else None


def called_name(frame: FrameType, caller: FrameType) -> str | None:
    """The name of the function that *caller* calls in *frame*; None if that is Flask's own."""
    values = caller.f_locals
    if frame.f_code.co_filename == VIEWS:
        # A view that is kept for all requests does not find itself in a local variable.
        kept = values["self"].view_functions[values["rule"].endpoint]
        return name_of(frame.f_locals.get("view", kept))
    if frame.f_code.co_filename.startswith(FLASK):
        return None
    candidates = [*values.values()]
    if "rule" in values:
        candidates.append(values["self"].view_functions[values["rule"].endpoint])
    for candidate in candidates:
        # A coroutine function is called by asgiref, in another thread.
        awaited = vars(first_argument(frame)).get("awaitable") if is_asgiref(frame) else None
        if candidate is awaited if awaited is not None else code_of(candidate) is frame.f_code:
            return name_of(candidate)
    return None


def is_asgiref(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == "asgiref.sync" and frame.f_code.co_name == "__call__"


def first_argument(frame: FrameType) -> Any:
    names = frame.f_code.co_varnames
    if not names:
        return None
    first = frame.f_locals.get(names[0])
    # ``*args`` alone: a function that was made a method gets its object in it.
    has_self = frame.f_code.co_argcount > 0
    return first[0] if not has_self and isinstance(first, tuple) and first else first


def is_inherited(frame: FrameType) -> bool:
    """Whether a method of the same name and object calls it: by ``super()``."""
    caller = frame.f_back
    return (
        caller is not None
        and caller.f_code.co_name == frame.f_code.co_name
        and first_argument(caller) is first_argument(frame)
    )


def code_of(function: Any) -> CodeType | None:
    if isinstance(function, partial):
        return code_of(function.func)
    if isinstance(function, MethodType | FunctionType):
        return function.__code__
    return getattr(inspect.getattr_static(type(function), "__call__", None), "__code__", None)


def name_of(function: Any) -> str:
    if isinstance(function, partial):
        return name_of(function.func)
    return getattr(function, "__name__", None) or type(function).__name__


@contextmanager
def watched_by_twin() -> Iterator[list[str]]:
    """What Flask does, in this thread and in those that are started meanwhile."""
    twin = Twin()
    threading.setprofile(twin.watch)
    sys.setprofile(twin.watch)
    try:
        yield twin.seen
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]


def told_by_tracer(events: Iterable[Event]) -> list[str]:
    """The same list, from what was recorded."""
    result = []
    for event in events:
        if event.phase == "end" or event.attributes.get("framework"):
            continue
        if event.kind in PLAIN:
            result.append(event.kind)
        elif event.kind == "signal":
            result.append(f"signal {event.name}")
        elif event.kind in ROLES:
            result.append(f"{ROLES[event.kind]} {event.name}")
        elif event.kind in IN_TEMPLATES and "file" in event.attributes:  # else it is written in C
            result.append(f"template {event.name}")
    return result


Compared = Callable[[], Callable[[], object]]


def compare(make: Compared) -> tuple[list[str], list[str]]:
    """*make* gives something to run: what the twin and the tracer saw of two such runs."""
    from tracer.testing import capture_trace

    run = make()
    with watched_by_twin() as seen:
        run()
    run = make()
    with capture_trace() as captured:
        run()
    return seen, told_by_tracer(captured.events)
