"""What the tracer patched may still be called, replaced and looked at in every way as before.

Each test does something once untraced and once traced; both must come out the same.
"""

from __future__ import annotations

import asyncio
import copy
import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from unittest import mock

import flask
import greenlet
import pytest
from blinker import Signal
from flask import (
    Blueprint,
    Flask,
    Response,
    render_template_string,
    url_for,
)
from flask.sessions import SecureCookieSessionInterface
from jinja2 import DictLoader, TemplateNotFound
from markupsafe import Markup
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from tracer.engine import ENGINE
from tracer.testing import capture_trace

ENVIRON = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "wsgi.url_scheme": "http",
}


COVERED = ("ensure_sync", "make_response", "handle_exception", "handle_user_exception")


def same(action: Callable[[], Any]) -> Any:
    """What *action* comes to, which is the same traced and untraced."""
    plain = action()
    with capture_trace():
        traced = action()
        assert {probe.name: probe.faults for probe in ENGINE.probes if probe.faults} == {}
    assert traced == plain
    return plain


def answering(view: Callable[..., Any], kind: type[Flask] = Flask) -> Flask:
    app = kind("callers")
    app.testing = True
    app.config["PRESERVE_CONTEXT_ON_EXCEPTION"] = False  # which up to 2.1 goes with testing
    app.secret_key = "a key"
    app.add_url_rule("/", "index", view)
    return app


def text(app: Flask) -> str:
    return app.test_client().get("/").get_data(as_text=True)


@contextmanager
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# --- arguments -----------------------------------------------------------------------------------

NAMES = (
    "app", "args", "context", "environment", "environ", "function", "func", "instance", "kwargs",
    "name", "original", "probe", "record", "receiver", "self", "signal", "span",
)  # fmt: skip


def test_a_function_in_a_template_may_have_arguments_of_any_name() -> None:
    arguments = ", ".join(f"{name}=1" for name in NAMES)
    app = answering(lambda: render_template_string("{{ names(" + arguments + ") }}"))
    app.add_template_global(lambda **given: " ".join(sorted(given)), "names")
    assert same(lambda: text(app)).split() == sorted(NAMES)


def test_a_signal_may_carry_arguments_of_any_name() -> None:
    signal = Signal()

    def receiver(sender: Any, /, **given: Any) -> list[str]:
        return sorted(given)

    signal.connect(receiver)
    sent = same(lambda: signal.send("somebody", **dict.fromkeys(NAMES, 1)))
    assert sent == [(receiver, sorted(NAMES))]


def test_an_application_may_be_called_by_keywords_and_with_more_of_them() -> None:
    class Odd(Flask):
        def __call__(self, environ: Any, start_response: Any, *, more: str = "") -> Any:
            environ["more"] = more
            return super().__call__(environ, start_response)

    app = answering(lambda: "hello", Odd)

    def call() -> list[bytes]:
        body = app(environ=dict(ENVIRON), start_response=lambda *_: lambda data: None, more="m")
        return list(body)

    # An application that nobody named is patched when it is first seen.
    assert same(lambda: [call(), call()]) == [[b"hello"], [b"hello"]]


def test_a_dispatcher_may_be_called_by_keywords() -> None:
    app = answering(lambda: "hello")
    dispatcher = DispatcherMiddleware(app)

    def call() -> list[bytes]:
        return list(dispatcher(environ=dict(ENVIRON), start_response=lambda *_: lambda data: None))

    assert same(call) == [b"hello"]


# --- what stands in a class ----------------------------------------------------------------------


def test_a_method_that_a_test_replaced_in_the_class_gets_what_it_got() -> None:
    app = answering(lambda: "hello")

    def call() -> str:
        answer = mock.Mock(side_effect=lambda *given: Response(f"{len(given)} given"))
        with mock.patch.object(Flask, "make_response", answer):
            return text(app)

    assert same(call) == "1 given"


@pytest.mark.parametrize("name", ["ensure_sync", "make_response"])
def test_a_static_method_in_place_of_one_of_flasks_is_called_as_one(name: str) -> None:
    methods = {"ensure_sync": lambda function: function, "make_response": lambda rv: Response(rv)}
    kind = type("Static", (Flask,), {name: staticmethod(methods[name])})
    app = answering(lambda: "hello", kind)
    assert same(lambda: text(app)) == "hello"


def test_a_session_interface_may_have_static_methods() -> None:
    class Static(SecureCookieSessionInterface):
        @staticmethod
        def save_session(app: Any, session: Any, response: Any) -> None:  # type: ignore[override]
            response.headers["Saved"] = "yes"

    app = answering(lambda: "hello")
    app.session_interface = Static()
    assert same(lambda: app.test_client().get("/").headers.get("Saved")) == "yes"


def test_a_class_with_its_own_way_of_url_defaults_gets_the_registry_itself() -> None:
    class Own(Flask):
        def inject_url_defaults(self, endpoint: str, values: dict[str, Any]) -> None:
            for scope in self.url_default_functions:
                values["seen"] = f"{scope}-{len(self.url_default_functions[scope])}"

    app = answering(lambda: url_for("index"), Own)
    app.url_defaults(lambda endpoint, values: None)
    assert same(lambda: text(app)) == "/?seen=None-1"


def test_a_method_of_an_application_that_nobody_else_holds_is_called() -> None:
    """In one expression, after which the application is gone."""

    def call() -> list[Any]:
        return [
            answering(lambda: "hello").request_context(dict(ENVIRON)).request.path,
            getattr(answering(lambda: "hello"), "ensure_sync", lambda function: function)(len)(
                "two"
            ),
        ]

    assert same(call) == ["/", 3]


def test_a_copy_of_an_application_answers_by_its_own_methods() -> None:
    app = answering(lambda: "hello")
    app.before_request(lambda: None)
    text(app)

    def call() -> list[bool]:
        text(app)
        copied = copy.copy(app)
        methods = [getattr(copied, name) for name in COVERED if hasattr(Flask, name)]
        return [method.__self__ is copied for method in methods] + [
            copied.request_context(dict(ENVIRON)).app is copied
        ]

    assert set(same(call)) == {True}


def test_an_untraced_copy_of_a_traced_application_is_not_taken_for_it() -> None:
    app = answering(lambda: "hello")
    app.before_request(lambda: None)
    with capture_trace(app) as captured:
        text(app)
        seen = len(captured.events)
        assert text(copy.copy(app)) == "hello"
        # Sessions, templates and signals of whoever sends them do not come in here either.
        assert captured.events[seen:] == []


# --- what is handed on ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [list, tuple])
def test_a_body_that_is_a_list_stays_one(kind: type) -> None:
    class Plain(Flask):
        def wsgi_app(self, environ: Any, start_response: Any) -> Any:
            start_response("200 OK", [])
            return kind((b"a", b"b"))

    app = Plain("plain")

    def call() -> Any:
        body: Any = app(dict(ENVIRON), lambda *_: lambda data: None)
        found = isinstance(body, kind), len(body), body[0], list(body), list(body), b"".join(body)
        getattr(body, "close", lambda: None)()
        return found

    assert same(call) == (True, 2, b"a", [b"a", b"b"], [b"a", b"b"], b"ab")


if hasattr(flask, "stream_template_string"):  # from 2.2 on

    def test_a_streamed_template_can_be_sent_to_and_thrown_into() -> None:
        app = answering(lambda: "hello")

        def call() -> list[str]:
            with app.test_request_context():
                chunks: Any = flask.stream_template_string(
                    "{% for n in (1, 2, 3) %}{{ n }},{% endfor %}"
                )
                first = chunks.send(None)
                with pytest.raises(KeyError):
                    chunks.throw(KeyError("stop"))
                return [first, *chunks]

        assert same(call) == ["1"]


def test_an_async_receiver_that_wraps_a_plain_function_is_awaited() -> None:
    def plain(sender: Any) -> str:
        return "plain"

    @wraps(plain)
    async def receiver(sender: Any) -> str:
        return "awaited"

    signal = Signal()
    signal.connect(receiver)

    def in_a_loop(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given, **named: asyncio.run(function(*given, **named))

    assert same(lambda: signal.send("somebody", _async_wrapper=in_a_loop))[0][1] == "awaited"


def test_a_filter_that_is_an_object_is_not_asked_what_it_is() -> None:
    asked: list[str] = []

    class Filter:
        def __call__(self, value: Any) -> str:
            return f"({value})"

        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            raise AttributeError(name)

    app = answering(lambda: render_template_string("{{ 1|odd_one }}{{ [2]|map('odd_one')|first }}"))
    app.add_template_filter(Filter(), "odd_one")  # type: ignore[arg-type]

    def call() -> list[str]:
        asked.clear()
        app.jinja_env.cache.clear()  # type: ignore[union-attr]
        assert text(app) == "(1)(2)"
        return list(asked)

    assert same(call) != []  # what Jinja asks by itself, which differs between its versions


def test_a_module_that_has_the_names_of_a_compiled_template_may_register_filters() -> None:
    app = answering(lambda: render_template_string("{{ 1|shown }}"))
    module = {"blocks": [], "debug_info": "", "env": app.jinja_env, "shown": lambda one: one}

    def call() -> str:
        with app.app_context():
            exec("env.filters['shown'] = shown", module)
        return text(app)

    assert same(call) == "1"


@pytest.mark.parametrize("name", [["a list"], None, 1, Markup("page.html"), "page.html"])
@pytest.mark.parametrize("has_loader", [True, False])
def test_what_jinja_refuses_to_load_it_refuses_as_before(name: Any, has_loader: bool) -> None:
    app = answering(lambda: "hello")
    loader = DictLoader({"page.html": "page"})
    app.jinja_env.loader = loader if has_loader else None

    def call() -> str:
        try:
            with app.app_context():
                return app.jinja_env.get_template(name).render()
        except (TypeError, AttributeError, TemplateNotFound) as error:
            return type(error).__name__

    assert same(call) != ""


# --- lives ---------------------------------------------------------------------------------------


if hasattr(Flask, "ensure_sync"):  # in 1.1 the stacks of contexts hold the greenlet

    def test_a_greenlet_that_nobody_holds_ends_at_once() -> None:
        app = answering(lambda: "hello")
        ended: list[str] = []

        def work() -> None:
            try:
                with app.app_context():
                    text(app)
                    greenlet.getcurrent().parent.switch()  # type: ignore[union-attr]
            finally:
                ended.append("ended")

        def call() -> list[str]:
            ended.clear()
            with without_collector():
                running = greenlet.greenlet(work)
                running.switch()
                del running
                return list(ended)

        assert same(call) == ["ended"]


@pytest.mark.parametrize("where", ["a hook", "a view", "a middleware", "a method"])
def test_an_application_whose_functions_lead_back_to_it_is_freed(where: str) -> None:
    def make() -> Flask:
        app = answering(lambda: "hello")
        inner = app.wsgi_app
        if where == "a hook":
            app.before_request(lambda: app.config and None)
            app.register_blueprint(hooked(app))
        elif where == "a view":
            app.add_url_rule("/2", "second", lambda: app.name)
            text(app)
            app.test_client().get("/2").close()
        elif where == "a middleware":
            middle = lambda environ, start: inner(environ, start)  # noqa: E731
            app.wsgi_app = lambda environ, start: middle(environ, start)  # type: ignore[method-assign]
        else:
            response = app.make_response
            app.make_response = lambda rv: response(rv)  # type: ignore[method-assign]
        return app

    def hooked(app: Flask) -> Blueprint:
        part = Blueprint("part", __name__)
        part.before_app_request(lambda: app.config and None)
        return part

    def call() -> bool:
        app = make()
        text(app)
        text(app)
        gone = weakref.ref(app)
        del app
        gc.collect()
        return gone() is None

    assert same(call) is True


def test_a_task_that_is_through_is_freed_at_once() -> None:
    app = answering(lambda: "hello")

    async def request() -> str:
        return text(app)

    async def main() -> bool:
        task = asyncio.ensure_future(request())
        reference = weakref.ref(task)
        await task
        del task
        await asyncio.sleep(0)
        return reference() is None

    def call() -> bool:
        with without_collector():
            return asyncio.run(main())

    assert same(call) is True
