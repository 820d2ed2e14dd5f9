"""Events kept in this process, for tests."""

from __future__ import annotations

from collections import deque
from typing import Final

from ..clock import now, since_epoch
from ..collector import Collector, Row
from ..events import PHASES, Event, Trace
from ..hot_path import BEGIN, END
from ..wire import span_id

MAX_EVENTS: Final = 1_000_000
"""Beyond it the oldest go; a test that makes more has asked for something else."""
_LEFT_OPEN: Final = {"left_open": "capture ended"}


class Capture:
    """What was recorded since the capture began; read on any thread."""

    def __init__(self, collector: Collector, app: str | None) -> None:
        self._collector = collector
        self._app = app
        self._open: dict[int, Row] = {}
        """Spans that have begun, by number."""
        self._rows: deque[tuple[int, Row]] = deque(maxlen=MAX_EVENTS)
        self._events: list[Event] = []
        self._dropped: dict[str, int] = {}

    def accept(self, seq: int, row: Row) -> None:
        if self._app is not None and row.app is not None and row.app != self._app:
            return
        if row.phase == BEGIN:
            self._open[row.span] = row
        elif row.phase == END and self._open.pop(row.span, None) is None:
            return  # begun before the capture
        self._rows.append((seq, row))

    def end_open(self, spare_roots: bool = False) -> None:
        """End what is still open, innermost first: what comes after is not recorded."""
        for row in reversed(list(self._open.values())):
            if not (spare_roots and row.kind in ("request", "run")):
                end = row._replace(ts=now(), phase=END, static=None, dynamic=_LEFT_OPEN)
                self.accept(self._collector.next_seq(), end)

    def wake(self) -> None:
        """Nobody sleeps here: who reads drains."""

    @property
    def events(self) -> list[Event]:
        """All events so far, in the order in which Python did the things."""
        self._collector.pump()
        prefix = self._collector.ids.span_prefix
        while self._rows:
            seq, row = self._rows.popleft()
            self._events.append(to_event(seq, row, prefix))
        if self._app is None:
            return list(self._events)
        # What belongs to no application comes along where the trace has to do with this one.
        own = {event.trace_id for event in self._events if event.app is not None} | {None}
        return [e for e in self._events if e.app is not None or e.trace_id in own]

    @property
    def traces(self) -> list[Trace]:
        """The events inside traces, trace by trace, in the order in which the traces began."""
        groups: dict[str, list[Event]] = {}
        for event in self.events:
            if event.trace_id is not None:
                groups.setdefault(event.trace_id, []).append(event)
        return [_trace(identity, events) for identity, events in groups.items()]


def _trace(identity: str, events: list[Event]) -> Trace:
    app = next((event.app for event in events if event.app is not None), None)
    dropped = max((event.attributes.get("dropped", 0) for event in events), default=0)
    return Trace(id=identity, events=tuple(events), app=app, dropped=dropped)


def to_event(seq: int, row: Row, prefix: str) -> Event:
    """A row as the world sees it."""
    return Event(
        seq=seq,
        ts=since_epoch(row.ts),
        phase=PHASES[row.phase],
        kind=row.kind,
        name=row.name,
        app=row.app,
        trace_id=row.trace.public_id(),
        span_id=span_id(prefix, row.span),
        parent_id=span_id(prefix, row.parent),
        lane=row.lane,
        attributes=row.attributes(),
    )
