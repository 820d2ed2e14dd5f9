"""Small HTTP servers that requests are fired at."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def serving(app: Flask, host: str = "127.0.0.1") -> Iterator[str]:
    """*app* on a real threaded server; its address."""
    server = make_server(host, 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Canary:
    """A port where nobody may ever connect."""

    port: int
    visits: list[object] = field(default_factory=list)


@contextmanager
def canary(host: str = "127.0.0.1") -> Iterator[Canary]:
    """A listener that counts connections, and answers them so that a visitor does not hang."""
    with listener(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", host) as found:
        yield found


@contextmanager
def listener(answer: bytes, host: str = "127.0.0.1") -> Iterator[Canary]:
    """A server that says *answer* to whoever connects and hangs up."""
    server = socket.create_server((host, 0))
    found = Canary(server.getsockname()[1])

    def accept() -> None:
        while True:
            try:
                connection, address = server.accept()
            except OSError:
                return
            found.visits.append(address)
            with connection:
                connection.settimeout(5)
                connection.recv(65536)
                connection.sendall(answer)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        # Closing alone does not wake who waits in accept().
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()
