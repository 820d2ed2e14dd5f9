"""A shopping cart in the session, which is a signed cookie."""

from flask import Flask, redirect, request, session, url_for

app = Flask("cart")
app.config.update(SECRET_KEY="only for learning", SESSION_COOKIE_NAME="cart")


@app.get("/")
def show():
    return {"cart": session.get("cart", [])}


@app.post("/add")
def add():
    item = request.get_json()["item"] if request.is_json else request.form["item"]
    session["cart"] = [*session.get("cart", []), item]
    return redirect(url_for("show"))


@app.post("/empty")
def empty():
    session.pop("cart", None)
    return redirect(url_for("show"))
