"""Converters: which paths match, and what the view is handed."""

from flask import Flask, has_request_context
from werkzeug.routing import BaseConverter

app = Flask("converters")


class WordsConverter(BaseConverter):
    """``one+two`` in the path, a list in the view."""

    def to_python(self, value):
        return [*value.split("+"), f"in a request: {has_request_context()}"]

    def to_url(self, value):
        return "+".join(value)


app.url_map.converters["words"] = WordsConverter


@app.get("/string/<value>")
@app.get("/int/<int:value>")
@app.get("/float/<float:value>")
@app.get("/path/<path:value>")
@app.get("/uuid/<uuid:value>")
@app.get("/any/<any(red, blue):value>")
@app.get("/words/<words:value>")
def show(value):
    return f"{type(value).__name__}: {value}"
