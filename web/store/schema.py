"""The tables. One dialect for SQLite and PostgreSQL: SQLAlchemy Core, no vendor's types."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    ScalarSelect,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    literal,
    select,
)

SCHEMA_VERSION: Final = 1
LIVE: Final = 0
"""``import_id`` of what arrived from agents; anything else is the id of an imported recording."""

# SQLite makes only an INTEGER PRIMARY KEY a row's own number; PostgreSQL wants it wide.
_Key = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

agents = Table(
    "agents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("info", Text, nullable=False),
    Column("seen", BigInteger, nullable=False),
)

apps = Table(
    "apps",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("info", Text, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("number", _Key, primary_key=True),
    Column("import_id", BigInteger, nullable=False),
    Column("id", Text, nullable=False),
    Column("info", Text, nullable=False),
    Column("size", Integer, nullable=False),
    UniqueConstraint("import_id", "id"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("import_id", BigInteger, nullable=False),
    Column("agent", Text, nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("ts_first", BigInteger, nullable=False),
    Column("ts_last", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    Column("recording", BigInteger, nullable=False),
    UniqueConstraint("import_id", "agent", "batch"),
    Index("chunks_by_position", "import_id", "first"),
    Index("chunks_by_recording", "recording", "first"),
)
"""One row per stored batch. ``recording`` is the id of the one that holds it, 0 if none does."""

blobs = Table(
    "blobs",
    metadata,
    Column("chunk", _Key, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)
"""The blocks, zlib-1 compressed; apart from ``chunks`` so that counting reads no payload."""

traces = Table(
    "traces",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=False),
    Column("import_id", BigInteger, nullable=False),
    Column("trace_id", Text, nullable=False),
    Column("kind", Text),
    Column("name", Text),
    Column("app", Text),
    Column("apps", Text, nullable=False),
    Column("method", Text),
    Column("path", Text),
    Column("status", SmallInteger),
    Column("start_ts", BigInteger, nullable=False),
    Column("duration", BigInteger),
    Column("events", Integer, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("truncated", Boolean, nullable=False),
    Column("error", Text),
    Column("short_circuit", Text),
    Column("endpoint", Text),
    Column("counts", Text, nullable=False),
    Column("pid", BigInteger),
    Column("thread", Text),
    Column("root_span", Text),
    UniqueConstraint("import_id", "trace_id"),
)
"""The index of traces; ``apps`` is a JSON list, ``counts`` six numbers with commas between."""

trace_chunks = Table(
    "trace_chunks",
    metadata,
    Column("trace", BigInteger, primary_key=True, autoincrement=False),
    Column("chunk", BigInteger, primary_key=True, autoincrement=False),
    Index("trace_chunks_by_chunk", "chunk"),
    sqlite_with_rowid=False,
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("problem", Text),
    Column("origin", Text, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("stopped", BigInteger),
    Column("start_position", BigInteger, nullable=False),
    Column("end_position", BigInteger),
    Column("header", Text),
    sqlite_autoincrement=True,
)
"""``header`` is an import's first line. Numbers are never given twice: an old link must not open
another recording."""


HIDDEN: Final = ("importing", "deleting")
"""States on the way in or out: never shown, and cleared away at the next start."""


def shown_imports() -> ScalarSelect[int]:
    """``import_id`` of everything that can be looked at: what is live, and finished imports."""
    finished = select(recordings.c.id).where(
        recordings.c.origin == "import", recordings.c.state.not_in(HIDDEN)
    )
    return select(literal(LIVE)).union_all(finished).scalar_subquery()
