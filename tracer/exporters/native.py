"""The exporter's thread, waiting and sockets: the operating system's, not an event loop's.

eventlet and gevent replace ``socket`` and ``threading`` by green ones, which belong to the
application's event loop; a slow dashboard would then hold up requests. The C types used here
(``_queue.SimpleQueue``, ``_socket.socket``) are not replaced by either.
"""

from __future__ import annotations

import _socket
import _thread
import io
import logging
import sys
import threading
from _queue import SimpleQueue
from collections.abc import Callable
from typing import Any, Final

from ..native import is_patched, original

__all__ = [
    "NativeSocket", "SimpleQueue", "at_end_of_worker", "connect", "forget_thread", "start_thread",
    "warn",
]  # fmt: skip

_LAST: Final = -1_000
"""Behind what the application has there, and behind the workers that a worker has started."""
_logger: Final = logging.getLogger("flaskscope")


def start_thread(target: Callable[[], None]) -> None:
    """Run *target* on a daemon thread of the operating system; it must not raise.

    Raises RuntimeError when no thread can be started (interpreter shutdown, limits).
    """
    # Not threading.Thread: probes and other tools watch its start(), and this is none of theirs.
    original("start_new_thread")(target, ())


def forget_thread() -> None:
    """The last thing that a thread of :func:`start_thread` does.

    Logging asks who runs, and threading then keeps a stand-in for this thread for ever.
    """
    ident = _thread.get_ident()
    if isinstance(threading._active.get(ident), threading._DummyThread):  # type: ignore[attr-defined]
        threading._active.pop(ident, None)  # type: ignore[attr-defined]


def at_end_of_worker(call: Callable[[], None]) -> Any:
    """Have *call* called at the end of this process, if it is a worker of ``multiprocessing``: most
    of them end by ``os._exit``, which runs nothing of ``atexit``. What takes it back by
    ``cancel()``; None elsewhere.
    """
    parent = getattr(sys.modules.get("multiprocessing.process"), "parent_process", None)
    if parent is None or parent() is None:
        return None
    from multiprocessing.util import Finalize

    return Finalize(None, call, exitpriority=_LAST)


def warn(text: str) -> None:
    """Tell the developer, through logging, or on stderr where logging's locks are green."""
    if not is_patched():
        _logger.warning(text)
    elif sys.stderr is not None:
        sys.stderr.write(f"flaskscope: {text}\n")


def connect(host: str, port: int, timeout: float) -> NativeSocket:
    """A connected TCP socket; OSError when none of *host*'s addresses answers in time."""
    problem: OSError = OSError(f"{host} has no address")
    # As bytes: for text Python imports its codec "idna", and nothing may be imported in a thread
    # beside which the application forks. The child would have half a codec, for ever.
    name = host.encode("ascii")
    for family, kind, protocol, _, address in _socket.getaddrinfo(
        name, port, 0, _socket.SOCK_STREAM
    ):
        found = NativeSocket(family, kind, protocol)
        try:
            found.settimeout(timeout)
            found.connect(address)
            found.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        except OSError as error:
            found.close()
            problem = error
        else:
            return found
    raise problem


class NativeSocket(_socket.socket):
    """The part of ``socket.socket`` that ``http.client`` needs."""

    def makefile(self, mode: str = "rb") -> io.BufferedReader:
        """What arrives, as a file; closing it leaves the socket open."""
        return io.BufferedReader(_Incoming(self))


class _Incoming(io.RawIOBase):
    def __init__(self, socket: NativeSocket) -> None:
        self._socket = socket

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._socket.recv_into(buffer)
