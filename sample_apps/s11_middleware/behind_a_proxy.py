"""Behind a proxy: ProxyFix, and a middleware on either side of it."""

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

app = Flask("behind_a_proxy")


class Remember:
    """Writes down what the environ says at this place."""

    def __init__(self, wsgi_app, place):
        self.wsgi_app = wsgi_app
        self.place = place

    def __call__(self, environ, start_response):
        seen = f"{environ['wsgi.url_scheme']} from {environ.get('REMOTE_ADDR')}"
        environ.setdefault("lesson.seen", []).append(f"{self.place}: {seen}")
        return self.wsgi_app(environ, start_response)


@app.get("/")
def index():
    lines = [
        *request.environ["lesson.seen"],
        f"the view: {request.scheme} from {request.remote_addr}",
    ]
    return "\n".join(lines)


app.wsgi_app = Remember(app.wsgi_app, "inside")
app.wsgi_app = ProxyFix(app.wsgi_app)
app.wsgi_app = Remember(app.wsgi_app, "outside")
