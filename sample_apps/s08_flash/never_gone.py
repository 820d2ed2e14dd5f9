"""A message that is read while the response is already being sent."""

from flask import Flask, flash, stream_template_string

app = Flask("never_gone")
app.config.update(SECRET_KEY="only for learning", SESSION_COOKIE_NAME="never_gone")
PAGE = "{% for message in get_flashed_messages() %}{{ message }}\n{% endfor %}"


@app.post("/save")
def save():
    flash("Saved.")
    return "A message waits."


@app.get("/streamed")
def streamed():
    return stream_template_string(PAGE)
