"""Two functions before the view, two after it."""

from flask import Flask

app = Flask("hook_order")
app.secret_key = "only for learning"


@app.before_request
def process_request1():
    pass


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
    return "The view ran between two functions before and two after."
