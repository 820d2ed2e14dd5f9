"""Summaries of traces in the database, with the latest ones in memory.

On the store's worker thread only.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from web.trace_index import TraceSummary

from .prepared import Prepared, PreparedLookup
from .schema import LIVE, chunks, shown_imports, trace_chunks, traces

CACHED: Final = 2_000
"""Summaries kept in memory, the latest ones."""
_IN: Final = 500
"""Values in one IN list; SQLite's own limit is higher, PostgreSQL's plans like it low."""
_CHANGING: Final = tuple(
    column.name for column in traces.columns if column.name not in ("id", "import_id", "trace_id")
)
_NAMES: Final = tuple(traces.columns.keys())
_CONVERTED: Final = ("apps", "counts", "complete", "truncated")


class TraceRows:
    """Reads, writes and forgets summaries; the caller opens the transactions."""

    def __init__(self, connection: Connection) -> None:
        dialect = connection.dialect
        self._insert = Prepared(insert(traces), dialect, traces.columns.keys())
        self._link = Prepared(insert(trace_chunks), dialect, trace_chunks.columns.keys())
        self._update = Prepared(
            update(traces)
            .where(traces.c.id == bindparam("row"))
            .values({name: bindparam(f"new_{name}") for name in _CHANGING}),
            dialect,
            (),
        )
        self._cache: OrderedDict[str, TraceSummary] = OrderedDict()
        self._known = PreparedLookup(
            select(traces).where(traces.c.import_id == bindparam("import_id")),
            traces.c.trace_id,
            dialect,
        )
        self._next = (connection.scalar(select(func.max(traces.c.id))) or 0) + 1
        self.unrecorded = 0
        """Live traces that no recording holds."""
        self.count_unrecorded(connection)

    def lookup(
        self, connection: Connection, import_id: int, ids: Sequence[str]
    ) -> dict[str, TraceSummary]:
        """What is known of the traces *ids*."""
        found = {}
        missing = []
        for trace_id in ids:
            summary = self._cache.get(trace_id) if import_id == LIVE else None
            if summary is None:
                missing.append(trace_id)
            else:
                found[trace_id] = summary
        for row in self._known.rows(connection, missing, import_id=import_id):
            summary = _summary(dict(zip(_NAMES, row, strict=True)))
            found[summary.trace_id] = summary
        return found

    def save(
        self,
        connection: Connection,
        import_id: int,
        chunk: int,
        summaries: Sequence[TraceSummary],
    ) -> None:
        """Write new and changed *summaries*, and that each has events in *chunk*.

        Sets ``row`` of new ones. Call :meth:`keep` once the transaction is committed.
        """
        new, changed = [], []
        for summary in summaries:
            values = _values(summary)
            if summary.row:
                changed.append({f"new_{name}": value for name, value in values.items()})
                changed[-1]["row"] = summary.row
            else:
                summary.row = self._next
                self._next += 1
                values |= {"id": summary.row, "import_id": import_id, "trace_id": summary.trace_id}
                new.append(values)
        self._insert.run(connection, new)
        self._update.run(connection, changed)
        self._link.run(connection, [{"trace": s.row, "chunk": chunk} for s in summaries])

    def keep(self, summaries: Iterable[TraceSummary]) -> None:
        """Remember *summaries*, which are stored now."""
        for summary in summaries:
            self._cache[summary.trace_id] = summary
            self._cache.move_to_end(summary.trace_id)
        while len(self._cache) > CACHED:
            self._cache.popitem(last=False)

    def forget_cached(self) -> None:
        """Read everything anew from the database."""
        self._cache.clear()

    def get(self, connection: Connection, trace_id: str) -> TraceSummary | None:
        """The trace *trace_id*, a live one before one of an imported recording."""
        query = (
            select(traces)
            .where(traces.c.import_id.in_(shown_imports()), traces.c.trace_id == trace_id)
            .order_by(traces.c.import_id)
            .limit(1)
        )
        row = connection.execute(query).mappings().first()
        return None if row is None else _summary(dict(row))

    def listed(self, connection: Connection, query: Select[Any]) -> list[TraceSummary]:
        """The summaries that *query*, a select of ``traces``, finds."""
        return [_summary(dict(row)) for row in connection.execute(query).mappings()]

    def delete_links(self, connection: Connection, chunk_ids: Sequence[int]) -> int:
        """Forget that traces have events in *chunk_ids*; returns how many traces went with them.

        A trace that has events elsewhere stays, marked as truncated.
        """
        gone = 0
        for part in _parts(chunk_ids):
            touched = list(
                connection.scalars(
                    select(trace_chunks.c.trace).where(trace_chunks.c.chunk.in_(part)).distinct()
                )
            )
            connection.execute(delete(trace_chunks).where(trace_chunks.c.chunk.in_(part)))
            for rows in _parts(touched):
                gone += self._delete_unlinked(connection, rows)
        self.forget_cached()
        return gone

    def mark_truncated(self, connection: Connection, chunk_id: int) -> None:
        """Say of every trace with events in *chunk_id* that some of them are lost."""
        touched = select(trace_chunks.c.trace).where(trace_chunks.c.chunk == chunk_id)
        connection.execute(update(traces).where(traces.c.id.in_(touched)).values(truncated=True))
        self.forget_cached()

    def count_unrecorded(self, connection: Connection) -> None:
        """Set :attr:`unrecorded` from the database."""
        query = (
            select(func.count(trace_chunks.c.trace.distinct()))
            .join(chunks, chunks.c.id == trace_chunks.c.chunk)
            .where(chunks.c.recording == 0, chunks.c.import_id == LIVE)
        )
        self.unrecorded = connection.scalar(query) or 0

    def _delete_unlinked(self, connection: Connection, rows: Sequence[int]) -> int:
        linked = exists().where(trace_chunks.c.trace == traces.c.id)
        result = connection.execute(delete(traces).where(traces.c.id.in_(rows), ~linked))
        connection.execute(update(traces).where(traces.c.id.in_(rows)).values(truncated=True))
        return int(result.rowcount)


def chunk_ids_of(connection: Connection, trace_row: int) -> list[int]:
    """The chunks that hold events of a trace, in order of their positions."""
    query = (
        select(trace_chunks.c.chunk)
        .join(chunks, chunks.c.id == trace_chunks.c.chunk)
        .where(trace_chunks.c.trace == trace_row)
        .order_by(chunks.c.first)
    )
    return list(connection.scalars(query))


def _values(summary: TraceSummary) -> dict[str, Any]:
    return {
        "kind": summary.kind,
        "name": summary.name,
        "app": summary.app,
        "apps": _apps_text(tuple(summary.apps)),
        "method": summary.method,
        "path": summary.path,
        "status": summary.status,
        "start_ts": summary.start_ts,
        "duration": summary.duration,
        "events": summary.events,
        "complete": summary.complete,
        "truncated": summary.truncated,
        "error": summary.error,
        "short_circuit": summary.short_circuit,
        "endpoint": summary.endpoint,
        "counts": ",".join(map(str, summary.counts)),
        "pid": summary.pid,
        "thread": summary.thread,
        "root_span": summary.root_span,
    }


@lru_cache(maxsize=1_000)
def _apps_text(apps: tuple[str, ...]) -> str:
    return json.dumps(apps)


def _summary(values: Mapping[str, Any]) -> TraceSummary:
    # Boolean columns are numbers when the driver was asked directly.
    return TraceSummary(
        row=values["id"],
        trace_id=values["trace_id"],
        fresh=False,
        apps=json.loads(values["apps"]),
        counts=[int(number) for number in values["counts"].split(",")],
        complete=bool(values["complete"]),
        truncated=bool(values["truncated"]),
        **{name: values[name] for name in _CHANGING if name not in _CONVERTED},
    )


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _IN] for start in range(0, len(values), _IN))
