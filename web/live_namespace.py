"""The Socket.IO namespace ``/live``: who may listen, and what a page can ask for."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import Namespace, SocketIO

from .live import NAMESPACE
from .services import Services


class LiveNamespace(Namespace):  # type: ignore[misc]  # flask_socketio has no types
    """Hands on to the hub; the gate has looked at Host and Origin."""

    def __init__(self, parts: Services) -> None:
        super().__init__(NAMESPACE)
        self._parts = parts

    def on_connect(self, auth: object = None) -> None:
        """Let a page in that shows the control key, or the cookie of one that did."""
        token = auth.get("token") if isinstance(auth, dict) else None
        keys = self._parts.keys
        if not (keys.may_control(token if isinstance(token, str) else None)
                or keys.has_session(request.environ)):  # fmt: skip
            raise Refused("A key is needed: auth={'token': ...} or the page's cookie.")
        self._parts.live.join(_sid())

    def on_follow(self, asked: object = None) -> dict[str, int]:
        """``{"after_seq": N | null}`` → ``{"seq": newest position}``."""
        after = asked.get("after_seq") if isinstance(asked, dict) else None
        known = type(after) is int and after >= 0
        return {"seq": self._parts.live.follow(_sid(), after if known else None)}

    def on_disconnect(self, _reason: Any = None) -> None:
        self._parts.live.leave(_sid())


def register(socketio: SocketIO, parts: Services) -> None:
    """Open the namespace."""
    socketio.on_namespace(LiveNamespace(parts))


def _sid() -> str:
    sid: str = request.sid  # type: ignore[attr-defined]
    return sid
