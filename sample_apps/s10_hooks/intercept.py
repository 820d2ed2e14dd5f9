"""A before_request function that answers in place of the view."""

from flask import Flask, request

app = Flask("intercept")
app.secret_key = "only for learning"


@app.before_request
def process_request1():
    if "ticket" not in request.args:
        return "No ticket: the view never ran.", 403
    return None


@app.before_request
def process_request2():
    pass


@app.after_request
def process_response1(response):
    return response


@app.after_request
def process_response2(response):
    return response


@app.get("/")
def index():
    return "You have a ticket: the view ran."
