"""What the teardown functions are handed: after a handled error, and after one that is not."""

from flask import Flask

app = Flask("teardown_argument")


@app.errorhandler(KeyError)
def nothing_there(error):
    return "Handled.", 404


@app.teardown_request
def close_request(error):
    pass


@app.teardown_appcontext
def close_connection(error):
    pass


@app.get("/handled")
def handled():
    return {}["no such key"]


@app.get("/unhandled")
def unhandled():
    return str(1 / 0)
