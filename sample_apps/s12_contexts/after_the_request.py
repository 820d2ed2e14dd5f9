"""A thread that works on after the request has been answered, with a copy of its context."""

from threading import Event, Thread

from flask import Flask, after_this_request, copy_current_request_context, request

app = Flask("after_the_request")
jobs = []


@app.teardown_request
def put_away(error):
    pass


@app.post("/start")
def start():
    name, answered, seen = request.form["name"], Event(), []

    @copy_current_request_context
    def work():
        answered.wait(10)
        seen.append(f"the form still has {request.form['name']}")
        seen.append(f"bytes left to read: {len(request.get_data())}")

    @after_this_request
    def tell_the_thread(response):
        response.call_on_close(answered.set)
        return response

    worker = Thread(target=work, name="late-worker")
    worker.start()
    jobs[:] = [(worker, seen)]
    return f"Started for {name}."


@app.get("/result")
def result():
    worker, seen = jobs[-1]
    worker.join(10)
    return "\n".join(seen)
