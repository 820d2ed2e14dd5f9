"""Traced processes that the tests make up, down to the bytes that they send."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tracer.events import Event, Lane
from tracer.wire import Batch, Columns, ColumnsBuilder, decode_block, encode_batch

START = 1_790_000_000_000_000_000
"""When the processes started, ns."""


def trace_id(number: int) -> str:
    return f"{number:032x}"


class Agent:
    """One process. Collects events, and gives them away batch by batch."""

    def __init__(self, number: int = 1, pid: int | None = None) -> None:
        self.id = f"{number:032x}"
        self.prefix = f"{number:08x}"
        self.pid = 1000 + number if pid is None else pid
        self.lane = Lane(self.pid, 7, "MainThread")
        self.sent: list[Event] = []
        """Every event that was given away, in order."""
        self._number = 0
        self._seq = 0
        self._span = 0
        self._waiting: list[tuple[Any, ...]] = []

    @property
    def info(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "pid": self.pid,
            "host": "box",
            "python": "3.11.7",
            "tracer": "0.1.0",
            "command": "flask run",
            "started": START,
            "versions": {"flask": "3.1.3"},
        }

    def event(
        self,
        phase: int,
        kind: str,
        name: str,
        trace: str | None = None,
        *,
        span: int = 0,
        parent: int = 0,
        app: str | None = "shop",
        lane: Lane | None = None,
        ts: int | None = None,
        **attributes: Any,
    ) -> None:
        """Something happened. *phase*: 0 begin, 1 end, 2 instant."""
        self._seq += 1
        when = START + self._seq * 1000 if ts is None else ts
        text = json.dumps(attributes, separators=(",", ":"), ensure_ascii=False)
        row = (self._seq, when, phase, kind, name, app, trace, span, parent, lane or self.lane)
        self._waiting.append((*row, text))

    def span(self) -> int:
        """A new span number."""
        self._span += 1
        return self._span

    def request(
        self, trace: str, path: str = "/", *, status: int = 200, end: bool = True, inside: int = 1
    ) -> int:
        """A whole request with *inside* views in it; the number of its root span."""
        root = self.span()
        self.event(0, "request", f"GET {path}", trace, span=root, method="GET", path=path)
        for _ in range(inside):
            view = self.span()
            self.event(0, "view", "index", trace, span=view, parent=root, endpoint="index")
            self.event(1, "view", "index", trace, span=view, parent=root)
        if end:
            self.end_request(trace, root, path, status=status)
        return root

    def end_request(self, trace: str, root: int, path: str = "/", *, status: int = 200) -> None:
        self.event(1, "request", f"GET {path}", trace, span=root, status=status)

    def batch(self, **fields: Any) -> Batch:
        """What happened since the last one."""
        self._number += 1
        columns = self._columns()
        self.sent += columns.events()
        return Batch(agent=self.info, number=self._number, columns=columns, **fields)

    def body(self, **fields: Any) -> bytes:
        """The same as it travels."""
        return encode_batch(self.batch(**fields))

    def _columns(self) -> Columns:
        rows, self._waiting = self._waiting, []
        builder = ColumnsBuilder(0, START, self.prefix)
        for row in rows:
            builder.add(*row)
        return builder.build()


def events_in(blocks: Sequence[bytes]) -> list[Event]:
    """The events of *blocks*, in order."""
    return [event for block in blocks for event in decode_block(block)[0].events()]
