"""Werkzeug without Flask: requests and responses, and nothing else."""

from werkzeug.serving import run_simple
from werkzeug.wrappers import Request, Response


@Request.application
def hello(request):
    return Response(f"Hello, {request.path}")


def main(port):
    run_simple("127.0.0.1", port, hello)
