"""Watches the same run with CPython's profile hook: no patch, no receiver, nothing of the tracer's.

It knows Flask's code objects and writes down when they are entered; what it writes is compared with
what the tracer recorded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import blinker
import flask.ctx
import flask.globals
import flask.sessions
import flask.signals
from flask import Flask
from flask.ctx import AppContext
from flask.sessions import SecureCookieSessionInterface, SessionInterface
from werkzeug.local import LocalStack

SIGNAL_NAMES = {
    id(signal): name
    for name, signal in vars(flask.signals).items()
    if isinstance(signal, blinker.Signal)
}


def code(function: Any) -> CodeType:
    return function.__code__


RequestContext = vars(flask.ctx).get("RequestContext", AppContext)
"""From 3.2 on one class is both."""
WSGI_APP = code(Flask.wsgi_app)
SEND = code(blinker.Signal.send)
MATCH = code(RequestContext.match_request)
OPEN = code(SecureCookieSessionInterface.open_session)
SAVE = code(SecureCookieSessionInterface.save_session)
NULL = code(SessionInterface.make_null_session)
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


class Observer:
    """The order of what it saw: names like the tracer's, functions by their own names."""

    def __init__(self, functions: dict[CodeType, str]) -> None:
        self.seen: list[str] = []
        self._functions = functions
        self._set = 0

    def watch(self, frame: FrameType, event: str, argument: Any) -> None:
        found = frame.f_code
        if event == "call":
            self._called(found, frame)
        elif event == "c_return":
            self._c_returned(found, argument)
        elif event == "return" and found in (STACK_PUSH, STACK_POP):
            kind = STACKS.get(id(frame.f_locals["self"]))
            moved = frame.f_locals["obj"] if found is STACK_PUSH else argument
            if kind is not None and moved is not None:  # a test client pushes None in between
                self.seen.append(f"{kind}.{'push' if found is STACK_PUSH else 'pop'}")

    def _called(self, found: CodeType, frame: FrameType) -> None:
        if found in self._functions:
            self.seen.append(self._functions[found])
        elif found is WSGI_APP:
            self.seen.append("wsgi_app")
        elif found is SEND:
            signal = frame.f_locals["self"]
            self.seen.append(f"signal {SIGNAL_NAMES.get(id(signal), getattr(signal, 'name', '?'))}")
        elif found is MATCH:
            self.seen.append("url_match")
        elif found is OPEN:
            self.seen.append("session.open")
        elif found is SAVE:
            self.seen.append("session.save")
        elif found is NULL:
            self.seen.append("session.null")

    def _c_returned(self, found: CodeType, function: Any) -> None:
        """The stacks change when ``ContextVar.set`` or ``reset`` returns inside push and pop."""
        name = getattr(function, "__name__", "")
        if name == "set" and found in (APP_PUSH, REQUEST_PUSH):
            self.seen.append("app_context.push" if found is APP_PUSH else "request_context.push")
        elif name == "reset" and found in (APP_POP, REQUEST_POP):
            self.seen.append("app_context.pop" if found is APP_POP else "request_context.pop")


@contextmanager
def observed(*functions: Callable[..., Any]) -> Iterator[list[str]]:
    """What Flask does in this thread, and when the given functions are called."""
    names = {f.__code__: f.__name__ for f in functions}
    observer = Observer(names)
    before = sys.getprofile()
    sys.setprofile(observer.watch)
    try:
        yield observer.seen
    finally:
        sys.setprofile(before)
