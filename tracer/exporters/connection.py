"""One kept-alive connection to a dashboard's ``POST /ingest``."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any, Final

from ..config import checked_address
from ..wire import STORE_HEADER, STORE_LATER
from . import native

CONNECT_TIMEOUT: Final = 2.0
"""Seconds."""
ANSWER_TIMEOUT: Final = 10.0
"""Seconds; a dashboard whose disk is busy may take its time."""
MAX_ANSWER: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    retry_after: float | None
    """Seconds, if the dashboard named a time."""
    text: str
    """What went wrong in the dashboard's own words, "" if it did not say."""


class Connection:
    """Used by the exporter's thread alone, except for :meth:`abort`.

    Uses no proxy from the environment and follows no redirect: events go where they were told to.
    """

    def __init__(self, dashboard: str) -> None:
        self.address = checked_address(dashboard)
        self.url = dashboard.rstrip("/")
        self._path = self.address.path.rstrip("/") + "/ingest"
        self._http: http.client.HTTPConnection | None = None

    def post(
        self, body: bytes, key: str, timeout: float = ANSWER_TIMEOUT, *, later: bool = False
    ) -> Answer:
        """Send *body* (zlib JSON); OSError or HTTPException if no whole answer came.

        *later* asks that it is shown and not stored yet, because older batches wait.
        """
        connection = self._connected(timeout)
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Content-Encoding": "deflate",
        }
        if later:
            headers[STORE_HEADER] = STORE_LATER
        try:
            connection.request("POST", self._path, body, headers)
            response = connection.getresponse()
            content = response.read(MAX_ANSWER)
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if not response.isclosed() or response.will_close:
            self.close()
        return Answer(response.status, _seconds(response.headers), _explained(content))

    def close(self) -> None:
        connection, self._http = self._http, None
        if connection is not None:
            connection.close()

    def abort(self) -> None:
        """End a call of :meth:`post` that is under way on another thread."""
        connection = self._http
        socket = connection.sock if connection is not None else None
        if socket is not None:
            try:
                socket.shutdown(2)
            except OSError:
                return  # it is closed already

    def _connected(self, timeout: float) -> http.client.HTTPConnection:
        if self._http is None or self._http.sock is None:
            self._http = self._new(min(timeout, CONNECT_TIMEOUT))
            self._http.connect()
        sock = self._http.sock
        if sock is not None:
            sock.settimeout(timeout)
        return self._http

    def _new(self, timeout: float) -> http.client.HTTPConnection:
        host, port = self.address.hostname or "", self.address.port
        if self.address.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=timeout)
        return _NativeConnection(host, port, timeout=timeout)


class _NativeConnection(http.client.HTTPConnection):
    """http.client on a socket that no green library has replaced."""

    def connect(self) -> None:
        timeout = self.timeout if self.timeout is not None else CONNECT_TIMEOUT
        self.sock: Any = native.connect(self.host, self.port, timeout)


def _seconds(headers: http.client.HTTPMessage) -> float | None:
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _explained(content: bytes) -> str:
    """Title and detail of an answer's problem details (RFC 9457)."""
    try:
        problem = json.loads(content)
    except ValueError:
        return ""
    if not isinstance(problem, dict):
        return ""
    return " ".join(str(problem[k]) for k in ("title", "detail") if problem.get(k))[:500]
