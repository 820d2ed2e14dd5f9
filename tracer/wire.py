"""The format in which events travel: versioned columns, written as JSON or as binary.

This file is the only place that knows it; ``docs/wire.md`` explains it, and the browser's types are
generated from it. One table of columns (:data:`COLUMNS`) has two encodings:

* a **batch**, JSON, from a traced process to the dashboard (``POST /ingest``);
* a **block**, binary, from the dashboard to its store and to the browser.

Depends on the standard library alone, since it runs inside other people's applications.
"""

from __future__ import annotations

import json
import struct
import sys
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .events import PHASES, Event, Lane

VERSION: Final = 1
"""Of batch, block and JSON Lines alike. A reader accepts this one and the one before."""

STORE_HEADER: Final = "Flaskscope-Store"
STORE_LATER: Final = "later"
"""With these a batch is shown to who watches, not stored: older ones of its process come first."""

COLUMNS: Final[tuple[tuple[str, str], ...]] = (
    ("seq", "delta of the event's seq to the event before; the first to base_seq"),
    ("ts", "delta of the time in ns to the event before, may be negative; the first to base_ts"),
    ("phase", "0 begin, 1 end, 2 instant"),
    ("kind", "index into strings"),
    ("name", "index into strings"),
    ("app", "index into strings, 0 = none"),
    ("trace", "index into strings, 0 = none"),
    ("span", "number of the span within its process start, 0 = none"),
    ("parent", "number of the parent span, 0 = none"),
    ("lane", "index into lanes"),
    ("attributes", "index into attributes, 0 = none"),
)
COLUMN_NAMES: Final = tuple(name for name, _ in COLUMNS)

BLOCK_MAGIC: Final = b"FSB1"
_PREFIX: Final = struct.Struct("<4sIII")
"""magic, byte length of the header, byte length of the columns, CRC-32 of header and columns."""

FRAME_MAGIC: Final = b"FSF1"
_FRAME_PREFIX: Final = struct.Struct("<4sIdd")
"""magic, number of blocks, position before the first event, position of the last event."""

_TYPECODES: Final = (("B", 0, 1 << 8), ("H", 0, 1 << 16), ("I", 0, 1 << 32))
_SIGNED: Final = (("b", -(1 << 7), 1 << 7), ("h", -(1 << 15), 1 << 15), ("i", -(1 << 31), 1 << 31))
_WIDE: Final = "d"
"""Doubles hold whole numbers exactly up to 2**53, in JavaScript too; for gaps of seconds."""


class WireError(ValueError):
    """Bytes or JSON that are not in this format; the message says what was expected and found."""


@dataclass(frozen=True, slots=True)
class Columns:
    """A run of events as columns; the one structure behind both encodings.

    Owned by whoever built it; nothing here is shared between threads.
    """

    base_seq: int
    base_ts: int
    """Nanoseconds since the epoch."""
    span_prefix: str
    """8 hex digits, random per process start; with a span's number they make its 16-digit id."""
    strings: Sequence[str]
    """``strings[0]`` is ``""`` and means none."""
    lanes: Sequence[Lane]
    attributes: Sequence[str]
    """Distinct attribute objects as JSON texts; ``attributes[0]`` is ``"{}"``."""
    data: Mapping[str, Sequence[int]]
    """Column name → one whole number per event."""

    @property
    def count(self) -> int:
        return len(self.data["seq"])

    def events(self) -> Iterator[Event]:
        """The events again, in order."""
        seq, ts = self.base_seq, self.base_ts
        strings, lanes = self.strings, self.lanes
        attributes = [json.loads(text) for text in self.attributes]
        for row in zip(*(self.data[name] for name in COLUMN_NAMES), strict=True):
            dseq, dts, phase, kind, name, app, trace, span, parent, lane, attrs = map(int, row)
            seq += dseq
            ts += dts
            yield Event(
                seq=seq,
                ts=ts,
                phase=PHASES[phase],
                kind=strings[kind],
                name=strings[name],
                app=strings[app] or None,
                trace_id=strings[trace] or None,
                span_id=span_id(self.span_prefix, span),
                parent_id=span_id(self.span_prefix, parent),
                lane=lanes[lane],
                attributes=attributes[attrs],
            )


def span_id(prefix: str, number: int) -> str | None:
    """The public id of span *number*: 16 hex digits, or None for 0."""
    return f"{prefix}{number & 0xFFFFFFFF:08x}" if number else None


class _Indexes(dict[Any, int]):
    """Each key's place, in the order in which they were asked for first."""

    def __missing__(self, key: Any) -> int:
        place = self[key] = len(self)
        return place


class ColumnsBuilder:
    """Collects events into :class:`Columns`. Not thread-safe: one builder, one thread."""

    def __init__(self, base_seq: int, base_ts: int, span_prefix: str) -> None:
        self.base_seq, self.base_ts, self.span_prefix = base_seq, base_ts, span_prefix
        self._seq, self._ts = base_seq, base_ts
        self._strings = _Indexes({"": 0})
        self._lanes = _Indexes()
        self._attributes = _Indexes({"{}": 0})
        self._rows: list[tuple[int, ...]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        seq: int,
        ts: int,
        phase: int,
        kind: str,
        name: str,
        app: str | None,
        trace_id: str | None,
        span: int,
        parent: int,
        lane: Lane,
        attributes: str,
    ) -> None:
        """Append one event; *span* and *parent* are numbers, *attributes* a JSON text."""
        strings = self._strings
        self._rows.append(
            (
                seq - self._seq,
                ts - self._ts,
                phase,
                strings[kind],
                strings[name],
                strings[app or ""],
                strings[trace_id or ""],
                span,
                parent,
                self._lanes[lane],
                self._attributes[attributes],
            )
        )
        self._seq, self._ts = seq, ts

    def add_event(self, event: Event) -> None:
        """Append an :class:`Event`; its ids must carry this builder's span prefix."""
        self.add(
            event.seq,
            event.ts,
            PHASES.index(event.phase),
            event.kind,
            event.name,
            event.app,
            event.trace_id,
            self._number(event.span_id),
            self._number(event.parent_id),
            event.lane,
            dump_attributes(event.attributes),
        )

    def build(self) -> Columns:
        # Rows first and columns at once: appending to eleven lists per event cost most of `add`.
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(COLUMN_NAMES)
        return Columns(
            base_seq=self.base_seq,
            base_ts=self.base_ts,
            span_prefix=self.span_prefix,
            strings=list(self._strings),
            lanes=list(self._lanes),
            attributes=list(self._attributes),
            data=dict(zip(COLUMN_NAMES, columns, strict=True)),
        )

    def _number(self, span: str | None) -> int:
        if span is None:
            return 0
        if len(span) != 16 or not span.startswith(self.span_prefix):
            raise WireError(
                f"span id {span!r} does not start with this process's {self.span_prefix}"
            )
        return int(span[8:], 16)


def dump_attributes(attributes: Mapping[str, Any]) -> str:
    """An event's attributes as the JSON text that travels; ``{}`` when there are none."""
    return _encode_attributes(attributes) if attributes else "{}"


_encode_attributes = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
"""Made once: ``json.dumps`` with arguments makes an encoder at every call."""


# --- batch: JSON, from a traced process to the dashboard -------------------------------------


@dataclass(frozen=True, slots=True)
class Batch:
    """What one ``POST /ingest`` carries."""

    agent: Mapping[str, Any]
    """Who sends: ``id`` (32 hex, new per process start), ``pid``, ``host``, ``python``, ``tracer``,
    ``command``, ``started`` (ns), and ``versions`` of the packages that matter."""
    number: int
    """Rising from 1 per agent; the dashboard stores each number once."""
    columns: Columns
    apps: Sequence[Mapping[str, Any]] = ()
    """Applications that are new or changed since the last batch; see ``docs/wire.md``."""
    sources: Sequence[Mapping[str, Any]] = ()
    """Source texts not sent before: ``id``, ``file``, ``line``, ``name``, ``text``."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Events lost since the last batch, by reason."""
    bye: bool = False
    """True in the last batch of a process that ends in good order."""


def encode_batch(batch: Batch) -> bytes:
    """*batch* as UTF-8 JSON, uncompressed."""
    columns = batch.columns
    message = {
        "flaskscope": VERSION,
        "agent": batch.agent,
        "batch": batch.number,
        "base_seq": columns.base_seq,
        "base_ts": columns.base_ts,
        "span_prefix": columns.span_prefix,
        "strings": columns.strings,
        "lanes": columns.lanes,
        "attributes": columns.attributes,
        "columns": {name: list(columns.data[name]) for name in COLUMN_NAMES},
        "apps": batch.apps,
        "sources": batch.sources,
        "dropped": batch.dropped,
        "bye": batch.bye,
    }
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "backslashreplace"
    )


# --- block: binary, from the dashboard to its store and to the browser ------------------------


def encode_block(columns: Columns, **header: Any) -> bytes:
    """*columns* as one self-contained binary block; extra *header* fields travel in its JSON."""
    # Arrays come narrow already, from a block or from ingest: packing them again costs most.
    arrays = [
        column if isinstance(column, array) else _narrow(column)
        for column in (columns.data[name] for name in COLUMN_NAMES)
    ]
    body = b"".join(_padded(_little_endian(a)) for a in arrays)
    fields = {
        **header,
        "v": VERSION,
        "count": columns.count,
        "base_seq": columns.base_seq,
        # As text: JavaScript's numbers end at 2**53, nanoseconds since the epoch do not.
        "base_ts": str(columns.base_ts),
        "span_prefix": columns.span_prefix,
        "types": [a.typecode for a in arrays],
        "strings": columns.strings,
        "lanes": columns.lanes,
        "attributes": columns.attributes,
    }
    head = _padded(
        json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode(
            "utf-8", "backslashreplace"
        ),
        b" ",
    )
    return _PREFIX.pack(BLOCK_MAGIC, len(head), len(body), zlib.crc32(body, zlib.crc32(head))) + (
        head + body
    )


def decode_block(block: bytes) -> tuple[Columns, dict[str, Any]]:
    """The columns of *block* and its whole header; :class:`WireError` if it is not intact."""
    if len(block) < _PREFIX.size or block[:4] != BLOCK_MAGIC:
        raise WireError(f"a block starts with {BLOCK_MAGIC!r}, found {bytes(block[:4])!r}")
    _, head_length, body_length, checksum = _PREFIX.unpack_from(block)
    start = _PREFIX.size
    if len(block) != start + head_length + body_length:
        expected = start + head_length + body_length
        raise WireError(f"a block of {expected} bytes was announced, found {len(block)}")
    if zlib.crc32(memoryview(block)[start:]) != checksum:
        raise WireError("the block's checksum does not match its content: it is damaged")
    header = json.loads(block[start : start + head_length])
    if header["v"] not in (VERSION, VERSION - 1):
        raise WireError(f"block version {header['v']} was found, this reads {VERSION}")
    data: dict[str, Sequence[int]] = {}
    offset = start + head_length
    for name, typecode in zip(COLUMN_NAMES, header["types"], strict=True):
        column = array(typecode)
        size = header["count"] * column.itemsize
        column.frombytes(block[offset : offset + size])
        if sys.byteorder == "big":
            column.byteswap()
        data[name] = column
        offset += size + -size % 4
    columns = Columns(
        base_seq=header["base_seq"],
        base_ts=int(header["base_ts"]),
        span_prefix=header["span_prefix"],
        strings=header["strings"],
        lanes=[Lane(*lane) for lane in header["lanes"]],
        attributes=header["attributes"],
        data=data,
    )
    return columns, header


def encode_frame(blocks: Sequence[bytes], from_seq: int, to_seq: int) -> bytes:
    """Several blocks as the one binary message that a viewer gets per window.

    *from_seq* and *to_seq* are positions in the dashboard's stream: the frame holds the events
    after the first up to and including the second.
    """
    prefix = _FRAME_PREFIX.pack(FRAME_MAGIC, len(blocks), from_seq, to_seq)
    return b"".join((prefix, *blocks))


def split_frame(frame: bytes) -> tuple[list[bytes], int, int]:
    """The blocks of *frame*, and the positions ``from_seq`` and ``to_seq``."""
    if len(frame) < _FRAME_PREFIX.size or frame[:4] != FRAME_MAGIC:
        raise WireError(f"a frame starts with {FRAME_MAGIC!r}, found {bytes(frame[:4])!r}")
    _, count, from_seq, to_seq = _FRAME_PREFIX.unpack_from(frame)
    blocks: list[bytes] = []
    offset = _FRAME_PREFIX.size
    for _ in range(count):
        end = offset + _PREFIX.size
        if end <= len(frame):
            _, head_length, body_length, _ = _PREFIX.unpack_from(frame, offset)
            end += head_length + body_length
        if end > len(frame):
            raise WireError(f"{count} blocks were announced, the frame ends in block {len(blocks)}")
        blocks.append(frame[offset:end])
        offset = end
    return blocks, int(from_seq), int(to_seq)


def _narrow(values: Sequence[int]) -> array[Any]:
    """*values* in the smallest array type that holds them all."""
    low, high = (min(values), max(values)) if values else (0, 0)
    for typecode, least, limit in _TYPECODES if low >= 0 else _SIGNED:
        if least <= low and high < limit:
            return array(typecode, values)
    return array(_WIDE, values)


def _little_endian(column: array[Any]) -> bytes:
    if sys.byteorder == "big":
        column = array(column.typecode, column)
        column.byteswap()
    return column.tobytes()


def _padded(data: bytes, filler: bytes = b"\0") -> bytes:
    return data + filler * (-len(data) % 4)
