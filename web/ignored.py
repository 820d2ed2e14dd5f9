"""Requests that nobody wants to see: static files, health checks. Whole traces, never parts."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from tracer.wire import Columns

from . import blocks

REMEMBERED: Final = 10_000
"""Ignored traces whose later batches are recognised."""


class IgnoredTraces:
    """Takes ignored traces out of batches. On the store's worker thread only."""

    def __init__(
        self, patterns: Callable[[], Sequence[str]], is_fired: Callable[[str], bool]
    ) -> None:
        """*patterns* are of request paths; *is_fired* tells by a trace id what is wanted anyway."""
        self._patterns = patterns
        self._is_fired = is_fired
        self._ids: OrderedDict[str, None] = OrderedDict()

    def without(self, columns: Columns) -> Columns:
        """*columns* without the events of ignored traces."""
        self._find(columns)
        if not self._ids:
            return columns
        ignored = {
            index
            for index in set(columns.data["trace"])
            if index and columns.strings[index] in self._ids
        }
        if not ignored:
            return columns
        kept = [row for row, trace in enumerate(columns.data["trace"]) if trace not in ignored]
        return blocks.subset(columns, kept)

    def _find(self, columns: Columns) -> None:
        """Remember the traces that begin here with an ignored path."""
        patterns = self._patterns()
        if not patterns or "request" not in columns.strings:
            return
        request = list(columns.strings).index("request")
        data = columns.data
        for row, kind in enumerate(data["kind"]):
            if kind == request and data["phase"][row] == 0 and data["trace"][row]:
                trace_id = columns.strings[data["trace"][row]]
                path = json.loads(columns.attributes[data["attributes"][row]]).get("path")
                if _matches(path, patterns) and not self._is_fired(trace_id):
                    self._remember(trace_id)

    def _remember(self, trace_id: str) -> None:
        self._ids[trace_id] = None
        if len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)


def _matches(path: object, patterns: Sequence[str]) -> bool:
    return isinstance(path, str) and any(fnmatchcase(path, pattern) for pattern in patterns)
