"""A session interface of one's own: the cookie holds a number, the server holds the rest."""

import secrets

from flask import Flask, session
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

app = Flask("own-interface")
app.config["SESSION_COOKIE_NAME"] = "own"


class StoredSession(CallbackDict, SessionMixin):
    modified = False

    def __init__(self, sid, kept):
        def on_update(self):
            self.modified = True

        super().__init__(kept, on_update)
        self.sid = sid


class MemorySessionInterface(SessionInterface):
    def __init__(self):
        self.kept = {}

    def open_session(self, app, request):
        sid = request.cookies.get(app.config["SESSION_COOKIE_NAME"])
        if sid in self.kept:
            return StoredSession(sid, self.kept[sid])
        return StoredSession(secrets.token_urlsafe(16), {})

    def save_session(self, app, session, response):
        if session.modified:
            self.kept[session.sid] = dict(session)
            response.set_cookie(app.config["SESSION_COOKIE_NAME"], session.sid, httponly=True)


app.session_interface = MemorySessionInterface()


@app.before_request
def before():
    pass


@app.after_request
def after(response):
    return response


@app.get("/login")
def login():
    session["user"] = "Ada"
    return "Logged in."


@app.get("/")
def index():
    return f"Hello, {session.get('user', 'stranger')}."
