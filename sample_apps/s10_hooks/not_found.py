"""Error pages of one's own, and a status that is easily forgotten."""

from flask import Flask, abort

app = Flask("not_found")
app.secret_key = "only for learning"


@app.before_request
def process_request():
    pass


@app.errorhandler(404)
def page_not_found(error):
    return "404: there is no such page.", 404


@app.errorhandler(410)
def page_gone(error):
    return "410: says the text. The status is 200, since nothing else was returned."


@app.get("/gone")
def gone():
    abort(410)
