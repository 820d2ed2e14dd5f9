"""One HTTP exchange with a pinned address: no redirects, no proxies, bounded time and size."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Final

from .fire_request import FireRequest
from .runtime import Runtime

TIMEOUT: Final = 10.0
"""Seconds for the whole exchange."""

MAX_BODY: Final = 1 << 20
"""Bytes of the response's body that are read."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an application listens, resolved: the name is never looked up again."""

    scheme: str
    netloc: str
    """Host and port as announced; the ``Host`` header."""
    hostname: str
    port: int
    addresses: tuple[str, ...]
    """IP addresses of *hostname*, in the order to try them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    response: HTTPResponse
    body: bytes
    truncated: bool
    """True if the body went on beyond ``MAX_BODY`` bytes."""


def exchange(
    runtime: Runtime, origin: Origin, request: FireRequest, headers: Sequence[tuple[str, str]]
) -> Answer:
    """Send *request* and read the answer.

    :exc:`TimeoutError` after ``TIMEOUT`` seconds; otherwise :exc:`OSError` or
    :exc:`http.client.HTTPException` if the other side does not answer in HTTP.
    """
    started = time.monotonic()
    sock = _connect(origin)
    with closing(sock), _deadline(runtime, sock, TIMEOUT - (time.monotonic() - started)):
        connection = HTTPConnection(origin.hostname, origin.port)
        connection.sock = sock
        own = {name.lower() for name, _ in headers}
        connection.putrequest(
            request.method,
            request.target,
            skip_host=True,
            skip_accept_encoding="accept-encoding" in own,
        )
        for name, value in headers:
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(request.body)
        with connection.getresponse() as response:
            body = response.read(MAX_BODY + 1)
        return Answer(response, body[:MAX_BODY], truncated=len(body) > MAX_BODY)


@contextmanager
def _deadline(runtime: Runtime, sock: socket.socket, seconds: float) -> Iterator[None]:
    """Cut *sock* after *seconds*; a timeout on each read would let it drip for ever."""
    done = runtime.event()
    late: list[bool] = []

    def cut() -> None:
        if not done.wait(seconds):
            late.append(True)
            # Closing alone does not wake who waits for bytes.
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    runtime.spawn(cut)
    try:
        yield
    except Exception as error:
        if late:
            raise TimeoutError("the time is over") from error
        raise
    finally:
        done.set()
    if late:
        raise TimeoutError("the time is over")


def _connect(origin: Origin) -> socket.socket:
    error: OSError | None = None
    patience = TIMEOUT / max(1, len(origin.addresses))
    for address in origin.addresses:
        try:
            sock = socket.create_connection((address, origin.port), timeout=patience)
        except OSError as failure:
            error = failure
            continue
        sock.settimeout(TIMEOUT)
        return _encrypted(sock, origin, address) if origin.scheme == "https" else sock
    raise error or OSError("the name has no address")


def _encrypted(sock: socket.socket, origin: Origin, address: str) -> socket.socket:
    context = ssl.create_default_context()
    if ipaddress.ip_address(address).is_loopback:
        # A development server on this machine signs its certificate itself.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(sock, server_hostname=origin.hostname)
