"""What a tracer changes in a process, seen by looking at all modules and classes before and after.

``python tests/house/replaced.py`` prints it as JSON: it knows nothing of the tracer's own list.
Modules named behind it are imported first, as an application would that uses them.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
from types import ModuleType
from typing import Any
from weakref import finalize

from flask import Flask
from flask.sessions import SecureCookieSession, SessionInterface
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from tracer import Tracer

Place = tuple[str, str]
"""Module, class or thing of the application's, and the attribute."""


class OwnSessions(SessionInterface):
    """The application's session interface."""

    def open_session(self, app: Any, request: Any) -> Any:
        return SecureCookieSession()

    def save_session(self, app: Any, session: Any, response: Any) -> None:
        return

    def make_null_session(self, app: Any) -> Any:
        return super().make_null_session(app)


class OwnMiddleware:
    """The application's middleware."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.inner(environ, start_response)


class OwnFlask(Flask):
    """The application's class."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return super().__call__(environ, start_response)


def application() -> OwnFlask:
    app = OwnFlask("replaced")
    app.session_interface = OwnSessions()
    app.wsgi_app = OwnMiddleware(app.wsgi_app)  # type: ignore[method-assign]
    app.add_url_rule("/", "index", lambda: "hello")
    return app


def ask(app: Flask) -> None:
    Client(DispatcherMiddleware(app)).get("/")


def look(app: Flask) -> dict[Place, int]:
    """Identities of everything that is an attribute of a module, a class or *app*."""
    found: dict[Place, int] = {}
    for owner in gc.get_objects():
        if not isinstance(owner, ModuleType | type) or _name(owner).startswith("tracer"):
            continue
        if isinstance(owner, type) and owner.__base__ and _name(owner.__base__) == _name(owner):
            continue  # a class of ours that stands in for another one, under its name
        for name, value in list(vars(owner).items()):
            found[_name(owner), name] = id(value)
    for name, value in vars(app).items():
        found["your application", name] = id(value)
    return found


def _name(owner: ModuleType | type) -> str:
    if isinstance(owner, ModuleType):
        return owner.__name__
    if owner.__module__ == "__main__":
        return {
            OwnSessions: "your session interface's class",
            OwnMiddleware: "your middleware's class",
            OwnFlask: "your application's class",
        }.get(owner, owner.__qualname__)
    return f"{owner.__module__}.{owner.__qualname__}"


def differences(before: dict[Place, int], after: dict[Place, int]) -> list[Place]:
    return sorted(
        place for place in before.keys() | after.keys() if before.get(place) != after.get(place)
    )


def main(libraries: list[str]) -> None:
    for name in libraries:
        importlib.import_module(name)
    app = application()
    ask(app)  # whatever is made on first use is there, also what Python makes for finalizers
    finalize(app, print).atexit = False
    untouched = look(app)

    off = Tracer(app)
    ask(app)
    while_off = differences(untouched, look(app))
    off.uninstall()

    one, all_of_them = Tracer(app, enabled=True), Tracer()
    for_one = differences(untouched, look(app))
    all_of_them.instrument_all()
    ask(app)
    for_all = differences(untouched, look(app))
    one.uninstall()
    all_of_them.uninstall()
    ask(app)
    after = differences(untouched, look(app))
    json.dump({"off": while_off, "one": for_one, "all": for_all, "after": after}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
