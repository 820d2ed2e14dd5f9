"""A function and a filter of one's own, for every template."""

from flask import Flask, render_template_string

app = Flask("template_functions")


@app.template_global()
def sb(a1, a2):
    return a1 + a2


@app.template_filter()
def db(a1, a2, a3):
    return a1 + a2 + a3


@app.get("/")
def index():
    return render_template_string("{{ sb(1, 2) }} and {{ number|db(2, 3) }}", number=1)
