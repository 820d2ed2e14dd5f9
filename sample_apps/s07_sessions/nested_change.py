"""A change inside of a value: the session does not notice it."""

from flask import Flask, session

app = Flask("nested_change")
app.config.update(SECRET_KEY="only for learning", SESSION_COOKIE_NAME="nested_change")


@app.get("/")
def show():
    return dict(session)


@app.post("/begin")
def begin():
    session["cart"] = {"tea": 1}
    return "One tea."


@app.post("/unnoticed")
def unnoticed():
    session["cart"]["tea"] += 1
    return f"modified: {session.modified}"


@app.post("/noticed")
def noticed():
    session["cart"]["tea"] += 1
    session.modified = True
    return f"modified: {session.modified}"
