"""Chunks on their way into the database. On the store's worker thread only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from .prepared import Prepared
from .schema import blobs, chunks


@dataclass(frozen=True, slots=True)
class NewChunk:
    """A row of ``chunks`` with its payload."""

    import_id: int
    agent: str
    batch: int
    first: int
    last: int
    ts_first: int
    ts_last: int
    events: int
    checksum: int
    recording: int
    data: bytes


class ChunkRows:
    """Inserts chunks; numbers them itself, since nobody else writes."""

    def __init__(self, connection: Connection) -> None:
        self._chunk = Prepared(insert(chunks), connection.dialect, chunks.columns.keys())
        self._blob = Prepared(insert(blobs), connection.dialect, blobs.columns.keys())
        self._next = (connection.scalar(select(func.max(chunks.c.id))) or 0) + 1

    def add(self, connection: Connection, chunk: NewChunk) -> int:
        """Store *chunk*; its id."""
        number = self._next
        self._next += 1
        row = {name: getattr(chunk, name) for name in chunk.__slots__}
        row |= {"id": number, "bytes": len(chunk.data)}
        self._chunk.run(connection, [row])
        self._blob.run(connection, [{"chunk": number, "data": chunk.data}])
        return number
