"""The same count kept twice: in g and in the session."""

from flask import Flask, g, session

app = Flask("g_and_session")
app.config.update(SECRET_KEY="only for learning", SESSION_COOKIE_NAME="g_and_session")


@app.get("/")
def visit():
    g.visits = g.get("visits", 0) + 1
    session["visits"] = session.get("visits", 0) + 1
    return f"visits in g: {g.visits}, in the session: {session['visits']}"
