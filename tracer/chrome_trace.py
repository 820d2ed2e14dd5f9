"""Recordings as Chrome's trace JSON, which Perfetto and ``chrome://tracing`` open.

A process of ours is a process there and a lane a thread; spans are complete events, instants
instants, contexts asynchronous slices from push to pop, dispatches and hand-overs to other threads
flows. Written piece by piece: what is kept in memory is what is open at the moment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .events import PHASES, Event, Lane
from .json_lines import ascii_json, columns_of
from .wire import COLUMN_NAMES, VERSION, Columns, span_id

_CONTEXTS: Final = ("app_context", "request_context")
_PLAIN: Final = ("request", "run", "span")
"""Kinds whose name alone says what it is."""
_OPEN_END: Final = 1 << 63
_MAX_STARTED: Final = 1000
"""Threads that were started and have done nothing yet, the latest ones."""


@dataclass(slots=True)
class _Row:
    """One thread of the other side's: slices that nest."""

    tid: int
    slices: list[tuple[int, int]] = field(default_factory=list)
    """Begin and end of those written that a longer one may still have to nest with."""

    def takes(self, begin: int, end: int) -> bool:
        """Whether a slice from *begin* to *end* nests with all others; if so it is here now."""
        inside = len(self.slices)
        while inside and self.slices[inside - 1][0] >= begin:
            inside -= 1
        if inside and self.slices[inside - 1][1] > begin:
            return False
        del self.slices[inside:]
        self.slices.append((begin, end))
        return True


@dataclass(slots=True)
class _Line:
    """A lane, as it is written: one row, and more where spans overlap without nesting."""

    lane: Lane
    pid: int
    title: str
    rows: list[_Row]
    open: int = 0
    dispatched: int | None = None
    """When a dispatcher chose a mount here, until what it chose begins."""

    @property
    def tid(self) -> int:
        return self.rows[0].tid


@dataclass(slots=True)
class _Happened:
    """An event, its texts already JSON."""

    seq: int
    ts: int
    kind: str
    name: str
    app: str
    trace: str
    span: str | None
    parent: str | None
    line: _Line
    attributes: str
    flows: list[tuple[str, _Line, int]] = field(default_factory=list)
    """Arrows that end here: what they are, where and when they begin."""


def dump_trace(events: Sequence[Event], **header: Any) -> Iterator[str]:
    """*events* of one process as a whole file, in pieces. *header* is that of a recording."""
    trace = ChromeTrace(min((event.ts for event in events), default=0))
    yield trace.head(**header)
    agent = next((str(one["id"]) for one in header.get("agents", ())), "")
    for columns in columns_of(events):
        yield trace.add(agent, columns)
    yield trace.tail()


class ChromeTrace:
    """One file on its way out: :meth:`head`, then :meth:`add` for all events, then :meth:`tail`.

    Times are written from *base_ts* on, the earliest one (ns since the epoch): readers hold them as
    doubles, in microseconds.
    """

    def __init__(self, base_ts: int) -> None:
        self._base = base_ts
        self._agents: dict[str, Mapping[str, Any]] = {}
        self._pids: dict[tuple[str, int], int] = {}
        self._lines: dict[tuple[str, Lane], _Line] = {}
        self._tids = 0
        self._flows = 0
        self._open: dict[str, _Happened] = {}
        self._started: dict[tuple[str, str], tuple[_Line, int]] = {}
        self._contexts: dict[str, int] = {}
        self._written: list[str] = []
        self._is_first = True

    def head(self, **header: Any) -> str:
        """The begin of the file; *header* is that of a recording: ``name, agents, apps``."""
        self._agents = {str(one.get("id")): one for one in header.get("agents", ())}
        known = {"flaskscope": VERSION, "base_ts": str(self._base), **header}
        return (
            '{"displayTimeUnit":"ns","otherData":'
            + json.dumps(known, separators=(",", ":"))
            + ',"traceEvents":['
        )

    def add(self, agent: str, columns: Columns) -> str:
        """The next events, of one process."""
        for phase, happened in self._rows(agent, columns):
            if phase == "begin":
                self._begin(agent, happened)
            elif phase == "end":
                self._end(happened)
            else:
                self._instant(agent, happened, columns)
        return self._taken()

    def tail(self) -> str:
        """The end of the file. What is still open is written as begun."""
        for begun in sorted(self._open.values(), key=lambda one: one.ts):
            tid = self._row(begun.line, begun.ts, _OPEN_END)
            self._slice(begun, f'"ph":"B","tid":{tid}', None, tid)
        return self._taken() + "\n]}\n"

    # --- events --------------------------------------------------------------------------------

    def _rows(self, agent: str, columns: Columns) -> Iterator[tuple[str, _Happened]]:
        texts = [json.dumps(text) for text in columns.strings]
        attributes = [ascii_json(text) for text in columns.attributes]
        lines = [self._line(agent, Lane(*lane)) for lane in columns.lanes]
        seq, ts, prefix = columns.base_seq, columns.base_ts, columns.span_prefix
        for row in zip(*(columns.data[name] for name in COLUMN_NAMES), strict=True):
            dseq, dts, phase, kind, name, app, trace, span, parent, lane, attrs = row
            seq += int(dseq)
            ts += int(dts)
            yield (
                PHASES[phase],
                _Happened(
                    seq=seq,
                    ts=ts,
                    kind=columns.strings[kind],
                    name=texts[name],
                    app=texts[app] if app else "null",
                    trace=texts[trace] if trace else "null",
                    span=span_id(prefix, int(span)),
                    parent=span_id(prefix, int(parent)),
                    line=lines[lane],
                    attributes=attributes[attrs],
                ),
            )

    def _begin(self, agent: str, begun: _Happened) -> None:
        line = begun.line
        line.open += 1
        if begun.kind in ("wsgi_app", "middleware") and line.dispatched is not None:
            begun.flows.append(("dispatch", line, line.dispatched))
            line.dispatched = None
        parent = self._open.get(begun.parent or "")
        started = self._started.pop((agent, line.title), None)
        if started is not None:
            begun.flows.append(("thread.start", *started))
        elif parent is not None and parent.line is not line:
            # The parent is open, so that its slice is there to begin in.
            begun.flows.append(("hand-over", parent.line, begun.ts))
        self._open[begun.span or ""] = begun

    def _end(self, ended: _Happened) -> None:
        begun = self._open.pop(ended.span or "", None)
        if begun is None:
            # It began before the recording did.
            self._write(ended, f'"ph":"i","s":"t","tid":{ended.line.tid}', _end_args(ended), "end ")
            return
        line = begun.line
        line.open -= 1
        end = max(ended.ts, begun.ts)
        tid = self._row(line, begun.ts, end)
        self._slice(begun, f'"ph":"X","dur":{_time(end - begun.ts)},"tid":{tid}', ended, tid)
        if not line.open:
            for row in line.rows:
                row.slices.clear()  # whatever comes begins later

    def _instant(self, agent: str, happened: _Happened, columns: Columns) -> None:
        line = happened.line
        self._write(happened, f'"ph":"i","s":"t","tid":{line.tid}', _args(happened))
        context, _, change = happened.kind.partition(".")
        if context in _CONTEXTS and change in ("push", "pop"):
            self._context(context, change, happened, columns.span_prefix)
        elif happened.kind == "dispatch":
            line.dispatched = happened.ts
        elif happened.kind == "thread.start":
            name = json.loads(happened.attributes).get("thread")
            if isinstance(name, str):
                self._started[agent, name] = (line, happened.ts)
                if len(self._started) > _MAX_STARTED:
                    del self._started[next(iter(self._started))]

    def _context(self, context: str, change: str, happened: _Happened, prefix: str) -> None:
        label = json.loads(happened.attributes).get("context", "")
        key = json.dumps(f"{prefix}:{label}")
        depth = self._contexts.get(key, 0) + (1 if change == "push" else -1)
        if depth < 0:
            return  # pushed before the recording began
        if depth:
            self._contexts[key] = depth
        else:
            del self._contexts[key]
        self._put(
            f'"ph":"{"b" if change == "push" else "e"}","cat":"{context}","id":{key},'
            f'"name":{_joined(context, happened.name)},"pid":{happened.line.pid},'
            f'"tid":{happened.line.tid},"ts":{self._at(happened.ts)}'
        )

    # --- writing -------------------------------------------------------------------------------

    def _slice(self, begun: _Happened, fields: str, ended: _Happened | None, tid: int) -> None:
        self._write(begun, fields, _args(begun, ended))
        for name, line, ts in begun.flows:
            self._flows += 1
            common = f'"cat":"flow","name":"{name}","id":{self._flows}'
            self._put(
                f'"ph":"s",{common},"pid":{line.pid},"tid":{line.tid},"ts":{self._at(ts)}',
                f'"ph":"f","bp":"e",{common},"pid":{begun.line.pid},"tid":{tid},'
                f'"ts":{self._at(begun.ts)}',
            )

    def _write(self, happened: _Happened, fields: str, args: str, before: str = "") -> None:
        kind = happened.kind
        title = happened.name if kind in _PLAIN else _joined(before + kind, happened.name)
        self._put(
            f'{fields},"name":{title},"cat":{json.dumps(kind)},"pid":{happened.line.pid},'
            f'"ts":{self._at(happened.ts)},"args":{args}'
        )

    def _put(self, *events: str) -> None:
        self._written += [f"{{{event}}}" for event in events]

    def _taken(self) -> str:
        """What was written since the last call."""
        if not self._written:
            return ""
        text = ("\n" if self._is_first else ",\n") + ",\n".join(self._written)
        self._is_first = False
        self._written = []
        return text

    def _at(self, ts: int) -> str:
        return _time(ts - self._base)

    # --- where ---------------------------------------------------------------------------------

    def _row(self, line: _Line, begin: int, end: int) -> int:
        for row in line.rows:
            if row.takes(begin, end):
                return row.tid
        row = self._new_row(line.pid, f"{line.title} (overlapping)", line.lane)
        row.takes(begin, end)
        line.rows.append(row)
        return row.tid

    def _line(self, agent: str, lane: Lane) -> _Line:
        line = self._lines.get((agent, lane))
        if line is None:
            pid = self._pid(agent, lane.pid)
            title = lane.thread_name
            if lane.greenlet is not None:
                title += f" · greenlet {lane.greenlet}"
            if lane.task is not None:
                title += f" · {lane.task}"
            line = _Line(lane, pid, title, [self._new_row(pid, title, lane)])
            self._lines[agent, lane] = line
        return line

    def _new_row(self, pid: int, title: str, lane: Lane) -> _Row:
        self._tids += 1
        named = {"name": title, "lane": lane._asdict()}
        self._name("thread_name", pid, self._tids, named)
        self._name("thread_sort_index", pid, self._tids, {"sort_index": self._tids})
        return _Row(self._tids)

    def _pid(self, agent: str, pid: int) -> int:
        """The process's number; another one if a second process of the recording had the same."""
        shown = self._pids.get((agent, pid))
        if shown is None:
            taken = set(self._pids.values())
            shown = pid
            while shown in taken:
                shown += 1
            self._pids[agent, pid] = shown
            command = self._agents.get(agent, {}).get("command")
            title = f"{command} (pid {pid})" if command else f"pid {pid}"
            self._name("process_name", shown, 0, {"name": title, "agent": agent})
        return shown

    def _name(self, what: str, pid: int, tid: int, args: Mapping[str, Any]) -> None:
        self._put(f'"ph":"M","name":"{what}","pid":{pid},"tid":{tid},"args":{json.dumps(args)}')


def _args(begun: _Happened, ended: _Happened | None = None) -> str:
    """What other tools show beside a slice, and what an import of ours needs."""
    span = f'"span_id":"{begun.span}",' if begun.span else ""
    parent = f'"parent_id":"{begun.parent}",' if begun.parent else ""
    end = f',"end_seq":{ended.seq},"end":{ended.attributes}' if ended is not None else ""
    return (
        f'{{"name":{begun.name},"app":{begun.app},"trace_id":{begun.trace},{span}{parent}'
        f'"seq":{begun.seq},"attributes":{begun.attributes}{end}}}'
    )


def _end_args(ended: _Happened) -> str:
    return (
        f'{{"name":{ended.name},"app":{ended.app},"trace_id":{ended.trace},'
        f'"span_id":"{ended.span}","end_seq":{ended.seq},"end":{ended.attributes}}}'
    )


def _joined(word: str, name: str) -> str:
    """*word* before the JSON text *name*."""
    return json.dumps(f"{word} ")[:-1] + name[1:]


def _time(nanoseconds: int) -> str:
    """Microseconds, exactly."""
    return f"{nanoseconds // 1000}.{nanoseconds % 1000:03d}"
