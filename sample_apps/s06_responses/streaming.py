"""A response that is produced while it is sent: by then the contexts are gone."""

from flask import Flask, has_request_context

app = Flask("streaming")


@app.teardown_request
def put_away(error):
    pass


@app.get("/")
def countdown():
    def lines():
        for number in (3, 2, 1):
            yield f"{number}: has a request: {has_request_context()}\n"

    return lines(), {"Content-Type": "text/plain; charset=utf-8"}
