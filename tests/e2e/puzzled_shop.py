"""An application that puzzles its owner: a guard that answers for the view, a context that nobody
pops, and cookies of several origins. No sample, and nothing in it is about tracing."""

from __future__ import annotations

from socketserver import ThreadingMixIn
from threading import Event
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

from flask import Flask, Response, current_app, redirect, request, session

app = Flask("puzzled_shop")
app.secret_key = "for tests"
kept: list[Any] = []
open_doors = Event()


@app.before_request
def only_with_key() -> Any:
    if request.path == "/account" and "key" not in request.args:
        return redirect("/login")
    return None


@app.before_request
def count_visits() -> None:
    session["visits"] = session.get("visits", 0) + 1


@app.after_request
def remember_visitor(response: Response) -> Response:
    response.set_cookie("visitor", "7", max_age=60)
    return response


@app.get("/account")
def account() -> str:
    return "your account"


@app.get("/report")
def report() -> str:
    prices()
    return "a report"


def prices() -> None:
    context = current_app.app_context()
    context.push()
    kept.append(context)


@app.get("/basket")
def basket() -> Response:
    response = Response("a basket")
    response.set_cookie("basket", "1")
    return response


@app.get("/queue")
def queue() -> str:
    """Waits until somebody asks for `/open`."""
    open_doors.wait(60)
    return "your turn"


@app.get("/open")
def open_the_doors() -> str:
    open_doors.set()
    return "open"


def endless() -> str:
    return "A name without an end."


endless.__name__ = endless.__qualname__ = "n" * 10_000
app.add_url_rule("/endless", endless.__name__, endless)


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    with make_server("127.0.0.1", 0, app, server_class=Server) as server:
        print(server.server_port, flush=True)
        server.serve_forever()
