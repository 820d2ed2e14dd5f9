"""Two functions before the view, the first of which fails; and one after it."""

from time import perf_counter

from flask import Flask, g, request

app = Flask("failing_hook")
app.secret_key = "only for learning"


@app.before_request
def check_token():
    g.token = int(request.args["token"])


@app.before_request
def start_timer():
    g.start = perf_counter()


@app.after_request
def add_duration(response):
    # Right as long as start_timer ran: g.get("start") would be right always.
    took = perf_counter() - g.start
    response.headers["X-Fast"] = "yes" if took < 60 else "no"
    return response


@app.get("/")
def index():
    return f"Your token is {g.token}."
