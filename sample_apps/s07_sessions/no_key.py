"""A session without a secret key."""

from flask import Flask, session

app = Flask("no_key")


@app.get("/read")
def read():
    return f"user: {session.get('user')}"


@app.get("/write")
def write():
    session["user"] = "Ada"
    return "never said"
