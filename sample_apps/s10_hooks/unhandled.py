"""A view that fails: with nobody to handle it, with a handler, and under test."""

from flask import Flask

app = Flask("unhandled")
app.secret_key = "only for learning"
PRICES = {"tea": 3}

strict = Flask("strict")
strict.config.update(SECRET_KEY="only for learning", TESTING=True)


@app.after_request
def process_response(response):
    return response


@app.teardown_request
def put_away(error):
    pass


@app.errorhandler(LookupError)
def unknown_item(error):
    return f"There is no {error.args[0]}.", 404


@app.get("/divide")
def divide():
    return str(1 / 0)


@app.get("/price/<item>")
def price(item):
    return f"{item} costs {PRICES[item]}."


@strict.after_request
def strict_process_response(response):
    return response


@strict.teardown_request
def strict_put_away(error):
    pass


@strict.get("/fail")
def fail():
    return str(1 / 0)


@app.get("/testing")
def testing():
    try:
        strict.test_client().get("/fail")
    except ZeroDivisionError as error:
        return f"The test was given the error itself: {error}."
