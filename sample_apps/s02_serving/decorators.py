"""A script: what @app.route is, and what happens to decorators without functools.wraps."""

from functools import wraps

from flask import Flask


def build():
    app = Flask("decorators")

    @app.route("/decorated")
    def decorated():
        return "decorated"

    def by_hand():
        return "by hand"

    decorator = app.route("/by-hand")
    decorator(by_hand)
    return app


def careless(view):
    def wrapper(*arguments, **named):
        return view(*arguments, **named)

    return wrapper


def careful(view):
    @wraps(view)
    def wrapper(*arguments, **named):
        return view(*arguments, **named)

    return wrapper


def one():
    return "one"


def two():
    return "two"


def main(say=print):
    app = build()
    say(f"endpoints: {sorted(app.view_functions)}")
    for decorator in (careful, careless):
        try:
            app.route("/one")(decorator(one))
            app.route("/two")(decorator(two))
            say(f"{decorator.__name__}: both are registered")
        except AssertionError as error:
            say(f"{decorator.__name__}: {error}")
    client = app.test_client()
    say(client.get("/decorated").text)
    say(client.get("/by-hand").text)


if __name__ == "__main__":
    main()
