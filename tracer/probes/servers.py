"""Where applications are reached: Werkzeug's server says it before the first request.

Other servers do not tell what they serve as they start; there the first request does.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import wraps
from typing import Any, Final

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import BaseWSGIServer

from ..applications import learn_address
from .base import Probe
from .patching import Patches

MAX_LAYERS: Final = 32


class Servers:
    """Sees what a server begins to serve; a part of the WSGI probe."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    def install(self, patches: Patches) -> None:
        # Not where it is bound: a reloader's watching process does that too, and never serves.
        patches.replace(BaseWSGIServer, "serve_forever", self._serve)

    def _serve(self, original: Any) -> Any:
        probe = self._probe

        @wraps(original)
        def serve_forever(server: Any, /, *args: Any, **kwargs: Any) -> None:
            if probe.is_on:
                try:
                    self._learn(server)
                except Exception as error:  # noqa: BLE001
                    probe.fault(error)
            original(server, *args, **kwargs)

        return serve_forever

    def _learn(self, server: BaseWSGIServer) -> None:
        if server.host.startswith("unix://"):
            return
        scheme = "http" if server.ssl_context is None else "https"
        for app, script in served(server.app):
            record = self._probe.tools.record_of(app)
            if record is not None:
                learn_address(record, scheme, server.host, server.port, script)


def served(app: Any, script: str = "", layers: int = MAX_LAYERS) -> Iterator[tuple[Flask, str]]:
    """The Flask applications that a server reaches through *app*, each with its mount point.

    Only Werkzeug's own middleware is known to hand every path on.
    """
    if Flask in type(app).__mro__:
        yield app, script
    elif layers and type(app).__module__.startswith("werkzeug."):
        if type(app) is DispatcherMiddleware:
            for mount, mounted in app.mounts.items():
                yield from served(mounted, script + mount, layers - 1)
        inner = vars(app).get("app")
        if inner is not None:
            yield from served(inner, script, layers - 1)
