"""Functions with some arguments given already: as a view, and behind a proxy."""

from functools import partial

from flask import Flask, g
from werkzeug.local import LocalProxy

app = Flask("partials")


def greet(word, name):
    return f"{word}, {name}."


app.add_url_rule("/hello/<name>", "hello", partial(greet, "Hello"))
app.add_url_rule("/goodbye/<name>", "goodbye", partial(greet, "Goodbye"))


def look_up(name):
    return g.get(name, f"no {name}")


current_user = LocalProxy(partial(look_up, "user"))
current_cart = LocalProxy(partial(look_up, "cart"))


@app.get("/proxies")
def proxies():
    g.user = "Ada"
    return f"{current_user}, {current_cart}"
