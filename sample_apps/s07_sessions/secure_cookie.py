"""A cookie for https alone, sent over http."""

from flask import Flask, session

app = Flask("secure_cookie")
app.config.update(
    SECRET_KEY="only for learning",
    SESSION_COOKIE_NAME="secure_cookie",
    SESSION_COOKIE_SECURE=True,
)


@app.post("/login")
def login():
    session["user"] = "Ada"
    return "Welcome, Ada."


@app.get("/")
def show():
    return f"user: {session.get('user')}"
