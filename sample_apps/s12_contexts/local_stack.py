"""A script: Werkzeug's LocalStack itself. Every thread, and every greenlet, has one of its own."""

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

        say(in_two_greenlets())

        stack.pop()
        say(f"one popped, on top: {stack.top}")
        stack.pop()
        say(f"both popped, on top: {stack.top}")


def push_one(seen):
    seen.append(stack.top)
    stack.push("mine")
    seen.append(stack.top)
    stack.pop()


def in_two_greenlets():
    from greenlet import getcurrent, greenlet

    def push_and_wait(name):
        stack.push(name)
        getcurrent().parent.switch()  # the other one pushes meanwhile
        return stack.pop()

    left, right = greenlet(push_and_wait), greenlet(push_and_wait)
    left.switch("left")
    right.switch("right")
    return f"two greenlets saw: {left.switch()} and {right.switch()}"


if __name__ == "__main__":
    main()
