"""A template that calls a filter, a global and what a context processor put in."""

from pathlib import Path

from flask import Flask, render_template
from markupsafe import Markup, escape

app = Flask("profile", template_folder=str(Path(__file__).parent / "templates"))


@app.template_filter("initials")
def initials(name):
    return "".join(word[0].upper() for word in name.split("."))


@app.template_global("add")
def add(first, second):
    return first + second


@app.context_processor
def site():
    return {"site_name": "The Analytical Club"}


def bold(word):
    return Markup("<b>") + escape(word) + Markup("</b>")


@app.get("/members/<name>")
def member(name):
    return render_template(
        "profile.html",
        name=name,
        letters=3,
        calls=4,
        bold=bold,
        typed="<i>typed by a visitor</i>",
        written=Markup("<i>written by us</i>"),
    )
