"""A recording from afar: for each thread and slot of time, the requests that began there as one.

Made of what the store knows of each trace, so that no event is read for it. The database counts;
this puts together what it counted, and gives the answer of ``GET /api/recordings/<id>/outline``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

MAX_THREADS: Final = 12
"""Threads of a process that have a lane each; of one with more, all share one."""
MAX_LANES: Final = 48
"""Lanes in one answer; what goes beyond stands in the last one."""
FAILED: Final = 500
"""Statuses from here on are failures; an error that a handler answered is an answer."""
ROWS: Final = 1 << 36
"""A weight below this is the row of a trace; above it stand how long it took and that it failed."""

Lane = tuple[int | None, str | None]
"""Process id and thread's name; None for several."""


class Counted(NamedTuple):
    """Requests that began in one slot of one lane, as the database counted some of them."""

    pid: int | None
    thread: str | None
    slot: int
    start: int
    end: int
    requests: int
    failed: int
    events: int
    weight: int
    """The highest: of a failed one before the longest one."""


class Speaker(NamedTuple):
    """The request that stands for the others in its slot."""

    trace_id: str
    name: str | None
    app: str | None


@dataclass(slots=True)
class Outline:
    """Takes what was counted, part by part; :meth:`to_dict` is what it looks like from afar."""

    start: int
    end: int
    """The range, ns since the epoch."""
    slots: int
    """Into how many of them the range is divided, about."""
    _lanes: dict[Lane, dict[int, Counted]] = field(default_factory=dict)

    @property
    def slot_length(self) -> int:
        return max(1, (self.end - self.start) // self.slots)

    def add(self, counted: Iterable[Counted]) -> None:
        """Put *counted* to what there is."""
        for one in counted:
            _put(self._lanes.setdefault((one.pid, one.thread), {}), one)

    def speakers(self) -> list[int]:
        """Rows of the traces that stand for the others."""
        return [one.weight % ROWS for counted in _gathered(self._lanes).values() for one in counted]

    def to_dict(self, speakers: Mapping[int, Speaker]) -> dict[str, Any]:
        """Times are ns after ``start_ts``; the values of a lane stand in columns, as events do."""
        strings: dict[str, int] = {"": 0}
        lanes = [
            _columns(lane, counted, self.start, strings, speakers)
            for lane, counted in _gathered(self._lanes).items()
        ]
        return {
            "start_ts": self.start,
            "end_ts": self.end,
            "slots": self.slots,
            "strings": list(strings),
            "lanes": lanes,
        }


def _put(slots: dict[int, Counted], one: Counted) -> None:
    slot = max(0, one.slot)  # what began before the range stands at its begin
    known = slots.get(slot)
    slots[slot] = one if known is None else _sum(known, one)


def _sum(one: Counted, other: Counted) -> Counted:
    return one._replace(
        start=min(one.start, other.start),
        end=max(one.end, other.end),
        requests=one.requests + other.requests,
        failed=one.failed + other.failed,
        events=one.events + other.events,
        weight=max(one.weight, other.weight),
    )


def _gathered(lanes: dict[Lane, dict[int, Counted]]) -> dict[Lane, list[Counted]]:
    """As few lanes as can be looked at: a server with a thread for each request has thousands."""
    threads: dict[int | None, int] = {}
    for pid, _ in lanes:
        threads[pid] = threads.get(pid, 0) + 1
    found: dict[Lane, dict[int, Counted]] = {}
    for (pid, thread), slots in lanes.items():
        lane: Lane = (pid, thread if threads[pid] <= MAX_THREADS else None)
        if lane not in found and len(found) >= MAX_LANES - 1:
            lane = (None, None)
        into = found.setdefault(lane, {})
        for one in slots.values():
            _put(into, one)
    return {lane: [slots[slot] for slot in sorted(slots)] for lane, slots in found.items()}


def _columns(
    lane: Lane,
    counted: list[Counted],
    zero: int,
    strings: dict[str, int],
    speakers: Mapping[int, Speaker],
) -> dict[str, Any]:
    speaking = [speakers.get(one.weight % ROWS, _GONE) for one in counted]

    def number(text: str | None) -> int:
        return strings.setdefault(text or "", len(strings))

    return {
        "pid": lane[0],
        "thread": lane[1],
        "start": [one.start - zero for one in counted],
        "length": [one.end - one.start for one in counted],
        "requests": [one.requests for one in counted],
        "failed": [one.failed for one in counted],
        "events": [one.events for one in counted],
        "app": [number(speaker.app) for speaker in speaking],
        "name": [number(speaker.name) for speaker in speaking],
        "trace": [speaker.trace_id for speaker in speaking],
    }


_GONE: Final = Speaker("", None, None)
"""Deleted while the outline was made."""
