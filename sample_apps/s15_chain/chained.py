"""Two lists walked through as one: that is how Flask finds the hooks of a request."""

from itertools import chain

from flask import Blueprint, Flask, request

app = Flask("chained")
outer = Blueprint("outer", __name__, url_prefix="/outer")
inner = Blueprint("inner", __name__, url_prefix="/inner")


@app.after_request
def of_the_application(response):
    return response


@outer.after_request
def of_the_outer(response):
    return response


@inner.after_request
def of_the_inner(response):
    return response


@inner.get("/")
def index():
    scopes = list(chain(request.blueprints, (None,)))
    return f"chained: {list(chain([1, 2], [3]))}, scopes: {scopes}"


outer.register_blueprint(inner)
app.register_blueprint(outer)
