"""A session that is too big for a cookie."""

from random import Random

from flask import Flask, session

app = Flask("too_big")
# Zero turns off Werkzeug's warning about it, not what browsers do with such a cookie.
app.config.update(SECRET_KEY="only for learning", SESSION_COOKIE_NAME="too_big", MAX_COOKIE_SIZE=0)


@app.post("/fill/<int:size>")
def fill(size):
    # Letters in no order: what repeats itself is compressed on its way into the cookie.
    session["text"] = "".join(Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=size))
    return f"{size} letters are in the session."


@app.get("/")
def show():
    return f"{len(session.get('text', ''))} letters have come back."
