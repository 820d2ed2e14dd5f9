"""A streamed response that still needs the request while it is being sent."""

from flask import Flask, request, stream_with_context

app = Flask("streaming_with_context")


@app.teardown_request
def put_away(error):
    pass


@app.get("/")
def countdown():
    @stream_with_context
    def lines():
        for number in (3, 2, 1):
            yield f"{number}: for {request.args.get('name', 'nobody')}\n"

    return lines(), {"Content-Type": "text/plain; charset=utf-8"}
