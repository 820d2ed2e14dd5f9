"""A script: templates with an application context alone, as for a mail."""

from flask import Flask, render_template_string

app = Flask("without_request")


@app.context_processor
def names():
    return {"shop": "The Tea Shop"}


def main(say=print):
    with app.app_context():
        say(render_template_string("Greetings from {{ shop }}."))
        try:
            render_template_string("You asked for {{ request.path }}.")
        except RuntimeError as error:
            say(f"{type(error).__name__}: {str(error).splitlines()[0]}")
    with app.test_request_context("/mail"):
        say(render_template_string("You asked for {{ request.path }}."))


if __name__ == "__main__":
    main()
