"""Three applications of one site that keep their sessions in a cookie of the same name."""

from flask import Flask, session
from werkzeug.middleware.dispatcher import DispatcherMiddleware


def build(name, key):
    app = Flask(name)
    app.config.update(SECRET_KEY=key, SESSION_COOKIE_NAME="shared")

    @app.get("/write")
    def write():
        session[f"by {name}"] = "yes"
        return f"{name} wrote, now there is {sorted(session)}"

    @app.get("/read")
    def read():
        return f"{name} reads {sorted(session)}"

    return app


one = build("one", "only for learning")
two = build("two", "only for learning")
three = build("three", "another key, for learning")

application = DispatcherMiddleware(
    lambda environ, start_response: one(environ, start_response),
    {"/one": one, "/two": two, "/three": three},
)
