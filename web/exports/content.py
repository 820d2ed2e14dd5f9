"""What an export writes: a recording or one trace, read chunk by chunk. Every format takes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from tracer.wire import Columns
from web import blocks
from web.recorded_traces import recorded_traces
from web.runtime import Runtime
from web.store import Store
from web.store.schema import LIVE
from web.trace_index import time_span

R = TypeVar("R")

_CHUNKS_AT_ONCE: Final = 16
"""Chunks looked through in one go for what they need; about 10 ms."""
_SOURCES_AT_ONCE: Final = 200
_SOURCE: Final = re.compile(r'"source":\s*"([0-9a-f]{16})"')


@dataclass(slots=True)
class Survey:
    """What events need, known before the first of them is written."""

    agents: dict[str, list[str]] = field(default_factory=dict)
    """Each with its span prefixes, in order of appearance."""
    sources: set[str] = field(default_factory=set)
    """Ids of the source texts that events point to."""
    start_ts: int = 0
    end_ts: int = 0
    """Time of the earliest and of the latest event, ns; 0 without any."""
    events: int = 0


class Content:
    """One export's content. Use it in a task of the runtime; memory stays at one chunk."""

    def __init__(
        self,
        runtime: Runtime,
        store: Store,
        page: Path,
        name: str,
        chunk_ids: Sequence[int],
        import_id: int,
    ) -> None:
        self.runtime = runtime
        self.store = store
        self.page = page
        """The folder of the built page, for the format that carries it along."""
        self.name = name
        self.import_id = import_id
        """The imported recording that it belongs to; 0 for what came live."""
        self.recording: int | None = None
        """The recording, None for a trace."""
        self.trace: str | None = None
        """The trace, None for a recording."""
        self._chunk_ids = chunk_ids

    @classmethod
    def of_recording(
        cls, runtime: Runtime, store: Store, page: Path, recording: int, name: str
    ) -> Content:
        """All of a recording."""
        chunk_ids = runtime.run(store.archive.chunks, recording)
        is_import = runtime.run(store.archive.is_import, recording)
        content = cls(runtime, store, page, name, chunk_ids, recording if is_import else LIVE)
        content.recording = recording
        return content

    @classmethod
    def of_trace(cls, runtime: Runtime, store: Store, page: Path, trace_id: str) -> Content | None:
        """One trace; None if it is not stored."""
        item = runtime.run(store.trace, trace_id)
        chunk_ids = runtime.run(store.trace_chunks, trace_id)
        if item is None or chunk_ids is None:
            return None
        import_id = runtime.run(store.archive.import_of, chunk_ids)
        content = cls(runtime, store, page, item["name"], chunk_ids, import_id)
        content.trace = trace_id
        return content

    def survey(self) -> Survey:
        """Look through all of it once."""
        found = Survey()
        for start in range(0, len(self._chunk_ids), _CHUNKS_AT_ONCE):
            part = self._chunk_ids[start : start + _CHUNKS_AT_ONCE]
            self.runtime.run(self._survey_some, part, found)
        return found

    def header(self, survey: Survey) -> dict[str, Any]:
        """``name, agents, apps``: the first line of JSON Lines, and what it is in other formats."""
        header = self.runtime.run(self.store.archive.header, self.import_id, list(survey.agents))
        for agent in header.get("agents", ()):
            if agent.get("id") in survey.agents:
                agent.setdefault("span_prefixes", survey.agents[agent["id"]])
        return {"name": self.name, **header}

    def traces(self, limit: int) -> Iterator[dict[str, Any]]:
        """The items of its last *limit* traces, in order of arrival."""
        if self.recording is not None:
            yield from recorded_traces(self.runtime, self.store, self.recording, limit)
        elif self.trace is not None:
            item = self.runtime.run(self.store.trace, self.trace)
            yield from [item] if item is not None else []

    def sources(self, survey: Survey) -> Iterator[str]:
        """Source texts as JSON: of an import every one of its file, else those that are needed."""
        every = self.import_id != LIVE and self.trace is None
        after = 0
        while True:
            found = self.runtime.run(
                self.store.archive.sources, self.import_id, after, _SOURCES_AT_ONCE
            )
            for number, source_id, info in found:
                after = number
                if every or source_id in survey.sources:
                    yield info
            if len(found) < _SOURCES_AT_ONCE:
                return

    def each(self, fn: Callable[[str, Columns], R]) -> Iterator[R]:
        """*fn* of agent and events of every chunk, in order, called on the store's worker."""
        for chunk_id in self._chunk_ids:
            yield from self.runtime.run(self._call, fn, chunk_id)

    def _call(self, fn: Callable[[str, Columns], R], chunk_id: int) -> list[R]:
        found = self._events(chunk_id)
        return [] if found is None else [fn(*found)]

    def _events(self, chunk_id: int) -> tuple[str, Columns] | None:
        """The agent and the events in a chunk; None if there are none (any more)."""
        chunk = self.store.chunk(chunk_id)
        if chunk is None:
            return None
        columns = chunk.columns
        if self.trace is not None:
            columns = blocks.subset(columns, blocks.rows_of_trace(columns, self.trace))
        return (chunk.agent, columns) if columns.count else None

    def _survey_some(self, chunk_ids: Sequence[int], survey: Survey) -> None:
        for chunk_id in chunk_ids:
            found = self._events(chunk_id)
            if found is None:
                continue
            agent, columns = found
            prefixes = survey.agents.setdefault(agent, [])
            if columns.span_prefix not in prefixes:
                prefixes.append(columns.span_prefix)
            for text in columns.attributes:
                survey.sources.update(_SOURCE.findall(text))
            start, end = time_span(columns)
            survey.start_ts = min(survey.start_ts or start, start)
            survey.end_ts = max(survey.end_ts, end)
            survey.events += columns.count
