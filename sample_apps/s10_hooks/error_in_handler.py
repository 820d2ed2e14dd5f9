"""An error handler that fails, and an after_request function that does."""

from flask import Flask, abort, request

app = Flask("error_in_handler")
app.secret_key = "only for learning"


@app.errorhandler(404)
def no_such_thing(error):
    return {}["no such key"]


@app.errorhandler(500)
def server_error(error):
    return f"Sorry: {type(error.original_exception).__name__}", 500


@app.after_request
def sign(response):
    response.headers["X-Sign"] = str(1 / (request.path != "/after"))
    return response


@app.get("/handler")
def handler():
    abort(404)


@app.get("/after")
def after():
    return "The view has done its part."
