"""Two WSGI middlewares around one application: they know no Flask and no context."""

from flask import Flask, request


class ClientTag:
    """Tells the application which client asks, by an entry in the environ."""

    def __init__(self, wsgi_app):
        self.wsgi_app = wsgi_app

    def __call__(self, environ, start_response):
        environ["shop.client"] = environ.get("HTTP_X_CLIENT", "a browser")
        return self.wsgi_app(environ, start_response)


class Signature:
    """Adds a header to every response, on its way out."""

    def __init__(self, wsgi_app):
        self.wsgi_app = wsgi_app

    def __call__(self, environ, start_response):
        def signed(status, headers, exc_info=None):
            return start_response(status, [*headers, ("X-Signed-By", "Signature")], exc_info)

        return self.wsgi_app(environ, signed)


app = Flask("wrapped")
app.wsgi_app = ClientTag(app.wsgi_app)
app.wsgi_app = Signature(app.wsgi_app)


@app.before_request
def process_request():
    pass


@app.get("/")
def index():
    return f"You come from {request.environ['shop.client']}."
