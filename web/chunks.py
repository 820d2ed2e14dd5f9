"""Request bodies that come in chunks, without a length."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

App = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Chunks:
    """Makes such a body the same thing under every server: one that ends by itself.

    eventlet does not say that it ends, so Werkzeug would take it for empty; and each server has an
    error of its own for chunks that are damaged, where Werkzeug expects an ``OSError``.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            environ["wsgi.input_terminated"] = True
            environ["wsgi.input"] = _Body(environ["wsgi.input"])
        return self._app(environ, start_response)


class _Body:
    """What Werkzeug reads from."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        try:
            data: bytes = self._body.read(size)
        except Exception as error:
            raise OSError("damaged chunks") from error
        return data
