"""What the exporter drains in these tests: events that somebody counts."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from tracer.events import Lane
from tracer.exporters.http import HttpExporter
from tracer.wire import Columns, ColumnsBuilder

AGENT = {
    "id": "ab" * 16,
    "pid": 1,
    "host": "test",
    "python": "3.11",
    "tracer": "0",
    "command": "pytest",
    "started": 0,
    "versions": {},
}
LANE = Lane(1, 2, "MainThread")


class FakeSource:
    """A :class:`~tracer.exporters.base.BatchSource` filled by :meth:`emit`."""

    def __init__(self, apps: int = 0, sources: int = 0, text: str = "def f(): ...\n") -> None:
        self.events: deque[tuple[int, str]] = deque()
        self.emitted = 0
        self.dropped: dict[str, int] = {}
        self.apps: list[dict[str, Any]] = [{"key": f"app{n}", "name": "app"} for n in range(apps)]
        self.sources = [{"id": f"{n:016x}", "text": text} for n in range(sources)]
        self._new_apps = list(self.apps)
        self._new_sources = list(self.sources)
        self.drain_threads: set[int] = set()

    def emit(self, count: int, attributes: str = "{}") -> None:
        for _ in range(count):
            self.emitted += 1
            self.events.append((self.emitted, attributes))

    def drain(self, max_events: int) -> Columns | None:
        self.drain_threads.add(threading.get_ident())
        if not self.events:
            return None
        builder = ColumnsBuilder(0, 1_790_000_000_000_000_000, "0a0b0c0d")
        while self.events and len(builder) < max_events:
            seq, attributes = self.events.popleft()
            ts = 1_790_000_000_000_000_000 + seq
            builder.add(seq, ts, 2, "log", f"event {seq % 7}", "app", None, 0, 0, LANE, attributes)
        return builder.build()

    def take_apps(self) -> list[dict[str, Any]]:
        taken, self._new_apps = self._new_apps, []
        return taken

    def take_all_apps(self) -> list[dict[str, Any]]:
        self._new_apps = []
        return list(self.apps)

    def take_sources(self) -> list[dict[str, Any]]:
        taken, self._new_sources = self._new_sources, []
        return taken

    def take_all_sources(self) -> list[dict[str, Any]]:
        self._new_sources = []
        return list(self.sources)

    def take_dropped(self) -> dict[str, int]:
        taken, self.dropped = self.dropped, {}
        return taken

    def agent(self) -> Mapping[str, Any]:
        return AGENT


def send(exporter: HttpExporter, source: FakeSource, count: int) -> None:
    source.emit(count)
    exporter.wake()
