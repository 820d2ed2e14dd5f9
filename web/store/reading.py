"""Stored chunks, read back piece by piece and checked. On the store's worker thread only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from tracer.wire import Columns, WireError
from web import blocks

from .schema import LIVE, blobs, chunks

SLICE_BYTES: Final = 1 << 20
"""Expanded bytes read in one go; a few milliseconds on the worker."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A run of the live stream: the events after one position up to another."""

    blocks: list[bytes]
    from_seq: int
    to_seq: int
    size: int
    """Bytes of the blocks."""
    events: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stored batch that passed its checks."""

    id: int
    agent: str
    block: bytes
    columns: Columns
    header: dict[str, Any]


class Damaged(Exception):
    """A stored chunk is not what was stored; the message says how that showed."""

    def __init__(self, chunk: int, recording: int, reason: str) -> None:
        super().__init__(reason)
        self.chunk = chunk
        self.recording = recording


def read_chunk(connection: Connection, chunk: int) -> Chunk | None:
    """The chunk, or None if it is no longer there; :class:`Damaged` if its bytes changed."""
    row = connection.execute(
        select(chunks, blobs.c.data)
        .outerjoin(blobs, blobs.c.chunk == chunks.c.id)
        .where(chunks.c.id == chunk)
    ).first()
    return None if row is None else _checked(row)


def chunk_ids(
    connection: Connection,
    recording: int,
    start: int | None = None,
    end: int | None = None,
) -> list[int]:
    """The chunks of a recording that reach into a time range (ns), in order of positions."""
    query = select(chunks.c.id).where(chunks.c.recording == recording)
    if start is not None:
        query = query.where(chunks.c.ts_last >= start)
    if end is not None:
        query = query.where(chunks.c.ts_first <= end)
    return list(connection.scalars(query.order_by(chunks.c.first)))


def read_slice(
    connection: Connection, after: int, to: int, *, max_events: int, max_bytes: int = SLICE_BYTES
) -> tuple[Slice, list[Damaged]]:
    """The live events after position *after* up to *to*, as many as the bounds allow.

    Positions without stored events (cleared, never stored, damaged) are passed over: ``to_seq``
    tells how far the slice reaches. A chunk is never larger than a bound by more than itself, and
    events beyond *max_events* are cut off exactly.
    """
    query = (
        select(chunks, blobs.c.data)
        .outerjoin(blobs, blobs.c.chunk == chunks.c.id)
        .where(chunks.c.import_id == LIVE, chunks.c.last > after, chunks.c.first <= to)
        # The position of the end alone has no index; the first one bounds the scan from below.
        .where(chunks.c.first >= _first_reaching(connection, after))
        .order_by(chunks.c.first)
    )
    found: list[bytes] = []
    damaged: list[Damaged] = []
    size = events = 0
    reached = after
    for row in connection.execute(query):
        if found and (size >= max_bytes or events >= max_events):
            return Slice(found, after, reached, size, events), damaged
        try:
            chunk = _checked(row)
        except Damaged as error:
            damaged.append(error)
            continue
        stop = min(row.last, to, max(reached, row.first - 1) + max_events - events)
        block = _between(chunk, row, after, stop)
        found.append(block)
        size += len(block)
        events += stop - max(after, row.first - 1)
        reached = stop
        if stop < min(row.last, to):
            return Slice(found, after, reached, size, events), damaged
    return Slice(found, after, to, size, events), damaged


def _first_reaching(connection: Connection, after: int) -> int:
    """The first position of the chunk that holds *after*, or *after* itself."""
    query = (
        select(chunks.c.first)
        .where(chunks.c.import_id == LIVE, chunks.c.first <= after)
        .order_by(chunks.c.first.desc())
        .limit(1)
    )
    found = connection.scalar(query)
    return after if found is None else found


def _between(chunk: Chunk, row: Row[Any], after: int, stop: int) -> bytes:
    """The part of *chunk* after one position up to another; all of it as it was stored."""
    first, last = max(row.first, after + 1), stop
    if (first, last) == (row.first, row.last):
        return chunk.block
    rows: Sequence[int] = range(first - row.first, last - row.first + 1)
    return blocks.part(chunk.columns, rows, chunk.header)


def _checked(row: Row[Any]) -> Chunk:
    if row.data is None:
        raise Damaged(row.id, row.recording, "its bytes are gone")
    try:
        block = blocks.unpack(row.data)
        columns, header = blocks.checked(block)
    except WireError as error:
        raise Damaged(row.id, row.recording, str(error)) from error
    found = (header.get("agent"), columns.count, header.get("first"), blocks.checksum(block))
    if found != (row.agent, row.events, row.first, row.checksum):
        raise Damaged(row.id, row.recording, "its bytes are not those of this batch")
    return Chunk(row.id, row.agent, block, columns, header)
