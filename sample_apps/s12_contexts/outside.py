"""A script: what there is outside of a request, and what an application context brings."""

from flask import Flask, current_app, g, request, session, url_for

app = Flask("outside")

USES = {
    "current_app": lambda: current_app.name,
    "g": lambda: g.get("user"),
    "request": lambda: request.path,
    "session": lambda: session.get("user"),
    "url_for": lambda: url_for("static", filename="logo.png"),
}


def try_all(say):
    for name, use in USES.items():
        try:
            say(f"{name}: {use()}")
        except RuntimeError as error:
            say(f"{name}: {str(error).splitlines()[0]}")


def main(say=print):
    say("outside of everything")
    try_all(say)
    with app.app_context():
        say("in an application context")
        try_all(say)


if __name__ == "__main__":
    main()
