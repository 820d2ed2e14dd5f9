"""A request of one application that steps into another one while its view runs."""

from flask import Flask, current_app, g, request

counter = Flask("counter")
storeroom = Flask("storeroom")


def whereabouts():
    return f"{current_app.name}, asked for {request.path}, g has {sorted(g)}\n"


@storeroom.get("/shelf/<int:number>")
def shelf(number):
    return whereabouts()


@counter.get("/")
def order():
    g.customer = "Ada"
    lines = [whereabouts()]
    with storeroom.app_context():
        lines.append(whereabouts())
    with storeroom.test_request_context("/shelf/7"):
        lines.append(whereabouts())
    lines.append(whereabouts())
    return "".join(lines), {"Content-Type": "text/plain; charset=utf-8"}


@counter.get("/fetch")
def fetch():
    g.customer = "Ada"
    answer = storeroom.test_client().get("/shelf/7").text
    return whereabouts() + answer, {"Content-Type": "text/plain; charset=utf-8"}
