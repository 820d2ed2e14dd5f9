"""A hook that loads the user, and the static files that run it as well."""

from pathlib import Path

from flask import Flask, g, session

app = Flask("static_files", root_path=str(Path(__file__).parent))
app.secret_key = "only for learning"
USERS = {"ada": "Ada Lovelace"}


@app.before_request
def load_user():
    g.user = USERS.get(session.get("user"))


@app.get("/")
def index():
    return '<link rel="stylesheet" href="static/style.css">Hello!'
