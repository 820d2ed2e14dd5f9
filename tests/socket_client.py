"""Socket.IO clients that read in the order in which the server sent.

python-engineio's client gives every message to a thread of its own, so that on a busy machine the
attachment of a binary event may be read before the event that announces it. Browsers read one
message after the other; so do these.
"""

from __future__ import annotations

import queue
import threading
from typing import Any

import engineio
import socketio


class _ReadsInOrder(engineio.Client):
    """Hands messages to one thread; not to the one that reads, which must go on answering pings."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._messages: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()

    def _trigger_event(self, event: str, *args: Any, **options: Any) -> Any:
        if event == "message":
            return self._messages.put(args)
        if event == "connect":
            threading.Thread(target=self._handle_messages, daemon=True).start()
        if event == "disconnect":
            self._messages.put(())  # the end of what that thread reads
        return super()._trigger_event(event, *args, **options)

    def _handle_messages(self) -> None:
        while message := self._messages.get():
            super()._trigger_event("message", *message)


class OrderedClient(socketio.Client):
    def _engineio_client_class(self) -> type[engineio.Client]:
        return _ReadsInOrder


class OrderedSimpleClient(socketio.SimpleClient):
    client_class = OrderedClient
