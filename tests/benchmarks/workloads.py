"""The three applications that are measured; plain Flask, called in process through WSGI."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import flask
from jinja2 import DictLoader
from werkzeug.test import EnvironBuilder

ROWS = 20
TEMPLATE = """<title>{{ title }}</title>
<table>
{% for row in rows %}<tr><td>{{ row.id }}</td><td>{{ row.name|shout }}</td></tr>
{% endfor %}</table>
"""


def w1() -> list[flask.Flask]:
    """Hello."""
    app = flask.Flask("w1")

    @app.get("/")
    def index() -> str:
        return "Hello"

    return [app]


def w2() -> list[flask.Flask]:
    """Two before, two after, both teardowns, session, template with a filter, flash, blueprint."""
    return [_shop(lambda: None)]


def w3() -> list[flask.Flask]:
    """W2 with contexts of a second application opened inside the view."""
    other = flask.Flask("other")

    @other.get("/price")
    def price() -> str:
        return "1"

    def nested() -> None:
        with other.app_context():
            flask.g.price = 1
            with other.test_request_context("/price"):
                assert flask.request.path == "/price"
                with other.app_context():
                    assert flask.current_app.name == "other"

    return [_shop(nested), other]


WORKLOADS: dict[str, Callable[[], list[flask.Flask]]] = {"W1": w1, "W2": w2, "W3": w3}
"""Name → applications; the first one is called, the others take part."""
PATHS = {"W1": "/", "W2": "/shop/list", "W3": "/shop/list"}


def _shop(inside: Callable[[], None]) -> flask.Flask:
    app = flask.Flask("shop")
    app.secret_key = "benchmark"
    app.jinja_loader = DictLoader({"list.html": TEMPLATE})  # type: ignore[misc]
    shop = flask.Blueprint("shop", __name__, url_prefix="/shop")

    @app.before_request
    def load_user() -> None:
        flask.g.user = flask.session.get("user")

    @app.before_request
    def check() -> None:
        flask.g.checked = True

    @app.after_request
    def add_header(response: flask.Response) -> flask.Response:
        response.headers["X-Shop"] = "1"
        return response

    @app.after_request
    def add_another(response: flask.Response) -> flask.Response:
        response.headers["X-User"] = str(flask.g.user)
        return response

    @app.teardown_request
    def close_cart(error: BaseException | None) -> None:
        flask.g.pop("cart", None)

    @app.teardown_appcontext
    def close_database(error: BaseException | None) -> None:
        flask.g.pop("database", None)

    @app.template_filter("shout")
    def shout(text: str) -> str:
        return text.upper()

    @shop.get("/list")
    def listing() -> str:
        flask.session["user"] = "ada"
        flask.session["visits"] = flask.session.get("visits", 0) + 1
        flask.flash("welcome")
        flask.get_flashed_messages()
        inside()
        rows = [{"id": n, "name": f"thing {n}"} for n in range(ROWS)]
        return flask.render_template("list.html", title="shop", rows=rows)

    app.register_blueprint(shop)
    return app


class Caller:
    """Calls a WSGI application the way a server does, without a socket."""

    def __init__(self, app: flask.Flask, path: str) -> None:
        self.app = app
        self._environ = EnvironBuilder(path=path).get_environ()
        self.status = ""

    def __call__(self) -> None:
        environ: dict[str, Any] = {**self._environ, "wsgi.input": io.BytesIO()}
        body = self.app(environ, self._start_response)
        for _ in body:
            pass
        close = getattr(body, "close", None)
        if close is not None:
            close()

    def _start_response(self, status: str, headers: Any, exc_info: Any = None) -> Any:
        self.status = status
        return lambda data: None
