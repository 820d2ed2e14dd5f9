"""Written into the session before, after and long after the view."""

from flask import Flask, after_this_request, session

app = Flask("last_chance")
app.config.update(SECRET_KEY="only for learning", SESSION_COOKIE_NAME="last_chance")


@app.after_request
def write_after(response):
    session["after_request"] = "saved"
    return response


@app.teardown_request
def write_too_late(error):
    session["teardown"] = "lost"


@app.post("/write")
def write():
    @after_this_request
    def write_for_this_one(response):
        session["after_this_request"] = "saved"
        return response

    session["view"] = "saved"
    return "Written four times."


@app.get("/read")
def read():
    return f"in the session: {sorted(session)}"
