"""An exception at every place where the application's code runs, and streams that end early."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any

import flask.globals
import flask.signals
from apps import Memory, Run, named, plain
from blinker import Signal
from flask import (
    Blueprint,
    Flask,
    Response,
    after_this_request,
    current_app,
    render_template_string,
    session,
    stream_with_context,
    url_for,
)
from werkzeug.local import LocalStack
from werkzeug.test import Client, EnvironBuilder


class Failure(Exception):
    pass


def fail(*args: Any, **kwargs: Any) -> Any:
    raise Failure


def called(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """*function* under a name of its own, with code of its own: by that it is known."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    call.__code__ = call.__code__.replace(co_name=name)
    return named(name, call)


def full(**places: Callable[..., Any]) -> Flask:
    """Something at every place, which does nothing or what *places* says."""
    app, part = plain(), Blueprint("part", __name__)

    def at(place: str, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        return called(place, places.get(place, otherwise))

    for thing, of in ((app, "app"), (part, "part")):
        thing.url_value_preprocessor(at(f"values_{of}", lambda endpoint, values: None))
        thing.url_defaults(at(f"defaults_{of}", lambda endpoint, values: None))
        thing.before_request(at(f"before_{of}", lambda: None))
        thing.context_processor(at(f"names_{of}", lambda: {}))
        thing.after_request(at(f"after_{of}", lambda response: response))
        thing.teardown_request(at(f"down_{of}", lambda error: None))
    app.teardown_appcontext(at("down_context", lambda error: None))
    app.add_template_filter(at("shown", lambda value: value))
    app.register_error_handler(Failure, at("handler", lambda error: ("handled", 500)))
    once, view = at("once", lambda response: response), at("view", lambda: None)

    @part.route("/")
    def index() -> str:
        after_this_request(once)
        session["n"] = 1
        view()
        return render_template_string("{{ n|shown }}", n=url_for("part.index"))

    app.register_blueprint(part)
    return app


PLACES = [
    *(f"{place}_{of}" for place in ("values", "defaults", "before", "names", "after", "down")
      for of in ("app", "part")),
    "down_context", "shown", "handler", "once", "view",
]  # fmt: skip
SIGNALS = [
    name
    for name, value in vars(flask.signals).items()
    if isinstance(value, Signal) and name != "message_flashed"
]


GROUPS: tuple[Any, ...] = tuple(
    found for name, found in vars(builtins).items() if name == "ExceptionGroup"
)
"""What Flask 3.2 makes of failures in teardown functions."""


def elsewhere(run: Run) -> Run:
    """Where contexts that a failure leaves on the stack are nobody's."""

    def apart() -> None:
        copy_context().run(run)
        for name in ("_request_ctx_stack", "_app_ctx_stack"):
            stack = vars(flask.globals).get(name)
            while isinstance(stack, LocalStack) and stack.top is not None:
                stack.pop()  # Flask 1.1 knows nothing of contextvars

    return apart


def visit(app: Any, **config: Any) -> Run:
    app.config.update(config)

    def run() -> None:
        for path in ("/", "/none"):
            # Flask's own LookupError, where the failure comes in the middle of a push.
            with suppress(Failure, LookupError, *GROUPS):
                Client(app, Response).get(path).close()

    return elsewhere(run)


def failing(place: str, propagate: bool) -> Run:
    view = {} if place != "handler" else {"view": fail}
    return visit(full(**{place: fail}, **view), PROPAGATE_EXCEPTIONS=propagate)


def failing_receiver(signal: str, propagate: bool) -> Run:
    app = full(view=fail) if signal == "got_request_exception" else full()
    inner = visit(app, PROPAGATE_EXCEPTIONS=propagate)

    def run() -> None:
        with vars(flask.signals)[signal].connected_to(fail, app):
            inner()

    return elsewhere(run)


def failing_session(method: str, propagate: bool) -> Run:
    app = full()
    app.session_interface = type("Store", (Memory,), {method: called(method, fail)})()
    return visit(app, PROPAGATE_EXCEPTIONS=propagate)


def failing_without_a_handler(propagate: bool) -> Run:
    app = full(view=fail)
    app.error_handler_spec[None][None].clear()
    app.register_error_handler(500, named("last", lambda error: "last"))
    return visit(app, PROPAGATE_EXCEPTIONS=propagate)


# --- streams -------------------------------------------------------------------------------------


def streamed(has_context: bool, fails: bool) -> Flask:
    app = full()

    def chunks() -> Iterator[str]:
        yield "a"
        if fails:
            raise Failure
        yield "b"
        if has_context:
            yield current_app.name

    @app.route("/stream")
    def stream() -> Response:
        return Response(stream_with_context(chunks()) if has_context else chunks())

    return app


def stream(has_context: bool, ending: str) -> Run:
    app = streamed(has_context, ending == "raising")

    def run() -> None:
        body: Any = app(EnvironBuilder("/stream").get_environ(), lambda *args: None)
        with suppress(Failure):
            if ending == "never begun":
                pass
            elif ending == "abandoned":
                next(iter(body))
            else:
                list(body)
        body.close()

    return run


# --- clients and files ---------------------------------------------------------------------------


def with_client(times: int, fails: bool) -> Run:
    app = full(view=fail) if fails else full()
    app.config["PROPAGATE_EXCEPTIONS"] = fails
    app.error_handler_spec[None][None].clear()

    def run() -> None:
        with app.test_client() as client:
            for _ in range(times):
                with suppress(Failure):
                    client.get("/").close()
            with suppress(RuntimeError):  # nothing is kept of a request that failed
                session.get("n")

    return run


def with_client_and_session() -> Run:
    app = full()

    def run() -> None:
        with app.test_client() as client:
            with client.session_transaction() as kept:
                kept["n"] = 2
            client.get("/").close()

    return run


def static_files() -> Run:
    """The application's, a blueprint's, one that is not there, and one that has not changed."""
    folder = str(Path(__file__).parent)
    app = Flask("files", static_folder=folder, static_url_path="/static")
    app.before_request(named("before", lambda: None))
    part = Blueprint("part", __name__, static_folder=folder, static_url_path="/own")
    app.register_blueprint(part, url_prefix="/part")

    def run() -> None:
        client = Client(app, Response)
        for path in ("/static/lines.py", "/part/own/lines.py", "/static/none"):
            client.get(path).close()
        with client.get("/static/lines.py") as response:
            modified = response.headers["Last-Modified"]
        client.get("/static/lines.py", headers={"If-Modified-Since": modified}).close()
        client.head("/static/lines.py").close()

    return run


FAILURES: dict[str, Callable[[], Run]] = {}
for _propagate in (False, True):
    _how = "propagated" if _propagate else "answered"
    for _place in PLACES:
        FAILURES[f"{_place}, {_how}"] = partial(failing, _place, _propagate)
    for _signal in SIGNALS:
        FAILURES[f"receiver of {_signal}, {_how}"] = partial(failing_receiver, _signal, _propagate)
    for _method in ("open_session", "save_session"):
        FAILURES[f"{_method}, {_how}"] = partial(failing_session, _method, _propagate)
    FAILURES[f"no handler, {_how}"] = partial(failing_without_a_handler, _propagate)
STREAMS: dict[str, Callable[[], Run]] = {
    f"{'with' if _context else 'without'} context, {_ending}": partial(stream, _context, _ending)
    for _context in (False, True)
    for _ending in ("drained", "abandoned", "raising", "never begun")
}
CLIENTS: dict[str, Callable[[], Run]] = {
    **{
        f"with client, {_times} times{', failing' if _fails else ''}":
            partial(with_client, _times, _fails)
        for _times in (1, 2) for _fails in (False, True)
    },
    "with client and session": with_client_and_session,
    "static files": static_files,
}  # fmt: skip
