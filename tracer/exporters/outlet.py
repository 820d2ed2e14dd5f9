"""From the collector to one dashboard: what an exporter drains, and the exporter's life."""

from __future__ import annotations

import atexit
import os
import platform
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any, Final

from ..announce import describe_app, fingerprint
from ..applications import Applications, AppRecord
from ..bootstrap import RUN
from ..clock import since_epoch
from ..collector import Collector, Row
from ..hot_path import TraceState
from ..native import Lock
from ..sources import Sources
from ..wire import Columns, ColumnsBuilder, dump_attributes
from . import native
from .base import Exporter
from .http import EXIT_PATIENCE, HttpExporter

MAX_WAITING: Final = 50_000
"""Rows between pump and drain; only a capture's reader can let them pile up."""
MAX_TEXTS: Final = 5_000
RUN_PATIENCE: Final = 5.0
"""Seconds that a command under ``flaskscope run`` may end later, if its dashboard is that slow: it
was run to be seen, a script's few requests are sent at its end, and that dashboard did answer."""
DESCRIBE_EVERY: Final = 0.5
"""Seconds between looks at what an application has registered."""


class HttpOutlet:
    """Implements :class:`~.base.BatchSource`.

    ``accept`` is called under the collector's lock; everything else of the protocol on the
    exporter's thread.
    """

    def __init__(
        self,
        dashboard: str,
        token: str | None,
        collector: Collector,
        apps: Applications,
        sources: Sources,
        finish_process: Callable[[], None],
    ) -> None:
        self.dashboard = dashboard
        self.users = 0
        self._token = token
        self._collector = collector
        self._apps = apps
        self._sources = sources
        self._finish_process = finish_process
        self._rows: deque[tuple[int, Row]] = deque()
        self._texts: dict[int, tuple[Any, str]] = {}
        self._sent: dict[str, tuple[Any, ...]] = {}
        self._looked = 0.0
        # What was lost before is not this dashboard's to be told.
        self._lost_before = collector.lost()
        self._agent: dict[str, Any] | None = None
        self._lock = Lock()
        self._exporter: Exporter | None = None
        self._finalizer: Any = None
        self._is_stopped = False

    # --- life ------------------------------------------------------------------------------------

    def wake(self) -> None:
        """There is something to send: on a request's thread, or on one that announces."""
        exporter = self._exporter or self._start()
        if exporter is not None:
            exporter.wake()

    def _start(self) -> Exporter | None:
        with self._lock:  # two threads of a forked worker may wake it at the same moment
            if self._exporter is None and not self._is_stopped:
                exporter = HttpExporter(
                    dashboard=self.dashboard,
                    token=self._token,
                    source=self,
                    exit_patience=_exit_patience(),
                )
                exporter.start()
                # After the exporter's own, hence before it: what nobody closed ends in time.
                atexit.register(self._finish_process)
                self._finalizer = native.at_end_of_worker(self._end_worker)
                self._exporter = exporter
            return self._exporter

    def _end_worker(self) -> None:
        self._finish_process()
        exporter = self._exporter
        if exporter is not None:
            exporter.stop(_exit_patience())

    def stop(self) -> None:
        with self._lock:  # a request that is on its way may wake it once more
            exporter, self._exporter, self._is_stopped = self._exporter, None, True
        atexit.unregister(self._finish_process)
        if self._finalizer is not None:
            self._finalizer.cancel()
        if exporter is not None:
            exporter.stop()

    def after_fork(self) -> None:
        self._lock = Lock()
        atexit.unregister(self._finish_process)
        self._exporter = self._finalizer = None
        self._agent = None
        self._rows.clear()
        self._sent.clear()
        self._looked = 0.0  # a child may live shorter than the parent's next look is away
        self._lost_before.clear()

    # --- events ----------------------------------------------------------------------------------

    def accept(self, seq: int, row: Row) -> None:
        if len(self._rows) >= MAX_WAITING:
            self._collector.lose("buffer_full", 1)
            return
        self._rows.append((seq, row))

    def drain(self, max_events: int) -> Columns | None:
        rows = self._rows
        if len(rows) < max_events:
            self._collector.pump(max_events)
        if not rows:
            return None
        seq, row = rows[0]
        builder = ColumnsBuilder(seq, since_epoch(row.ts), self._collector.ids.span_prefix)
        add, text_of, take = builder.add, self._text, rows.popleft
        known: TraceState | None = None
        trace_id: str | None = None
        for _ in range(min(max_events, len(rows))):
            seq, row = take()
            ts, phase, kind, name, app, trace, span, parent, lane, static, dynamic = row
            if trace is not known:  # neighbours are of one trace, as a rule
                known, trace_id = trace, trace.public_id()
            if dynamic is None:
                text = "{}" if static is None else text_of(static)
            else:
                text = dump_attributes(row.attributes())
            add(seq, since_epoch(ts), phase, kind, name, app, trace_id, span, parent, lane, text)
        return builder.build()

    def _text(self, static: Mapping[str, Any]) -> str:
        """*static* as JSON, written once."""
        known = self._texts.get(id(static))
        if known is not None and known[0] is static:
            return known[1]
        text = dump_attributes(static)
        if len(self._texts) >= MAX_TEXTS:
            self._texts.clear()
        self._texts[id(static)] = (static, text)
        return text

    def take_dropped(self) -> dict[str, int]:
        lost = self._collector.lost()
        news = {
            reason: total - self._lost_before.get(reason, 0)
            for reason, total in lost.items()
            if total != self._lost_before.get(reason, 0)
        }
        self._lost_before = lost
        return news

    # --- applications and sources ----------------------------------------------------------------

    def take_apps(self) -> list[dict[str, Any]]:
        moment = time.monotonic()
        if moment - self._looked < DESCRIBE_EVERY:
            return []
        self._looked = moment
        return [*self._news(), *self._programs()]

    def take_all_apps(self) -> list[dict[str, Any]]:
        self._sent.clear()
        self._looked = 0.0
        return self.take_apps()

    def _news(self) -> list[dict[str, Any]]:
        news = []
        for record in self._apps.records():
            app = record.app()
            if app is None or not (record.is_on or record.is_announced):
                continue
            state = (record.base_url, _state(record), fingerprint(app))
            if self._sent.get(record.key) == state:
                continue
            self._sent[record.key] = state
            news.append(
                describe_app(app, record.key, record.base_url, record.samples, record.allow_methods)
            )
        return news

    def _programs(self) -> list[dict[str, Any]]:
        news = []
        for item in self._apps.programs():
            state = (repr(item),)
            if self._sent.get(item["key"]) != state:
                self._sent[item["key"]] = state
                news.append(item)
        return news

    def take_sources(self) -> list[dict[str, Any]]:
        return self._sources.take_new()

    def take_all_sources(self) -> list[dict[str, Any]]:
        return self._sources.take_all()

    def agent(self) -> Mapping[str, Any]:
        if self._agent is None:
            self._agent = describe_process(self._collector.ids.agent)
        return self._agent


def _exit_patience() -> float:
    return RUN_PATIENCE if os.environ.get(RUN) else EXIT_PATIENCE


def _state(record: AppRecord) -> tuple[Any, ...]:
    return id(record.samples), tuple(record.allow_methods)


def describe_process(identity: str) -> dict[str, Any]:
    """Who sends, for ``agent`` in wire.md."""
    return {
        "id": identity,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "python": platform.python_version(),
        "tracer": _version("flaskscope"),
        "command": _command(),
        "started": _STARTED,
        "versions": {name: _version(name) for name in ("flask", "werkzeug", "blinker")},
    }


_STARTED: Final = time.time_ns()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"


def _command() -> str:
    """The program without its arguments' values, which may be secrets."""
    name = os.path.basename(sys.argv[0]) if sys.argv and sys.argv[0] else "python"  # noqa: PTH119
    first = sys.argv[1] if len(sys.argv) > 1 and sys.argv[1].isidentifier() else ""
    return f"{name} {first}".strip()
