"""A WSGI application on the standard library's own server."""

from wsgiref.simple_server import make_server


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello, ", environ["PATH_INFO"].encode()]


def main(port):
    make_server("127.0.0.1", port, application).serve_forever()
