"""A script: before_first_request is gone; two things that people do instead."""

from flask import Flask


def build(name, view):
    app = Flask(name)

    def check():
        pass

    def last():
        pass

    app.before_request(check)
    app.before_request(last)
    app.add_url_rule("/", view_func=view)
    return app


def index():
    return "index"


def home():
    return "home"


def with_a_hook_that_removes_itself():
    app = build("hurried", index)

    def prepare():
        # The list is the one that Flask is walking through.
        app.before_request_funcs[None].remove(prepare)

    app.before_request_funcs[None].insert(0, prepare)
    return app


def with_the_work_in_the_factory():
    app = build("prepared", home)
    app.config["PREPARED"] = True
    return app


def main(say=print):
    say(f"has before_first_request: {hasattr(Flask, 'before_first_request')}")
    hurried = with_a_hook_that_removes_itself().test_client()
    hurried.get("/")
    hurried.get("/")
    prepared = with_the_work_in_the_factory()
    prepared.test_client().get("/")
    say(f"prepared: {prepared.config['PREPARED']}")
    try:
        prepared.before_request(home)
    except AssertionError:
        say("a hook that comes after the first request is refused")


if __name__ == "__main__":
    main()
