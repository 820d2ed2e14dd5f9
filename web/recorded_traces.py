"""The traces of a recording, read piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from .outline import Outline, Speaker
from .runtime import Runtime
from .store import Store

_TRACES_AT_ONCE: Final = 500
"""Summaries read in one go; about 10 ms."""
_COUNTED_AT_ONCE: Final = 10_000
"""Traces counted in one go; some 20 ms."""


_ALL: Final = (1 << 63) - 1


def recorded_traces(
    runtime: Runtime, store: Store, recording: int, limit: int
) -> Iterator[dict[str, Any]]:
    """The items of its last *limit* traces, in order of arrival."""
    first, last = runtime.run(store.archive.trace_rows, recording, limit)
    after = first - 1
    while after < last:
        found = runtime.run(store.archive.traces, recording, after, last, _TRACES_AT_ONCE)
        yield from (summary.item() for summary in found)
        after = found[-1].row if len(found) == _TRACES_AT_ONCE else last


def recorded_outline(
    runtime: Runtime, store: Store, recording: int, start: int, end: int, slots: int
) -> dict[str, Any]:
    """What a recording looks like from afar between two times (ns)."""
    outline = Outline(start, end, slots)
    length = outline.slot_length
    first, last = runtime.run(store.archive.trace_rows, recording, _ALL)
    for after in range(first - 1, last, _COUNTED_AT_ONCE):
        upto = min(last, after + _COUNTED_AT_ONCE)
        outline.add(runtime.run(store.archive.counted, recording, after, upto, start, end, length))
    rows = outline.speakers()
    speakers: dict[int, Speaker] = {}
    for at in range(0, len(rows), _TRACES_AT_ONCE):
        speakers |= runtime.run(store.archive.speakers, rows[at : at + _TRACES_AT_ONCE])
    return outline.to_dict(speakers)
