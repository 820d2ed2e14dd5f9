"""What a view may return, and what it may not."""

from flask import Flask, redirect, url_for

app = Flask("return_types")
RETURNED = {
    "text": "a text",
    "tuple": ("a text, a status and a header", 201, {"X-Kind": "tuple"}),
    "dict": {"kind": "dict"},
    "list": ["a", "list"],
    "nothing": None,
    "number": 42,
}


@app.errorhandler(TypeError)
def wrong_type(error):
    return "This handler is for TypeError.", 500


@app.get("/<any(text, tuple, dict, list, nothing, number):kind>")
def give(kind):
    return RETURNED[kind]


@app.get("/generator")
def generator():
    return (f"{word}\n" for word in ("piece", "by", "piece"))


@app.get("/redirect")
def elsewhere():
    return redirect(url_for("give", kind="text"))
