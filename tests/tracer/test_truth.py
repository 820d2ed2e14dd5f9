"""What events say of applications that were made to tell a tracer lies."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar

import blinker
import flask
import flask.ctx
import flask.signals
import pytest
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    redirect,
    request,
    request_started,
    url_for,
)
from flask.ctx import AppContext
from flask.views import MethodView
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, EnvironBuilder

import tracer
from tracer.engine import ENGINE
from tracer.events import Event
from tracer.testing import capture_trace


def made(name: str = "shop") -> Flask:
    app = Flask(name)
    app.secret_key = "a key"
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.logger.disabled = True
    app.add_url_rule("/", "index", lambda: "hello")
    return app


def seen(app: Any, *paths: str) -> list[Event]:
    with capture_trace() as captured:
        for path in paths or ("/",):
            response = Client(app, Response).get(path)
            response.get_data()
            response.close()
        assert {probe.name: probe.faults for probe in ENGINE.probes if probe.faults} == {}
    return captured.events


def said(events: list[Event], kind: str, *names: str) -> list[tuple[Any, ...]]:
    """For each begin or instant of *kind*, these attributes."""
    return [
        tuple(event.attributes.get(name) for name in names)
        for event in events
        if event.kind == kind and event.phase != "end"
    ]


def at_end(events: list[Event], kind: str, name: str) -> list[Any]:
    return [e.attributes.get(name) for e in events if (e.kind, e.phase) == (kind, "end")]


# --- who handles an exception --------------------------------------------------------------------


class Coded(Exception):
    code: ClassVar[Any] = {}  # not a status, and nothing that a dict would take as a key


def zero() -> str:
    return str(1 // 0)


def coded() -> str:
    raise Coded


HANDLERS: dict[str, tuple[Any, Callable[[], Any], tuple[Any, Any]]] = {
    "500 by code": (500, zero, ("handle", "app code")),
    "500, an odd class": (500, coded, ("handle", "app code")),
    "nobody": (404, zero, (None, None)),
    "abort(500)": (500, lambda: abort(500), ("handle", "app code")),
    "base class": (HTTPException, lambda: abort(403), ("handle", "app class")),
    "an answer in disguise": (HTTPException, lambda: abort(redirect("/x")), (None, None)),
    "Exception before 500": (Exception, zero, ("handle", "app class")),
}


@pytest.mark.parametrize("case", HANDLERS)
@pytest.mark.parametrize("propagate", [False, True])
def test_an_exception_names_the_handler_that_is_then_called(case: str, propagate: bool) -> None:
    what, view, expected = HANDLERS[case]
    app = made()
    app.config["PROPAGATE_EXCEPTIONS"] = propagate
    app.view_functions["index"] = view

    @app.errorhandler(what)
    def handle(error: Exception) -> tuple[str, int]:
        return "handled", 500

    with capture_trace() as captured:
        try:
            app.test_client().get("/").close()
        except (ZeroDivisionError, Coded):
            assert propagate
    called = [e.name for e in captured.events if (e.kind, e.phase) == ("error_handler", "begin")]
    found = said(captured.events, "exception", "handled_by", "chosen_because")
    is_out = propagate and what == 500 and view in (zero, coded)
    assert found == [(None, None) if is_out else expected]
    assert called == [name for name, _ in found if name is not None]


@pytest.mark.parametrize(
    ("setting", "view"),
    [
        ("TRAP_HTTP_EXCEPTIONS", lambda: abort(404)),
        ("TRAP_BAD_REQUEST_ERRORS", lambda: abort(400)),
        ("TRAP_BAD_REQUEST_ERRORS", lambda: request.args["missing"]),
        ("DEBUG", lambda: request.args["missing"]),
    ],
)
def test_an_exception_that_was_trapped_names_the_handler_of_the_500_that_it_becomes(
    setting: str, view: Callable[[], Any]
) -> None:
    app = made()
    app.config[setting] = True
    app.config["PRESERVE_CONTEXT_ON_EXCEPTION"] = False  # up to Flask 2.1 DEBUG would
    app.view_functions["index"] = view

    @app.errorhandler(500)
    def sorry(error: Exception) -> tuple[str, int]:
        return "sorry", 500

    events = seen(app)
    assert at_end(events, "request", "status") == [500]
    assert said(events, "exception", "handled_by", "chosen_because") == [("sorry", "app code")]


def test_an_exception_s_code_is_read_and_never_asked() -> None:
    asked = []

    class Custom(HTTPException):
        @property
        def code(self) -> int:  # type: ignore[override]
            asked.append(1)
            return 418

    app = made()

    @app.route("/custom")
    def custom() -> str:
        raise Custom

    app.register_error_handler(Custom, lambda error: ("custom", 418))
    app.test_client().get("/custom").close()
    untraced = len(asked)
    events = seen(app, "/custom")
    assert len(asked) == 2 * untraced
    assert said(events, "exception", "handled_by") == [("<lambda>",)]


def test_a_redirect_of_the_routing_has_no_handler() -> None:
    app = made()
    app.add_url_rule("/folder/", "folder", lambda: "folder")
    app.register_error_handler(HTTPException, lambda error: ("handled", 500))
    assert said(seen(app, "/folder"), "exception", "handled_by", "stage") == [(None, "routing")]


def test_a_handler_for_several_things_says_for_which_it_is_called() -> None:
    app, blueprint = made(), Blueprint("part", __name__)

    def handle(error: Exception) -> tuple[str, int]:
        return "handled", 500

    for what in (404, 500, LookupError):
        app.register_error_handler(what, handle)
    blueprint.register_error_handler(404, handle)
    app.add_url_rule("/zero", "zero", zero)
    app.add_url_rule("/key", "key", lambda: {}["key"])
    blueprint.add_url_rule("/lost", "lost", lambda: abort(404))
    app.register_blueprint(blueprint)
    events = seen(app, "/none", "/zero", "/key", "/lost")
    assert said(events, "error_handler", "scope", "registered_for", "exception") == [
        (None, "404", "NotFound"), (None, "500", "InternalServerError"),
        (None, "LookupError", "KeyError"), ("part", "404", "NotFound"),
    ]  # fmt: skip


# --- exceptions that leave spans -----------------------------------------------------------------


def test_what_an_exception_leaves_says_so_and_what_handles_it_does_not() -> None:
    app = made()
    app.add_url_rule("/zero", "zero", zero)
    events = seen(app, "/zero")
    assert at_end(events, "wsgi_app", "left_by") == [None]
    app.config["PROPAGATE_EXCEPTIONS"] = True
    with capture_trace() as captured, pytest.raises(ZeroDivisionError):
        app.test_client().get("/zero")
    assert at_end(captured.events, "wsgi_app", "left_by") == ["ZeroDivisionError"]
    assert at_end(captured.events, "request", "left_by") == ["ZeroDivisionError"]


def test_a_request_inside_an_except_block_is_not_left_by_what_is_handled_there() -> None:
    app = made()
    with capture_trace() as captured:
        try:
            zero()
        except ZeroDivisionError:
            app.test_client().get("/").close()
            with app.app_context():
                pass
            context = app.app_context()
            context.push()
            context.pop()
    for kind in ("request", "wsgi_app", "run"):
        assert set(at_end(captured.events, kind, "left_by")) == {None}, kind


def test_a_script_that_fails_and_a_body_that_fails() -> None:
    app = made()

    @app.route("/stream")
    def stream() -> Response:
        def chunks() -> Iterator[str]:
            yield "a"
            raise OSError("stream")

        return Response(chunks())

    with capture_trace() as captured:
        with pytest.raises(ZeroDivisionError), app.app_context():
            zero()
        body: Any = app(EnvironBuilder("/stream").get_environ(), lambda *args: None)
        with pytest.raises(OSError, match="stream"):
            list(body)
        body.close()
    assert at_end(captured.events, "run", "left_by") == ["ZeroDivisionError"]
    assert at_end(captured.events, "request", "left_by") == ["OSError"]


# --- stacks --------------------------------------------------------------------------------------


if (
    vars(flask.ctx).get("RequestContext", AppContext) is not AppContext
):  # from 3.2 on it is there once

    def test_a_stack_lists_a_context_as_often_as_it_is_pushed() -> None:
        one, two = made("one"), made("two")
        with capture_trace() as captured:
            first, second = one.app_context(), two.app_context()
            for context in (first, first, second, first):
                context.push()
            for context in (first, second, first, first):
                context.pop()
        labels: dict[str, str] = {}
        found = []
        for event in captured.events:
            if event.kind.startswith("app_context"):
                labels.setdefault(event.attributes["context"], "AB"[len(labels) : len(labels) + 1])
                stack = "".join(labels[label] for label in event.attributes["stack"])
                found.append((event.name, stack, event.attributes["push_count"]))
        assert found == [
            ("one", "A", 1), ("one", "AA", 2), ("two", "AAB", 1), ("one", "AABA", 3),
            ("one", "AAB", 2), ("two", "AA", 0), ("one", "A", 1), ("one", "", 0),
        ]  # fmt: skip


# --- hooks ---------------------------------------------------------------------------------------


def test_a_hook_registered_several_times_tells_each_place() -> None:
    app, blueprint = made(), Blueprint("part", __name__)

    def before() -> None: ...
    def after(response: Response) -> Response:
        return response

    for thing in (app, blueprint, app):
        thing.before_request(before)
        thing.after_request(after)
    app.before_request(lambda: None)
    blueprint.add_url_rule("/part", "view", lambda: "part")
    app.register_blueprint(blueprint)
    expected = [(None, 1), (None, 2), (None, 3), ("part", 1)]
    for events in (seen(app, "/part"), seen(app, "/part")):
        assert said(events, "before_request", "scope", "order") == expected
        assert said(events, "after_request", "scope", "order") == [
            ("part", 1), (None, 2), (None, 1)
        ]  # fmt: skip


def test_a_decorated_class_view_is_where_its_class_is() -> None:
    def checked(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def check(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return check

    class Item(MethodView):
        decorators = (checked,)  # type: ignore[assignment]

        def get(self) -> str:
            return "item"

    app = made()
    app.add_url_rule("/item", view_func=Item.as_view("item"))
    [(file, line)] = said(seen(app, "/item"), "view", "file", "line")
    assert (file.rpartition("/")[2], line) == ("test_truth.py", Item.get.__code__.co_firstlineno)


# --- middleware ----------------------------------------------------------------------------------


class Plain:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.inner(environ, start_response)

    def handle(self, environ: Any, start_response: Any) -> Any:
        return self.inner(environ, start_response)


class Holder:
    """Not a middleware itself: it cannot be called."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def handle(self, environ: Any, start_response: Any) -> Any:
        return self.inner(environ, start_response)


@dataclass(slots=True)
class Slotted:
    inner: Any

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.inner(environ, start_response)


def function(inner: Any) -> Any:
    def between(environ: Any, start_response: Any) -> Any:
        return inner(environ, start_response)

    return between


CHAINS: dict[str, tuple[Callable[[Any], Any], list[tuple[str, int, Any]]]] = {
    "one class twice": (
        lambda app: Plain(Plain(app)),
        [("Plain", 1, Plain.__call__), ("Plain", 2, Plain.__call__)],
    ),
    "a method": (
        lambda app: Holder(Plain(app)).handle,
        [("handle", 1, Holder.handle), ("Plain", 2, Plain.__call__)],
    ),
    "slots": (lambda app: Slotted(app), [("Slotted", 1, Slotted.__call__)]),
    "a function inside slots": (
        lambda app: Slotted(function(Plain(app))),
        [("Slotted", 1, Slotted.__call__), ("between", 2, function(None)),
         ("Plain", 3, Plain.__call__)],
    ),
    "a dispatcher": (
        lambda app: DispatcherMiddleware(Plain(app), {}),
        [("DispatcherMiddleware", 1, DispatcherMiddleware.__call__), ("Plain", 2, Plain.__call__)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("chain", CHAINS)
def test_middleware_is_counted_from_the_outside_and_is_where_it_was_written(chain: str) -> None:
    make, expected = CHAINS[chain]
    app = made()
    app.wsgi_app = make(app.wsgi_app)  # type: ignore[method-assign]
    for _ in range(2):  # in a second capture what was patched before is patched again
        found = [
            (event.name, event.attributes["position"], event.attributes["line"])
            for event in seen(app)
            if (event.kind, event.phase) == ("middleware", "begin")
        ]
        assert found == [(n, p, made_by.__code__.co_firstlineno) for n, p, made_by in expected]


def test_a_dispatch_names_the_application_that_it_mounts_at_first_sight() -> None:
    shop, admin = made(), made("admin")
    inner = made("inner")
    inner.wsgi_app = DispatcherMiddleware(inner.wsgi_app, {})  # type: ignore[method-assign]
    both = DispatcherMiddleware(shop, {"/admin": admin, "/inner": inner})
    events = seen(both, "/", "/admin/", "/inner/")
    assert said(events, "dispatch", "mounted") == [("shop",), ("admin",), ("inner",), ("inner",)]


# --- signals, sessions, templates ----------------------------------------------------------------


def test_a_signal_of_your_own_belongs_to_the_application_that_is_at_work() -> None:
    app, signal = made(), blinker.Namespace().signal("sold")

    def receiver(sender: Any) -> str:
        return "received"

    app.view_functions["index"] = lambda: str(len(signal.send("a cart")))
    with signal.connected_to(receiver):
        events = seen(app)
    found = [e for e in events if e.name == "sold" or e.kind == "signal_receiver"]
    assert {event.app for event in found} == {"shop"}
    assert said(found, "signal", "sender") == [("str",)]
    with capture_trace() as captured:
        signal.send("nobody")
    assert [event.app for event in captured.events] == [None, None]


def test_a_receiver_names_flasks_signals_as_flask_does() -> None:
    app = made()

    def receiver(sender: Any) -> None: ...

    with request_started.connected_to(receiver, app):
        assert said(seen(app), "signal_receiver", "signal") == [("request_started",)]


def test_how_many_receivers_a_signal_has_is_said_when_they_have_run() -> None:
    app = Flask("app")
    app.add_url_rule("/", "index", lambda: "")

    def receiver(sender: Any) -> None: ...

    with request_started.connected_to(receiver, app), capture_trace(app) as captured:
        app.test_client().get("/")
    sent = [e for e in captured.events if (e.kind, e.name) == ("signal", "request_started")]
    counted = [(e.phase, e.attributes.get("receivers")) for e in sent]
    assert counted == [("begin", None), ("end", 1)]


def test_a_signal_that_is_sent_and_awaited_is_one_span() -> None:
    signal = blinker.NamedSignal("awaited")

    def plain(sender: Any) -> int:
        return 1

    async def asynchronous(sender: Any) -> int:
        return 2

    def wrapped(receiver: Any) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            return receiver(*args, **kwargs)

        return call

    with signal.connected_to(plain), signal.connected_to(asynchronous), capture_trace() as captured:
        results = asyncio.run(signal.send_async("x", _sync_wrapper=wrapped))
    assert sorted(results, key=lambda pair: pair[1]) == [(plain, 1), (asynchronous, 2)]
    assert at_end(captured.events, "signal", "receivers") == [2]


def test_a_session_that_is_a_bare_dict_is_one_whose_loading_ends() -> None:
    from flask.sessions import SessionInterface

    class Bare(SessionInterface):
        def open_session(self, *args: Any) -> Any:
            return {"n": 1}

        def save_session(self, *args: Any) -> None: ...

    app = made()
    app.session_interface = Bare()
    assert at_end(seen(app), "session.open", "keys") == [["n"]]


class Careless(Flask):
    """What it calls a response is something of its own."""

    def make_response(self, rv: Any) -> Any:
        return super().make_response(rv).__call__

    def process_response(self, response: Any) -> Any:
        return response


def test_a_span_whose_result_is_strange_ends_all_the_same() -> None:
    app = Careless("careless")
    app.add_url_rule("/", "index", lambda: "hello")
    with capture_trace() as captured:
        assert Client(app, Response).get("/").get_data(as_text=True) == "hello"
    ends = [(e.kind, dict(e.attributes)) for e in captured.events if e.phase == "end"]
    assert [attributes for kind, attributes in ends if kind == "make_response"] == [{}]


class Asynchronous(Flask):
    """Runs coroutines as asgiref does: in another thread, whose context is then written back."""

    def async_to_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            context = contextvars.copy_context()
            with ThreadPoolExecutor(1) as pool:
                result = pool.submit(context.run, asyncio.run, func(*args, **kwargs)).result()
            for variable in context:
                if variable.get(None) is not context[variable]:
                    variable.set(context[variable])
            return result

        return call


if "signals_available" not in vars(flask.signals):  # from 2.3 on receivers may be coroutines

    def test_a_coroutine_knows_its_application_and_leaves_nothing_behind() -> None:
        app = Asynchronous("later")
        signal = blinker.NamedSignal("outside")

        @app.route("/")
        async def index() -> str:
            with tracer.span("inside"):
                await asyncio.sleep(0)
            return url_for("index")

        async def receiver(sender: Any) -> None: ...

        async def outside() -> None:
            signal.send()

        with request_started.connected_to(receiver, app), capture_trace() as captured:
            app.test_client().get("/").close()
            asyncio.run(outside())
        view = next(e for e in captured.events if (e.kind, e.phase) == ("view", "begin"))
        inside = [e for e in captured.events if e.kind in ("span", "url_for") and e.phase != "end"]
        assert [(e.kind, e.app, e.parent_id) for e in inside] == [
            ("span", "later", view.span_id), ("url_for", "later", view.span_id)
        ]  # fmt: skip
        assert inside[0].lane != view.lane
        assert said(captured.events, "signal_receiver", "signal", "returned") == [
            ("request_started", None)
        ]
        assert [e.trace_id for e in captured.events if e.name == "outside"] == [None, None]
