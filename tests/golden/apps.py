"""Small applications, one a situation, and the run that each is watched in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path
from typing import Any

import blinker
from flask import (
    Blueprint,
    Flask,
    Response,
    after_this_request,
    copy_current_request_context,
    current_app,
    flash,
    get_flashed_messages,
    render_template_string,
    session,
    stream_with_context,
    url_for,
)
from flask.sessions import SecureCookieSession, SessionInterface
from flask.views import MethodView
from werkzeug.local import LocalStack
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

Run = Callable[[], None]


def get(app: Any, path: str = "/", **options: Any) -> Run:
    """One request by a client of its own, whose response is read and closed."""

    def run() -> None:
        response = Client(app, Response).get(path, **options)
        response.get_data()
        response.close()

    return run


def quietly(run: Run) -> Run:
    """*run*, whose exception is expected."""

    def guarded() -> None:
        try:
            run()
        except Exception:
            return
        raise AssertionError("nothing was raised")

    return guarded


def plain(secret: bool = True, name: str = "shop") -> Flask:
    app = Flask(name)
    if secret:
        app.secret_key = "a key"
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.logger.disabled = True
    return app


def with_view(view: Callable[[], Any], **options: Any) -> Flask:
    app = plain(**options)
    app.add_url_rule("/", "index", view)
    return app


def two_and_two() -> Run:
    app = with_view(lambda: "hello")

    @app.before_request
    def process_request1() -> None: ...
    @app.before_request
    def process_request2() -> None: ...
    @app.after_request
    def process_response1(response: Response) -> Response:
        return response

    @app.after_request
    def process_response2(response: Response) -> Response:
        return response

    return get(app)


def interception() -> Run:
    app = with_view(lambda: "never")

    @app.before_request
    def guard() -> str:
        return "no"

    @app.before_request
    def never() -> None: ...
    @app.after_request
    def after(response: Response) -> Response:
        return response

    return get(app)


def not_found_answered_200() -> Run:
    app = plain()

    @app.errorhandler(404)
    def missing(error: Exception) -> str:
        return "nothing here"

    return get(app, "/nowhere")


def not_found_answered_404() -> Run:
    app = plain()

    @app.errorhandler(404)
    def missing(error: Exception) -> tuple[str, int]:
        return "nothing here", 404

    return get(app, "/nowhere")


def broken() -> str:
    raise RuntimeError("broken")


def unhandled() -> Run:
    app = with_view(broken)

    @app.after_request
    def after(response: Response) -> Response:
        return response

    @app.teardown_request
    def down(error: BaseException | None) -> None: ...

    return get(app)


def handled() -> Run:
    app = with_view(broken)

    @app.errorhandler(RuntimeError)
    def sorry(error: Exception) -> str:
        return "sorry"

    @app.teardown_request
    def down(error: BaseException | None) -> None: ...

    return get(app)


def propagated() -> Run:
    app = with_view(broken)
    app.config["PROPAGATE_EXCEPTIONS"] = True

    @app.teardown_request
    def down(error: BaseException | None) -> None: ...

    return quietly(get(app))


def after_returns_none() -> Run:
    app = with_view(lambda: "hello")

    @app.after_request
    def first(response: Response) -> Response:
        return response

    @app.after_request
    def forgetful(response: Response) -> Any: ...

    return quietly(get(app))


def after_raises() -> Run:
    app = with_view(lambda: "hello")

    @app.after_request
    def fails(response: Response) -> Response:
        raise RuntimeError("after")

    return get(app)


def teardown_raises() -> Run:
    app = with_view(lambda: "hello")

    @app.teardown_request
    def skipped(error: BaseException | None) -> None: ...
    @app.teardown_request
    def fails(error: BaseException | None) -> None:
        raise RuntimeError("teardown")

    return quietly(get(app))


def error_in_template() -> Run:
    return get(with_view(lambda: render_template_string("{{ 1 / 0 }}")))


def whole_template() -> Run:
    app = with_view(
        lambda: render_template_string(
            "{% for n in [1, 2] %}{{ n|double }}{% if n is small %}{{ add(n, 1) }}{% endif %}"
            "{% endfor %}{{ 3|double }}"
        )
    )

    @app.template_filter()
    def double(value: int) -> int:
        return value * 2

    @app.template_global()
    def add(a: int, b: int) -> int:
        return a + b

    @app.template_test()
    def small(value: int) -> bool:
        return value < 2

    @app.context_processor
    def names() -> dict[str, Any]:
        return {"title": "shop"}

    return get(app)


def session_read_and_write() -> Run:
    def index() -> str:
        session["n"] = session.get("n", 0) + 1
        return "counted"

    return get(with_view(index))


def no_secret_key() -> Run:
    return get(with_view(lambda: str(session.get("n")), secret=False))


def flashing() -> Run:
    def index() -> str:
        flash("hello", "info")
        return str(get_flashed_messages())

    return get(with_view(index))


def hooked(thing: Flask | Blueprint) -> None:
    label = thing.name if isinstance(thing, Blueprint) else "app"
    thing.url_value_preprocessor(named(f"values_{label}", lambda endpoint, values: None))
    thing.before_request(named(f"before_{label}", lambda: None))
    thing.after_request(named(f"after_{label}", lambda response: response))
    thing.teardown_request(named(f"down_{label}", lambda error: None))
    thing.context_processor(named(f"names_{label}", lambda: {}))


def one_blueprint() -> Run:
    app = plain()
    part = Blueprint("part", __name__)
    hooked(app)
    hooked(part)
    part.before_app_request(named("before_all", lambda: None))
    part.errorhandler(RuntimeError)(named("sorry", lambda error: "sorry"))
    part.add_url_rule("/", "index", broken)
    part.add_url_rule("/page", "page", lambda: render_template_string("page"))
    app.register_blueprint(part)

    def run() -> None:
        get(app)()
        get(app, "/page")()

    return run


def no_blueprint_known() -> Run:
    """Nothing fits the path: the application's hooks run, those of its blueprint do not."""
    app = plain()
    part = Blueprint("part", __name__)
    hooked(app)
    hooked(part)
    part.add_url_rule("/", "index", lambda: "index")
    app.register_blueprint(part)
    return get(app, "/nowhere")


def nested_blueprints() -> Run:
    app = plain()
    blueprints = [Blueprint(name, __name__) for name in ("outer", "middle", "inner")]
    for thing in (app, *blueprints):
        hooked(thing)
    outer, middle, inner = blueprints
    inner.add_url_rule("/", "deep", lambda: "deep")
    middle.register_blueprint(inner)
    outer.register_blueprint(middle)
    app.register_blueprint(outer)
    return get(app)


def named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = name
    return function


def late_registration() -> Run:
    """While it is being traced a hook and a blueprint come in addition."""
    app = with_view(lambda: "hello")

    def run() -> None:
        app.before_request(named("late", lambda: None))
        late = Blueprint("late", __name__)
        late.add_url_rule("/late", "view", lambda: "late")
        late.before_request(named("late_of_blueprint", lambda: None))
        app.register_blueprint(late)
        get(app, "/late")()

    return run


def before_first_request() -> Run:
    """Up to 2.2, which warns of it."""
    app = with_view(lambda: "hello")
    app.before_first_request_funcs.append(named("once", lambda: None))  # type: ignore[attr-defined]

    def run() -> None:
        get(app)()
        get(app)()

    return run


def method_view() -> Run:
    class Item(MethodView):
        def get(self) -> str:
            return "item"

    app = plain()
    app.add_url_rule("/", view_func=Item.as_view("item"))
    return get(app)


def streamed(wrap: bool) -> Flask:
    def index() -> Response:
        def chunks() -> Iterator[str]:
            yield "a"
            yield "b"

        return Response(stream_with_context(chunks()) if wrap else chunks())

    app = with_view(index)

    @app.teardown_request
    def down(error: BaseException | None) -> None: ...

    return app


def plain_stream() -> Run:
    return get(streamed(False))


def stream_in_context() -> Run:
    return get(streamed(True))


def abandoned_stream() -> Run:
    app = streamed(True)

    def run() -> None:
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "x",
                   "SERVER_PORT": "80", "wsgi.url_scheme": "http"}  # fmt: skip
        body = app(environ, lambda status, headers, *rest: None)
        next(iter(body))
        body.close()  # type: ignore[attr-defined]

    return run


def raising_stream() -> Run:
    def index() -> Response:
        def chunks() -> Iterator[str]:
            yield "a"
            raise RuntimeError("stream")

        return Response(chunks())

    return quietly(get(with_view(index)))


def with_client() -> Run:
    app = with_view(lambda: "hello")

    def run() -> None:
        with app.test_client() as client:
            client.get("/").close()

    return run


def nested_contexts() -> Run:
    one, two = plain(name="one"), plain(name="two")
    for app in (one, two):
        app.teardown_appcontext(named(f"down_{app.name}", lambda error: None))

    def run() -> None:
        with one.app_context(), two.app_context():
            assert current_app.name == "two"

    return run


def pushed_twice() -> Run:
    app = plain()
    app.teardown_appcontext(named("down", lambda error: None))

    def run() -> None:
        context = app.app_context()
        with context, context:
            pass

    return run


def out_of_order() -> Run:
    one, two = plain(name="one"), plain(name="two")

    def run() -> None:
        first, second = one.app_context(), two.app_context()
        first.push()
        second.push()
        try:
            first.pop()
        except AssertionError:
            last = [second]
        except RuntimeError:  # from 3.2 on it is refused before anything has happened
            last = [second, first]
        else:
            raise AssertionError("Flask let it happen")
        with suppress(AssertionError, LookupError):
            for context in last:
                context.pop()

    # What is left of the stack goes with the copied context.
    return lambda: copy_context().run(run)


def request_under_context() -> Run:
    app = with_view(lambda: "hello")

    def run() -> None:
        with app.app_context():
            get(app)()

    return run


def test_request_context() -> Run:
    app = with_view(lambda: "hello")

    def run() -> None:
        with app.test_request_context("/"):
            pass

    return run


def dispatcher() -> Run:
    shop, admin = with_view(lambda: "shop"), with_view(lambda: "admin", name="admin")
    both = DispatcherMiddleware(shop, {"/sec": admin})

    def run() -> None:
        get(both, "/sec/")()
        get(both, "/sec/none")()

    return run


class Outer:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, environ: Any, start_response: Any) -> Any:
        environ["outer"] = True
        return self.inner(environ, start_response)


def middleware_function(inner: Any) -> Any:
    def between(environ: Any, start_response: Any) -> Any:
        return inner(environ, start_response)

    return between


def middleware() -> Run:
    app = with_view(lambda: "hello")
    app.wsgi_app = Outer(middleware_function(Outer(app.wsgi_app)))  # type: ignore[method-assign]
    return get(app)


def middleware_outermost_function() -> Run:
    app = with_view(lambda: "hello")
    app.wsgi_app = middleware_function(Outer(app.wsgi_app))  # type: ignore[method-assign]
    return get(app)


def thread_with_copy() -> Run:
    def index() -> str:
        @copy_current_request_context
        def work() -> None:
            session.get("n")

        thread = threading.Thread(target=work, name="worker")
        thread.start()
        thread.join()
        return "done"

    app = with_view(index)
    app.teardown_request(named("down", lambda error: None))
    return get(app)


def local_stack() -> Run:
    stack: LocalStack[str] = LocalStack()

    def run() -> None:
        stack.push("a")
        stack.push("b")
        stack.pop()
        stack.pop()

    return run


def user_signals() -> Run:
    unheard, heard = blinker.Signal(), blinker.NamedSignal("heard")

    def listener(sender: Any) -> str:
        return "heard"

    heard.connect(listener)
    lonely = blinker.NamedSignal("lonely")

    def index() -> str:
        lonely.send(current_app._get_current_object())  # type: ignore[attr-defined]
        results = heard.send("somebody")
        assert results == [(listener, "heard")]
        assert unheard.send() == []
        return "sent"

    return get(with_view(index))


def raising_receiver() -> Run:
    signal = blinker.NamedSignal("delicate")

    def listener(sender: Any) -> None:
        raise RuntimeError("receiver")

    signal.connect(listener)

    def index() -> str:
        signal.send()
        return "never"

    app = with_view(index)
    app.view_functions["index"].keep = listener  # type: ignore[attr-defined]
    return get(app)


def one_calls_another() -> Run:
    inner = with_view(lambda: "inner", name="inner")

    def index() -> str:
        return inner.test_client().get("/").get_data(as_text=True)

    return get(with_view(index))


def after_this() -> Run:
    def index() -> str:
        @after_this_request
        def once(response: Response) -> Response:
            return response

        return "hello"

    app = with_view(index)
    app.after_request(named("always", lambda response: response))
    return get(app)


def url_functions() -> Run:
    app = plain()

    @app.url_value_preprocessor
    def pull(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values:
            values.pop("lang", None)

    @app.url_defaults
    def fill(endpoint: str, values: dict[str, Any]) -> None:
        values.setdefault("lang", "en")

    @app.route("/<lang>/")
    def index() -> str:
        return url_for("index")

    return get(app, "/en/")


def overriding_subclass() -> Run:
    class Own(Flask):
        def dispatch_request(self, *args: Any, **kwargs: Any) -> Any:
            return super().dispatch_request(*args, **kwargs)

        def preprocess_request(self, *args: Any, **kwargs: Any) -> Any:
            for function in self.before_request_funcs.get(None, ()):
                ensure_sync = getattr(self, "ensure_sync", lambda function: function)
                ensure_sync(function)()

        def wsgi_app(self, environ: Any, start_response: Any) -> Any:
            return super().wsgi_app(environ, start_response)

    app = Own("own")
    app.secret_key = "a key"
    app.add_url_rule("/", "index", lambda: "hello")
    app.before_request(named("before", lambda: None))
    return get(app)


class Memory(SessionInterface):
    def open_session(self, app: Flask, request: Any) -> SecureCookieSession:
        return SecureCookieSession()

    def save_session(self, app: Flask, session: Any, response: Any) -> None: ...


def custom_sessions() -> Run:
    app = with_view(lambda: "hello", secret=False)
    app.session_interface = Memory()
    return get(app)


def static_file() -> Run:
    app = Flask("shop", static_folder=str(Path(__file__).parent), static_url_path="/static")
    app.secret_key = "a key"
    return get(app, "/static/lines.py")


APPS: dict[str, Callable[[], Run]] = {
    make.__name__: make
    for make in (
        two_and_two, interception, not_found_answered_200, not_found_answered_404, unhandled,
        handled, propagated, after_returns_none, after_raises, teardown_raises, error_in_template,
        whole_template, session_read_and_write, no_secret_key, flashing, one_blueprint,
        no_blueprint_known, nested_blueprints, late_registration, before_first_request,
        method_view, static_file,
        plain_stream, stream_in_context,
        abandoned_stream, raising_stream, with_client, nested_contexts, pushed_twice, out_of_order,
        request_under_context, test_request_context, dispatcher, middleware,
        middleware_outermost_function, thread_with_copy, local_stack, user_signals,
        raising_receiver, one_calls_another, after_this, url_functions, overriding_subclass,
        custom_sessions,
    )
}  # fmt: skip
