"""Objects that are called: as a view, and as a middleware."""

from flask import Flask

app = Flask("callables")


class Base:
    def __call__(self, *arguments):
        return self.answer(*arguments)

    def answer(self):
        return "Base answers."


class Foo(Base):
    def answer(self):
        return "Foo answers, called by Base.__call__."


class Bar(Base):
    """A middleware by the same __call__."""

    def __init__(self, wsgi_app):
        self.wsgi_app = wsgi_app

    def answer(self, environ, start_response):
        return self.wsgi_app(environ, start_response)


app.add_url_rule("/foo", "foo", Foo())
app.add_url_rule("/base", "base", Base())
app.wsgi_app = Bar(app.wsgi_app)
