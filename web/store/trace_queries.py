"""Which traces somebody asks for, as one query."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select

from web.outline import FAILED, ROWS

from .schema import LIVE, chunks, trace_chunks, traces

_ESCAPE = "\x1f"
"""Not ``\\`` and nothing that stands in a path."""
_ABOUT: Final = 1 << 16
_LONGEST: Final = (1 << 40) - 1
"""Durations in ns: as fine, and as long, as an outline tells them apart."""


@dataclass(frozen=True, slots=True)
class TraceFilter:
    """What ``GET /api/traces`` asks for; None means any."""

    app: str | None = None
    """Took part in the trace."""
    path: str | None = None
    """The whole path; ``*`` stands for anything."""
    status: range | None = None
    text: str | None = None
    """Somewhere in name, path, endpoint, application, error or id, whatever the case."""
    limit: int = 200


def trace_query(wanted: TraceFilter) -> Select[Any]:
    """Live traces, the latest first."""
    query = select(traces).where(traces.c.import_id == LIVE)
    if wanted.app is not None:
        query = query.where(traces.c.apps.contains(json.dumps(wanted.app), autoescape=True))
    if wanted.path is not None:
        query = query.where(_path(wanted.path))
    if wanted.status is not None:
        query = query.where(traces.c.status.between(wanted.status.start, wanted.status.stop - 1))
    if wanted.text:
        query = query.where(_anywhere(wanted.text))
    return query.order_by(traces.c.id.desc()).limit(wanted.limit)


def trace_rows_of_recording(recording: int, limit: int) -> Select[Any]:
    """The lowest and the highest row among the last *limit* traces with events in a recording."""
    last = (
        select(trace_chunks.c.trace)
        .distinct()
        .join(chunks, chunks.c.id == trace_chunks.c.chunk)
        .where(chunks.c.recording == recording)
        .order_by(trace_chunks.c.trace.desc())
        .limit(limit)
        .subquery()
    )
    return select(func.min(last.c.trace), func.max(last.c.trace))


def traces_of_recording(recording: int, after: int, last: int, limit: int) -> Select[Any]:
    """Traces with events in a recording and a row beyond *after* up to *last*, in order."""
    return (
        select(traces)
        .where(traces.c.id > after, traces.c.id <= last, _held_by(recording))
        .order_by(traces.c.id)
        .limit(limit)
    )


def chunks_of_traces(recording: int, rows: Sequence[int]) -> Select[Any]:
    """The chunks of a recording that hold events of the traces in *rows*, in order."""
    return (
        select(chunks.c.id)
        .where(chunks.c.recording == recording)
        .where(chunks.c.id.in_(select(trace_chunks.c.chunk).where(trace_chunks.c.trace.in_(rows))))
        .order_by(chunks.c.first)
    )


def counted_in_recording(
    recording: int, after: int, last: int, start: int, end: int, slot_length: int
) -> Select[Any]:
    """Those between two times (ns), counted by lane and slot: rows as :class:`Counted` has them."""
    duration = func.coalesce(traces.c.duration, 0)
    failed = case(
        (traces.c.status.is_(None), case((traces.c.error.is_not(None), 1), else_=0)),
        (traces.c.status >= FAILED, 1),
        else_=0,
    )
    # 65 µs are one, up to 18 minutes: what is left is the row itself.
    long = case((duration < _LONGEST, duration), else_=_LONGEST) // _ABOUT
    weight = failed * (_LONGEST // _ABOUT + 1) * ROWS + long * ROWS + traces.c.id
    lane = (traces.c.pid, traces.c.thread, (traces.c.start_ts - start) // slot_length)
    return (
        select(
            *lane,
            func.min(traces.c.start_ts),
            func.max(traces.c.start_ts + duration),
            func.count(),
            func.sum(failed),
            func.sum(traces.c.events),
            func.max(weight),
        )
        .where(traces.c.id > after, traces.c.id <= last, _held_by(recording))
        .where(traces.c.start_ts <= end, traces.c.start_ts + duration >= start)
        .group_by(*lane)
        .order_by(func.min(traces.c.id))
    )


def _held_by(recording: int) -> ColumnElement[bool]:
    return (
        exists()
        .where(trace_chunks.c.trace == traces.c.id)
        .where(chunks.c.id == trace_chunks.c.chunk, chunks.c.recording == recording)
    )


def _path(path: str) -> ColumnElement[bool]:
    if "*" not in path:
        return traces.c.path == path
    pattern = path
    for sign in (_ESCAPE, "%", "_"):
        pattern = pattern.replace(sign, _ESCAPE + sign)
    return traces.c.path.like(pattern.replace("*", "%"), escape=_ESCAPE)


def _anywhere(text: str) -> ColumnElement[bool]:
    columns = (
        traces.c.name,
        traces.c.path,
        traces.c.endpoint,
        traces.c.apps,
        traces.c.error,
        traces.c.trace_id,
    )
    return or_(*(func.coalesce(column, "").icontains(text, autoescape=True) for column in columns))
