"""What a viewer may send: short messages that Engine.IO and Socket.IO can read.

Both libraries fall over what is not theirs, with a traceback for every such message, and they read
it before anybody has shown a key. Whoever sends something else is disconnected instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from socketio import packet

from .config import AsyncMode

Handler = Callable[[Any], object]

_ENGINE_PACKETS: Final = tuple("12346")
"""Close, ping, pong, message and noop: the first characters that a client has use for."""
_MESSAGE: Final = "4"
_RESERVED_EVENTS: Final = ("connect", "disconnect")
"""The library's own events, which a client must not call by name."""


class BadMessage(ValueError):
    """Engine.IO closes the socket when reading raises it."""


def bound_messages(engineio: Any, mode: AsyncMode, size: int) -> None:
    """Let *engineio* read messages of at most *size* bytes that :func:`check` finds readable."""
    websocket = engineio._async["websocket"]
    if mode == "threading":
        # Its own driver reads a message of any size and looks at its length then; eventlet's is
        # told the size by Engine.IO.
        websocket = partial(websocket, max_message_size=size)

    def checking(handler: Handler, server: Any) -> object:
        return websocket(partial(_serve_checked, handler), server)

    engineio._async = {**engineio._async, "websocket": checking}


def check(message: object) -> None:
    """:class:`BadMessage` unless *message*, None for a closed socket, can be read."""
    if message is None:
        return
    if not isinstance(message, str) or not message.startswith(_ENGINE_PACKETS):
        raise BadMessage("not a packet of Engine.IO that a client sends")
    if message.startswith(_MESSAGE) and not _is_readable(message[1:]):
        raise BadMessage("not a packet of Socket.IO that a client sends")


def _serve_checked(handler: Handler, websocket: Any) -> object:
    read = websocket.wait

    def wait() -> Any:
        message = read()
        check(message)
        return message

    websocket.wait = wait
    websocket.log = _Nothing()
    return handler(websocket)


class _Nothing:
    """Where eventlet's WebSocket writes that a socket which has gone could not be closed."""

    def write(self, text: str) -> None:
        pass


def _is_readable(text: str) -> bool:
    try:
        found = packet.Packet(encoded_packet=text)
    except (ValueError, RecursionError):
        return False
    data = found.data
    if found.packet_type == packet.EVENT:
        return (
            isinstance(data, list)
            and bool(data)
            and isinstance(data[0], str)
            and data[0] not in _RESERVED_EVENTS
        )
    if found.packet_type == packet.ACK:
        # The library keeps its counter where the answer to 0 would wait.
        return isinstance(data, list) and bool(found.id)
    return found.packet_type in (packet.CONNECT, packet.DISCONNECT)
