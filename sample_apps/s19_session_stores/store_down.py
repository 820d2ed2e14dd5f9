"""A store of sessions that fails when it is read, or when it is written."""

from flask import Flask, session
from flask.sessions import SecureCookieSessionInterface

app = Flask("store-down")
app.config.update(SECRET_KEY="only for learning", SESSION_COOKIE_NAME="store_down")


class Store(SecureCookieSessionInterface):
    def open_session(self, app, request):
        if request.path == "/read":
            raise ConnectionError("The store does not answer.")
        return super().open_session(app, request)

    def save_session(self, app, session, response):
        if session.modified:
            raise ConnectionError("The store does not answer.")
        super().save_session(app, session, response)


app.session_interface = Store()


@app.before_request
def before():
    pass


@app.after_request
def after(response):
    return response


@app.teardown_request
def put_away(error):
    pass


@app.errorhandler(500)
def sorry(error):
    return "We are sorry.", 500


@app.get("/read")
def read():
    return "The view was reached."


@app.get("/write")
def write():
    session["user"] = "Ada"
    return "The view was reached."
