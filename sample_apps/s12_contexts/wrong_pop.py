"""A script: two contexts that are popped in the wrong order."""

from flask import Flask

app = Flask("wrong_pop")


def main(say=print):
    below = app.test_request_context("/below")
    above = app.test_request_context("/above")
    below.push()
    above.push()
    for name, context in (("below", below), ("above", above)):
        try:
            context.pop()
        except (AssertionError, RuntimeError, LookupError) as error:
            say(f"{name}: {type(error).__name__}: {str(error)[:32]}")


if __name__ == "__main__":
    main()
