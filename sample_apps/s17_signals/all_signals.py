"""A receiver for each of Flask's signals."""

import flask
from flask import Flask, flash, render_template_string

app = Flask("all_signals")
app.config.update(SECRET_KEY="only for learning", SESSION_COOKIE_NAME="all_signals")


@flask.appcontext_pushed.connect_via(app)
def context_is_pushed(sender, **extra):
    pass


@flask.request_started.connect_via(app)
def request_starts(sender, **extra):
    pass


@flask.before_render_template.connect_via(app)
def template_will_be_rendered(sender, template, context, **extra):
    pass


@flask.template_rendered.connect_via(app)
def template_is_rendered(sender, template, context, **extra):
    pass


@flask.message_flashed.connect_via(app)
def message_is_flashed(sender, message, category, **extra):
    pass


@flask.got_request_exception.connect_via(app)
def nobody_handled_it(sender, exception, **extra):
    pass


@flask.request_finished.connect_via(app)
def response_is_ready(sender, response, **extra):
    pass


@flask.request_tearing_down.connect_via(app)
def request_ends(sender, exc=None, **extra):
    pass


@flask.appcontext_tearing_down.connect_via(app)
def context_ends(sender, exc=None, **extra):
    pass


@flask.appcontext_popped.connect_via(app)
def context_is_popped(sender, **extra):
    pass


@app.get("/")
def index():
    flash("Welcome.")
    return render_template_string("A page.")


@app.get("/error")
def error():
    return str(1 / 0)
