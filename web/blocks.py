"""What the dashboard does with blocks beside storing them: cut parts out, check, repack."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

from tracer.wire import COLUMN_NAMES, Columns, WireError, decode_block, encode_block

_TABLES: Final = {
    "kind": "strings",
    "name": "strings",
    "app": "strings",
    "trace": "strings",
    "lane": "lanes",
    "attributes": "attributes",
}
"""Column → the table that its values point into."""
_MAX_BLOCK: Final = 1 << 28
"""Bytes that a stored block may expand to; a batch is 16 MiB at most, its block is smaller."""


def pack(block: bytes) -> bytes:
    """*block* as it is stored."""
    return zlib.compress(block, 1)


def unpack(data: bytes) -> bytes:
    """The block behind stored *data*; :class:`WireError` if it was damaged."""
    engine = zlib.decompressobj()
    try:
        block = engine.decompress(data, _MAX_BLOCK)
    except zlib.error as error:
        raise WireError(f"the stored bytes are damaged: {error}") from error
    if not engine.eof or engine.unused_data:
        raise WireError("the stored bytes are damaged: they do not end where they should")
    return block


def checked(block: bytes) -> tuple[Columns, dict[str, Any]]:
    """Columns and header of *block*; :class:`WireError` whatever is wrong with it."""
    try:
        return decode_block(block)
    except WireError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise WireError(f"the block cannot be read: {error}") from error


def rows_of_trace(columns: Columns, trace_id: str) -> list[int]:
    """The rows that belong to *trace_id*, in order."""
    try:
        index = list(columns.strings).index(trace_id, 1)
    except ValueError:
        return []
    return [row for row, value in enumerate(columns.data["trace"]) if value == index]


def rows_between(columns: Columns, start: int | None, end: int | None) -> list[int]:
    """The rows whose time lies between two times in ns, both included; None is open."""
    times = accumulate(map(int, columns.data["ts"]), initial=columns.base_ts)
    next(times)
    return [
        row
        for row, ts in enumerate(times)
        if (start is None or ts >= start) and (end is None or ts <= end)
    ]


def subset(columns: Columns, rows: Sequence[int]) -> Columns:
    """The events in *rows* (rising) as columns of their own, with only the texts that they use."""
    data: dict[str, Sequence[int]] = {}
    tables: dict[str, dict[int, int]] = {
        "strings": {0: 0},
        "lanes": {},
        "attributes": {0: 0},
    }
    for name in COLUMN_NAMES:
        column = columns.data[name]
        if name in ("seq", "ts"):
            data[name] = _steps(column, rows)
        elif name in _TABLES:
            used = tables[_TABLES[name]]
            data[name] = [used.setdefault(column[row], len(used)) for row in rows]
        else:
            data[name] = [int(column[row]) for row in rows]
    return Columns(
        base_seq=columns.base_seq,
        base_ts=columns.base_ts,
        span_prefix=columns.span_prefix,
        strings=[columns.strings[i] for i in tables["strings"]],
        lanes=[columns.lanes[i] for i in tables["lanes"]],
        attributes=[columns.attributes[i] for i in tables["attributes"]],
        data=data,
    )


def part(columns: Columns, rows: Sequence[int], header: dict[str, Any]) -> bytes:
    """A block of only *rows*, which keeps its positions when they are consecutive."""
    first = header.get("first")
    if first is not None:
        consecutive = bool(rows) and rows[-1] - rows[0] + 1 == len(rows)
        first = first + rows[0] if consecutive else None
    return encode_block(subset(columns, rows), agent=header.get("agent"), first=first)


def _steps(column: Sequence[int], rows: Sequence[int]) -> list[int]:
    """Differences between the chosen rows of a column of differences."""
    sums = list(accumulate(map(int, column)))
    before = 0
    steps = []
    for row in rows:
        steps.append(sums[row] - before)
        before = sums[row]
    return steps


def checksum(block: bytes) -> int:
    """The CRC-32 that *block* carries of its own header and columns."""
    return int.from_bytes(block[12:16], "little")


def empty() -> bytes:
    """A block without events, in place of one that cannot be given."""
    columns = Columns(0, 0, "00000000", [""], [], ["{}"], {name: [] for name in COLUMN_NAMES})
    return encode_block(columns, agent=None, first=None)
