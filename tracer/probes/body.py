"""A request on its way back: start_response, the pieces of the body, the close."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any, Final, TypeAlias

from .. import current
from ..current import FLOWS, NO_NUMBERS, SITE, Flow, OpenSpan
from .base import Probe
from .capture import charge, names_of, text

MAX_CHUNKS: Final = 16
"""Pieces that get an event of their own."""


Outside: TypeAlias = tuple[Flow, Any, Iterator[int]]
"""A flow of control, the span that was open in it, and the numbers that it had."""


class Running:
    """A request between its call and the close of its response. One flow of control at a time."""

    __slots__ = (
        "__weakref__",
        "app",
        "bytes",
        "chunks",
        "current",
        "failed",
        "numbers",
        "probe",
        "root",
        "start_response",
        "status",
    )

    def __init__(
        self, probe: Probe, root: OpenSpan | None, start_response: Any, app: str | None
    ) -> None:
        self.probe = probe
        self.root = root
        """None for a request inside a request: its trace goes on."""
        self.app = app
        self.status: Any = None
        self.failed: str | None = None
        """Class of the exception that left the body; the server closes it all the same."""
        self.chunks = 0
        self.bytes: int | None = 0
        self.current: Any = root
        """The span that is open inside while nobody iterates."""
        self.numbers = NO_NUMBERS
        """What was granted to the trace and is not used up, at that time."""
        self.start_response = start_response

    def started(self, /, *args: Any, **kwargs: Any) -> Any:
        """In place of the server's ``start_response``."""
        probe = self.probe
        try:
            if probe.is_on:
                status, headers = args[:2]
                self.status = status if type(status) is str else None
                if self.app is None and self.root is not None:
                    self.app = self.root[2].app
                buffer = probe.recorder.buffer
                names: tuple[Any, ...] = ()
                if type(headers) is list:
                    names = names_of(buffer, map(_first, headers))
                if status in _STATUSES:
                    name = status
                else:
                    name = (_status, status)
                    charge(buffer, status)
                probe.recorder.instant("start_response", name, self.app, None, (_headers, names))
        except Exception as error:  # noqa: BLE001
            probe.fault(error)
        return self.start_response(*args, **kwargs)

    def left(self, error: BaseException) -> None:
        """The call raised: there will be no response to close."""
        self.finish({"left_by": type(error).__name__})

    def finish(self, attributes: dict[str, Any]) -> None:
        root, self.root = self.root, None
        if root is None:
            return
        if self.failed is not None:
            attributes = {"left_by": self.failed, **attributes}
        try:
            result = (_finished, self.app, self.status, self.bytes, self.chunks, attributes)
            self.probe.recorder.close_root(root, result)
            root[2].environ = 0
        except Exception as error:  # noqa: BLE001
            self.probe.fault(error)

    def resume(self) -> Outside | None:
        """The flow of control comes back into the request: what was going on in it, for
        :meth:`pause`; None after a fault."""
        try:
            # The thread's own flow, as a rule: to ask the recorder takes 500 instructions more.
            flow = FLOWS.flow
            numbers = self.numbers
            if current.green is not None or len(flow.open) == SITE:
                flow = self.probe.recorder.flow()
                if current.green is not None:
                    numbers = NO_NUMBERS
            outside = flow, flow.open, flow.numbers
            flow.open, flow.numbers = self.current, numbers
        except Exception as error:  # noqa: BLE001
            self.probe.fault(error)
            return None
        return outside

    def pause(self, outside: Outside | None) -> None:
        """The flow of control leaves the request for now, or for good."""
        if outside is not None:
            flow, opened, numbers = outside
            self.current, self.numbers = flow.open, flow.numbers
            flow.open, flow.numbers = opened, numbers

    def piece(self, chunk: Any) -> None:
        self.chunks += 1
        size = len(chunk) if type(chunk) is bytes else 0
        if self.bytes is not None:
            self.bytes += size
        if self.chunks <= MAX_CHUNKS:
            self.probe.recorder.instant(
                "response.chunk", _INDEXES[self.chunks], self.app, None, (_bytes, size)
            )


class Body:
    """The response iterable that the server gets, with the application's own inside.

    An object and not a generator, so that ``close()`` reaches it also when it was never iterated.
    """

    __slots__ = ("__weakref__", "_inner", "_iterator", "_running")

    def __init__(self, running: Running, inner: Any) -> None:
        self._running = running
        self._inner = inner
        self._iterator: Any = None

    @property
    def is_begun(self) -> bool:
        return self._iterator is not None

    def __iter__(self) -> Iterator[bytes]:
        if self._iterator is None:
            self._iterator = iter(self._inner)
        return self

    def __next__(self) -> bytes:
        iterator = self._iterator
        if iterator is None:
            iterator = self._iterator = iter(self._inner)
        running = self._running
        outside = running.resume()
        try:
            chunk: bytes = next(iterator)
            try:
                if running.probe.is_on and running.root is not None:
                    running.piece(chunk)
            except Exception as error:  # noqa: BLE001
                running.probe.fault(error)
            return chunk
        except StopIteration:
            raise
        except BaseException as error:
            running.failed = type(error).__name__
            raise
        finally:
            running.pause(outside)

    def close(self) -> None:
        running = self._running
        close = getattr(self._inner, "close", None)
        if running.root is None:
            if close is not None:
                close()
            return
        outside = running.resume()
        try:
            _close(running, close)
        finally:
            running.pause(outside)

    def __del__(self) -> None:
        running = getattr(self, "_running", None)
        if running is not None and running.root is not None:
            # First what is inside: a generator that is collected may still do things.
            self._iterator = self._inner = None
            running.finish({"left_open": "abandoned"})


class _Pieces:
    """What a list or a tuple is for whoever gets one: its length and its pieces may be looked at,
    and it may be gone through again. Only the first time is recorded."""

    body: Body | None = None

    def __iter__(self) -> Iterator[bytes]:
        body = self.body
        if body is None or body.is_begun:
            return super().__iter__()  # type: ignore[misc, no-any-return]
        return iter(body)

    def close(self) -> None:
        if self.body is not None:
            self.body.close()


class ListBody(_Pieces, list[bytes]):
    pass


class TupleBody(_Pieces, tuple[bytes, ...]):
    pass


def _close(running: Running, close: Any) -> None:
    recorder = running.probe.recorder
    span = None
    try:
        if running.probe.is_on:
            span = recorder.begin("response.close", "response.close", running.app)
    except Exception as error:  # noqa: BLE001
        running.probe.fault(error)
    try:
        if close is not None:
            close()
    except BaseException as error:
        _ended(running, span, error)
        raise
    _ended(running, span, None)


def _ended(running: Running, span: OpenSpan | None, error: BaseException | None) -> None:
    sizes = {"chunks": running.chunks, "bytes": running.bytes}
    try:
        if span is not None:
            if error is None:
                running.probe.recorder.end(span, sizes)
            else:
                running.probe.recorder.left(span, error, sizes)
    except Exception as fault:  # noqa: BLE001
        running.probe.fault(fault)
    running.finish({} if error is None else {"left_by": type(error).__name__})


def body_for(running: Running, environ: Any, body: Any) -> Any:
    """*body* as the server shall get it; the flow of control leaves the request here."""
    root = running.root
    if root is None:
        return body
    flow = running.probe.recorder.flow()
    running.pause((flow, root[4], root[2].outside))
    wrapper = environ.get("wsgi.file_wrapper")
    if type(wrapper) is type and issubclass(type(body), wrapper):
        return _file(running, body)
    if type(body) is list or type(body) is tuple:
        pieces = ListBody(body) if type(body) is list else TupleBody(body)
        pieces.body = Body(running, body)
        return pieces
    return Body(running, body)


class _Finisher:
    """Ends the request of a file that is collected without having been closed."""

    __slots__ = ("_running",)

    def __init__(self, running: Running) -> None:
        self._running = running

    def close(self, inner: Any) -> None:
        running = self._running
        outside = running.resume()
        try:
            _close(running, inner)
        finally:
            running.pause(outside)

    def __del__(self) -> None:
        running = getattr(self, "_running", None)
        if running is not None:
            running.finish({"left_open": "abandoned"})


def _file(running: Running, body: Any) -> Any:
    """The server's own file wrapper must reach it as it is, or it will not use sendfile."""
    running.bytes = None
    inner = getattr(body, "close", None)
    finisher = _Finisher(running)
    try:
        body.close = lambda: finisher.close(inner)
    except AttributeError:  # slots, or written in C: what happens to it is out of sight
        running.finish({})
    return body


_first: Final = itemgetter(0)
_INDEXES: Final = tuple(str(number) for number in range(MAX_CHUNKS + 1))
_STATUSES: Final = frozenset({"200 OK", "404 NOT FOUND", "302 FOUND", "304 NOT MODIFIED"})


def _status(status: Any) -> str:
    return text(status) if type(status) is str else "?"


def _code(status: Any) -> int | None:
    digits = status[:3] if type(status) is str else ""
    return int(digits) if len(digits) == 3 and digits.isdecimal() else None


def _finished(
    app: str | None, status: Any, size: int | None, chunks: int, attributes: dict[str, Any]
) -> dict[str, Any]:
    return {"app": app, "status": _code(status), "bytes": size, "chunks": chunks, **attributes}


def _bytes(size: int) -> dict[str, int]:
    return {"bytes": size}


def _headers(names: tuple[Any, ...]) -> dict[str, Any]:
    return {"headers": [text(name) for name in names if type(name) is str]}
