"""A batch as it arrives, checked: the one door between agents' JSON and everything behind it.

Nothing here touches the store; all of it runs on the store's worker thread, where a large body
holds nobody up.
"""

from __future__ import annotations

import json
import math
import re
import struct
from array import array
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec

from tracer.wire import COLUMN_NAMES, VERSION, Batch, Columns

MAX_DEPTH: Final = 64
"""Of nesting inside one event's attributes."""
MAX_EVENTS: Final = 1_000_000
"""In one batch; 16 MiB of JSON cannot hold many more."""
MAX_POSITION: Final = (1 << 53) - 1
"""Whole numbers that a browser reads exactly end here; nothing counted may pass it."""

_Natural = Annotated[int, msgspec.Meta(ge=0, le=MAX_POSITION)]
_Index = Annotated[int, msgspec.Meta(ge=0)]
"""Has no upper bound here: packing a column checks that for less."""
_Nanoseconds = Annotated[int, msgspec.Meta(ge=0, le=(1 << 62))]
_Ident = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
_Word = Annotated[str, msgspec.Meta(max_length=4096)]
_Hex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}\Z")]


class BadBatch(ValueError):
    """Not this format; the message says what was expected and what was found."""


class AgentItem(msgspec.Struct):
    """Who sends; unknown fields are dropped, so that a newer agent is still understood."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    pid: _Natural
    host: _Word = ""
    python: _Word = ""
    tracer: _Word = ""
    command: Annotated[str, msgspec.Meta(max_length=65536)] = ""
    started: _Nanoseconds = 0
    versions: dict[str, str] = {}


class SourceItem(msgspec.Struct):
    """The text of one function."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]
    file: _Word
    line: _Natural
    name: _Word
    text: str


class AppItem(msgspec.Struct):
    """An application as its process announces it."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    name: _Word
    framework: _Word = "flask"
    version: _Word = ""
    base_url: _Word | None = None
    allow_methods: list[_Word] = []
    routes: list[dict[str, Any]] = []
    registry: list[dict[str, Any]] = []
    samples: list[dict[str, Any]] = []


class ColumnLists(msgspec.Struct, forbid_unknown_fields=True):
    """The columns of ``tracer.wire.COLUMNS``; a test holds the names together."""

    seq: list[_Index]
    ts: list[int]
    phase: list[_Index]
    kind: list[_Index]
    name: list[_Index]
    app: list[_Index]
    trace: list[_Index]
    span: list[_Index]
    parent: list[_Index]
    lane: list[_Index]
    attributes: list[_Index]


class BatchMessage(msgspec.Struct):
    """The whole body."""

    flaskscope: int
    agent: AgentItem
    batch: Annotated[int, msgspec.Meta(ge=1, le=MAX_POSITION)]
    base_seq: _Natural
    base_ts: _Nanoseconds
    span_prefix: _Hex
    strings: Annotated[list[str], msgspec.Meta(min_length=1)]
    lanes: list[tuple[_Natural, _Ident, _Word, _Natural | None, _Word | None]]
    attributes: Annotated[list[str], msgspec.Meta(min_length=1)]
    columns: ColumnLists
    apps: list[AppItem] = []
    sources: list[SourceItem] = []
    dropped: dict[str, _Natural] = {}
    bye: bool = False


_TRACE_ID: Final = re.compile(r"[0-9a-f]{32}\Z")
_decoder = msgspec.json.Decoder(BatchMessage)
_attributes_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode_batch(body: bytes) -> Batch:
    """*body* as a batch whose columns are arrays; :class:`BadBatch` if it is not one."""
    message = _message(body)
    if message.flaskscope != VERSION:
        raise BadBatch(_version_text(message.flaskscope))
    return Batch(
        agent=msgspec.to_builtins(message.agent),
        number=message.batch,
        columns=_columns(message),
        apps=msgspec.to_builtins(message.apps),
        sources=msgspec.to_builtins(message.sources),
        dropped=message.dropped,
        bye=message.bye,
    )


def _message(body: bytes) -> BatchMessage:
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise BadBatch(_other_version(body) or str(error)) from error
    except msgspec.DecodeError as error:
        return _message_with_surrogates(body, error)
    except UnicodeDecodeError as error:
        raise BadBatch(f"UTF-8 was expected, found: {error}") from error
    except RecursionError as error:
        raise BadBatch("the JSON is nested too deeply") from error


def _message_with_surrogates(body: bytes, error: msgspec.DecodeError) -> BatchMessage:
    # Half a UTF-16 pair is legal in JSON and Python's str, and refused by msgspec. One such
    # character in somebody's header must not cost the whole batch.
    if "surrogate" not in str(error):
        raise BadBatch(f"a JSON object was expected, found: {error}") from error
    try:
        return msgspec.convert(json.loads(body), BatchMessage)
    except (ValueError, RecursionError, msgspec.ValidationError) as second:
        raise BadBatch(str(second)) from second


class _Version(msgspec.Struct):
    flaskscope: Any = None


def _other_version(body: bytes) -> str | None:
    """What is wrong with the version, if that is what is wrong."""
    try:
        found = msgspec.json.decode(body, type=_Version).flaskscope
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return None if found == VERSION else _version_text(found)


def _version_text(found: object) -> str:
    return f'"flaskscope": {VERSION} was expected, found {json.dumps(found)[:40]}'


def _columns(message: BatchMessage) -> Columns:
    lists = message.columns
    count = len(lists.seq)
    if count > MAX_EVENTS:
        raise BadBatch(f"at most {MAX_EVENTS} events a batch were expected, found {count}")
    if message.strings[0] != "":
        raise BadBatch(f'strings[0] == "" was expected, found {message.strings[0][:40]!r}')
    if message.attributes[0] != "{}":
        raise BadBatch(f'attributes[0] == "{{}}" was expected, found {message.attributes[0][:40]}')
    sizes = {
        "phase": 3,
        "kind": len(message.strings),
        "name": len(message.strings),
        "app": len(message.strings),
        "trace": len(message.strings),
        "span": 1 << 32,
        "parent": 1 << 32,
        "lane": len(message.lanes),
        "attributes": len(message.attributes),
    }
    data: dict[str, Sequence[int]] = {}
    for name in COLUMN_NAMES:
        values = getattr(lists, name)
        if len(values) != count:
            raise BadBatch(
                f"columns of equal length were expected, found {count} values in seq "
                f"and {len(values)} in {name}"
            )
        data[name] = _packed(name, values, sizes.get(name))
    for index in set(data["trace"]):
        if index and not _TRACE_ID.match(message.strings[index]):
            found = message.strings[index][:40]
            raise BadBatch(f"trace ids of 32 hex digits were expected, found {found!r}")
    _check_base(message, data)
    return Columns(
        base_seq=message.base_seq,
        base_ts=message.base_ts,
        span_prefix=message.span_prefix,
        strings=message.strings,
        lanes=message.lanes,  # type: ignore[arg-type]  # as lists they travel, Lane is only a face
        attributes=[checked_attributes(text) for text in message.attributes],
        data=data,
    )


def _packed(name: str, values: list[int], size: int | None) -> array[Any]:
    """*values* in the smallest array, each below *size* when that is given.

    ``bytes`` and ``struct`` check the range while they pack, three times as fast as ``min``,
    ``max`` and ``array`` one after another; this is the hot part of ingest.
    """
    try:
        packed = bytes(values)
    except ValueError:
        column = _packed_wide(name, values, size)
    else:
        if size is not None and size < 256 and packed.translate(None, _BELOW[size]):
            raise _out_of_range(name, max(packed), size)
        column = array("B")
        column.frombytes(packed)
        return column
    if size is not None and size <= _LIMITS.get(column.typecode, 0) and max(column) >= size:
        raise _out_of_range(name, max(column), size)
    return column


_BELOW: Final = [bytes(range(size)) for size in range(256)]
_LIMITS: Final = {"H": (1 << 16) - 1, "I": (1 << 32) - 1}


def _packed_wide(name: str, values: list[int], size: int | None) -> array[Any]:
    for code in "HIbhi":
        try:
            packed = struct.pack(f"={len(values)}{code}", *values)
        except struct.error:
            continue
        column = array(code)
        column.frombytes(packed)
        return column
    largest = max(values, key=abs)
    if size is not None or abs(largest) > MAX_POSITION:
        raise _out_of_range(name, largest, size or MAX_POSITION + 1)
    return array("d", values)


def _out_of_range(name: str, found: float, size: int) -> BadBatch:
    return BadBatch(f"values below {size} were expected in the column {name}, found {int(found)}")


def _check_base(message: BatchMessage, data: Mapping[str, Sequence[int]]) -> None:
    if message.base_seq + sum(data["seq"]) > MAX_POSITION:
        raise BadBatch(f"event numbers up to {MAX_POSITION} were expected, found larger ones")
    if message.base_ts + sum(data["ts"]) < 0:
        raise BadBatch("times after 1970 were expected, found an earlier one")


def checked_attributes(text: str) -> str:
    """*text* if it is one JSON object, nested at most 64 deep; :class:`BadBatch` otherwise.

    Python writes ``NaN`` and ``Infinity``, which no other reader takes: they become strings.
    """
    try:
        if text.count("{") + text.count("[") <= MAX_DEPTH:
            _attributes_decoder.decode(text)
            return text
    except (msgspec.MsgspecError, UnicodeEncodeError):
        pass
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadBatch(f"attributes as a JSON object were expected, found {text[:80]!r}") from error
    if not isinstance(value, dict):
        raise BadBatch(f"attributes as a JSON object were expected, found {text[:80]!r}")
    if _depth(value) > MAX_DEPTH:
        raise BadBatch(f"attributes nested at most {MAX_DEPTH} deep were expected, found deeper")
    return json.dumps(_finite(value), separators=(",", ":"))


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
