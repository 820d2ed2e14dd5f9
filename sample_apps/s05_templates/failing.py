"""A template that fails while it is rendered."""

from flask import Flask, render_template_string

app = Flask("failing_template")


@app.get("/")
def index():
    return render_template_string("before {{ 1 / zero }} after", zero=0)
