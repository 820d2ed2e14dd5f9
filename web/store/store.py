"""The store: what arrived, kept as it came, found again by position, trace or recording."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from tracer.wire import Batch, encode_block
from web import blocks
from web.trace_index import TraceSummary, summarise, time_span

from . import reading
from .archive import Archive
from .catalog import Catalog
from .chunk_rows import ChunkRows, NewChunk
from .database import Database, Duplicate, StoreError, StoreUnavailable
from .recording_rows import RecordingRows
from .schema import LIVE, blobs, chunks, meta
from .trace_queries import TraceFilter, trace_query
from .trace_rows import TraceRows, chunk_ids_of

SIZE_CAP: Final = 256 << 20
"""Stored bytes of unrecorded chunks."""
MAX_TRACES: Final = 20_000
"""Unrecorded traces."""
_PRUNED_AT_ONCE: Final = 64
"""Chunks that one step of pruning or clearing removes; about 10 ms."""
_REMEMBERED: Final = 4_096
"""Batch numbers remembered although their chunks are gone, or could not be stored."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Stored:
    """What became of a batch."""

    first: int = 0
    """Position of its first event; 0 when it has none."""
    last: int = 0
    block: bytes = b""
    summaries: list[TraceSummary] = field(default_factory=list)
    repeated: bool = False
    """It was stored before: nothing happened."""
    seen: bool = False
    """It could not be stored before, but was shown: its events have their positions already."""
    problem: str | None = None
    """Why it is not stored; None when it is, on the disk."""
    recording_changed: bool = False
    """The running recording failed with it."""


class Store:
    """Everything that lasts. One thread owns it: call it through ``Runtime.run`` only."""

    def __init__(self, database: Database, size_cap: int, max_traces: int) -> None:
        self.database = database
        self.size_cap = size_cap
        """Bytes of unrecorded chunks; any thread may change it, the next batch heeds it."""
        self.max_traces = max_traces
        self.problem: str | None = None
        """Why nothing can be stored now; None when all is well. Any thread may read it."""
        self.newest = 0
        """Position of the newest event, stored or not. Any thread may read it."""
        self._last_batch: OrderedDict[str, int] = OrderedDict()
        self._recent: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._waiting: OrderedDict[tuple[str, int], tuple[int, int]] = OrderedDict()
        self._unsaved: OrderedDict[str, TraceSummary] = OrderedDict()
        database.freeing(self._load)

    @classmethod
    def open(cls, url: str, *, size_cap: int = SIZE_CAP, max_traces: int = MAX_TRACES) -> Store:
        """Open or create the database at *url*; ``StoreError`` with one sentence if it cannot be.

        A recording that ran when the process died is marked as interrupted.
        """
        database = Database.open(url)
        try:
            return cls(database, size_cap, max_traces)
        except StoreUnavailable as error:
            raise StoreError(f"The store cannot be opened: {error.problem}") from error

    @property
    def archive(self) -> Archive:
        """Recordings: started, stopped, read, imported."""
        return Archive(self)

    def _load(self, connection: Connection) -> None:
        self.recordings = RecordingRows(connection)
        self.chunk_rows = ChunkRows(connection)
        self.traces = TraceRows(connection)
        self.catalog = Catalog(connection)
        self.newest = _newest(connection)
        self._size = _unrecorded_size(connection)

    def close(self) -> None:
        """Give the file back."""
        self.database.close()

    # --- writing -------------------------------------------------------------------------------

    def add(self, batch: Batch, *, later: bool = False) -> Stored:
        """Store *batch*, once however often it comes; on the disk when this returns.

        When it cannot be stored, the answer has a ``problem`` and still its positions and block:
        people who watch see it, and whoever sent it tries again. So it is if *later* is set: then
        older batches of its process come first, which could not be stored either.
        """
        key = (str(batch.agent["id"]), batch.number)
        if later:
            return self._shown(batch, key, self.problem or "Older events come first.")
        try:
            with self.database.growing() as connection:
                if self._is_repeated(connection, key):
                    return Stored(repeated=True)
                stored = self._encoded(batch, key)
                size = self._write(connection, batch, stored)
        except StoreUnavailable as error:
            return self._not_stored(batch, key, error)
        except Duplicate:
            return Stored(repeated=True)
        self._committed(batch, key, stored, size)
        return stored

    def prune(self) -> bool:
        """Drop the oldest unrecorded chunks beyond the caps; True if there may be more to do."""
        if self._size <= self.size_cap and self.traces.unrecorded <= self.max_traces:
            return False
        return self._drop_oldest(_PRUNED_AT_ONCE)

    def clear_some(self) -> bool:
        """One step of clearing what no recording holds; False when nothing is left."""
        return self._drop_oldest(_PRUNED_AT_ONCE * 2) or self.database.shrink_some()

    # --- reading -------------------------------------------------------------------------------

    def list_traces(self, wanted: TraceFilter) -> list[dict[str, Any]]:
        """Items of live traces, the latest first."""
        with self.database.reading() as connection:
            found = self.traces.listed(connection, trace_query(wanted))
        if wanted.app is not None:
            found = [summary for summary in found if wanted.app in summary.apps]
        return [summary.item() for summary in found]

    def trace(self, trace_id: str) -> dict[str, Any] | None:
        """One trace item, None if it is not stored."""
        with self.database.reading() as connection:
            summary = self.traces.get(connection, trace_id)
        return None if summary is None else summary.item()

    def trace_chunks(self, trace_id: str) -> list[int] | None:
        """The chunks that hold a trace's events, in order; None if there is no such trace."""
        with self.database.reading() as connection:
            summary = self.traces.get(connection, trace_id)
            return None if summary is None else chunk_ids_of(connection, summary.row)

    def chunk(self, chunk: int) -> reading.Chunk | None:
        """A stored chunk, or None when it is gone or damaged; damage is noted where it is shown."""
        try:
            with self.database.reading() as connection:
                return reading.read_chunk(connection, chunk)
        except reading.Damaged as damage:
            self._note_damage([damage])
            return None

    def slice(
        self, after: int, to: int, *, max_events: int, max_bytes: int = reading.SLICE_BYTES
    ) -> reading.Slice:
        """Live events by position; see :func:`reading.read_slice`."""
        with self.database.reading() as connection:
            found, damaged = reading.read_slice(
                connection, after, to, max_events=max_events, max_bytes=max_bytes
            )
        self._note_damage(damaged)
        return found

    def source(self, source_id: str) -> dict[str, Any] | None:
        """One source text as it was sent: ``id, file, line, name, text``."""
        with self.database.reading() as connection:
            return self.catalog.source(connection, source_id)

    def get_setting(self, key: str) -> str | None:
        """What was stored under *key*."""
        with self.database.reading() as connection:
            return connection.scalar(select(meta.c.value).where(meta.c.key == f"setting:{key}"))

    def set_setting(self, key: str, value: str) -> None:
        """Store *value* under *key*; ``StoreUnavailable`` if it cannot be."""
        with self.database.transaction() as connection:
            set_meta(connection, f"setting:{key}", value)

    def known_agents(self) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """Remembered processes and what they announced, for a dashboard that starts."""
        with self.database.reading() as connection:
            return self.catalog.known(connection)

    # --- inside --------------------------------------------------------------------------------

    def _is_repeated(self, connection: Connection, key: tuple[str, int]) -> bool:
        agent, number = key
        if agent not in self._last_batch:
            query = select(func.max(chunks.c.batch)).where(
                chunks.c.import_id == LIVE, chunks.c.agent == agent
            )
            self._last_batch[agent] = connection.scalar(query) or 0
            if len(self._last_batch) > _REMEMBERED:
                self._last_batch.popitem(last=False)
        if number > self._last_batch[agent]:
            return False
        stored = select(chunks.c.id).where(
            chunks.c.import_id == LIVE, chunks.c.agent == agent, chunks.c.batch == number
        )
        return key in self._recent or connection.scalar(stored) is not None

    def _encoded(self, batch: Batch, key: tuple[str, int]) -> Stored:
        """The block of *batch* with its positions, nothing written yet."""
        count = batch.columns.count
        if not count:
            return Stored()
        first, last = self._waiting.get(key, (0, 0))
        seen = last - first + 1 == count and first > 0
        if not seen:
            first, last = self.newest + 1, self.newest + count
        block = encode_block(batch.columns, agent=key[0], first=first)
        return Stored(first=first, last=last, block=block, seen=seen)

    def _write(self, connection: Connection, batch: Batch, stored: Stored) -> int:
        """Write *batch* within a transaction; returns the bytes of its chunk."""
        agent = str(batch.agent["id"])
        self.catalog.write(connection, batch.agent, batch.apps, batch.sources, time.time_ns())
        self.recordings.save_unsaved(connection)
        if not stored.last:
            return 0
        data = blocks.pack(stored.block)
        first_ts, last_ts = time_span(batch.columns)
        chunk = self.chunk_rows.add(
            connection,
            NewChunk(
                import_id=LIVE,
                agent=agent,
                batch=batch.number,
                first=stored.first,
                last=stored.last,
                ts_first=first_ts,
                ts_last=last_ts,
                events=batch.columns.count,
                checksum=blocks.checksum(stored.block),
                recording=self.recordings.running,
                data=data,
            ),
        )
        stored.summaries = summarise(
            batch.columns, lambda ids: self.traces.lookup(connection, LIVE, ids)
        )
        self.traces.save(connection, LIVE, chunk, stored.summaries)
        return len(data)

    def _committed(self, batch: Batch, key: tuple[str, int], stored: Stored, size: int) -> None:
        self.problem = None
        self._unsaved.clear()
        self._waiting.pop(key, None)
        self._remember(key)
        self.catalog.keep(batch.agent)
        self.recordings.saved()
        self.newest = max(self.newest, stored.last)
        self._count(batch, stored, size)
        self.traces.keep(stored.summaries)

    def _count(self, batch: Batch, stored: Stored, size: int) -> None:
        running = self.recordings.running
        if not running:
            self._size += size
            self.traces.unrecorded += sum(1 for s in stored.summaries if s.fresh)
        elif size:
            self.recordings.totals.add(batch.columns.count, size, *time_span(batch.columns))
            self.recordings.totals.traces += sum(
                1 for s in stored.summaries if s.recording != running
            )
        for summary in stored.summaries:
            summary.fresh = False
            summary.recording = running

    def _remember(self, key: tuple[str, int]) -> None:
        agent, number = key
        self._last_batch[agent] = max(number, self._last_batch.get(agent, 0))
        self._recent[key] = None
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)

    def _not_stored(self, batch: Batch, key: tuple[str, int], error: StoreUnavailable) -> Stored:
        """People who watch see the batch all the same; nothing of it stays."""
        self.problem = error.problem
        self.traces.forget_cached()
        failed = error.lasting and self._fail_recording(error.problem)
        stored = self._shown(batch, key, error.problem)
        stored.recording_changed = failed
        return stored

    def _shown(self, batch: Batch, key: tuple[str, int], problem: str) -> Stored:
        """*batch* with its positions, which it keeps when it comes again to be stored."""
        stored = self._encoded(batch, key)
        stored.problem = problem
        if stored.last and not stored.seen:
            self.newest = stored.last
            self._waiting[key] = (stored.first, stored.last)
            stored.summaries = summarise(batch.columns, self._lookup_unsaved)
            self._unsaved.update((s.trace_id, s) for s in stored.summaries)
            for remembered in (self._waiting, self._unsaved):
                while len(remembered) > _REMEMBERED:
                    remembered.popitem(last=False)
        return stored

    def _lookup_unsaved(self, ids: Sequence[str]) -> dict[str, TraceSummary]:
        found = {i: self._unsaved[i] for i in ids if i in self._unsaved}
        missing = [i for i in ids if i not in found]
        try:
            with self.database.reading() as connection:
                return found | self.traces.lookup(connection, LIVE, missing)
        except StoreUnavailable:
            return found

    def _fail_recording(self, problem: str) -> bool:
        """Stop the running recording loudly; True if there was one."""
        running = self.recordings.running
        if not running:
            return False
        logger.error("The recording stopped: %s", problem)
        now = time.time_ns()
        try:
            with self.database.transaction() as connection:
                self.recordings.finish(connection, running, "failed", self.newest, now, problem)
            self.recordings.settle()
        except StoreUnavailable:
            self.recordings.fail_unsaved(problem, self.newest, now)
        return True

    def recount(self, connection: Connection) -> None:
        """Set the sizes that pruning looks at, after chunks changed hands."""
        self._size = _unrecorded_size(connection)
        self.traces.count_unrecorded(connection)

    def _drop_oldest(self, limit: int) -> bool:
        found, size, gone = self.database.freeing(lambda c: self._delete_oldest(c, limit))
        self._size = max(0, self._size - size)
        self.traces.unrecorded = max(0, self.traces.unrecorded - gone)
        return found

    def _delete_oldest(self, connection: Connection, limit: int) -> tuple[bool, int, int]:
        """Whether there was anything, and the bytes and traces that went."""
        rows = connection.execute(
            select(chunks.c.id, chunks.c.bytes)
            .where(chunks.c.recording == 0)
            .order_by(chunks.c.first)
            .limit(limit)
        ).all()
        ids = [row.id for row in rows]
        # Positions go on where they were although the chunks that tell them go.
        set_meta(connection, "newest", str(self.newest))
        gone = self.traces.delete_links(connection, ids)
        connection.execute(delete(blobs).where(blobs.c.chunk.in_(ids)))
        connection.execute(delete(chunks).where(chunks.c.id.in_(ids)))
        return bool(rows), sum(row.bytes for row in rows), gone

    def _note_damage(self, damaged: Sequence[reading.Damaged]) -> None:
        """Mark what a damaged chunk cost: its traces, and the recording that holds it."""
        for damage in damaged:
            logger.error("Chunk %d is damaged: %s", damage.chunk, damage)
            try:
                with self.database.transaction() as connection:
                    self.traces.mark_truncated(connection, damage.chunk)
                    if damage.recording:
                        self.recordings.add_damage(connection, damage.recording, damage.chunk)
            except StoreUnavailable:
                return


def _newest(connection: Connection) -> int:
    stored = connection.scalar(select(func.max(chunks.c.last)).where(chunks.c.import_id == LIVE))
    kept = connection.scalar(select(meta.c.value).where(meta.c.key == "newest"))
    return max(stored or 0, int(kept or 0))


def set_meta(connection: Connection, key: str, value: str) -> None:
    """Keep *value* under *key*."""
    changed = connection.execute(update(meta).where(meta.c.key == key).values(value=value))
    if not changed.rowcount:
        connection.execute(insert(meta).values(key=key, value=value))


def _unrecorded_size(connection: Connection) -> int:
    query = select(func.sum(chunks.c.bytes)).where(chunks.c.recording == 0)
    return int(connection.scalar(query) or 0)
