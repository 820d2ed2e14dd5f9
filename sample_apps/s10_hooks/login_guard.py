"""Nobody sees a page before logging in: one before_request function guards them all."""

from flask import Flask, redirect, request, session, url_for

app = Flask("login_guard")
app.config.update(SECRET_KEY="only for learning", SESSION_COOKIE_NAME="login_guard")


@app.before_request
def require_login():
    if request.endpoint == "login" or "user" in session:
        return None
    return redirect(url_for("login"))


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        session["user"] = request.form["user"]
        return redirect(url_for("index"))
    return "Please log in: POST your name as “user”."


@app.get("/")
def index():
    return f"Welcome, {session['user']}."
