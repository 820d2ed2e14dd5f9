"""Stamps, orders, admits or drops, and hands on: what is behind :class:`~.recorder.Recorder`.

The hot path is one flat tuple per event, appended to a deque on the thread where it happened.
Everything else (``seq``, formatting, JSON) waits for the thread that drains.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import count, islice
from typing import Any, Final, NamedTuple, Protocol

from . import current
from .clock import now
from .current import (
    FLOWS,
    HANDED,
    NO_NUMBERS,
    NOWHERE,
    SITE,
    Flow,
    OpenSpan,
    Plan,
    TraceState,
    handed_here,
    take_requested,
)
from .events import Lane
from .ids import Ids
from .native import Lock
from .recorder import Dynamic, Static
from .ring_buffer import RingBuffer

TRACE_CAP: Final = 5_000
"""Spans and instants of one trace, of which there may be a few more; what comes after is counted,
and the trace is marked as truncated."""
MAX_CAPTURED: Final = 1_000_000
"""Rows while somebody records in memory: a test asks for all of them."""
LATE: Final = 0.05
"""So many seconds a span waits for a name that is known only when it ends."""

STEP: Final = 64
"""Spans and instants that a trace is granted at a time; only then its bounds are looked at."""
MAX_CALLS: Final = 64
"""Calls that a site stamps before they are written down, two times each."""
TIME_BYTES: Final = 40

BEGIN: Final = 0
END: Final = 1
INSTANT: Final = 2

# Shapes of a recorded row, by its length:
#   7, 8: an OpenSpan, at its begin; 8 where its parent is not what was open before
#   3: ts, span, dynamic                        its end, in its own flow
#   4: ts, span, dynamic, flow                  its end, in another flow
#   5: ts, flow, above, plan, dynamic           an instant
#   6: ts, flow, above, plan, dynamic, last     a span in which nothing can happen
#   2: site, times                              several calls of one function, one after the other
#   1: outlet                                   from here on that outlet listens
# and a number, which is no event: bytes of text in the row behind it
_PLAIN: Final = 7


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
        dynamic = _worked_out(self.dynamic)
        if dynamic:
            result.update(dynamic)
        return result


_row: Final = partial(tuple.__new__, Row)
"""A row of its fields in a tuple, without the Python function that ``Row()`` is."""


def _worked_out(dynamic: Dynamic) -> Mapping[str, Any] | None:
    return dynamic[0](*dynamic[1:]) if type(dynamic) is tuple else dynamic  # type: ignore[return-value]


def _truncated(dynamic: Dynamic, dropped: int) -> dict[str, Any]:
    return {**(_worked_out(dynamic) or {}), "truncated": True, "dropped": dropped}


class Outlet(Protocol):
    """Where rows go when they are drained."""

    def accept(self, seq: int, row: Row) -> None:
        """Called under the collector's lock, on the draining thread."""
        ...

    def wake(self) -> None:
        """There is something to drain; called on the threads that record."""
        ...


class Collector:
    """The one of this process. Recording takes no lock; draining takes one."""

    def __init__(self, buffer: RingBuffer | None = None, trace_cap: int = TRACE_CAP) -> None:
        self.buffer = buffer or RingBuffer()
        self.trace_cap = trace_cap
        self.ids = Ids()
        self._append = self.buffer.append
        self._blocks = count()
        self._lost: dict[str, count[int]] = {}
        self._lost_read: dict[str, tuple[int, int]] = {}
        self._lock = Lock()
        self._outlets: list[Outlet] = []
        self._listening: list[Outlet] = []
        self._seq = 0
        self._pid = os.getpid()
        self._drained: Iterator[int] = NO_NUMBERS
        self.captures = 0

    # --- recording: any thread -------------------------------------------------------------------
    # Taking a number is what asks for permission: where none is left, the slow path decides. The
    # probes that are called most have this written out: a call costs as much as half an event.

    def begin(
        self, kind: str, name: Any, app: str | None, static: Static = None, dynamic: Dynamic = None
    ) -> OpenSpan | None:
        flow = FLOWS.flow
        above = flow.open
        try:
            span: Any = (
                now(), flow, above[2], next(flow.numbers), above, (kind, name, app, static), dynamic
            )  # fmt: skip
        except StopIteration:
            return self._begin_slowly((kind, name, app, static), dynamic)
        flow.open = span
        self._append(span)
        return span  # type: ignore[no-any-return]

    def end(self, span: OpenSpan, dynamic: Dynamic = None) -> None:
        flow = span[1]
        if flow.open is span and len(span) == _PLAIN:
            flow.open = span[4]
            self._append((now(), span, dynamic))
        else:
            self._end_slowly(span, dynamic)

    def left(self, span: OpenSpan, error: BaseException, dynamic: Dynamic = None) -> None:
        span[2].last_left = span[5][0]
        attributes = {"left_by": type(error).__name__}
        if dynamic:
            attributes.update(dynamic)
        self.end(span, attributes)

    def instant(
        self, kind: str, name: Any, app: str | None, static: Static = None, dynamic: Dynamic = None
    ) -> None:
        plan = (kind, name, app, static)
        flow = FLOWS.flow
        try:
            next(flow.numbers)
            self._append((now(), flow, flow.open, plan, dynamic))
        except StopIteration:
            flow = current.flow()
            admitted = self._admit(flow, 1)
            if admitted is not None:
                self._append((now(), flow, admitted[0], plan, dynamic))

    def leaf(
        self, kind: str, name: Any, app: str | None, static: Static = None, dynamic: Dynamic = None
    ) -> None:
        plan = (kind, name, app, static)
        flow = FLOWS.flow
        try:
            next(flow.numbers)
            self._append((now(), flow, flow.open, plan, dynamic, None))
        except StopIteration:
            flow = current.flow()
            admitted = self._admit(flow, 2)
            if admitted is not None:
                self._append((now(), flow, admitted[0], plan, dynamic, None))

    def flow(self) -> Flow:
        found = FLOWS.flow
        if current.green is not None:
            found = current.green(found)
        if len(found.open) == SITE:
            self._settle(found)
        return found

    # --- recording: out of the ordinary ----------------------------------------------------------

    def _begin_slowly(self, plan: Plan, dynamic: Dynamic) -> OpenSpan | None:
        flow = current.flow()
        admitted = self._admit(flow, 2)
        if admitted is None:
            return None
        above, number = admitted
        restore = flow.open
        span: Any = (now(), flow, above[2], number, restore, plan, dynamic)
        if above is not restore:
            span = (*span, above[3])
        flow.open = span
        self._append(span)
        return span  # type: ignore[no-any-return]

    def _end_slowly(self, span: OpenSpan, dynamic: Dynamic) -> None:
        """Another one is open in its flow: a span inside was left open, or we are in another flow
        than the one where it began; or it stood in a copied context, which ends with it."""
        flow: Flow = span[1]
        self._close(flow, span, None)
        here = current.flow()
        self._append((now(), span, dynamic) if here is flow else (now(), span, dynamic, here))

    def _close(self, flow: Flow, span: Any, numbers: Any) -> None:
        """What was open before *span* is open again, if it is open at all in *flow*."""
        inner: Any = flow.open
        if len(inner) == SITE:
            self._settle(flow)
            inner = flow.open
        while inner is not None and inner is not span:
            inner = inner[4]
        if inner is None:
            return
        left: Any = flow.open
        if numbers is None and (len(span) != _PLAIN or left[2] is not span[2]):
            numbers = NO_NUMBERS
        flow.open = span[4]
        if numbers is not None:
            flow.numbers = numbers

    def _admit(self, flow: Flow, weight: int) -> tuple[OpenSpan, int] | None:
        """What the new event stands below, and its number; None to drop it."""
        if len(flow.open) == SITE:
            self._settle(flow)
        above = home = flow.open
        trace = above[2]
        if trace.id is None:
            if trace.is_silent:
                return None
            handed = handed_here(flow)
            if handed is None or handed[1] is flow:
                return self._admit_outside(above, weight)
            # A context that was copied in a trace runs here.
            above, trace = handed, handed[2]
        numbers = flow.numbers
        is_home = above is home and current.green is None
        if not is_home:
            numbers = flow.reserve if flow.reserved_for is trace else NO_NUMBERS
        number = next(numbers, 0)
        if not number:
            granted = self._grant(trace, weight)
            if granted is None:
                return None
            number = next(granted)
            if is_home:
                flow.numbers = granted
            else:
                flow.reserve, flow.reserved_for = granted, trace
        return above, number

    def _admit_outside(self, above: OpenSpan, weight: int) -> tuple[OpenSpan, int] | None:
        """Outside all traces each event comes by here, and the bound is looked at each time."""
        if self._is_full():
            self.lose("buffer_full", weight)
            return None
        return above, next(self._blocks) * STEP + 1

    # --- sites -----------------------------------------------------------------------------------

    def site(self, flow: Flow, plan: Plan) -> Any:
        """Many calls of one function: an open span whose calls are only stamped, or None.

        Its last two fields are an iterator that stamps a time at each ``next``, by turns the begin
        and the end of a call, and a list of what is known about it: first the times.
        Whatever else happens in *flow* finds no numbers, and settles the site.
        """
        above = flow.open
        trace = above[2]
        if trace.refused is not None or trace.spent >= self.trace_cap or self._is_full():
            return None
        times: list[float] = []
        ticks = map(times.append, islice(iter(now, -1), 2 * MAX_CALLS))
        site: Any = (0, flow, trace, 0, above, plan, None, ticks, [times, flow.numbers, None])
        flow.open, flow.numbers = site, NO_NUMBERS
        return site

    def _settle(self, flow: Flow) -> None:
        """Something else happens: write the calls that are through in one row. When one is not, it
        becomes a span like any other."""
        site: Any = flow.open
        above, plan, box = site[4], site[5], site[8]
        times, numbers, _ = box
        flow.numbers = numbers if current.green is None else NO_NUMBERS
        flow.open = above
        begun = times.pop() if len(times) % 2 else 0
        if times:
            above[2].spent += len(times) // 2
            self.buffer.charge(TIME_BYTES * len(times))
            self._append((site, tuple(times)))
            times.clear()
        if begun:
            admitted = self._admit(flow, 2)
            if admitted is not None:
                span: Any = (begun, flow, above[2], admitted[1], above, plan, None)
                box[2] = flow.open = span
                self._append(span)

    def end_site(self, site: Any, error: BaseException | None = None) -> None:
        """A call of *site* ends in which something happened, or which *error* leaves."""
        flow: Flow = site[1]
        if flow.open is site:
            self._settle(flow)
        span = site[8][2]
        if span is None:
            return
        site[8][2] = None
        if error is None:
            self.end(span)
        else:
            self.left(span, error)

    # --- roots -----------------------------------------------------------------------------------

    def open_root(
        self,
        kind: str,
        name: Any,
        app: str | None,
        dynamic: Dynamic = None,
        identity: str | None = None,
    ) -> OpenSpan | None:
        current.look_for_green()
        flow = self.flow()
        restore = flow.open
        if restore[2].is_silent:
            return None
        trace = TraceState(identity or take_requested() or self.ids.trace())
        if self._is_full():
            trace.refused = "buffer_full"
        granted = self._grant(trace, 2)
        number = 0 if granted is None else next(granted)
        trace.outside = flow.numbers
        flow.numbers = NO_NUMBERS
        if granted is not None:
            if current.green is None:
                flow.numbers = granted
            else:
                flow.reserve, flow.reserved_for = granted, trace
        span: Any = (now(), flow, trace, number, restore, (kind, name, app, None), dynamic, 0)
        flow.open = span
        HANDED.set(span)
        if number:
            self._append(span)
        self._wake()
        return span  # type: ignore[no-any-return]

    def close_root(self, span: OpenSpan, dynamic: Dynamic) -> None:
        flow, trace = span[1], span[2]
        if flow.open is span:
            flow.open, flow.numbers = span[4], trace.outside
        else:
            self._close(flow, span, trace.outside)
        # Who runs coroutines in other threads writes back what the context was there.
        handed = HANDED.get()
        if handed is not None and handed[2] is trace:
            HANDED.set(None)
        if not span[3]:
            return
        if trace.dropped:
            dynamic = (_truncated, dynamic, trace.dropped)
        here = FLOWS.flow if current.green is None else current.flow()
        row = (now(), span, dynamic)
        self._append(row if here is flow else (*row, here))
        self._wake()

    def _wake(self) -> None:
        """Tell the outlets, whose faults must leave the trace in good order."""
        for outlet in self._outlets:
            try:  # noqa: SIM105 - this is the hot path
                outlet.wake()
            except Exception:  # noqa: BLE001, S110 - the next request wakes it as well
                pass

    def abandon_root(self, span: OpenSpan, dynamic: Dynamic) -> None:
        """Close a root that others may stand on, which go on."""
        if span[1].open is span:
            self.close_root(span, dynamic)
        elif span[3]:
            self._append((now(), span, dynamic))

    def _grant(self, trace: TraceState, weight: int) -> Iterator[int] | None:
        """Every few events: may this trace record *weight* more, and then some?"""
        if trace.is_silent:
            return None
        if trace.refused is None:
            if trace.spent >= self.trace_cap:
                trace.refused = "trace_cap"
            elif trace.spent and self._is_full():
                trace.refused = "buffer_full"
            else:
                trace.spent += STEP
                first = next(self._blocks) * STEP + 1
                return iter(range(first, first + STEP))
        trace.dropped += weight
        self.lose(trace.refused, weight)
        return None

    def _is_full(self) -> bool:
        if self.captures:
            return len(self.buffer.rows) >= MAX_CAPTURED
        if not self._outlets:
            self.buffer.trim()
            return False
        return self.buffer.is_full()

    def lose(self, reason: str, events: int) -> None:
        """Count events that are recorded nowhere; exact, from any thread, without a lock."""
        counter = self._lost.setdefault(reason, count())
        for _ in range(events):
            next(counter)

    # --- draining: under the lock ----------------------------------------------------------------

    def pump(self, limit: int | None = None, is_last: bool = False) -> None:
        """Move what was recorded to the outlets, in order, each with its ``seq``.

        At most *limit* rows: the rest stays where it counts as not taken yet. What waits for a
        name waits no longer when this *is_last*.
        """
        with self._lock:
            rows = self.buffer.rows
            for _ in range(len(rows) if limit is None else limit):
                if not rows:
                    break
                row = rows[0]
                # A number weighs the row behind it.
                found = [] if type(row) is int else self._expand(row, 0 if is_last else LATE)
                if found is None:
                    break
                self.buffer.take()
                self._hand_on(found)

    def _expand(self, row: Any, patience: float) -> list[Row] | None:
        """The events of one recorded row; None for *patience* seconds while its name is not
        known."""
        shape = len(row)
        if shape == 1:
            self._listening.append(row[0])
            return []
        if shape >= _PLAIN:
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

    def _of_site(self, site: Any, times: tuple[float, ...]) -> list[Row]:
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
        self._append((outlet,))

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
        opened = current.flow().open
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
    parent = restore[3] if len(span) == _PLAIN else span[7]
    return [_row((ts, BEGIN, kind, name, app, trace, number, parent, flow.lane, static, dynamic))]


def _end(ts: float, span: Any, dynamic: Dynamic, here: Flow | None = None) -> Row:
    _, flow, trace, number, restore, plan, _ = span[:7]
    kind, name, app, _ = plan
    if type(name) is tuple:
        name = name[0](*name[1:])
    elif type(name) is list:
        name = name[-1]
    parent = restore[3] if len(span) == _PLAIN else span[7]
    lane = (here or flow).lane
    return _row((ts, END, kind, name, app, trace, number, parent, lane, None, dynamic))


def _open_traces(span: Any) -> Iterable[TraceState]:
    while span is not None and span is not NOWHERE:
        yield span[2]
        span = span[4]
