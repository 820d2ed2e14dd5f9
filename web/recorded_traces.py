"""The traces of a recording, read piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from .runtime import Runtime
from .store import Store

_TRACES_AT_ONCE: Final = 500
"""Summaries read in one go; about 10 ms."""


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
