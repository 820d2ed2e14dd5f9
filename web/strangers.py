"""Closes sockets that never showed a key.

A program shows its key only after the WebSocket is open, so the gate lets it open one; somebody
who then says nothing must not hold it for ever.
"""

from __future__ import annotations

from typing import Any, Final

from .live import NAMESPACE
from .runtime import Runtime

PATIENCE: Final = 10.0
"""Seconds between two looks; who is a stranger at both of them is sent away."""


class Strangers:
    """Looks after all sockets of *server*, a ``socketio.Server``, in a task of its own."""

    def __init__(self, runtime: Runtime, server: Any, patience: float = PATIENCE) -> None:
        self._runtime = runtime
        self._server = server
        self._patience = patience
        self._seen: set[str] = set()
        runtime.spawn(self._watch)

    def send_away(self) -> int:
        """Close the sockets that were strangers last time and still are; how many there were."""
        strangers = {sid for sid in list(self._server.eio.sockets) if self._is_stranger(sid)}
        stale = strangers & self._seen
        for sid in stale:
            self._server.eio.disconnect(sid)
        self._seen = strangers - stale
        return len(stale)

    def _watch(self) -> None:
        while not self._runtime.closed:
            self._runtime.sleep(self._patience)
            self.send_away()

    def _is_stranger(self, sid: str) -> bool:
        return self._server.manager.sid_from_eio_sid(sid, NAMESPACE) is None
