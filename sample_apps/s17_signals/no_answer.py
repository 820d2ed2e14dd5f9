"""Receivers that return something, or raise: what comes of it."""

from flask import Flask, request, request_started

app = Flask("no_answer")


@request_started.connect_via(app)
def answer_in_its_place(sender, **extra):
    if request.path == "/raise":
        raise PermissionError("not today")
    return "this is not a response"


@app.get("/return")
def ignored():
    return "The view ran."


@app.get("/raise")
def never():
    return "never said"


@app.before_request
def before():
    pass
