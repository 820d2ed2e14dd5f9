"""A message for the next page: kept in the session until somebody reads it."""

from flask import Flask, flash, get_flashed_messages, redirect, request, url_for

app = Flask("notes")
app.config.update(SECRET_KEY="only for learning", SESSION_COOKIE_NAME="notes")


@app.post("/save")
def save():
    flash(f"Saved: {request.form['note']}", "success")
    return redirect(url_for("show"))


@app.get("/")
def show():
    return {"messages": get_flashed_messages(with_categories=True)}


@app.get("/late")
def late():
    before = get_flashed_messages()
    flash("Too late for this page")
    return {"before": before, "after": get_flashed_messages()}
