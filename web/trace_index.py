"""One line about each trace: what the list of requests shows, kept up to date batch by batch.

Pure: takes columns, returns summaries; the store reads and writes them. The loop over a batch looks
at few events only, since most of ingest's time would go here otherwise.
"""

from __future__ import annotations

import copy
import json
import re
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, compress
from typing import Any, Final

import msgspec

from tracer.wire import Columns, span_id

COUNTS: Final = ("hooks", "queries", "templates", "signals", "contexts", "flashes")
"""What a summary counts, in the order in which the store keeps it."""
_COUNTED: Final = {
    **dict.fromkeys(
        (
            "before_request",
            "after_request",
            "teardown_request",
            "teardown_appcontext",
            "after_this_request",
            "before_first_request",
            "url_value_preprocessor",
            "url_defaults",
            "context_processor",
        ),
        1,
    ),
    "db.query": 2,
    "template.render": 3,
    "template.stream": 3,
    "signal": 4,
    "app_context.push": 5,
    "request_context.push": 5,
    "flash": 6,
}
"""Kind → its place in :data:`COUNTS`, from 1."""
_ROOT, _ROUTED, _EXCEPTION, _PART = 7, 8, 9, 10
_CLASS: Final = {
    **_COUNTED,
    "request": _ROOT,
    "run": _ROOT,
    "url_match": _ROUTED,
    "view": _ROUTED,
    "exception": _EXCEPTION,
    "wsgi_app": _PART,
}
_IS_COUNTED: Final = bytes(1 <= value <= len(COUNTS) for value in range(256))
_LOOKED_AT: Final = bytes(value >= _ROOT for value in range(256))
_BEGIN, _END = 0, 1
_UNKNOWN: Final = -1
MAX_APPS: Final = 32
"""Applications named in one summary."""
MAX_TEXT: Final = 2048
"""Characters of one text in a summary; the event keeps it whole."""


@dataclass(slots=True)
class TraceSummary:
    """A trace item of ``docs/wire.md``, as far as it has been seen. Owned by the store's thread."""

    trace_id: str
    start_ts: int
    row: int = 0
    """Number of its row in the store, 0 before it has one."""
    kind: str | None = None
    name: str | None = None
    app: str | None = None
    apps: list[str] = field(default_factory=list)
    method: str | None = None
    path: str | None = None
    status: int | None = None
    duration: int | None = None
    events: int = 0
    complete: bool = False
    truncated: bool = False
    error: str | None = None
    short_circuit: str | None = None
    endpoint: str | None = None
    counts: list[int] = field(default_factory=lambda: [0] * len(COUNTS))
    pid: int | None = None
    thread: str | None = None
    root_span: str | None = None
    """Public id of the root span, None until it began."""
    recording: int = 0
    """The recording that has counted it last; not stored."""
    fresh: bool = True
    """No batch with it was stored before this one; not stored."""

    def copy(self) -> TraceSummary:
        """A twin that can be changed while this one stays, should the store fail."""
        twin = copy.copy(self)
        twin.apps = list(self.apps)
        twin.counts = list(self.counts)
        return twin

    def item(self) -> dict[str, Any]:
        """The trace item that the API and the socket show."""
        return {
            "id": self.trace_id,
            "name": self.name or "",
            "kind": self.kind or "request",
            "app": self.app,
            "apps": self.apps,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "start_ts": self.start_ts,
            "duration": self.duration,
            "events": self.events,
            "complete": self.complete,
            "truncated": self.truncated,
            "error": self.error,
            "short_circuit": self.short_circuit,
            "endpoint": self.endpoint,
            "counts": dict(zip(COUNTS, self.counts, strict=True)),
            "pid": self.pid,
            "thread": self.thread,
        }


Lookup = Callable[[Sequence[str]], Mapping[str, TraceSummary]]
"""Trace ids → what is known of those among them that were seen before."""


def summarise(columns: Columns, lookup: Lookup) -> list[TraceSummary]:
    """New or changed summaries of the traces in *columns*; those from *lookup* stay untouched."""
    return _Summariser(columns, lookup).run()


def time_span(columns: Columns) -> tuple[int, int]:
    """The earliest and the latest time in *columns*, ns; they hold one event at least."""
    steps = columns.data["ts"]
    if getattr(steps, "typecode", "d") in "BHI":  # no step back: the ends are the extremes
        return columns.base_ts + steps[0], columns.base_ts + sum(steps)
    times = list(accumulate(map(int, steps)))
    return columns.base_ts + min(times), columns.base_ts + max(times)


class _Summariser:
    """The loop over one batch; lives as long as it."""

    def __init__(self, columns: Columns, lookup: Lookup) -> None:
        self.columns = columns
        self.data = columns.data
        self.times: list[int] = []
        # In order of first appearance, which becomes the order of the list.
        ids = {i: columns.strings[i] for i in dict.fromkeys(columns.data["trace"]) if i}
        known = lookup(list(ids.values()))
        self.by_index: dict[int, TraceSummary] = {}
        for index, trace_id in ids.items():
            seen = known.get(trace_id)
            self.by_index[index] = seen.copy() if seen else TraceSummary(trace_id, _UNKNOWN)

    def run(self) -> list[TraceSummary]:
        if not self.by_index:
            return []
        classed = self._classed()
        self._count(classed)
        self._name_apps()
        for row in compress(range(len(classed)), classed.translate(_LOOKED_AT)):
            summary = self.by_index.get(self.data["trace"][row])
            if summary is not None:
                self._look(summary, classed[row], row)
        self._find_short_circuits()
        self._place_rootless()
        return list(self.by_index.values())

    def _place_rootless(self) -> None:
        """Traces whose begin was never seen start at their first event."""
        for index, summary in self.by_index.items():
            if summary.start_ts == _UNKNOWN:
                row = list(self.data["trace"]).index(index)
                lane = self.columns.lanes[self.data["lane"][row]]
                summary.start_ts = self._time(row)
                summary.pid, summary.thread = lane[0], _text(lane[2])

    def _classed(self) -> bytes:
        """The class of each event's kind."""
        classes = bytes([_CLASS.get(text, 0) for text in self.columns.strings])
        kinds = self.data["kind"]
        if isinstance(kinds, array) and kinds.typecode == "B":
            return kinds.tobytes().translate(classes[:256].ljust(256, b"\0"))
        return bytes(map(classes.__getitem__, kinds))

    def _count(self, classed: bytes) -> None:
        data = self.data
        for index, number in Counter(data["trace"]).items():
            if index:
                self.by_index[index].events += number
        rows = zip(data["trace"], classed, data["phase"], strict=True)
        counted = compress(rows, classed.translate(_IS_COUNTED))
        for (index, place, phase), number in Counter(counted).items():
            if index and phase != _END:
                self.by_index[index].counts[place - 1] += number

    def _name_apps(self) -> None:
        apps = set(self.data["app"])
        if len(apps) == 1:  # the common case, which needs no look at each event
            (app,) = apps
            pairs = dict.fromkeys((index, app) for index in self.by_index)
        else:
            # In the order in which they took part, which is not that of the table of texts.
            pairs = dict.fromkeys(zip(self.data["trace"], self.data["app"], strict=True))
        for index, app in pairs:
            if index and app:
                self._name_app(self.by_index[index], self.columns.strings[app])

    def _name_app(self, summary: TraceSummary, app: str) -> None:
        if app in summary.apps or len(summary.apps) >= MAX_APPS:
            return
        name = _text(app)
        if name not in summary.apps:
            summary.apps.append(name)

    def _look(self, summary: TraceSummary, place: int, row: int) -> None:
        if place == _ROOT:
            self._look_at_root(summary, row)
        elif place == _ROUTED:
            if summary.endpoint is None:
                summary.endpoint = _text_or_none(self._attributes(row).endpoint)
        elif place == _PART:  # behind a dispatcher the root does not know who will answer
            name = self.columns.strings[self.data["app"][row]]
            summary.app = summary.app or _text(name) or None
        else:
            summary.error = _text(self.columns.strings[self.data["name"][row]])

    def _look_at_root(self, summary: TraceSummary, row: int) -> None:
        phase = self.data["phase"][row]
        span = span_id(self.columns.span_prefix, int(self.data["span"][row]))
        if phase == _BEGIN and summary.root_span is None:
            self._begin_root(summary, row, span)
        elif phase == _END and span == summary.root_span:
            self._end_root(summary, row)

    def _begin_root(self, summary: TraceSummary, row: int, span: str | None) -> None:
        strings, data = self.columns.strings, self.data
        attributes = self._attributes(row)
        lane = self.columns.lanes[data["lane"][row]]
        summary.root_span = span
        summary.start_ts = self._time(row)
        summary.kind = strings[data["kind"][row]]
        summary.name = _text(strings[data["name"][row]])
        summary.app = _text(strings[data["app"][row]]) or _text_or_none(attributes.app)
        summary.method = _text_or_none(attributes.method)
        summary.path = _text_or_none(attributes.path)
        summary.pid, summary.thread = lane[0], _text(lane[2])

    def _end_root(self, summary: TraceSummary, row: int) -> None:
        attributes = self._attributes(row)
        summary.complete = True
        summary.duration = max(0, self._time(row) - summary.start_ts)
        summary.status = _status(attributes.status) or summary.status
        summary.app = summary.app or _text_or_none(attributes.app)
        if attributes.truncated or attributes.dropped:
            summary.truncated = True
        if summary.error is None:
            summary.error = _text_or_none(attributes.left_by)
        if attributes.left_by is not None and attributes.chunks == 0:
            # Nothing of the answer was handed to the server, which answers in its own words.
            summary.status = None

    def _find_short_circuits(self) -> None:
        marked = {
            number
            for number, text in enumerate(self.columns.attributes)
            if '"short_circuit"' in text and _parsed(text).short_circuit
        }
        if not marked:
            return
        for row, number in enumerate(self.data["attributes"]):
            if number in marked:
                summary = self.by_index.get(self.data["trace"][row])
                if summary is not None and summary.short_circuit is None:
                    name = self.columns.strings[self.data["name"][row]]
                    summary.short_circuit = _text(name)

    def _attributes(self, row: int) -> _Attributes:
        return _parsed(self.columns.attributes[self.data["attributes"][row]])

    def _time(self, row: int) -> int:
        if not self.times:
            self.times = list(accumulate(self.data["ts"]))
        return self.columns.base_ts + int(self.times[row])


class _Attributes(msgspec.Struct):
    """Those that a summary looks at; agents may put anything into them."""

    method: Any = None
    path: Any = None
    app: Any = None
    status: Any = None
    endpoint: Any = None
    short_circuit: Any = None
    truncated: Any = None
    dropped: Any = None
    left_by: Any = None
    chunks: Any = None


_NONE: Final = _Attributes()
_decoder = msgspec.json.Decoder(_Attributes)


def _parsed(text: str) -> _Attributes:
    if text == "{}":
        return _NONE
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError):  # half a UTF-16 pair, legal in JSON
        return msgspec.convert(json.loads(text), _Attributes)


def _status(value: object) -> int | None:
    if isinstance(value, str) and (found := re.match(r"\d{3}\b", value)):
        return int(found[0])
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1000:
        return value
    return None


def _text_or_none(value: object) -> str | None:
    return _text(value) if isinstance(value, str) and value else None


def _text(value: str) -> str:
    """*value* as every database takes it: bounded, no NUL, no half of a UTF-16 pair."""
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode("utf-8")
    return value[:MAX_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}")
