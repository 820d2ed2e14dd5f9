"""Orders, names and hands on what was recorded: the half of the recorder that no request waits for.

The other half, :class:`~.hot_path.Recording`, appends one flat tuple per event to a queue on the
thread where it happened. Everything else (``seq``, formatting, JSON) waits for the thread that
drains.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import count
from typing import Any, Final, NamedTuple, Protocol

from .clock import now
from .events import Lane
from .hot_path import (
    BEGIN,
    END,
    FLOWS,
    HANDED,
    INSTANT,
    NO_NUMBERS,
    NOWHERE,
    PLAIN,
    STEP,
    Dynamic,
    Flow,
    Recording,
    RingBuffer,
    Static,
    TraceState,
    flow_here,
    worked_out,
)
from .ids import Ids
from .native import Lock

LATE: Final = 0.05
"""So many seconds a span waits for a name that is known only when it ends."""


class Row(NamedTuple):
    """One event as it was recorded; the hot path makes plain tuples of this shape."""

    ts: float
    """A stamp of :data:`~.clock.now`."""
    phase: int
    kind: str
    name: Any
    """Text, or a list that holds it: a name that is known late."""
    app: str | None
    trace: TraceState
    span: int
    parent: int
    lane: Lane
    static: Static
    dynamic: Dynamic

    def attributes(self) -> dict[str, Any]:
        """Both parts as one new dict; what is late is worked out now."""
        result: dict[str, Any] = dict(self.static) if self.static else {}
        dynamic = worked_out(self.dynamic)
        if dynamic:
            result.update(dynamic)
        return result


_row: Final = partial(tuple.__new__, Row)
"""A row of its fields in a tuple, without the Python function that ``Row()`` is."""


class Outlet(Protocol):
    """Where rows go when they are drained."""

    def accept(self, seq: int, row: Row) -> None:
        """Called under the collector's lock, on the draining thread."""
        ...

    def wake(self) -> None:
        """There is something to drain; called on the threads that record."""
        ...


class Collector(Recording):
    """The one of this process. Recording takes no lock; draining takes one."""

    def __init__(self, buffer: RingBuffer | None = None) -> None:
        super().__init__(buffer)
        self._lost_read: dict[str, tuple[int, int]] = {}
        self._lock = Lock()
        self._listening: list[Outlet] = []
        self._seq = 0
        self._pid = os.getpid()
        self._drained: Iterator[int] = NO_NUMBERS

    # --- draining: under the lock ----------------------------------------------------------------

    def pump(self, limit: int | None = None, is_last: bool = False) -> None:
        """Move what was recorded to the outlets, in order, each with its ``seq``.

        At most *limit* rows: the rest stays where it counts as not taken yet. What waits for a
        name waits no longer when this *is_last*.
        """
        with self._lock:
            buffer = self.buffer
            for _ in range(len(buffer) if limit is None else limit):
                if not len(buffer):
                    break
                row = buffer.oldest()
                # A number weighs the row behind it.
                found = [] if type(row) is int else self._expand(row, 0 if is_last else LATE)
                if found is None:
                    break
                buffer.drop()
                self._hand_on(found)

    def _expand(self, row: Any, patience: float) -> list[Row] | None:
        """The events of one recorded row; None for *patience* seconds while its name is not
        known."""
        shape = len(row)
        if shape == 1:
            self._listening.append(row[0])
            return []
        if shape >= PLAIN:
            return _begin(row, patience)
        if shape in (3, 4):
            # What the process that forked us had begun is its own to end.
            return [_end(*row)] if row[1][1].lane[0] == self._pid else []
        if shape == 2:
            return self._of_site(*row)
        ts, flow, above, plan, first = row[:5]
        kind, name, app, static = plan
        if type(name) is tuple:
            name = name[0](*name[1:])
        if shape == 5:
            rest = (kind, name, app, above[2], 0, above[3], flow.lane)
            return [_row((ts, INSTANT, *rest, static, first))]
        rest = (kind, name, app, above[2], self._drain_number(), above[3], flow.lane)
        return [_row((ts, BEGIN, *rest, static, first)), _row((ts, END, *rest, None, row[5]))]

    def _of_site(self, site: Any, times: tuple[float, ...] | bytes) -> list[Row]:
        if type(times) is bytes:
            times = struct.unpack(f"{len(times) // 8}d", times)
        kind, name, app, static = site[5]
        trace, parent, lane = site[2], site[4][3], site[1].lane
        rows = []
        for begun, ended in zip(times[::2], times[1::2], strict=True):
            rest = (kind, name, app, trace, self._drain_number(), parent, lane)
            rows.append(_row((begun, BEGIN, *rest, static, None)))
            rows.append(_row((ended, END, *rest, None, None)))
        return rows

    def _drain_number(self) -> int:
        """The number of a span that nothing refers to; the draining thread's, under the lock."""
        number = next(self._drained, 0)
        if not number:
            first = next(self._blocks) * STEP + 1
            self._drained = iter(range(first, first + STEP))
            number = next(self._drained)
        return number

    def _hand_on(self, rows: list[Row]) -> None:
        for row in rows:
            if not row[5].is_silent:
                self._seq += 1
                for outlet in self._listening:
                    outlet.accept(self._seq, row)

    def next_seq(self) -> int:
        """For an event that an outlet adds by itself."""
        with self._lock:
            self._seq += 1
            return self._seq

    def add_outlet(self, outlet: Outlet) -> None:
        """From now on *outlet* gets what is recorded; nothing from before."""
        with self._lock:
            self._outlets.append(outlet)
        self.buffer.append((outlet,))

    def remove_outlet(self, outlet: Outlet) -> None:
        """What was recorded so far still reaches *outlet*; nothing after."""
        self.pump(is_last=True)
        with self._lock:
            for group in (self._outlets, self._listening):
                if outlet in group:
                    group.remove(outlet)

    def forget(self) -> None:
        """Nothing is traced any more: what nobody will take is not held."""
        with self._lock:
            if not self._outlets:
                self.buffer.clear()

    def lost(self) -> dict[str, int]:
        """Events that were recorded nowhere since the process started, by reason."""
        with self._lock:
            return {reason: self._read(reason) for reason in tuple(self._lost)}

    def _read(self, reason: str) -> int:
        # A counter can be read only by moving it on, so what reading took is taken off again.
        reads = self._lost_read.get(reason, (0, 0))[0]
        value = next(self._lost[reason]) - reads
        self._lost_read[reason] = (reads + 1, value)
        return value

    def after_fork(self) -> None:
        """In the child: a new agent with an empty buffer; what was open is the parent's."""
        opened = flow_here().open
        self._pid = os.getpid()
        self._lock = Lock()
        self.buffer.clear()
        self.ids = Ids()
        self._lost.clear()
        self._lost_read.clear()
        self._seq = 0
        self._drained = NO_NUMBERS
        self._listening = list(self._outlets)
        FLOWS.__init__()  # type: ignore[misc]
        self._blocks = count()
        for trace in _open_traces(opened):
            trace.is_silent = True
        HANDED.set(None)


def _begin(span: Any, patience: float) -> list[Row] | None:
    ts, flow, trace, number, restore, plan, dynamic = span[:7]
    kind, name, app, static = plan
    if type(name) is tuple:
        name = name[0](*name[1:])
    elif type(name) is list:
        if len(name) == 1 and now() - ts < patience:
            return None
        name = name[-1]
    parent = restore[3] if len(span) == PLAIN else span[7]
    return [_row((ts, BEGIN, kind, name, app, trace, number, parent, flow.lane, static, dynamic))]


def _end(ts: float, span: Any, dynamic: Dynamic, here: Flow | None = None) -> Row:
    _, flow, trace, number, restore, plan, _ = span[:7]
    kind, name, app, _ = plan
    if type(name) is tuple:
        name = name[0](*name[1:])
    elif type(name) is list:
        name = name[-1]
    parent = restore[3] if len(span) == PLAIN else span[7]
    lane = (here or flow).lane
    return _row((ts, END, kind, name, app, trace, number, parent, lane, None, dynamic))


def _open_traces(span: Any) -> Iterable[TraceState]:
    while span is not None and span is not NOWHERE:
        yield span[2]
        span = span[4]
