"""Recordings in the database: which chunks they hold, in which state they are.

At most one recording runs at a time, so that a chunk belongs to one recording or to none. On the
store's worker thread only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from .schema import HIDDEN, LIVE, blobs, chunks, recordings, sources, trace_chunks, traces

State = Literal["recording", "stopped", "interrupted", "failed"]


@dataclass(slots=True)
class Totals:
    """What a recording holds."""

    events: int = 0
    bytes: int = 0
    traces: int = 0
    start_ts: int | None = None
    end_ts: int | None = None

    def add(self, events: int, size: int, first: int, last: int) -> None:
        """Count one more chunk."""
        self.events += events
        self.bytes += size
        self.start_ts = first if self.start_ts is None else min(self.start_ts, first)
        self.end_ts = last if self.end_ts is None else max(self.end_ts, last)


class RecordingRows:
    """Reads and writes recordings; the caller opens the transactions."""

    def __init__(self, connection: Connection) -> None:
        self.running: int = 0
        """Id of the recording that runs, 0 if none does."""
        self.totals = Totals()
        """Of the one that runs."""
        self._settled: dict[int, Totals] = {}
        self._damaged: dict[int, set[int]] = {}
        self._unsaved: tuple[int, str, int, int] | None = None
        self._interrupt(connection)

    def start(self, connection: Connection, name: str, position: int, now: int) -> int:
        """A new running recording of everything beyond *position*; returns its id."""
        result = connection.execute(
            insert(recordings).values(
                name=name,
                state="recording",
                origin="live",
                started=now,
                start_position=position,
            )
        )
        (key,) = result.inserted_primary_key or (0,)
        return int(key)

    def finish(
        self,
        connection: Connection,
        recording: int,
        state: State,
        position: int,
        now: int,
        problem: str | None = None,
    ) -> None:
        """Set the end of *recording*, which ran until now."""
        connection.execute(
            update(recordings)
            .where(recordings.c.id == recording)
            .values(state=state, stopped=now, end_position=position, problem=problem)
        )

    def fail_unsaved(self, problem: str, position: int, now: int) -> None:
        """The running recording failed and not even that can be written now."""
        self._unsaved = (self.running, problem, position, now)
        self.settle()

    def save_unsaved(self, connection: Connection) -> None:
        """Write a failure that could not be written when it happened."""
        if self._unsaved is not None:
            recording, problem, position, now = self._unsaved
            self.finish(connection, recording, "failed", position, now, problem)

    def saved(self) -> None:
        """What :meth:`save_unsaved` wrote is committed."""
        self._unsaved = None

    def settle(self) -> None:
        """Nothing runs any more."""
        if self.running:
            self._settled[self.running] = self.totals
        self.running = 0
        self.totals = Totals()

    def items(self, connection: Connection) -> list[dict[str, Any]]:
        """Every recording, the latest first."""
        query = (
            select(recordings)
            .where(recordings.c.state.not_in(HIDDEN))
            .order_by(recordings.c.id.desc())
        )
        return [self._item(connection, row) for row in connection.execute(query).all()]

    def item(self, connection: Connection, recording: int) -> dict[str, Any] | None:
        """One recording, None if there is none."""
        row = self.row(connection, recording)
        return None if row is None else self._item(connection, row)

    def row(self, connection: Connection, recording: int) -> Row[Any] | None:
        """Its row in the table, None if it is not there or not shown."""
        return connection.execute(
            select(recordings).where(
                recordings.c.id == recording, recordings.c.state.not_in(HIDDEN)
            )
        ).first()

    def rename(self, connection: Connection, recording: int, name: str) -> bool:
        result = connection.execute(
            update(recordings)
            .where(recordings.c.id == recording, recordings.c.state.not_in(HIDDEN))
            .values(name=name)
        )
        return bool(result.rowcount)

    def hide(self, connection: Connection, recording: int) -> None:
        """Take *recording* out of every list; its chunks go afterwards, piece by piece."""
        connection.execute(
            update(recordings).where(recordings.c.id == recording).values(state="deleting")
        )

    def remove_some(self, connection: Connection, recording: int, limit: int) -> bool:
        """Free up to *limit* chunks of a hidden recording; False once it is gone altogether."""
        ids = list(
            connection.scalars(
                select(chunks.c.id).where(chunks.c.recording == recording).limit(limit)
            )
        )
        if ids:
            _free_chunks(connection, recording, ids)
            return True
        connection.execute(delete(sources).where(sources.c.import_id == recording))
        connection.execute(delete(recordings).where(recordings.c.id == recording))
        self._settled.pop(recording, None)
        return False

    def start_import(self, connection: Connection, name: str, header: str, now: int) -> int:
        """A hidden recording that chunks can be imported into."""
        result = connection.execute(
            insert(recordings).values(
                name=name,
                state="importing",
                origin="import",
                started=now,
                start_position=0,
                header=header,
            )
        )
        (key,) = result.inserted_primary_key or (0,)
        return int(key)

    def show_import(self, connection: Connection, recording: int, now: int) -> None:
        """The import is complete: it appears."""
        span = connection.execute(
            select(func.min(chunks.c.ts_first), func.max(chunks.c.ts_last)).where(
                chunks.c.recording == recording
            )
        ).one()
        connection.execute(
            update(recordings)
            .where(recordings.c.id == recording)
            .values(
                state="stopped",
                started=now if span[0] is None else span[0],
                stopped=now if span[1] is None else span[1],
            )
        )

    def add_damage(self, connection: Connection, recording: int, chunk: int) -> None:
        """A chunk of *recording* is damaged: say so with it."""
        damaged = self._damaged.setdefault(recording, set())
        damaged.add(chunk)
        held = connection.scalar(
            select(func.count()).select_from(chunks).where(chunks.c.recording == recording)
        )
        problem = (
            f"{len(damaged)} of {held} stored batches are damaged and left out; "
            "the requests that they cut are marked as truncated."
        )
        connection.execute(
            update(recordings).where(recordings.c.id == recording).values(problem=problem)
        )

    def _interrupt(self, connection: Connection) -> None:
        """What ran when the dashboard died is closed; what was half imported or deleted goes."""
        for row in connection.execute(
            select(recordings).where(recordings.c.state == "recording")
        ).all():
            last = connection.execute(
                select(func.max(chunks.c.last), func.max(chunks.c.ts_last)).where(
                    chunks.c.recording == row.id
                )
            ).one()
            position = row.start_position if last[0] is None else last[0]
            ended = row.started if last[1] is None else max(row.started, last[1])
            self.finish(connection, row.id, "interrupted", position, ended, None)
        hidden = select(recordings.c.id).where(recordings.c.state.in_(HIDDEN))
        for recording in connection.scalars(hidden).all():
            while self.remove_some(connection, recording, 500):
                pass

    def _item(self, connection: Connection, row: Row[Any]) -> dict[str, Any]:
        totals = self.totals if row.id == self.running else self._totals(connection, row.id)
        state, problem, stopped = row.state, row.problem, row.stopped
        if self._unsaved is not None and self._unsaved[0] == row.id:
            state, problem, stopped = "failed", self._unsaved[1], self._unsaved[3]
        return {
            "id": str(row.id),
            "name": row.name,
            "state": state,
            "problem": problem,
            "started": row.started,
            "stopped": stopped,
            "events": totals.events,
            "traces": totals.traces,
            "bytes": totals.bytes,
            "origin": row.origin,
            "start_ts": totals.start_ts,
            "end_ts": totals.end_ts,
        }

    def _totals(self, connection: Connection, recording: int) -> Totals:
        if recording not in self._settled:
            self._settled[recording] = _counted(connection, recording)
        return self._settled[recording]


def header_of(row: Row[Any]) -> dict[str, Any]:
    """The first line of an imported recording, ``{}`` for one that was made here."""
    return dict(json.loads(row.header)) if row.header else {}


def _counted(connection: Connection, recording: int) -> Totals:
    events, size, first, last = connection.execute(
        select(
            func.coalesce(func.sum(chunks.c.events), 0),
            func.coalesce(func.sum(chunks.c.bytes), 0),
            func.min(chunks.c.ts_first),
            func.max(chunks.c.ts_last),
        ).where(chunks.c.recording == recording)
    ).one()
    held = connection.scalar(
        select(func.count(trace_chunks.c.trace.distinct()))
        .join(chunks, chunks.c.id == trace_chunks.c.chunk)
        .where(chunks.c.recording == recording)
    )
    return Totals(int(events), int(size), held or 0, first, last)


def _free_chunks(connection: Connection, recording: int, ids: list[int]) -> None:
    """Chunks that arrived live become unrecorded ones; those of an import go."""
    connection.execute(
        update(chunks).where(chunks.c.id.in_(ids), chunks.c.import_id == LIVE).values(recording=0)
    )
    imported = list(
        connection.scalars(
            select(chunks.c.id).where(chunks.c.id.in_(ids), chunks.c.import_id == recording)
        )
    )
    linked = select(trace_chunks.c.trace).where(trace_chunks.c.chunk.in_(imported))
    connection.execute(delete(traces).where(traces.c.id.in_(linked)))
    connection.execute(delete(trace_chunks).where(trace_chunks.c.chunk.in_(imported)))
    connection.execute(delete(blobs).where(blobs.c.chunk.in_(imported)))
    connection.execute(delete(chunks).where(chunks.c.id.in_(imported)))
