"""What a probe says when something happens: one row into the queue, on the thread where it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from time import perf_counter as now  # compiled: # as in structures.pyx
from typing import Any, Final

from ..ids import Ids
from .flows import (
    FLOWS,
    HANDED,
    INNER,
    NO_NUMBERS,
    SITE,
    Dynamic,
    Flow,
    OpenSpan,
    Plan,
    Static,
    TraceState,
    flow_here,
    handed_here,
    take_requested,
)  # fmt: skip
from .rows import RingBuffer, Stamps

__all__ = [
    "BEGIN", "END", "INSTANT", "PLAIN", "STEP", "Recording", "truncated", "worked_out",
]  # fmt: skip

TRACE_CAP: Final = 5_000
"""Spans and instants of one trace, of which there may be a few more; what comes after is counted,
and the trace is marked as truncated."""
MAX_CAPTURED: Final = 1_000_000
"""Rows while somebody records in memory: a test asks for all of them."""

STEP: Final = 64
"""Spans and instants that a trace is granted at a time; only then its bounds are looked at."""
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
PLAIN: Final = 7


def worked_out(dynamic: Dynamic) -> Mapping[str, Any] | None:
    return dynamic[0](*dynamic[1:]) if type(dynamic) is tuple else dynamic  # type: ignore[return-value]


def truncated(dynamic: Dynamic, dropped: int) -> dict[str, Any]:
    return {**(worked_out(dynamic) or {}), "truncated": True, "dropped": dropped}


class Recording:  # compiled: cdef class Recording:
    """What a probe sees of the collector, which drains. Safe to call on any thread, never blocks,
    does no I/O.

    Attributes come in two parts, so that little is done per event: *static* is a mapping that is
    made once and shared by all events about one thing; *dynamic* is a fresh dict, or a tuple
    ``(function, *arguments)`` whose function makes the dict on the draining thread. Arguments of
    such a tuple must not be able to change and must not hold anything of the application.
    """

    # compiled: cdef public RingBuffer buffer
    # compiled: cdef public object trace_cap, ids, captures
    # compiled: cdef public object _blocks, _lost, _outlets

    def __init__(self, buffer: RingBuffer | None = None) -> None:
        self.buffer: RingBuffer = RingBuffer() if buffer is None else buffer
        self.trace_cap = TRACE_CAP
        self.ids = Ids()
        self.captures = 0
        """How many record in memory now."""
        self._blocks = count()
        self._lost: dict[str, count[int]] = {}
        self._outlets: list[Any] = []

    # --- recording: any thread -------------------------------------------------------------------
    # Taking a number is what asks for permission: where none is left, the slow path decides. What
    # is called most has this written out: a call costs as much as half an event.

    def begin(
        self, kind: str, name: Any, app: str | None, static: Static = None, dynamic: Dynamic = None
    ) -> OpenSpan | None:
        """Open a span inside the current one; None when nothing is recorded here."""
        # compiled: cdef Flow flow
        flow = FLOWS.flow  # compiled: flow = _flow_of_thread()
        above = flow.open
        plan = (kind, name, app, static)
        # compiled: _hide(plan)
        try:
            span: Any = (now(), flow, above[2], next(flow.numbers), above, plan, dynamic)
        except StopIteration:
            return self._begin_slowly(plan, dynamic)
        self.buffer.append(span)  # first: what comes between the two lines must not stand before it
        flow.open = span
        return span  # type: ignore[no-any-return]

    def end(self, span: Any, dynamic: Dynamic = None) -> None:
        """Close *span*; what was current before is current again."""
        # compiled: cdef Flow flow
        flow = span[1]
        if flow.open is span and len(span) == PLAIN:
            flow.open = span[4]
            # compiled, for the next line: self.buffer.ended(span, dynamic)
            self.buffer.append((now(), span, dynamic))
        else:
            self._end_slowly(span, dynamic)

    def left(self, span: OpenSpan, error: BaseException, dynamic: Dynamic = None) -> None:
        """Close *span*, which *error* leaves."""
        span[2].last_left = span[5][0]
        attributes = {"left_by": type(error).__name__}
        if dynamic:
            attributes.update(dynamic)
        self.end(span, attributes)

    def instant(
        self, kind: str, name: Any, app: str | None, static: Static = None, dynamic: Dynamic = None
    ) -> None:
        # compiled: cdef Flow flow
        plan = (kind, name, app, static)
        # compiled: _hide(plan)
        flow = FLOWS.flow  # compiled: flow = _flow_of_thread()
        try:
            next(flow.numbers)
            # compiled, for the next line: self.buffer.happened(5, flow, flow.open, plan, dynamic)
            self.buffer.append((now(), flow, flow.open, plan, dynamic))
        except StopIteration:
            flow = flow_here()
            admitted = self._admit(flow, 1)
            if admitted is not None:
                self.buffer.append((now(), flow, admitted[0], plan, dynamic))

    def leaf(
        self, kind: str, name: Any, app: str | None, static: Static = None, dynamic: Dynamic = None
    ) -> None:
        """A span in which nothing can happen: its begin and its end, one after the other."""
        # compiled: cdef Flow flow
        plan = (kind, name, app, static)
        # compiled: _hide(plan)
        flow = FLOWS.flow  # compiled: flow = _flow_of_thread()
        try:
            next(flow.numbers)
            # compiled, for the next line: self.buffer.happened(6, flow, flow.open, plan, dynamic)
            self.buffer.append((now(), flow, flow.open, plan, dynamic, None))
        except StopIteration:
            flow = flow_here()
            admitted = self._admit(flow, 2)
            if admitted is not None:
                self.buffer.append((now(), flow, admitted[0], plan, dynamic, None))

    def flow(self) -> Flow:
        """The flow of control that the caller runs in, and what is open there."""
        found = FLOWS.flow  # compiled: found = _flow_of_thread()
        if INNER.flow_of is not None:
            found = INNER.flow_of(found)
        if len(found.open) == SITE:
            self._settle(found)
        return found

    # --- recording: out of the ordinary ----------------------------------------------------------

    def _begin_slowly(self, plan: Plan, dynamic: Dynamic) -> OpenSpan | None:
        flow = flow_here()
        admitted = self._admit(flow, 2)
        if admitted is None:
            return None
        above, number = admitted
        restore = flow.open
        span: Any = (now(), flow, above[2], number, restore, plan, dynamic)
        if above is not restore:
            span = (*span, above[3])
        self.buffer.append(span)  # first: what comes between the two lines must not stand before it
        flow.open = span
        return span  # type: ignore[no-any-return]

    def _end_slowly(self, span: OpenSpan, dynamic: Dynamic) -> None:
        """Another one is open in its flow: a span inside was left open, or we are in another flow
        than the one where it began; or it stood in a copied context, which ends with it."""
        flow: Flow = span[1]
        self._close(flow, span, None)
        here = flow_here()
        self.buffer.append((now(), span, dynamic) if here is flow else (now(), span, dynamic, here))

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
        if numbers is None and (len(span) != PLAIN or left[2] is not span[2]):
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
        is_home = above is home and INNER.flow_of is None
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

        Its last two fields are the stamps, by turns the begin and the end of a call, and a list of
        what is known about it: first the stamps again.
        Whatever else happens in *flow* finds no numbers, and settles the site.
        """
        above = flow.open
        trace = above[2]
        if trace.refused is not None or trace.spent >= self.trace_cap or self._is_full():
            return None
        times = Stamps()
        site: Any = (
            0,
            flow,
            trace,
            0,
            above,
            plan,
            None,
            times,
            [times, flow.numbers, None],
        )
        flow.open, flow.numbers = site, NO_NUMBERS
        return site

    def _settle(self, flow: Flow) -> None:
        """Something else happens: write the calls that are through in one row. When one is not, it
        becomes a span like any other."""
        site: Any = flow.open
        above, plan, box = site[4], site[5], site[8]
        times, numbers, _ = box
        flow.numbers = numbers if INNER.flow_of is None else NO_NUMBERS
        flow.open = above
        begun = times.pop() if len(times) % 2 else 0
        if len(times):
            above[2].spent += len(times) // 2
            self.buffer.charge(TIME_BYTES * len(times))
            self.buffer.append((site, times.cut()))
        if begun:
            admitted = self._admit(flow, 2)
            if admitted is not None:
                span: Any = (begun, flow, above[2], admitted[1], above, plan, None)
                self.buffer.append(span)
                box[2] = flow.open = span

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
        """Open a trace of its own; None when the buffer is full: it is dropped as a whole."""
        INNER.look()
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
            if INNER.flow_of is None:
                flow.numbers = granted
            else:
                flow.reserve, flow.reserved_for = granted, trace
        span: Any = (now(), flow, trace, number, restore, (kind, name, app, None), dynamic, 0)
        if number:
            self.buffer.append(span)
        flow.open = span
        HANDED.set(span)
        self._wake()
        return span  # type: ignore[no-any-return]

    def close_root(self, span: OpenSpan, dynamic: Dynamic) -> None:
        """Close a trace's root; what was open before is open again."""
        flow, trace = span[1], span[2]
        if flow.open is span:
            flow.open, flow.numbers = span[4], trace.outside
        else:
            self._close(flow, span, trace.outside)
        # Who runs coroutines in other threads writes back what the context was there.
        handed = None if trace.is_collected else HANDED.get()
        if handed is not None and handed[2] is trace:
            HANDED.set(None)
        if not span[3]:
            return
        if trace.dropped:
            dynamic = (truncated, dynamic, trace.dropped)
        here = FLOWS.flow if INNER.flow_of is None else flow_here()
        row = (now(), span, dynamic)
        self.buffer.append(row if here is flow else (*row, here))
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
            self.buffer.append((now(), span, dynamic))

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
            return len(self.buffer) >= MAX_CAPTURED
        if not self._outlets:
            self.buffer.trim()
            return False
        return self.buffer.is_full()

    def lose(self, reason: str, events: int) -> None:
        """Count events that are recorded nowhere; exact, from any thread, without a lock."""
        counter = self._lost.setdefault(reason, count())
        for _ in range(events):
            next(counter)
