"""An after_request function that returns nothing, and the one that is handed nothing."""

from flask import Flask

app = Flask("forgotten_return")
app.secret_key = "only for learning"


@app.after_request
def sign(response):
    response.headers["X-Signed"] = "yes"
    return response


@app.after_request
def forgetful(response):
    response.headers["X-Seen"] = "yes"


@app.get("/")
def index():
    return "The view has done its part."
