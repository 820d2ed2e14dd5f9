"""A script: Werkzeug's LocalStack itself. Every thread has a stack of its own."""

from threading import Thread

from flask import Flask
from werkzeug.local import LocalStack

app = Flask("stacks")
stack = LocalStack()


def main(say=print):
    # Flask's own context is another stack: it stays as it is, whatever we push onto ours.
    with app.app_context():
        stack.push("first")
        stack.push("second")
        say(f"two pushed, on top: {stack.top}")

        seen = []
        other = Thread(target=push_one, args=(seen,), name="another-thread")
        other.start()
        other.join()
        say(f"the other thread saw: {seen[0]}, then {seen[1]}")

        stack.pop()
        say(f"one popped, on top: {stack.top}")
        stack.pop()
        say(f"both popped, on top: {stack.top}")


def push_one(seen):
    seen.append(stack.top)
    stack.push("mine")
    seen.append(stack.top)
    stack.pop()


if __name__ == "__main__":
    main()
