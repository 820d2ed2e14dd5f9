"""Serves the dashboard on eventlet or on threads: the only file that knows which.

``patch`` has to run before anything else is imported, ``serve`` blocks until a signal ends it.
"""

from __future__ import annotations

import os
import queue
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from .runtime import Event

if TYPE_CHECKING:
    from flask import Flask

    from .config import AsyncMode, Config
    from .runtime import Runtime
    from .services import Services

P = ParamSpec("P")
R = TypeVar("R")

MAX_CONNECTIONS: Final = 4096
"""Clients at once under eventlet; each viewer holds one."""

BACKLOG: Final = 512
"""Connections that wait to be accepted."""

SIGNAL_POLL: Final = 0.1
"""Seconds after which a threaded server sees at the latest that a signal ended it."""

CLOSE_PATIENCE: Final = 1.0
"""Seconds that the store gets to close when a signal ends the dashboard."""


class Outcome:
    """What a call returned or raised, carried from the worker thread to who asked."""

    def __init__(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._call = (fn, args, kwargs)
        self._value: Any = None
        self._error: BaseException | None = None

    def settle(self) -> None:
        """Make the call, on the thread that calls this. Raises nothing."""
        fn, args, kwargs = self._call
        try:
            self._value = fn(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 (raised again where it was asked for)
            self._error = error

    def get(self) -> Any:
        error = self._error
        if error is None:
            return self._value
        try:
            raise error
        finally:
            # An exception that holds this frame, which holds the exception, is freed late.
            del error, self._error


class EventletRuntime:
    """Greenlets on one thread, and eventlet's thread pool with a single native thread."""

    def __init__(self) -> None:
        from eventlet import tpool

        tpool.set_num_threads(1)
        self._execute = tpool.execute
        self._closed = False

    def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        outcome = Outcome(fn, args, kwargs)
        self._execute(outcome.settle)
        result: R = outcome.get()
        return result

    def spawn(self, fn: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        import eventlet

        eventlet.spawn(fn, *args, **kwargs)

    def sleep(self, seconds: float) -> None:
        import eventlet

        eventlet.sleep(seconds)

    def event(self) -> Event:
        return threading.Event()

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        # The process's only runtime: its greenlets and eventlet's own pool end with it.
        self._closed = True

    def lock(self) -> AbstractContextManager[object]:
        return threading.Lock()

    def now(self) -> int:
        return time.time_ns()


class ThreadRuntime:
    """Threads, and one more that owns the store."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Outcome, threading.Event] | None]
        self._calls = queue.SimpleQueue()
        self._over = threading.Event()
        # A daemon: the process must not wait for a query when it is told to end.
        threading.Thread(target=self._work, name="store", daemon=True).start()

    def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        if self.closed:
            raise RuntimeError("the dashboard's runtime was closed: nothing runs on it any more")
        outcome, settled = Outcome(fn, args, kwargs), threading.Event()
        self._calls.put((outcome, settled))
        settled.wait()
        result: R = outcome.get()
        return result

    def spawn(self, fn: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        threading.Thread(target=fn, args=args, kwargs=kwargs, daemon=True).start()

    def sleep(self, seconds: float) -> None:
        self._over.wait(seconds)
        time.sleep(0)  # a wait of 0 does not give way

    def event(self) -> Event:
        return threading.Event()

    @property
    def closed(self) -> bool:
        return self._over.is_set()

    def close(self) -> None:
        self._over.set()
        self._calls.put(None)

    def lock(self) -> AbstractContextManager[object]:
        return threading.Lock()

    def now(self) -> int:
        return time.time_ns()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            outcome, settled = call
            outcome.settle()
            settled.set()
            del call, outcome, settled


def patch(mode: str) -> None:
    """Make the standard library cooperative if *mode* is eventlet; nothing for threads.

    Only in a process of the dashboard's own, and before other modules keep what they imported.
    """
    if mode == "eventlet":
        with warnings.catch_warnings():
            # It advises against new use; docs/architecture.md says why it is here all the same.
            warnings.simplefilter("ignore")
            import eventlet
        eventlet.monkey_patch()


def make_runtime(mode: AsyncMode) -> Runtime:
    return EventletRuntime() if mode == "eventlet" else ThreadRuntime()


def listen(config: Config) -> socket.socket:
    """The listening socket; :class:`ConfigError` names who has the port already."""
    from .config import ConfigError
    from .port_owner import describe_owner

    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server(
            (config.host.strip("[]"), config.port), family=family, backlog=BACKLOG
        )
    except OSError as error:
        raise ConfigError(describe_owner(config.host, config.port, error)) from error


def serve(config: Config, announce: Callable[[str], None]) -> None:
    """Build the dashboard and serve it until SIGTERM or SIGINT; then return.

    *announce* gets the address with the key once requests are answered. :class:`ConfigError` if
    it cannot start. Must be called on the main thread, after :func:`patch`.
    """
    from .app import create_app
    from .database_lock import locked_database
    from .keys import published_control_key
    from .services import EXTENSION

    serve_on = _serve_eventlet if config.async_mode == "eventlet" else _serve_threads
    with closing(listen(config)) as listener, locked_database(config):
        app = create_app(config, make_runtime(config.async_mode))
        parts: Services = app.extensions[EXTENSION]
        with published_control_key(config, parts.keys):
            serve_on(app, config, listener, lambda: announce(parts.keys.address(config.url)))
        close_services(parts)


def close_services(parts: Services) -> None:
    """Close the store, unless it takes longer than a person waits."""
    closed = parts.runtime.event()

    def close() -> None:
        try:
            parts.runtime.run(parts.store.close)
        finally:
            closed.set()

    parts.runtime.spawn(close)
    closed.wait(CLOSE_PATIENCE)


def _serve_eventlet(
    app: Flask, config: Config, listener: socket.socket, ready: Callable[[], None]
) -> None:
    import eventlet
    import eventlet.event
    import eventlet.wsgi

    ended = eventlet.event.Event()

    def serve_connections() -> None:
        try:
            eventlet.wsgi.server(
                listener,
                app,
                custom_pool=eventlet.GreenPool(MAX_CONNECTIONS),
                # Addresses may hold keys, and tracebacks are not for clients.
                log_output=False,
                debug=False,
                # What is written in small pieces is waited for piece by piece.
                minimum_chunk_size=1,
            )
        finally:
            end()

    def end() -> None:
        if not ended.ready():
            ended.send()

    with _signal_pipe() as reader:
        eventlet.spawn(serve_connections)

        def await_signal() -> None:
            eventlet.hubs.trampoline(reader, read=True)
            end()

        eventlet.spawn(await_signal)
        ready()
        ended.wait()


@contextmanager
def _signal_pipe() -> Iterator[int]:
    """A descriptor that becomes readable when a signal asks for the end.

    eventlet's hub sleeps in the kernel and goes on sleeping after a handler has run, unless a
    descriptor that it watches wakes it.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer)
    try:
        with _handling_signals(lambda number, frame: None):
            yield reader
    finally:
        signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)


def _serve_threads(
    app: Flask, config: Config, listener: socket.socket, ready: Callable[[], None]
) -> None:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class QuietHandler(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: object) -> None:
            """Nothing: addresses may hold keys, and what else a socket brings is noise."""

    server = make_server(
        config.host,
        config.port,
        app,
        threaded=True,
        request_handler=QuietHandler,
        fd=listener.fileno(),
    )

    def end(number: int, frame: FrameType | None) -> None:
        # Not by an exception: between two bytecodes of the accept loop it would close a connection
        # under the thread that has just been started for it.
        threading.Thread(target=server.shutdown, daemon=True).start()

    with _handling_signals(end):
        ready()
        server.serve_forever(poll_interval=SIGNAL_POLL)


@contextmanager
def _handling_signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
