"""Chrome's trace JSON as the lines of a recording, whichever tool wrote it.

Such a file says its events in any order, and names threads where it likes; a recording has them in
order of time, after its header. So it is read once, element by element, into a database on the disk
that sorts them; memory stays at one element. What a recording has no word for is counted.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tracer.wire import VERSION

from .batch import checked_attributes
from .json_elements import Elements, NotJson

_KEYS: Final = frozenset(
    ("traceEvents", "displayTimeUnit", "otherData", "metadata", "systemTraceEvents", "stackFrames",
     "samples", "schemaVersion", "deviceProperties", "viztracer_metadata", "file_info")
)  # fmt: skip
"""First keys of the files of Chrome, Perfetto, PyTorch, VizTracer and others."""
_KINDS: Final = {
    "C": "counters", "P": "samples", "N": "objects", "O": "objects", "D": "objects",
    "s": "flows", "t": "flows", "f": "flows", "v": "memory dumps", "V": "memory dumps",
    "c": "clock marks", "R": "marks", "(": "contexts", ")": "contexts",
    "S": "old asynchronous events", "T": "old asynchronous events", "F": "old asynchronous events",
    "p": "old asynchronous events",
}  # fmt: skip
"""Phases that a recording has no word for."""
_OURS: Final = frozenset("Mbesf")
"""Phases that are made of other events where the file is one of ours."""
_BIG: Final = 1 << 62
_END, _BEGIN, _LATE_END = 0, 1, 2
"""At one time ends come before begins, but not before the begin of their own."""


def is_chrome(start: bytes) -> bool:
    """Whether a file that begins with *start* is one; JSON Lines begin with ``{"flaskscope"``."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"["):
        return True
    key = text[1:].lstrip().split(b'"', 2)
    known = text.startswith(b"{") and len(key) == 3 and key[1].decode("utf-8", "replace") in _KEYS
    return known or (text.startswith(b"{") and b'"traceEvents"' in text.split(b"\n", 1)[0])


@dataclass(slots=True)
class _Open:
    span: int
    trace: str | None
    name: str
    begin: Any
    """What the end is known by: its number, or None for a ``B``."""


@dataclass(slots=True)
class _Line:
    """One thread of the file, or one asynchronous row."""

    lane: dict[str, Any]
    stack: list[_Open] = field(default_factory=list)


class ChromeFile:
    """One file on its way in: :meth:`read_some` until it is read, then :meth:`lines`.

    All calls on one thread. Raises :class:`NotJson` where the file is broken.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.left_out: Counter[str] = Counter()
        """What was not understood, by what it is, in words."""
        self._elements = Elements(pieces, "traceEvents")
        self._events = iter(self._elements)
        self._rows = sqlite3.connect(
            # Opened where the upload is, used on the store's worker alone.
            "",
            isolation_level=None,
            check_same_thread=False,
        )
        self._rows.execute("PRAGMA journal_mode=OFF")
        self._rows.execute("CREATE TABLE rows (ts, rank, first, second, text)")
        self.lanes: dict[tuple[Any, Any], dict[str, Any]] = {}
        """Of a file of ours: process and thread there → the lane."""
        self._count = 0
        self._read = 0
        self._processes: dict[Any, int] = {}
        self._process_names: dict[int, str] = {}
        self._thread_names: dict[tuple[int, Any], str] = {}

    def read_some(self, number: int) -> bool:
        """Read *number* elements; False when the whole file is read."""
        self._rows.execute("BEGIN")
        try:
            for _ in range(number):
                event = next(self._events, None)
                if event is None:
                    self._check_that_it_is_one()
                    return False
                self._read += 1
                self._take(event)
        finally:
            self._rows.execute("COMMIT")
        return True

    def lines(self) -> Iterator[bytes]:
        """The lines of the recording: header, events in order of time, end."""
        own = self._elements.others.get("otherData")
        header = own if isinstance(own, dict) and own.get("flaskscope") == VERSION else None
        writer = _Ours(header, self) if header is not None else _Others(self)
        yield _dumped(writer.header())
        count = 0
        query = "SELECT text FROM rows ORDER BY ts, rank, first, second"
        for (text,) in self._rows.execute(query):
            for event in writer.events(json.loads(text)):
                count += 1
                yield _dumped(event)
        yield _dumped({"end": True, "events": count})
        self._rows.close()

    # --- reading -------------------------------------------------------------------------------

    def _check_that_it_is_one(self) -> None:
        """Any array of JSON looks like one from outside; an export of ours may be empty."""
        if not self._count and not self._is_ours():
            raise NotJson(
                f"expected an event with a phase and a time, found none in {self._read} elements"
            )

    def _take(self, event: Any) -> None:
        phase = event.get("ph") if isinstance(event, dict) else None
        if not isinstance(phase, str):
            self.left_out["elements without a phase"] += 1
        elif phase == "M":
            self._name(event)
        elif phase not in _TAKEN:
            self._leave_out(event, phase)
        else:
            self._place(event, phase)

    def _leave_out(self, event: dict[str, Any], phase: str) -> None:
        # The arrows of our own files are made of events that are there.
        if not (event.get("cat") == "flow" and phase in _OURS and self._is_ours()):
            self.left_out[_KINDS.get(phase, f"events of the phase {phase[:20]!r}")] += 1

    def _is_ours(self) -> bool:
        own = self._elements.others.get("otherData")
        return isinstance(own, dict) and "flaskscope" in own

    def _place(self, event: dict[str, Any], phase: str) -> None:
        ts = _nanoseconds(event.get("ts"))
        length = _nanoseconds(event.get("dur", 0))
        if ts is None or length is None or length < 0:
            self.left_out["events without a time"] += 1
            return
        if phase in "be" and self._is_ours():
            return
        self._count += 1
        number = self._count
        event["number"], event["ns"] = number, ts
        if self._is_ours():
            self._place_own(event, phase, ts, length)
            return
        if phase == "X":
            self._put(ts, _BEGIN, -length, number, event)
            end = {key: event.get(key) for key in ("pid", "tid", "number", "args")}
            rank = _END if length else _LATE_END
            self._put(ts + length, rank, -ts, -number, {**end, "ph": "", "ns": ts + length})
        elif phase in "Ee":
            self._put(ts, _END, _BIG, number, event)
        else:
            self._put(ts, _BEGIN, -_BIG if phase in "Bb" else 0, number, event)

    def _place_own(self, event: dict[str, Any], phase: str, ts: int, length: int) -> None:
        """In the order in which it happened, which our files say."""
        args = event.get("args")
        known = args if isinstance(args, dict) else {}
        if "seq" in known:
            self._put(ts, 0, _whole(known["seq"]), 0, event)
        if "end_seq" in known:
            self._put(ts + length, 0, _whole(known["end_seq"]), 0, {**event, "ph": "end"})

    def _put(self, ts: int, rank: int, first: int, second: int, event: dict[str, Any]) -> None:
        row = (ts, rank, first, second, json.dumps(event, separators=(",", ":")))
        self._rows.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", row)

    def _name(self, event: dict[str, Any]) -> None:
        args = event.get("args")
        name = args.get("name") if isinstance(args, dict) else None
        if isinstance(name, str) and name:
            process = self.process(event.get("pid"))
            if isinstance(args, dict) and isinstance(args.get("lane"), dict):
                self.lanes[event.get("pid"), event.get("tid")] = args["lane"]
            if event.get("name") == "process_name":
                self._process_names[process] = name[:4096]
            elif event.get("name") == "thread_name":
                self._thread_names[process, _key(event.get("tid"))] = name[:4096]

    # --- for the writers -----------------------------------------------------------------------

    def earliest(self) -> int:
        """The lowest time in the file, ns."""
        (found,) = self._rows.execute("SELECT min(ts) FROM rows").fetchone()
        return found or 0

    def process(self, pid: Any) -> int:
        """The number of a process: its pid if it is a number, else one given here."""
        key = _key(pid)
        if key not in self._processes:
            taken = set(self._processes.values())
            number = pid if isinstance(pid, int) and 0 <= pid < 1 << 53 else len(taken)
            while number in taken:
                number += 1
            self._processes[key] = number
        return self._processes[key]

    def process_name(self, process: int) -> str | None:
        return self._process_names.get(process)

    def thread_name(self, process: int, tid: Any) -> str:
        return self._thread_names.get((process, _key(tid))) or f"thread {tid}"[:4096]

    def processes(self) -> list[int]:
        """All of them, in order of appearance."""
        return list(self._processes.values())


_TAKEN: Final = frozenset("XBEiIben")


class _Others:
    """Events of another tool: slices nest by time, each outermost one is a trace of its own."""

    def __init__(self, file: ChromeFile) -> None:
        self._file = file
        # A recording's times are not negative.
        self._shift = max(0, -file.earliest())
        self._lines: dict[Any, _Line] = {}
        self._seq = 0
        self._span = 0
        self._traces = 0
        self._prefixes: dict[int, str] = {}

    def header(self) -> dict[str, Any]:
        agents = [
            {
                "id": self._prefix(process).rjust(32, "0"),
                "pid": process,
                "command": self._file.process_name(process) or "",
                "span_prefixes": [self._prefix(process)],
            }
            for process in self._file.processes()
        ]
        return {"flaskscope": VERSION, "name": "Imported Chrome trace", "agents": agents}

    def events(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        line = self._line(event)
        phase = event["ph"]
        if phase in ("X", "B", "b"):
            yield self._begin(event, line)
        elif phase in ("i", "I", "n"):
            # A recording has no word for an instant that is not Flask's: a span without length.
            yield self._begin(event, line, is_instant=True)
            yield self._ended(event, line, line.stack.pop())
        else:
            found = self._opened(event, line)
            if found is None:
                self._file.left_out["ends without a begin"] += 1
            else:
                yield self._ended(event, line, found)

    def _opened(self, event: dict[str, Any], line: _Line) -> _Open | None:
        wanted = event["number"] if event["ph"] == "" else None
        for place in range(len(line.stack) - 1, -1, -1):
            if line.stack[place].begin == wanted:
                return line.stack.pop(place)
        return None

    def _begin(
        self, event: dict[str, Any], line: _Line, *, is_instant: bool = False
    ) -> dict[str, Any]:
        parent = line.stack[-1] if line.stack else None
        if parent is None and not is_instant:
            self._traces += 1
        trace = parent.trace if parent else None if is_instant else f"{self._traces:032x}"
        self._span += 1
        name = event.get("name")
        opened = _Open(
            self._span,
            trace,
            str(name)[:65536] if name is not None else "",
            event["number"] if event["ph"] == "X" else None,
        )
        line.stack.append(opened)
        made = self._made(event, line, opened, "begin", _attributes(event, self._file))
        made["parent_id"] = self._id(line, parent.span) if parent else None
        return made

    def _ended(self, event: dict[str, Any], line: _Line, opened: _Open) -> dict[str, Any]:
        attributes = _attributes(event, self._file) if event["ph"] in ("E", "e") else {}
        return self._made(event, line, opened, "end", attributes)

    def _made(
        self, event: dict[str, Any], line: _Line, opened: _Open, phase: str, attributes: Any
    ) -> dict[str, Any]:
        self._seq += 1
        is_root = opened.trace is not None and not line.stack[: -1 if phase == "begin" else None]
        process = line.lane["pid"]
        return {
            "seq": self._seq,
            "ts": event["ns"] + self._shift,
            "phase": phase,
            "kind": "run" if is_root else "span",
            "name": opened.name,
            "app": self._file.process_name(process),
            "trace_id": opened.trace,
            "span_id": self._id(line, opened.span),
            "parent_id": None,
            "lane": line.lane,
            "attributes": attributes,
        }

    def _line(self, event: dict[str, Any]) -> _Line:
        process = self._file.process(event.get("pid"))
        is_async = event["ph"] in ("b", "e", "n")
        own = event.get("id", event.get("id2")) if is_async else event.get("tid")
        key = (process, is_async, event.get("cat") if is_async else None, _key(own))
        if key not in self._lines:
            name = (
                f"{event.get('cat')} {own}"[:4096]
                if is_async
                else self._file.thread_name(process, own)
            )
            lane = {"pid": process, "thread": len(self._lines) + 1, "thread_name": name}
            self._lines[key] = _Line(lane)
        return self._lines[key]

    def _id(self, line: _Line, span: int) -> str:
        return f"{self._prefix(line.lane['pid'])}{span & 0xFFFFFFFF:08x}"

    def _prefix(self, process: int) -> str:
        return self._prefixes.setdefault(process, f"{len(self._prefixes) + 1:08x}")


class _Ours:
    """Events that Flaskscope wrote: each is put back as it was, but for source texts."""

    def __init__(self, header: dict[str, Any], file: ChromeFile) -> None:
        self._header = header
        self._file = file
        self._base = _whole(header.get("base_ts"))

    def header(self) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            key: self._header[key] for key in ("agents", "apps") if key in self._header
        }
        return {"flaskscope": VERSION, "name": str(self._header.get("name", "")), **wanted}

    def events(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        args, is_end = event["args"], event["ph"] == "end"
        phase = "end" if is_end else "instant" if event["ph"] == "i" else "begin"
        lane = self._file.lanes.get((event.get("pid"), event.get("tid")))
        if lane is None or "name" not in args:
            self._file.left_out["events that somebody changed"] += 1
            return
        length = _nanoseconds(event.get("dur", 0)) if is_end else 0
        yield {
            "seq": args["end_seq" if is_end else "seq"],
            "ts": self._base + event["ns"] + (length or 0),
            "phase": phase,
            "kind": event.get("cat", "span"),
            "name": args["name"],
            "app": args.get("app"),
            "trace_id": args.get("trace_id"),
            "span_id": args.get("span_id"),
            "parent_id": args.get("parent_id"),
            "lane": lane,
            "attributes": args.get("end" if is_end else "attributes") or {},
        }


def _attributes(event: dict[str, Any], file: ChromeFile) -> dict[str, Any]:
    args = event.get("args")
    found = args if isinstance(args, dict) else {} if args is None else {"args": args}
    if event.get("cat"):
        found = {"category": event["cat"], **found}
    try:
        checked_attributes(json.dumps(found))
    except (ValueError, RecursionError):
        file.left_out["arguments that cannot be kept"] += 1
        return {}
    return found


def _nanoseconds(value: Any) -> int | None:
    """Microseconds as whole nanoseconds; None for what is no time."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = round(value * 1000)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < 1 << 61 else None


def _whole(value: Any) -> int:
    """*value*, a number or the text of one; 0 for anything else."""
    try:
        return int(value)
    except (ValueError, TypeError):
        return 0


def _key(value: Any) -> Any:
    return value if isinstance(value, int | str) else json.dumps(value)


def _dumped(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
