"""Recordings as the dashboard uses them: each method one transaction on the store's worker."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from sqlalchemy import Connection, select

from tracer.wire import Columns, encode_block
from web import blocks
from web.outline import Counted, Speaker
from web.trace_index import TraceSummary, summarise, time_span

from . import reading
from .catalog import Catalog
from .chunk_rows import ChunkRows, NewChunk
from .database import Database
from .recording_rows import RecordingRows, header_of
from .schema import LIVE, chunks, traces
from .trace_queries import (
    chunks_of_traces,
    counted_in_recording,
    trace_rows_of_recording,
    traces_of_recording,
)
from .trace_rows import TraceRows

_FREED_AT_ONCE: Final = 200
"""Chunks that one step of deleting frees; some 20 ms."""


class Parts(Protocol):
    """What recordings need of the store that holds them."""

    database: Database
    recordings: RecordingRows
    chunk_rows: ChunkRows
    traces: TraceRows
    catalog: Catalog
    newest: int

    def recount(self, connection: Connection) -> None:
        """Chunks changed hands."""


class Archive:
    """A face of the store; as light as a tuple, made when it is needed."""

    def __init__(self, store: Parts) -> None:
        self._store = store
        self._rows = store.recordings
        self._database = store.database

    def start(self, name: str) -> int | None:
        """The id of a recording that runs from now on; None if one runs already."""
        if self._rows.running:
            return None
        with self._database.growing() as connection:
            self._rows.save_unsaved(connection)
            recording = self._rows.start(connection, name, self._store.newest, time.time_ns())
        self._rows.saved()
        self._rows.running = recording
        return recording

    def stop(self, recording: int) -> bool:
        """End the running recording; False if it is not *recording* that runs."""
        if self._rows.running != recording:
            return False
        position, now = self._store.newest, time.time_ns()
        self._database.freeing(
            lambda connection: self._rows.finish(connection, recording, "stopped", position, now)
        )
        self._rows.settle()
        return True

    def items(self) -> list[dict[str, Any]]:
        """Recording items, the latest first."""
        with self._database.reading() as connection:
            return self._rows.items(connection)

    def item(self, recording: int) -> dict[str, Any] | None:
        """One recording item."""
        with self._database.reading() as connection:
            return self._rows.item(connection, recording)

    def rename(self, recording: int, name: str) -> bool:
        """False if there is no such recording."""
        with self._database.transaction() as connection:
            return self._rows.rename(connection, recording, name)

    def hide(self, recording: int) -> bool:
        """Begin to delete: it is in no list any more. False if there is no such recording."""

        def hide(connection: Connection) -> bool:
            if self._rows.row(connection, recording) is None:
                return False
            self._rows.hide(connection, recording)
            return True

        return self._database.freeing(hide)

    def remove_some(self, recording: int) -> bool:
        """One step of deleting a hidden recording; False when it is done."""

        def remove(connection: Connection) -> bool:
            more = self._rows.remove_some(connection, recording, _FREED_AT_ONCE)
            if not more:
                self._store.recount(connection)
            return more

        more = self._database.freeing(remove)
        self._store.traces.forget_cached()
        return more

    def shrink_some(self) -> bool:
        """One step of giving deleted space back to the disk; False when there is no more."""
        return self._database.shrink_some()

    def chunks(self, recording: int, start: int | None = None, end: int | None = None) -> list[int]:
        """The chunks of a recording, or of its part between two times (ns), in order."""
        with self._database.reading() as connection:
            return reading.chunk_ids(connection, recording, start, end)

    def trace_rows(self, recording: int, limit: int) -> tuple[int, int]:
        """The lowest and the highest row of its last *limit* traces; 1 and 0 if it has none."""
        with self._database.reading() as connection:
            lowest, highest = connection.execute(trace_rows_of_recording(recording, limit)).one()
        return (1, 0) if lowest is None else (lowest, highest)

    def traces(self, recording: int, after: int, last: int, limit: int) -> list[TraceSummary]:
        """Summaries of its traces with a row beyond *after* up to *last*, in order of arrival."""
        with self._database.reading() as connection:
            query = traces_of_recording(recording, after, last, limit)
            return self._store.traces.listed(connection, query)

    def chunks_of(self, recording: int, rows: Sequence[int]) -> list[int]:
        """Its chunks with events of the traces in *rows*, in order."""
        with self._database.reading() as connection:
            return list(connection.scalars(chunks_of_traces(recording, rows)))

    def counted(
        self, recording: int, after: int, last: int, start: int, end: int, slot_length: int
    ) -> list[Counted]:
        """The same between two times (ns), counted by thread and slot of time."""
        query = counted_in_recording(recording, after, last, start, end, slot_length)
        with self._database.reading() as connection:
            return [Counted._make(row) for row in connection.execute(query)]

    def speakers(self, rows: Sequence[int]) -> dict[int, Speaker]:
        """What an outline says of some traces."""
        columns = (traces.c.id, traces.c.trace_id, traces.c.name, traces.c.app)
        query = select(*columns).where(traces.c.id.in_(rows))
        with self._database.reading() as connection:
            return {row: Speaker(*said) for row, *said in connection.execute(query)}

    def agents(self, recording: int) -> list[str]:
        """The agents of a recording, in order of their first events."""
        with self._database.reading() as connection:
            query = select(chunks.c.agent).where(chunks.c.recording == recording)
            found = connection.scalars(query.order_by(chunks.c.first))
            return list(dict.fromkeys(found))

    def header(self, import_id: int, agents: Sequence[str]) -> dict[str, Any]:
        """Agents and applications of an import as its file named them; of *agents* if it is 0."""
        with self._database.reading() as connection:
            if import_id != LIVE:
                row = self._rows.row(connection, import_id)
                return {} if row is None else header_of(row)
            described, announced = self._store.catalog.described(connection, agents)
        return {"agents": described, "apps": announced}

    def import_of(self, chunk_ids: Sequence[int]) -> int:
        """The import that the first of *chunk_ids* belongs to, 0 for what came live."""
        with self._database.reading() as connection:
            query = select(chunks.c.import_id).where(chunks.c.id.in_(chunk_ids[:1]))
            found = connection.scalar(query)
        return LIVE if found is None else int(found)

    def is_import(self, recording: int) -> bool:
        """Whether it came from a file."""
        with self._database.reading() as connection:
            row = self._rows.row(connection, recording)
        return row is not None and row.origin == "import"

    def sources(self, import_id: int, after: int, limit: int) -> list[tuple[int, str, str]]:
        """Number, id and JSON text of sources beyond number *after*; 0 names the live ones."""
        with self._database.reading() as connection:
            return self._store.catalog.sources_of(connection, import_id, after, limit)

    # --- import --------------------------------------------------------------------------------

    def start_import(self, name: str, header: str) -> int:
        """A recording that nobody sees until :meth:`finish_import`; its id."""
        with self._database.growing() as connection:
            return self._rows.start_import(connection, name, header, time.time_ns())

    def import_events(
        self, recording: int, groups: Sequence[tuple[str, int, int, Columns]]
    ) -> None:
        """Store blocks of an import: agent, batch number, number of the first event, columns."""
        rows = self._store.traces
        with self._database.growing() as connection:

            def lookup(ids: Sequence[str]) -> Mapping[str, TraceSummary]:
                return rows.lookup(connection, recording, ids)

            for agent, number, first, columns in groups:
                block = encode_block(columns, agent=agent, first=first)
                first_ts, last_ts = time_span(columns)
                chunk = self._store.chunk_rows.add(
                    connection,
                    NewChunk(
                        import_id=recording,
                        agent=agent,
                        batch=number,
                        first=first,
                        last=first + columns.count - 1,
                        ts_first=first_ts,
                        ts_last=last_ts,
                        events=columns.count,
                        checksum=blocks.checksum(block),
                        recording=recording,
                        data=blocks.pack(block),
                    ),
                )
                rows.save(connection, recording, chunk, summarise(columns, lookup))

    def import_sources(self, recording: int, texts: Sequence[dict[str, Any]]) -> None:
        """Store source texts of an import."""
        with self._database.growing() as connection:
            self._store.catalog.import_sources(connection, recording, texts)

    def finish_import(self, recording: int) -> None:
        """Everything is there: show it."""
        with self._database.growing() as connection:
            self._rows.show_import(connection, recording, time.time_ns())
