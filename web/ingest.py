"""``POST /ingest``: a body comes in, is stored, and goes out to everybody who watches."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from tracer.wire import Batch

from .apps import Apps
from .batch import BadBatch, decode_batch
from .fire import Fire
from .ignored import IgnoredTraces
from .inflate import NotCompressed, TooLarge, UnknownEncoding, inflate
from .live import LiveHub
from .problems import Problem
from .recordings import Recordings
from .runtime import Runtime
from .settings import Settings
from .store import Store, Stored, StoreUnavailable

MAX_BODY: Final = 16 << 20
"""Bytes of one batch, expanded."""
RETRY_AFTER: Final = 2
"""Seconds after which an agent tries again when nothing can be stored."""
MAX_REASONS: Final = 50
"""Different reasons counted for lost events; an agent names them."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Accepted:
    """What the worker hands back to the task that asked."""

    batch: Batch
    stored: Stored
    items: list[dict[str, Any]]
    """Trace items that changed."""


class IngestService:
    """Takes batches in. :meth:`accept` may be called by many tasks at the same time."""

    def __init__(
        self,
        runtime: Runtime,
        store: Store,
        apps: Apps,
        settings: Settings,
        fire: Fire,
        live: LiveHub,
        recordings: Recordings,
    ) -> None:
        self._runtime = runtime
        self._store = store
        self._apps = apps
        self._live = live
        self._recordings = recordings
        self._ignored = IgnoredTraces(lambda: settings.ignored_paths, fire.is_fired)
        self.dropped: Counter[str] = Counter()
        """Events that agents lost, by reason, since the start."""

    @property
    def problem(self) -> str | None:
        """Why nothing can be stored now; None when all is well."""
        return self._store.problem

    def accept(self, body: bytes, encoding: str | None, *, later: bool = False) -> None:
        """Store the batch in *body*; it is on the disk when this returns.

        Raises :class:`Problem`: 400 not a batch, 413 too large, 415 unknown encoding, 503 cannot
        be stored now, or shall not because of *later*. People who watch see the batch in the last
        case too, once.
        """
        accepted = self._runtime.run(self._take, body, encoding, later)
        batch, stored = accepted.batch, accepted.stored
        self._live.wake()
        self._live.publish_traces(accepted.items)
        self._apps.seen(batch.agent, batch.apps, bye=batch.bye)
        if stored.recording_changed:
            self._recordings.changed()
        if stored.problem is not None:
            raise _cannot_store(stored.problem)

    def _take(self, body: bytes, encoding: str | None, later: bool) -> _Accepted:
        """Everything that costs time, on the worker: a large body holds nobody else up."""
        batch = _decoded(body, encoding)
        columns = self._ignored.without(batch.columns)
        if columns is not batch.columns:
            batch = replace(batch, columns=columns)
        stored = self._store.add(batch, later=later)
        if stored.last and not stored.seen:
            self._live.publish(stored.first, stored.last, stored.block)
        if stored.problem is None and not stored.repeated:
            self._count_dropped(batch)
            with suppress(StoreUnavailable):  # the batch is stored; the next one prunes again
                self._store.prune()
        watched = self._live.viewers > 0
        return _Accepted(batch, stored, [s.item() for s in stored.summaries] if watched else [])

    def _count_dropped(self, batch: Batch) -> None:
        for reason, number in batch.dropped.items():
            known = reason in self.dropped or len(self.dropped) < MAX_REASONS
            self.dropped[reason[:100] if known else "other"] += number


def _decoded(body: bytes, encoding: str | None) -> Batch:
    asked = "a Flaskscope batch (docs/wire.md)"
    try:
        return decode_batch(inflate(body, encoding, MAX_BODY))
    except (BadBatch, NotCompressed) as error:
        raise Problem(400, "Not a batch", str(error), asked=asked, todo=_UPDATE) from error
    except TooLarge as error:
        raise Problem(413, "Batch too large", str(error), asked=asked, todo=_SMALLER) from error
    except UnknownEncoding as error:
        raise Problem(415, "Unknown encoding", str(error), asked=asked) from error


_UPDATE: Final = "Use the same version of flaskscope in the application and in the dashboard."
_SMALLER: Final = f"Send at most {MAX_BODY} bytes of JSON a batch."


def _cannot_store(problem: str) -> Problem:
    return Problem(
        503,
        "Cannot store now",
        problem,
        asked="to store a batch",
        todo="Keep the batch and send it again; free space on the dashboard's disk.",
        headers={"Retry-After": str(RETRY_AFTER)},
    )
