"""Carries events to a dashboard, on a thread of its own, whatever the dashboard does.

At least once: a batch is kept, and sent again under its number, until the dashboard answers that it
is stored. The application notices none of it: its threads only ever call :meth:`HttpExporter.wake`.
"""

from __future__ import annotations

import atexit
import os
import re
import time
from _queue import Empty
from collections import Counter
from contextlib import suppress
from http.client import HTTPException
from secrets import SystemRandom
from typing import Any, Final

from ..current import suppressed
from ..wire import Batch
from . import native
from .base import BatchSource
from .connection import ANSWER_TIMEOUT, Answer, Connection
from .key import Key
from .packets import Packets, empty_columns

MAX_EVENTS: Final = 1_000
"""In one batch."""
FLUSH_AFTER: Final = 0.010
"""Seconds between the first event and its departure."""
HEARTBEAT: Final = 5.0
"""Seconds of silence, after which an empty batch says that the process lives."""
LOOK: Final = 1.0
"""Seconds between looks for applications that changed without an event."""
POLL: Final = 0.1
"""Seconds that an event waits if nobody wakes us for it."""
MAX_SOURCES: Final = 500
"""Source texts in one batch."""
EXIT_PATIENCE: Final = 0.4
"""Seconds that a process may end later for us."""
RETRY_FIRST: Final = 0.1
RETRY_LAST: Final = 5.0
RETRY_REFUSED: Final = 0.5
RETRY_VERSION: Final = 60.0
"""Seconds to wait after a failure: first, at most, at most where nobody listens (to be told so
takes no time, and the dashboard may be starting), and when only an upgrade can help."""
PATIENCE: Final = 10.0
"""Seconds without an answer before anybody is told: dashboard and application may start at once,
which takes a busy machine some seconds."""
_ROUNDS: Final = 20
"""Batches taken from the buffer, and batches sent, in turn, so that neither side starves."""
_CANNOT_STORE: Final = 503
_OTHER_VERSION: Final = re.compile(r'"flaskscope"|\bversion\b', re.IGNORECASE)
"""How a dashboard says that it does not speak this version of the format."""


class HttpExporter:
    """Sends what *source* collects to the dashboard at *dashboard*.

    *token* is the ingest key; without one ``FLASKSCOPE_TOKEN`` and then the key in the user's data
    folder are used. *exit_patience* is how many seconds the process's end may wait for an answer.
    ValueError for an address or a key that cannot be one.

    Owned by its thread: everything but ``_idle``, ``_stopping`` and ``_deadline``, which other
    threads write. It does not survive a fork; the collector makes a new one in the child.
    """

    def __init__(
        self,
        *,
        dashboard: str,
        token: str | None,
        source: BatchSource,
        exit_patience: float = EXIT_PATIENCE,
    ) -> None:
        self._connection = Connection(dashboard)
        self._key = Key(token)
        self._source = source
        self._exit_patience = exit_patience
        self._packets = Packets()
        self._sources_left: list[dict[str, Any]] = []
        self._signal: native.SimpleQueue[None] = native.SimpleQueue()
        self._finished: native.SimpleQueue[None] = native.SimpleQueue()
        self._idle = False
        self._stopping = False
        self._deadline: float | None = None
        self._process = 0
        self._reannounce = False
        self._failures = 0
        self._not_before = 0.0
        self._last_sent = time.monotonic()
        self._last_look = float("-inf")
        self._warned: set[str] = set()
        self._random = SystemRandom()

    def start(self) -> None:
        """Start the thread; a second call does nothing. Also ends it when the process exits."""
        if self._process == os.getpid():
            return
        self._process = os.getpid()
        try:
            native.start_thread(self._run)
        except RuntimeError:  # the interpreter is on its way out
            self._finished.put(None)
            return
        atexit.register(self.stop, self._exit_patience)

    def wake(self) -> None:
        """There is something to send. Any thread; returns at once, takes no lock, does no I/O."""
        if self._idle:
            self._idle = False
            self._signal.put(None)

    def stop(self, timeout: float = EXIT_PATIENCE) -> None:
        """Try once to send what is left and a farewell, then end the thread.

        Returns after *timeout* seconds at the latest, give or take a twentieth. In a forked child
        it does nothing: the thread stayed with the parent.
        """
        if self._stopping or self._process != os.getpid():
            return
        atexit.unregister(self.stop)
        self._deadline = time.monotonic() + timeout
        self._stopping = True
        self._signal.put(None)
        try:
            self._finished.get(timeout=timeout)
        except Empty:
            self._connection.abort()
            with suppress(Empty):
                self._finished.get(timeout=0.05)

    # --- on the exporter's thread ----------------------------------------------------------------

    def _run(self) -> None:
        try:
            with suppressed():
                self._live()
        except Exception:  # noqa: BLE001, S110 - the interpreter is being taken down around us
            pass
        finally:
            self._connection.close()
            native.forget_thread()
            self._finished.put(None)

    def _live(self) -> None:
        while not self._stopping:
            try:
                self._round()
            except Exception as error:  # noqa: BLE001 - never a traceback in the host's output
                self._warn("fault", f"Sending events failed, trying on: {error!r}")
                self._retry_later(RETRY_LAST)
            self._wait()
        self._farewell()

    def _round(self) -> None:
        # Before looking into the buffer: whoever records something from here on will wake us.
        self._idle = True
        more = self._collect()
        now = time.monotonic()
        if now >= self._not_before:
            if not self._packets and now - self._last_sent >= HEARTBEAT:
                self._add(empty_columns(time.time_ns()))
            self._send()
        else:
            self._show()
        if self._reannounce_now() or more:
            self._signal.put(None)

    def _wait(self) -> None:
        """Until somebody wakes us, or the next thing is due; then a moment, to collect more."""
        now = time.monotonic()
        until_retry = self._not_before - now if self._packets else POLL
        try:
            self._signal.get(timeout=min(POLL, max(0.0, until_retry)))
            if not self._stopping:
                self._signal.get(timeout=FLUSH_AFTER)
        except Empty:
            return

    def _collect(self) -> bool:
        """Take what the source has; True if it has more."""
        for _ in range(_ROUNDS):
            columns = self._source.drain(MAX_EVENTS)
            look = time.monotonic() - self._last_look >= LOOK
            if columns is None and not look and not self._sources_left:
                return False
            self._add(columns, announce=True)
            if columns is None and not self._sources_left:
                return False
        return True

    def _add(self, columns: Any, announce: bool = False, bye: bool = False) -> None:
        """Queue a batch, unless there is nothing at all to say."""
        apps: list[dict[str, Any]] = []
        sources: list[dict[str, Any]] = []
        if announce:
            self._last_look = time.monotonic()
            apps = self._source.take_apps()
            self._sources_left += self._source.take_sources()
            sources = self._sources_left[:MAX_SOURCES]
            del self._sources_left[:MAX_SOURCES]
        dropped = self._take_dropped()
        if columns is None and not (apps or sources or dropped):
            return
        self._packets.add(
            Batch(
                agent=self._source.agent(),
                number=0,
                columns=columns if columns is not None else empty_columns(time.time_ns()),
                apps=apps,
                sources=sources,
                dropped=dropped,
                bye=bye,
            )
        )

    def _take_dropped(self) -> dict[str, int]:
        dropped = Counter(self._source.take_dropped())
        dropped.update(self._packets.lost)
        self._packets.lost.clear()
        return {reason: count for reason, count in dropped.items() if count}

    def _reannounce_now(self) -> bool:
        """Queue all applications and sources again, once somebody listens.

        A dashboard that was away may be another one, with an empty store.
        """
        if self._failures or not (self._reannounce or self._packets.lost_announcements):
            return False
        self._reannounce = self._packets.lost_announcements = False
        self._sources_left = self._source.take_all_sources()
        apps = self._source.take_all_apps()
        if apps:
            batch = Batch(self._source.agent(), 0, empty_columns(time.time_ns()), apps=apps)
            self._packets.add(batch)
        return bool(apps or self._sources_left)

    def _send(self) -> None:
        """Send what waits, oldest first, until it is gone or something goes wrong."""
        for _ in range(_ROUNDS):
            timeout = self._remaining(ANSWER_TIMEOUT)
            if not self._packets or timeout <= 0:
                return
            key = self._key.current()
            if key is None:
                self._warn("key", f"{self._key.problem} Events wait meanwhile.")
                self._retry_later()
                return
            try:
                answer = self._connection.post(self._packets.first.body, key, timeout)
            except (OSError, HTTPException) as error:
                go_on = self._unreachable(error)
            else:
                go_on = self._handled(answer, key)
            if not go_on:
                return

    def _show(self) -> None:
        """Send what is new to a dashboard that cannot store now: who watches sees it all the same.

        It waits here until it can be stored, like what came before it.
        """
        for _ in range(_ROUNDS):
            packet, key = self._packets.unshown, self._key.current()
            timeout = self._remaining(ANSWER_TIMEOUT)
            if packet is None or key is None or timeout <= 0:
                return
            try:
                answer = self._connection.post(packet.body, key, timeout, later=True)
            except (OSError, HTTPException) as error:
                self._unreachable(error)
                return
            if answer.status != _CANNOT_STORE:  # something else is wrong: from the first one on
                self._not_before = 0.0
                return
            self._packets.next_is_shown()

    def _handled(self, answer: Answer, key: str) -> bool:
        """Act on *answer*; whether to go on sending at once."""
        if answer.status == 204:
            self._packets.stored()
            self._failures = 0
            self._last_sent = time.monotonic()
        elif answer.status == 413:
            if not self._packets.split_first():
                self._packets.refused("too_large")
        elif answer.status == 401:
            return self._other_key(key)
        elif answer.status == 400 and not _OTHER_VERSION.search(answer.text):
            self._warn("400", f"The dashboard refused a batch as malformed: {answer.text}")
            self._packets.refused("refused")
        else:
            if answer.status == _CANNOT_STORE:
                self._packets.first_is_shown()
            self._refused(answer)
            return False
        return True

    def _other_key(self, key: str) -> bool:
        """Whether the data folder has another key by now: a new dashboard may have made one."""
        if self._key.reread() not in (None, key):
            return True
        self._warn(
            "401",
            f"The dashboard at {self._connection.url} does not accept this key. Pass the one that "
            "it was started with, in FLASKSCOPE_TOKEN or as token=; events wait meanwhile.",
        )
        self._retry_later()
        return False

    def _refused(self, answer: Answer) -> None:
        text = answer.text or "without an explanation"
        self._warn(
            str(answer.status),
            f"The dashboard at {self._connection.url} answered {answer.status}: {text}. "
            "The application runs on, and its events wait.",
        )
        delay = RETRY_VERSION if answer.status == 400 else answer.retry_after
        self._retry_later(delay)

    def _unreachable(self, error: Exception) -> bool:
        """Whether to try again at once: perhaps only the idle connection had been closed."""
        self._reannounce = True
        self._packets.forget_shown()
        is_refused = isinstance(error, ConnectionRefusedError)
        self._retry_later(self._backoff(RETRY_REFUSED if is_refused else RETRY_LAST))
        if self._failures == 1 and not isinstance(error, TimeoutError):
            return True
        if time.monotonic() - self._last_sent >= PATIENCE:
            self._warn(
                "unreachable",
                f"The dashboard at {self._connection.url} cannot be reached ({_short(error)}). "
                "The application runs on, and tries again.",
            )
        return False

    def _retry_later(self, delay: float | None = None) -> None:
        if delay is None:
            delay = self._backoff(RETRY_LAST)
        self._failures += 1
        # A quarter of jitter, so that many applications do not come back all at once.
        self._not_before = time.monotonic() + delay * self._random.uniform(0.75, 1.0)

    def _backoff(self, longest: float) -> float:
        """Seconds, twice as many with each failure, up to *longest*."""
        return min(longest, RETRY_FIRST * 2.0 ** min(self._failures, 10))

    def _farewell(self) -> None:
        """One attempt to deliver what is left, within the time that :meth:`stop` allows."""
        while self._collect() and self._remaining(1.0) > 0:
            pass
        self._add(empty_columns(time.time_ns()), announce=True, bye=True)
        self._send()

    def _remaining(self, limit: float) -> float:
        if self._deadline is None:
            return limit
        return min(limit, self._deadline - time.monotonic())

    def _warn(self, kind: str, text: str) -> None:
        """Once for each kind of trouble: a dashboard that is off all day must not fill a log."""
        if kind not in self._warned and not self._stopping:
            self._warned.add(kind)
            native.warn(text)


def _short(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:200]
