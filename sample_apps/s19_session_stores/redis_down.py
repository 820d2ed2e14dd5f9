"""Flask-Session with a Redis that is not there, and what it does not say at once."""

from flask import Flask, session
from flask_session import Session
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

app = Flask("redis-down")
# Without the retry of our own, redis-py would try for about nine seconds.
client = Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
app.config.update(SESSION_TYPE="redis", SESSION_REDIS=client, SESSION_COOKIE_NAME="redis_down")
Session(app)


@app.after_request
def after(response):
    return response


@app.get("/")
def look():
    return f"Cart: {session.get('cart', [])}"


@app.get("/add")
def add():
    session["cart"] = ["tea"]
    return "Tea was put into the cart."
