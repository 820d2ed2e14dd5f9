"""A script: url_for without a request, in each context that there may be."""

from flask import Flask, url_for

app = Flask("url_for_outside")


@app.get("/about")
def about():
    return "about"


def show(say, where):
    try:
        say(f"{where}: {url_for('about')}")
    except RuntimeError as error:
        say(f"{where}: {str(error).splitlines()[0]}")


def main(say=print):
    app.config["SERVER_NAME"] = None
    with app.app_context():
        show(say, "application context")
    app.config["SERVER_NAME"] = "shop.example"
    with app.app_context():
        show(say, "application context, with SERVER_NAME")
    with app.test_request_context():
        show(say, "test request context")


if __name__ == "__main__":
    main()
