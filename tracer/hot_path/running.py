"""A request on its way back, and the flow of control that leaves it and comes again."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any, Final, TypeAlias

from ..capture import text
from .flows import FLOWS, INNER, NO_NUMBERS, SITE, Flow, OpenSpan
from .rows import charge, names_of

__all__ = ["MAX_CHUNKS", "Running"]

MAX_CHUNKS: Final = 16
"""Pieces that get an event of their own."""


Outside: TypeAlias = tuple[Flow, Any, Iterator[int]]
"""A flow of control, the span that was open in it, and the numbers that it had."""


class Running:  # compiled: cdef class Running:
    """A request between its call and the close of its response. One flow of control at a time."""

    __slots__ = (
        "__weakref__", "app", "bytes", "chunks", "current", "failed", "numbers", "probe", "root",
        "start_response", "status",
    )  # fmt: skip
    # compiled: cdef object __weakref__
    # compiled: cdef public object app, bytes, chunks, current, failed, numbers, probe, root
    # compiled: cdef public object start_response, status

    def __init__(
        self, probe: Any, root: OpenSpan | None, start_response: Any, app: str | None
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
                probe.recorder.instant(
                    "start_response", name, self.app, None, (_named_headers, names)
                )
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

    def abandon(self) -> None:
        """Nobody holds the response any more, and nobody closed it."""
        root = self.root
        if root is not None:
            root[2].is_collected = True
            self.finish({"left_open": "abandoned"})

    def resume(self) -> Outside | None:
        """The flow of control comes back into the request: what was going on in it, for
        :meth:`pause`; None after a fault."""
        # compiled: cdef Flow flow
        try:
            # The thread's own flow, as a rule: to ask the recorder takes 500 instructions more.
            flow = FLOWS.flow  # compiled: flow = _flow_of_thread()
            numbers = self.numbers
            if INNER.flow_of is not None or len(flow.open) == SITE:
                flow = self.probe.recorder.flow()
                if INNER.flow_of is not None:
                    numbers = NO_NUMBERS
            outside = flow, flow.open, flow.numbers
            flow.open, flow.numbers = self.current, numbers
        except Exception as error:  # noqa: BLE001
            self.probe.fault(error)
            return None
        return outside

    def pause(self, outside: Outside | None) -> None:
        """The flow of control leaves the request for now, or for good."""
        # compiled: cdef Flow flow
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


def _named_headers(names: tuple[Any, ...]) -> dict[str, Any]:
    return {"headers": [text(name) for name in names if type(name) is str]}
