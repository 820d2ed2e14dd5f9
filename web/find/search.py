"""The search itself: the latest requests first, in pieces that let others in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from web.runtime import Runtime
from web.store import Store
from web.trace_index import TraceSummary

from .query import Known, Query
from .told import Context, Told, difference, listen

_AT_ONCE: Final = 500
"""Traces looked at in one go; about 10 ms, and where events are read as much again per chunk."""
_ALL: Final = (1 << 63) - 1
_LEAST: Final = 3
"""Fewer requests of a route say nothing about what is usual."""

Route = tuple[str | None, ...]
Place = tuple[int, str]
"""Row and id of a trace."""
_OUTSIDE: Final[Place] = (0, "")
"""What happened in no trace, as events name it."""


@dataclass(slots=True)
class _Usual:
    """What most requests of each route did. Some 100 bytes a request, as long as one searches."""

    routes: dict[Route, Counter[int]] = field(default_factory=dict)
    """How many took which steps, by a number that stands for these."""
    taken: dict[int, int] = field(default_factory=dict)
    """Which steps each request took, by its row."""
    examples: dict[tuple[Route, int], Place] = field(default_factory=dict)
    requests: int = 0

    def put(self, summary: TraceSummary, steps: Sequence[str]) -> None:
        self.requests += 1
        if not steps:
            return
        number, route = hash(tuple(steps)), _route(summary)
        self.taken[summary.row] = number
        self.routes.setdefault(route, Counter())[number] += 1
        self.examples.setdefault((route, number), _place(summary))

    def of(self, route: Route) -> int | None:
        """None when there are too few, or two are equally common."""
        counts = self.routes.get(route, Counter())
        (number, most), second = (*counts.most_common(2), (0, 0), (0, 0))[:2]
        return None if counts.total() < _LEAST or most == second[1] else number

    def is_unusual(self, summary: TraceSummary) -> bool:
        taken = self.taken.get(summary.row)
        usual = self.of(_route(summary))
        return taken is not None and usual is not None and taken != usual

    def example(self, summary: TraceSummary) -> Place:
        """A request of the same route that did what is usual."""
        route = _route(summary)
        return self.examples[route, self.of(route) or 0]

    def to_dict(self) -> dict[str, int]:
        judged = [c.total() for route, c in self.routes.items() if self.of(route) is not None]
        return {"judged": sum(judged), "unknown": self.requests - sum(judged)}


class Search:
    """One search in one recording. A task of the runtime takes its lines; who stops, ends it."""

    def __init__(
        self, runtime: Runtime, store: Store, recording: int, query: Query, limit: int
    ) -> None:
        self._runtime = runtime
        self._store = store
        self._recording = recording
        self._query = query
        self._limit = limit
        self._usual = _Usual() if "unusual" in query.asks else None
        self._popped: Counter[Context] = Counter()
        """By the requests that were looked at, later ones: whoever pushed it comes still."""
        self._found = 0
        self._done = 0

    def lines(self) -> Iterator[dict[str, Any]]:
        """What ``GET /api/recordings/<id>/find`` says, line by line."""
        first, last = self._runtime.run(self._store.archive.trace_rows, self._recording, _ALL)
        windows = [
            (max(first, high - _AT_ONCE + 1), high) for high in range(last, first - 1, -_AT_ONCE)
        ]
        rounds = len(windows) * (1 if self._usual is None else 2)
        if self._usual is not None:
            for window in windows:
                self._read(self._usual, *window)
                yield self._line(rounds, [])
        for window in windows:
            yield self._line(rounds, self._find(*window))
        usual = None if self._usual is None else self._usual.to_dict()
        left_out = list(self._query.left_out)
        yield {"share": 1, "found": self._found, "items": [], "usual": usual, "left_out": left_out}

    def _line(self, rounds: int, items: list[dict[str, Any]]) -> dict[str, Any]:
        self._done += 1
        # One only stands in the last line.
        return {"share": self._done / (rounds + 1), "found": self._found, "items": items}

    def _read(self, usual: _Usual, low: int, high: int) -> None:
        """The steps of all requests that can be compared."""
        summaries = [s for s in self._window(low, high) if s.complete and not s.truncated]
        told = self._told([*map(_place, summaries)], all_of_it=True)
        for summary in summaries:
            usual.put(summary, told[summary.trace_id].steps)

    def _find(self, low: int, high: int) -> list[dict[str, Any]]:
        """The items among these, the latest first, of those that are still wanted."""
        query = self._query
        candidates = self._runtime.run(self._candidates, low, high)
        told = {}
        if "leaking" in query.asks:
            told = self._settled(low, high)
        elif query.asks & {"kind", "names"}:
            open_still = [s for s in candidates if not query.is_settled(s)]
            told = self._told([*map(_place, open_still)], all_of_it=False)
        found = [s for s in candidates if query.fits(s, self._known(s, told.get(s.trace_id)))]
        wanted = found[: max(0, self._limit - self._found)]
        self._found += len(found)
        differences = self._differences(wanted)
        return [{**s.item(), "difference": differences.get(s.trace_id)} for s in wanted]

    def _settled(self, low: int, high: int) -> dict[str, Told]:
        """What all of these did, also those that are not looked for: one pops what another left."""
        places = [*map(_place, self._window(low, high)), _OUTSIDE]
        told = self._told(places, all_of_it=True)
        for _, trace_id in reversed(places):
            told[trace_id].settle(self._popped)
        return told

    def _window(self, low: int, high: int) -> list[TraceSummary]:
        archive = self._store.archive
        return self._runtime.run(archive.traces, self._recording, low - 1, high, _AT_ONCE)

    def _candidates(self, low: int, high: int) -> list[TraceSummary]:
        """On the store's worker: testing takes as long as reading."""
        found = self._store.archive.traces(self._recording, low - 1, high, _AT_ONCE)
        return [summary for summary in reversed(found) if self._query.may_fit(summary)]

    def _known(self, summary: TraceSummary, told: Told | None) -> Known:
        return Known(
            kinds=frozenset() if told is None else frozenset(told.kinds),
            names="" if told is None else "\n".join(told.names).lower(),
            leaking=told is not None and told.leaking,
            unusual=self._usual is not None and self._usual.is_unusual(summary),
        )

    def _told(self, places: Sequence[Place], *, all_of_it: bool) -> dict[str, Told]:
        """What their events tell, read chunk by chunk."""
        told = {trace_id: Told() for _, trace_id in places}
        rows = [row for row, _ in places if row]
        archive = self._store.archive
        for chunk in self._runtime.run(archive.chunks_of, self._recording, rows):
            self._runtime.run(self._listen, chunk, told, all_of_it=all_of_it)
        return told

    def _listen(self, chunk_id: int, told: dict[str, Told], *, all_of_it: bool) -> None:
        chunk = self._store.chunk(chunk_id)
        if chunk is not None:  # a damaged one is told by the recording
            listen(chunk.columns, told, all_of_it=all_of_it)

    def _differences(self, found: Sequence[TraceSummary]) -> dict[str, dict[str, list[str]]]:
        """In what those that are unusual differ from what is usual."""
        usual = self._usual
        if usual is None:
            return {}
        differing = [summary for summary in found if usual.is_unusual(summary)]
        examples = [usual.example(summary) for summary in differing]
        told = self._told([*map(_place, differing), *examples], all_of_it=True)
        return {
            summary.trace_id: difference(told[summary.trace_id].steps, told[example].steps)
            for summary, (_, example) in zip(differing, examples, strict=True)
        }


def _place(summary: TraceSummary) -> Place:
    return summary.row, summary.trace_id


def _route(summary: TraceSummary) -> Route:
    return summary.kind or "request", summary.app, summary.method, summary.endpoint
