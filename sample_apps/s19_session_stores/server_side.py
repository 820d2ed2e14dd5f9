"""Flask-Session: the cookie holds an id, Redis or a file holds the session."""

from datetime import timedelta

from cachelib.file import FileSystemCache
from flask import Flask, session
from flask_session import Session

from sample_apps.stores import session_store

app = Flask("server-side")
app.config.update(
    SESSION_COOKIE_NAME="server_side",
    SESSION_KEY_PREFIX="lesson:",
    PERMANENT_SESSION_LIFETIME=timedelta(hours=1),
)
store = session_store()
if store.client:
    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=store.client)
else:
    files = FileSystemCache(str(store.folder))
    app.config.update(SESSION_TYPE="cachelib", SESSION_CACHELIB=files)
Session(app)


@app.get("/add")
def add():
    session["cart"] = ["tea"]
    return f"Tea was put into the cart.\n{store.said}"


@app.get("/")
def look():
    return f"Cart: {session.get('cart', [])}"


@app.get("/empty")
def empty():
    session.clear()
    return "The cart is empty."
