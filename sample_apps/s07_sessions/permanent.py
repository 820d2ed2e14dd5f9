"""A session that outlives the browser, with its cookie renewed or not."""

from datetime import timedelta

from flask import Flask, session
from werkzeug.middleware.dispatcher import DispatcherMiddleware


def build(name, renewed):
    app = Flask(name)
    app.config.update(
        SECRET_KEY="only for learning",
        SESSION_COOKIE_NAME=name,
        SESSION_REFRESH_EACH_REQUEST=renewed,
        PERMANENT_SESSION_LIFETIME=timedelta(days=31),
    )

    @app.post("/login")
    def login():
        session.permanent = True
        session["user"] = "Ada"
        return "Welcome, Ada."

    @app.get("/")
    def show():
        return f"user: {session.get('user')}"

    return app


renewing = build("renewing", True)
sparing = build("sparing", False)
application = DispatcherMiddleware(renewing, {"/sparing": sparing})
