"""Work in another thread: without a request of its own, or with a copy of this one."""

from contextvars import copy_context
from threading import Thread

from flask import Flask, copy_current_request_context, current_app, request

app = Flask("threads")


@app.teardown_request
def put_away(error):
    pass


def run_in_thread(work):
    worker = Thread(target=work, name="report-worker")
    worker.start()
    worker.join()


@app.get("/copied")
def copied():
    seen = []

    @copy_current_request_context
    def work():
        seen.append(f"the thread sees {request.path}")

    run_in_thread(work)
    return seen[0]


@app.get("/plain")
def plain():
    seen = []

    def work():
        try:
            seen.append(f"the thread sees {request.path}")
        except RuntimeError as error:
            seen.append(str(error).splitlines()[0])

    run_in_thread(work)
    return seen[0]


@app.get("/context")
def context():
    seen = []
    here = copy_context()

    def work():
        here.run(lambda: seen.append(f"the thread sees {request.path}"))

    run_in_thread(work)
    return seen[0]


@app.get("/app")
def application():
    seen = []

    def work():
        with app.app_context():
            seen.append(f"the thread sees {current_app.name}")
            try:
                seen.append(request.path)
            except RuntimeError as error:
                seen.append(str(error).splitlines()[0])

    run_in_thread(work)
    return "\n".join(seen)
