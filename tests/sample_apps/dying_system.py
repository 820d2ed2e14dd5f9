"""A lesson's module as a test needs it: its process says its number, and ends when it is told. One
never listens."""

from __future__ import annotations

import os
import signal
from typing import Any
from wsgiref.simple_server import make_server


def application(environ: Any, start_response: Any) -> list[bytes]:
    if environ["PATH_INFO"] == "/die":
        os._exit(3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]


def main(port: int) -> None:
    make_server("127.0.0.1", port, application).serve_forever()


def silent(port: int) -> None:
    signal.pause()
