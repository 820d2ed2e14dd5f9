"""A script: somebody goes away in the middle of a streamed response."""

from flask import Flask, has_request_context, stream_with_context
from werkzeug.test import EnvironBuilder

app = Flask("disconnect")


@app.teardown_appcontext
def close_connection(error):
    pass


@app.get("/stream")
def stream():
    return stream_with_context(f"{number}\n" for number in range(1000))


@app.get("/next")
def following():
    return "next"


def call(path):
    """The body as a server has it: an iterable, nothing of it read yet."""
    return app(EnvironBuilder(path=path).get_environ(), lambda status, headers, error=None: None)


def main(say=print):
    body = call("/stream")
    say(f"the first piece: {next(iter(body)).decode().strip()}")
    say(f"the request is still there: {has_request_context()}")
    other = call("/next")
    say(f"the next request: {b''.join(other).decode()}")
    other.close()
    body.close()
    say(f"closed at last, still there: {has_request_context()}")


if __name__ == "__main__":
    main()
