"""A script: who makes a class and its instances, and what Flask's class views do with that."""

from flask import Flask
from flask.views import MethodView


def main(say=print):
    class M(type):
        def __new__(cls, name, bases, names):
            say(f"M.__new__ makes the class {name}")
            return super().__new__(cls, name, bases, names)

        def __call__(cls, *arguments):
            say(f"M.__call__ makes an instance of {cls.__name__}")
            return super().__call__(*arguments)

    class Foo(metaclass=M):
        def __init__(self):
            say("Foo.__init__")

    Foo()

    class Page(MethodView):
        def __init__(self):
            self.answered = 0

        def get(self):
            self.answered += 1
            return f"answered by this instance: {self.answered}"

    class KeptPage(Page):
        init_every_request = False

    say(f"MethodView's type is {type(MethodView).__name__}, its methods: {sorted(Page.methods)}")
    app = Flask("class_views")
    app.add_url_rule("/new", view_func=Page.as_view("new"))
    app.add_url_rule("/kept", view_func=KeptPage.as_view("kept"))
    client = app.test_client()
    for path in ("/new", "/new", "/kept", "/kept"):
        say(f"{path}: {client.get(path).text}")


if __name__ == "__main__":
    main()
