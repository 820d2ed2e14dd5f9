"""More small applications: shapes that people build, each with the run that it is watched in."""

from __future__ import annotations

import contextvars
import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import flask
from apps import Run, broken, get, named, plain, quietly, with_view
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    after_this_request,
    redirect,
    render_template,
    render_template_string,
    request,
    request_started,
    session,
    url_for,
)
from flask.sessions import SecureCookieSessionInterface, SessionInterface
from flask.views import MethodView
from jinja2 import DictLoader
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, EnvironBuilder


def mutated_registries() -> Run:
    """Hooks that come and go behind the setup methods, between two requests."""
    app = with_view(lambda: "hello")
    first = named("first", lambda: None)
    app.before_request(first)

    def run() -> None:
        get(app)()
        app.before_request_funcs[None].insert(0, named("zeroth", lambda: None))
        app.before_request_funcs[None].remove(first)
        app.after_request_funcs = {None: [named("after", lambda response: response)]}
        app.teardown_appcontext_funcs.append(named("down", lambda error: None))
        app.url_value_preprocessors.setdefault(None, []).append(
            named("pull", lambda endpoint, values: None)
        )
        app.view_functions["index"] = named("other", lambda: "other")
        get(app)()

    return run


def three_deep() -> Run:
    """Every kind of hook on blueprints in blueprints in blueprints, and a 404 of the innermost."""
    app = plain()
    blueprints = [Blueprint(name, __name__) for name in ("one", "two", "three")]
    for thing in (app, *blueprints):
        label = getattr(thing, "name", "")
        thing.url_value_preprocessor(named(f"pull_{label}", lambda endpoint, values: None))
        thing.url_defaults(named(f"fill_{label}", lambda endpoint, values: None))
        thing.before_request(named(f"before_{label}", lambda: None))
        thing.context_processor(named(f"names_{label}", lambda: {}))
        thing.after_request(named(f"after_{label}", lambda response: response))
        thing.teardown_request(named(f"down_{label}", lambda error: None))
    one, two, three = blueprints
    three.before_app_request(named("before_all", lambda: None))
    three.register_error_handler(404, named("missing", lambda error: ("missing", 404)))

    @three.route("/")
    def deep() -> str:
        url_for("one.two.three.deep")
        render_template_string("")
        abort(404)

    two.register_blueprint(three)
    one.register_blueprint(two)
    app.register_blueprint(one)
    return get(app)


def handler_raises() -> Run:
    app = with_view(broken)

    @app.errorhandler(RuntimeError)
    def worse(error: Exception) -> str:
        raise ValueError("worse")

    @app.errorhandler(500)
    def last(error: Exception) -> str:
        return "last"

    return get(app)


def slash_and_method() -> Run:
    """Redirects of the routing are shown to no handler; 405 and 404 are."""
    app = plain()
    app.add_url_rule("/folder/", "folder", lambda: "folder")

    @app.errorhandler(HTTPException)
    def caught(error: HTTPException) -> tuple[str, int]:
        return "caught", error.code or 500

    def run() -> None:
        get(app, "/folder")()
        Client(app, Response).post("/folder/").close()

    return run


def options_by_flask() -> Run:
    """Flask answers OPTIONS itself; the view is not asked."""
    app = with_view(lambda: "never")

    def run() -> None:
        Client(app, Response).options("/").close()

    return run


def answer_by_abort() -> Run:
    app = plain()

    @app.before_request
    def guard() -> None:
        abort(redirect("/login"))

    @app.errorhandler(HTTPException)
    def never(error: HTTPException) -> str:
        return "never"

    return get(app)


def receiver_at_the_start_raises() -> Run:
    app = with_view(lambda: "never")

    def refuse(sender: Any, **arguments: Any) -> None:
        raise RuntimeError("refused")

    def run() -> None:
        with request_started.connected_to(refuse, app):
            get(app)()

    return run


def decorated_class_views() -> Run:
    def checked(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def check(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return check

    class Item(MethodView):
        decorators = (checked,)  # type: ignore[assignment]

        def get(self, number: int) -> str:
            return str(number)

        def post(self, number: int) -> str:
            raise ZeroDivisionError

    class Callable_:
        def __call__(self) -> str:
            return "called"

    app = plain()
    app.add_url_rule("/<int:number>", view_func=Item.as_view("item"))
    app.add_url_rule("/object", endpoint="object", view_func=Callable_())

    def run() -> None:
        get(app, "/1")()
        Client(app, Response).post("/2").close()
        Client(app, Response).put("/3").close()
        get(app, "/object")()

    return run


def mounted_twice() -> Run:
    shop, admin = with_view(lambda: "shop"), with_view(lambda: "admin", name="admin")
    inner = DispatcherMiddleware(admin, {"/deep": shop})
    outer = DispatcherMiddleware(shop, {"/one": admin, "/two": admin, "/in": inner})

    def run() -> None:
        for path in ("/one/", "/two/none", "/in/deep/"):
            get(outer, path)()

    return run


def app_in_an_app() -> Run:
    """A function around one application answers some paths with another application."""
    inner, outer = with_view(lambda: "inner", name="inner"), with_view(lambda: "outer")
    own = outer.wsgi_app

    def router(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] != "/inner":
            return own(environ, start_response)
        environ["PATH_INFO"] = "/"
        return inner(environ, start_response)

    outer.wsgi_app = router  # type: ignore[method-assign]

    def run() -> None:
        get(outer)()
        get(outer, "/inner")()

    return run


def raw_call_in_a_view() -> Run:
    inner = with_view(lambda: "inner", name="inner")

    def index() -> Response:
        return Response.from_app(inner, dict(request.environ))

    return get(with_view(index))


def calls_itself_and_fails() -> Run:
    app = plain()

    @app.route("/")
    def index() -> str:
        client = app.test_client()
        return client.get("/lost").get_data(as_text=True) + client.get("/lost").get_data(
            as_text=True
        )

    return get(app)


def dispatched(app: Flask, context: Any) -> Response:
    """What ``full_dispatch_request`` answers, which is handed the context from 3.2 on."""
    method: Any = app.full_dispatch_request
    names = inspect.signature(Flask.full_dispatch_request).parameters
    return method(context) if "ctx" in names else method()  # type: ignore[no-any-return]


def contexts_in_a_view() -> Run:
    one, two = plain(name="one"), with_view(lambda: "two", name="two")

    @one.route("/")
    def index() -> str:
        with two.app_context(), one.app_context():
            pass
        with two.test_request_context("/") as context:
            return str(dispatched(two, context).status_code)

    return get(one)


def script_that_fails() -> Run:
    app = plain()
    app.teardown_appcontext(named("down", lambda error: None))

    def run() -> None:
        with app.app_context():
            raise RuntimeError("script")

    return quietly(run)


def script_that_leaves_its_context() -> Run:
    """Never popped, in a Context that is kept; what comes afterwards is a run of its own."""
    app, other = plain(), plain(name="other")
    elsewhere = contextvars.Context()

    def run() -> None:
        elsewhere.run(lambda: app.app_context().push())
        with other.app_context():
            pass

    return run


def delegating_sessions() -> Run:
    """An interface that asks another one is two; one that calls super() is one."""

    class Inherits(SecureCookieSessionInterface):
        def open_session(self, *args: Any) -> Any:
            return super().open_session(*args)

    class Asks(SessionInterface):
        inner = Inherits()

        def open_session(self, *args: Any) -> Any:
            return self.inner.open_session(*args)

        def save_session(self, *args: Any) -> None:
            self.inner.save_session(*args)

    app = with_view(lambda: str(session.get("n")))
    app.session_interface = Asks()
    return get(app)


def store_is_down() -> Run:
    class Down(SessionInterface):
        def open_session(self, app: Flask, request: Any) -> Any:
            if request.path == "/":
                raise OSError("down")
            return {}

        def save_session(self, *args: Any) -> None:
            raise OSError("down as well")

    app = plain()
    app.session_interface = Down()
    app.after_request(named("after", lambda response: response))

    def run() -> None:
        get(app)()
        get(app, "/other")()

    return run


TEMPLATES = {
    "base": "{% import 'macros' as m %}{% block b %}{% endblock %}{{ m.twice(n) }}{{ add(n) }}",
    "macros": "{% macro twice(x) %}{{ x|double }}{% endmacro %}",
    "child": (
        "{% extends 'base' %}{% block b %}{{ super() }}{{ [n]|map('double')|list }}"
        "{% include 'part' %}{% if n is odd_one %}{{ n|whole }}{% endif %}{% endblock %}"
    ),
    "part": "{{ n|double }}",
}


def with_templates(view: Callable[[], Any]) -> Flask:
    app = with_view(view)
    app.jinja_loader = DictLoader(TEMPLATES)
    app.add_template_filter(named("double", lambda value: value * 2))
    app.add_template_test(named("odd_one", lambda value: value % 2 == 1))
    app.jinja_env.filters["whole"] = int
    app.jinja_env.globals["add"] = named("add", lambda value: value + 1)
    return app


def inherited_templates() -> Run:
    app = with_templates(lambda: render_template("child", n=1))

    def run() -> None:
        get(app)()
        # The same name, another function.
        app.jinja_env.globals["add"] = named("add_two", lambda value: value + 2)
        get(app)()

    return run


def streamed_template() -> Run:
    app = with_templates(lambda: flask.stream_template("child", n=1))
    app.jinja_env.filters["double"] = named("treble", lambda value: value * 3)
    return get(app)


def abandoned_template() -> Run:
    app = with_templates(lambda: flask.stream_template("child", n=1))

    def run() -> None:
        body: Any = app(EnvironBuilder("/").get_environ(), lambda *args: None)
        next(iter(body))
        body.close()

    return run


def own_wsgi_app() -> Run:
    """A subclass that does what ``wsgi_app`` does in its own way, without calling it."""

    class Own(Flask):
        def wsgi_app(self, environ: Any, start_response: Any) -> Any:
            with self.request_context(environ) as context:
                return dispatched(self, context)(environ, start_response)

        def __call__(self, environ: Any, start_response: Any) -> Any:
            return super().__call__(environ, start_response)

    app = Own("own")
    app.secret_key = "a key"
    app.add_url_rule("/", "index", lambda: "hello")
    return get(app)


def extension() -> Run:
    """What an extension registers: bound methods of one object, in every registry."""

    class Extension:
        def __init__(self, app: Flask) -> None:
            app.before_request(self.arrive)
            app.after_request(self.leave)
            app.teardown_appcontext(self.close)
            app.context_processor(self.names)
            app.register_error_handler(418, self.pour)
            app.add_template_filter(self.show, "show")

        def arrive(self) -> None:
            after_this_request(self.once)

        def once(self, response: Response) -> Response:
            return response

        def leave(self, response: Response) -> Response:
            return response

        def close(self, error: BaseException | None) -> None: ...

        def names(self) -> dict[str, Any]:
            return {}

        def show(self, value: Any) -> Any:
            return value

        def pour(self, error: Exception) -> tuple[str, int]:
            return render_template_string("{{ request.path|show }}"), 418

    app = with_view(lambda: abort(418))
    Extension(app)
    return get(app)


def work_when_the_response_closes() -> Run:
    app = plain()

    @app.route("/")
    def index() -> Response:
        response = Response("hello")

        @response.call_on_close
        def later() -> None:
            with app.app_context():
                pass

        return response

    return get(app)


class Generating:
    """Middleware that is a generator: the application inside runs when the body is iterated."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, environ: Any, start_response: Any) -> Iterator[bytes]:
        yield from self.inner(environ, start_response)


def generating_middleware() -> Run:
    app = with_view(lambda: "hello")
    app.wsgi_app = Generating(app.wsgi_app)  # type: ignore[method-assign]
    return get(app)


SHAPES: dict[str, Callable[[], Run]] = {
    make.__name__: make
    for make in (
        mutated_registries, three_deep, handler_raises, slash_and_method, options_by_flask,
        answer_by_abort,
        receiver_at_the_start_raises, decorated_class_views, mounted_twice, app_in_an_app,
        raw_call_in_a_view, calls_itself_and_fails, contexts_in_a_view, script_that_fails,
        script_that_leaves_its_context, delegating_sessions, store_is_down, inherited_templates,
        streamed_template, abandoned_template, own_wsgi_app, extension,
        work_when_the_response_closes, generating_middleware,
    )
}  # fmt: skip
