"""Recordings from files: JSON Lines, read line by line, typed, all of it or nothing.

Chrome's trace JSON becomes such lines first, see ``chrome_file.py``.

What was read is stored as a recording that nobody sees; only the end line makes it appear, so that
an import of any size needs no long transaction. A file that fails is taken out again, after a
killed dashboard at its next start.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from typing import IO, Annotated, Any, Final, Literal

import msgspec

from tracer.events import PHASES, Lane
from tracer.wire import VERSION

from .batch import SourceItem, checked_attributes
from .chrome_file import ChromeFile, is_chrome
from .imported_groups import Group, Grouping
from .inflate import NotCompressed, TooLarge, UnknownEncoding, inflated
from .json_elements import NotJson
from .problems import Problem
from .recordings import unavailable
from .services import Services
from .store import Store, StoreUnavailable

MAX_COMPRESSED: Final = 64 << 20
MAX_PLAIN: Final = 512 << 20
"""Bytes of a body, compressed and expanded."""
MAX_EVENTS: Final = 5_000_000
MAX_LINE: Final = 16 << 20
"""Bytes of one line; the header holds every application with its routes."""
_LINES_AT_ONCE: Final = 1_000
"""Lines read in one step; some 20 ms."""
_GROUPS_AT_ONCE: Final = 16
"""Blocks stored in one step; most often one holds all the lines."""
PIECE: Final = 64 << 10
"""Bytes of a file read in one go."""
_FIRST_KEY: Final = re.compile(rb'\s*\{\s*"(\w*)"')

_Natural = Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)]
_Time = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]
_Word = Annotated[str, msgspec.Meta(max_length=65536)]
_Span = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")] | None


class HeaderLine(msgspec.Struct):
    flaskscope: int
    name: str = ""
    agents: list[dict[str, Any]] = []
    apps: list[dict[str, Any]] = []


class SourceLine(msgspec.Struct, forbid_unknown_fields=True):
    source: SourceItem


class EndLine(msgspec.Struct, forbid_unknown_fields=True):
    end: bool
    events: _Natural


class LaneObject(msgspec.Struct, forbid_unknown_fields=True):
    pid: _Natural
    thread: Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
    thread_name: _Word
    greenlet: _Natural | None = None
    task: _Word | None = None


class EventLine(msgspec.Struct, forbid_unknown_fields=True):
    seq: _Natural
    ts: _Time
    phase: Literal["begin", "end", "instant"]
    kind: _Word
    name: _Word
    app: _Word | None
    trace_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")] | None
    span_id: _Span
    parent_id: _Span
    lane: LaneObject
    attributes: msgspec.Raw


def add_event(grouping: Grouping, event: EventLine) -> None:
    """Put *event* behind those of its process; ValueError for what none of ours has."""
    attributes = checked_attributes(bytes(event.attributes).decode("utf-8"))
    group = grouping.group_of(event.span_id, event.parent_id, event.lane.pid)
    lane = event.lane
    group.builder_for(event.seq, event.ts).add(
        event.seq,
        event.ts,
        PHASES.index(event.phase),
        event.kind,
        event.name,
        event.app,
        event.trace_id,
        _span_number(event.span_id),
        _span_number(event.parent_id),
        Lane(lane.pid, lane.thread, lane.thread_name, lane.greenlet, lane.task),
        attributes,
    )


class BadFile(ValueError):
    """Not a recording; the message names the line, what was expected and what was found."""


def import_recording(parts: Services, stream: IO[bytes], encoding: str | None) -> dict[str, Any]:
    """Take in the file that *stream* holds; the item of the new recording.

    Raises :class:`Problem`: 413 too large, 415 unknown encoding, 422 not a whole recording, 503
    no room. Nothing is left of a file that was refused.
    """
    with tempfile.SpooledTemporaryFile(max_size=1 << 20) as file:
        _spool(stream, file, MAX_PLAIN if encoding in (None, "", "identity") else MAX_COMPRESSED)
        file.seek(0)
        importer = Importer(parts.store)
        try:
            importer.open(iter(lambda: file.read(PIECE), b""), encoding)
            while parts.runtime.run(importer.step):
                parts.runtime.sleep(0)
        except (BadFile, NotCompressed, NotJson) as error:
            raise _refused(422, "Not a recording", error) from error
        except TooLarge as error:
            raise _refused(413, "Recording too large", error) from error
        except UnknownEncoding as error:
            raise _refused(415, "Recording in an unknown encoding", error) from error
        except StoreUnavailable as error:
            raise unavailable(error) from error
        finally:
            if importer.recording and not importer.done:
                parts.recordings.remove_hidden(importer.recording)
    parts.recordings.changed()
    item = parts.recordings.item(str(importer.recording))
    return {**item, "left_out": dict(importer.left_out)}


class Importer:
    """One file on its way in. :meth:`step` runs on the store's worker."""

    def __init__(self, store: Store) -> None:
        self.recording = 0
        """Its id in the store, 0 until the header was read."""
        self.done = False
        self._store = store
        self.left_out: Counter[str] = Counter()
        """What of the file a recording has no word for, in words; empty for JSON Lines."""
        self._chrome: ChromeFile | None = None
        self._lines: Iterator[bytes] = iter(())
        self._number = 0
        self._events = 0
        self._stored = 0
        self._ended = False
        self._grouping = Grouping()
        self._sources: list[dict[str, Any]] = []
        self._waiting: list[Group] = []

    def open(self, pieces: Iterator[bytes], encoding: str | None) -> None:
        """Read from *pieces*; ``UnknownEncoding`` if they cannot be expanded."""
        plain = inflated(pieces, encoding, MAX_PLAIN)
        start = next(plain, b"")
        plain = chain([start], plain)
        if is_chrome(start):
            self._chrome = ChromeFile(plain)
            self.left_out = self._chrome.left_out
        else:
            self._lines = _lines(plain)

    def step(self) -> bool:
        """Read some lines, or store what was read; False when the whole file is in."""
        if self._chrome is not None:
            if not self._chrome.read_some(_LINES_AT_ONCE):
                self._lines, self._chrome = self._chrome.lines(), None
            return True
        if self._store_some():
            return True
        for line in islice(self._lines, _LINES_AT_ONCE):
            self._number += 1
            self._take(line)
        self._waiting = self._grouping.take()
        if self._waiting or self._sources:
            return True
        self._finish()
        return False

    def _take(self, line: bytes) -> None:
        if self._number == 1:
            self._take_header(line)
        elif self._ended:
            raise self._bad("nothing after the end line", line)
        else:
            key = _FIRST_KEY.match(line)
            kind = key[1] if key else b""
            if kind == b"source":
                source = self._decoded(line, _source_decoder, SourceLine).source
                self._sources.append(msgspec.to_builtins(source))
            elif kind == b"end":
                self._take_end(line)
            else:
                self._take_event(line)

    def _take_header(self, line: bytes) -> None:
        if not (key := _FIRST_KEY.match(line)) or key[1] != b"flaskscope":
            raise self._bad('a header {"flaskscope": 1, ...}', line)
        header = self._decoded(line, _header_decoder, HeaderLine)
        if header.flaskscope != VERSION:
            raise self._bad(f'"flaskscope": {VERSION} (this version)', line)
        name = "".join(c if c.isprintable() else " " for c in header.name).strip()[:200]
        self._grouping.know(header.agents)
        kept = {"agents": header.agents, "apps": header.apps}
        self.recording = self._store.archive.start_import(
            name or "Imported recording", json.dumps(kept, separators=(",", ":"))
        )

    def _take_end(self, line: bytes) -> None:
        end = self._decoded(line, _end_decoder, EndLine)
        if not end.end or end.events != self._events:
            raise self._bad(f"an end line that counts {self._events} events", line)
        self._ended = True

    def _take_event(self, line: bytes) -> None:
        self._events += 1
        if self._events > MAX_EVENTS:
            raise TooLarge(f"the recording has more than {MAX_EVENTS} events")
        event = self._decoded(line, _event_decoder, EventLine)
        try:
            add_event(self._grouping, event)
        except ValueError as error:
            raise BadFile(f"line {self._number}: {error}") from error

    def _decoded(self, line: bytes, decoder: msgspec.json.Decoder[Any], kind: Any) -> Any:
        try:
            return decoder.decode(line)
        except msgspec.ValidationError as error:
            raise self._bad(_EXPECTED[kind], line, str(error)) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if "surrogate" in str(error):
                return self._decoded_with_surrogates(line, kind)
            raise self._bad(_EXPECTED[kind], line, str(error)) from error

    def _decoded_with_surrogates(self, line: bytes, kind: Any) -> Any:
        # Half a UTF-16 pair is legal in JSON, in somebody's header for instance; msgspec refuses.
        try:
            value = json.loads(line)
            if kind is EventLine:
                text = json.dumps(value["attributes"], separators=(",", ":"))
                value["attributes"] = msgspec.Raw(text.encode("ascii"))
            return msgspec.convert(value, kind)
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise self._bad(_EXPECTED[kind], line, str(error)) from error

    def _bad(self, expected: str, line: bytes, reason: str = "") -> BadFile:
        found = ascii(line[:80].decode("utf-8", "replace"))
        detail = f" ({reason})" if reason else ""
        return BadFile(f"line {self._number}: expected {expected}, found {found}{detail}")

    def _store_some(self) -> bool:
        """Put a part of what was read into the store; False if nothing waits."""
        if self._sources:
            self._store.archive.import_sources(self.recording, self._sources)
            self._sources = []
            return True
        part, self._waiting = self._waiting[:_GROUPS_AT_ONCE], self._waiting[_GROUPS_AT_ONCE:]
        if part:
            self._store.archive.import_events(self.recording, [self._placed(g) for g in part])
        return bool(part)

    def _placed(self, group: Group) -> tuple[str, int, int, Any]:
        first = self._stored + 1
        columns = group.columns()
        self._stored += columns.count
        return group.agent, first, first, columns

    def _finish(self) -> None:
        if not self._ended:
            expected = "an event or the end line" if self._number else _EXPECTED[HeaderLine]
            raise BadFile(
                f"line {self._number + 1}: expected {expected}, found the end of the file: it was "
                "cut off"
            )
        self._store.archive.finish_import(self.recording)
        self.done = True


_header_decoder = msgspec.json.Decoder(HeaderLine)
_source_decoder = msgspec.json.Decoder(SourceLine)
_end_decoder = msgspec.json.Decoder(EndLine)
_event_decoder = msgspec.json.Decoder(EventLine)
_EXPECTED: Final[dict[Any, str]] = {
    HeaderLine: f'a header {{"flaskscope": {VERSION}, ...}}',
    SourceLine: 'a source {"source": {"id", "file", "line", "name", "text"}}',
    EndLine: 'an end line {"end": true, "events": N}',
    EventLine: "an event",
}


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The lines in *pieces*, without their ends; never more than one line in memory."""
    begun: list[bytes] = []
    size = 0
    for piece in pieces:
        first, *others = piece.split(b"\n")
        begun.append(first)
        size += len(first)
        if size > MAX_LINE:
            raise TooLarge(f"a line is longer than {MAX_LINE} bytes")
        if others:
            yield b"".join(begun)
            yield from others[:-1]
            begun = [others[-1]]
            size = len(others[-1])
    if size:
        yield b"".join(begun)


def _spool(stream: IO[bytes], file: Any, limit: int) -> None:
    size = 0
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > limit:
            raise _refused(413, "Recording too large", TooLarge(f"more than {limit} bytes came"))
        file.write(piece)


def _span_number(span: str | None) -> int:
    return 0 if span is None else int(span[8:], 16)


def _refused(status: int, title: str, error: Exception) -> Problem:
    return Problem(
        status,
        title,
        "Nothing was imported: {reason}.",
        values={"reason": error},
        asked="a recording as JSON Lines, as Flaskscope exports it, or a trace as Chrome's JSON",
        todo="Export it again, and import the file as it is.",
    )
