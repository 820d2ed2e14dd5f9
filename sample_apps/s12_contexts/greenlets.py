"""Work in a greenlet: without a request, with a copy of it, and with a copy of the context."""

from contextvars import copy_context

from flask import Flask, copy_current_request_context, request

app = Flask("greenlets")


@app.teardown_request
def put_away(error):
    pass


def look():
    try:
        return f"the greenlet sees {request.path}"
    except RuntimeError as error:
        return str(error).splitlines()[0]


@app.get("/plain")
def plain():
    from greenlet import greenlet

    return greenlet(look).switch()


@app.get("/copied")
def copied():
    from greenlet import greenlet

    return greenlet(copy_current_request_context(look)).switch()


@app.get("/context")
def context():
    from greenlet import greenlet

    worker = greenlet(look)
    worker.gr_context = copy_context()
    return worker.switch()


@app.errorhandler(ModuleNotFoundError)
def package_missing(error):
    return f"This lesson needs {error.name}: pip install {error.name}\n", 501
