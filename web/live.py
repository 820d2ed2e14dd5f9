"""Fan-out: every stored block to every viewer, joined per 50 ms, never more than it can take.

One task owns all viewers and does all sending. The store's worker puts blocks into an inbox, other
tasks put commands into a queue; both are deques, whose ends are atomic, so nothing here locks.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from tracer.wire import encode_frame

from .runtime import Runtime
from .store import Slice, Store, StoreUnavailable

NAMESPACE: Final = "/live"
WINDOW: Final = 0.05
"""Seconds whose blocks are joined into one frame."""
CREDIT: Final = 2
"""Frames on their way to a viewer that it has not acknowledged."""
MAX_PENDING: Final = 4 << 20
"""Bytes that wait for a viewer; beyond that it gets a ``gap``."""
MAX_PENDING_TRACES: Final = 1_000
"""Trace items that wait for a viewer; the latest stay."""
STATUS_EVERY: Final = 0.5
TRACES_EVERY: Final = 0.1
"""Seconds between two messages of a kind."""

logger = logging.getLogger(__name__)


class Emitter(Protocol):
    """What is needed of ``flask_socketio.SocketIO``."""

    def emit(self, event: str, *args: Any, **kwargs: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Window:
    """Blocks that go out together: the events after one position up to another."""

    blocks: list[bytes]
    from_seq: int
    to_seq: int
    size: int


@dataclass(slots=True)
class Viewer:
    """One connected page. Only the hub's task touches it."""

    sid: str
    position: int | None = None
    """The last position it was told about; None until it follows."""
    replaying: bool = False
    """It reads from the store what came before; else it is fed from the windows."""
    reading: bool = False
    """A slice for it is being read."""
    joined_at: int = 0
    """While a slice is read: the position where ``pending`` begins."""
    round: int = 0
    """Rises with every ``follow``; what an older one still reads is thrown away."""
    in_flight: int = 0
    pending: list[Window] = field(default_factory=list)
    pending_size: int = 0
    gap_to: int | None = None
    """It fell behind: events after ``position`` up to here will not come."""
    traces: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    """Event name → latest payload, for messages of which only the latest counts."""

    @property
    def has_credit(self) -> bool:
        return self.in_flight < CREDIT

    def take(self, window: Window) -> None:
        """Let *window* wait; beyond the bound everything that waits becomes a gap."""
        self.pending.append(window)
        self.pending_size += window.size

    def drop_pending(self) -> None:
        self.pending = []
        self.pending_size = 0


class LiveHub:
    """Feeds viewers. Tasks of the runtime call everything but :meth:`publish`."""

    def __init__(
        self,
        runtime: Runtime,
        emitter: Emitter,
        store: Store,
        *,
        status: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._runtime = runtime
        self._emitter = emitter
        self._store = store
        self._status = status
        self._wake = runtime.event()
        self._inbox: deque[tuple[int, int, bytes]] = deque()
        self._commands: deque[Callable[[], None]] = deque()
        self._viewers: dict[str, Viewer] = {}
        self._connected: set[str] = set()
        """Who is here, also while the hub has not come to it; any task may add itself."""
        self._last = store.newest
        """The last position that went into a window."""
        self._frames: dict[tuple[int, int], bytes] = {}
        self._sent_status: Mapping[str, Any] | None = None
        self._next_status = self._next_traces = 0.0
        self._rate = _Rate(self._last)
        self._closed = False
        self.newest_seq = store.newest
        """Position of the newest event; written by the store's worker, read by any thread."""
        runtime.spawn(self._run)

    @property
    def viewers(self) -> int:
        """How many pages are connected."""
        return len(self._connected)

    def rate(self) -> int:
        """Events per second, over the last seconds."""
        return self._rate.value

    # --- from the store's worker ---------------------------------------------------------------

    def publish(self, first: int, last: int, block: bytes) -> None:
        """Hand over a block whose events have the positions *first* to *last*.

        On the store's worker thread, in order of positions; :meth:`wake` the hub afterwards.
        """
        self._inbox.append((first, last, block))
        self.newest_seq = last

    # --- from tasks ----------------------------------------------------------------------------

    def wake(self) -> None:
        """There is something in the inbox."""
        self._wake.set()

    def join(self, sid: str) -> None:
        """A page connected; it gets the status at once."""
        self._connected.add(sid)
        self._command(lambda: self._join(sid))

    def leave(self, sid: str) -> None:
        """It is gone."""
        self._connected.discard(sid)
        self._command(lambda: self._part(sid))

    def follow(self, sid: str, after_seq: int | None) -> int:
        """Send *sid* every event after that position, None: from now on; the newest position.

        A position that was never given (a page older than the database) means from now on.
        """
        newest = self.newest_seq
        position = newest if after_seq is None or after_seq > newest else after_seq
        self._command(lambda: self._follow(sid, position))
        return newest

    def ack(self, sid: str) -> None:
        """A frame arrived there."""
        self._command(lambda: self._acknowledge(sid))

    def publish_traces(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Trace items that are new or changed."""
        if items:
            self._command(lambda: self._note_traces(items))

    def publish_recordings(self, items: Sequence[Mapping[str, Any]]) -> None:
        """The whole list of recordings, after a change."""
        self._command(lambda: self._note("recordings", {"items": list(items)}))

    def close(self) -> None:
        """Let the hub's task end."""
        self._closed = True
        self._wake.set()

    # --- the hub's task ------------------------------------------------------------------------

    def _command(self, command: Callable[[], None]) -> None:
        self._commands.append(command)
        self._wake.set()

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(TRACES_EVERY if self._traces_wait() else STATUS_EVERY)
            self._wake.clear()
            try:
                self._tick()
            except Exception:
                logger.exception("The live hub stumbled; it goes on.")
            self._runtime.sleep(WINDOW)

    def _tick(self) -> None:
        while self._commands:
            self._commands.popleft()()
        window = self._next_window()
        if window is not None:
            for viewer in self._viewers.values():
                self._feed(viewer, window)
        now = time.monotonic()
        self._rate.update(now, self._last)
        self._note_status(now)
        traces_due = now >= self._next_traces
        if traces_due:
            self._next_traces = now + TRACES_EVERY
        for viewer in list(self._viewers.values()):
            self._serve(viewer, traces_due=traces_due)
        self._frames.clear()

    def _next_window(self) -> Window | None:
        """What came in since the last one."""
        found: list[bytes] = []
        start = self._last
        while self._inbox:
            _, self._last, block = self._inbox.popleft()
            found.append(block)
        if not found:
            return None
        return Window(found, start, self._last, sum(map(len, found)))

    def _feed(self, viewer: Viewer, window: Window) -> None:
        """Let *window* wait for *viewer*, or note that it will not come."""
        if viewer.position is None or (viewer.replaying and not viewer.reading):
            return
        viewer.take(window)
        if viewer.pending_size <= MAX_PENDING or (viewer.has_credit and not viewer.replaying):
            return
        viewer.drop_pending()
        if viewer.replaying:
            viewer.joined_at = window.to_seq  # the store has it: read on from there
        else:
            viewer.gap_to = window.to_seq

    def _serve(self, viewer: Viewer, *, traces_due: bool) -> None:
        """Send *viewer* what is due, as far as its credit goes."""
        if not viewer.has_credit:
            return
        for event, payload in viewer.notes.items():
            self._emit(viewer, event, payload)
        viewer.notes.clear()
        if viewer.traces and traces_due:
            self._emit(viewer, "traces", {"items": list(viewer.traces.values())})
            viewer.traces.clear()
        if viewer.position is None:
            return
        if viewer.replaying:
            self._read_on(viewer)
            return
        if viewer.gap_to is not None:
            self._send_gap(viewer, viewer.gap_to)
            viewer.gap_to = None
        if viewer.pending:
            windows = viewer.pending
            viewer.drop_pending()
            self._send_frame(viewer, self._joined(windows), windows[-1].to_seq)

    def _joined(self, windows: list[Window]) -> bytes:
        """One frame of *windows*; viewers that are equally far get the same bytes."""
        key = (windows[0].from_seq, windows[-1].to_seq)
        if key not in self._frames:
            found = [block for window in windows for block in window.blocks]
            self._frames[key] = encode_frame(found, *key)
        return self._frames[key]

    def _send_frame(self, viewer: Viewer, frame: bytes, to_seq: int) -> None:
        viewer.position = to_seq
        viewer.in_flight += 1
        sid = viewer.sid
        self._emit(viewer, "frame", frame, callback=lambda *_: self.ack(sid))

    def _send_gap(self, viewer: Viewer, to_seq: int) -> None:
        self._emit(viewer, "gap", {"from_seq": viewer.position, "to_seq": to_seq})
        viewer.position = to_seq

    def _emit(self, viewer: Viewer, event: str, payload: Any, **options: Any) -> None:
        self._emitter.emit(event, payload, to=viewer.sid, namespace=NAMESPACE, **options)

    # --- replay --------------------------------------------------------------------------------

    def _read_on(self, viewer: Viewer) -> None:
        """Read the next slice for *viewer*; what comes in meanwhile waits for it."""
        if viewer.reading or viewer.position is None:
            return
        viewer.reading = True
        viewer.drop_pending()
        viewer.joined_at = self._last
        self._runtime.spawn(self._read, viewer, viewer.round, viewer.position, self._last)

    def _read(self, viewer: Viewer, follow_round: int, after: int, to: int) -> None:
        """A task of its own: the hub serves others while the store is busy."""
        found: Slice | None
        try:
            found = self._runtime.run(self._store.slice, after, to, max_events=1_000_000)
        except StoreUnavailable as error:
            logger.warning("Events after %d cannot be read: %s", after, error)
            found = None
        self._command(lambda: self._replayed(viewer, follow_round, found, to))

    def _replayed(self, viewer: Viewer, follow_round: int, found: Slice | None, to: int) -> None:
        if viewer.round != follow_round:
            return
        viewer.reading = False
        if found is None:
            self._send_gap(viewer, to)
        else:
            frame = encode_frame(found.blocks, found.from_seq, found.to_seq)
            self._send_frame(viewer, frame, found.to_seq)
        if viewer.position == viewer.joined_at:
            viewer.replaying = False
        else:
            viewer.drop_pending()

    # --- commands ------------------------------------------------------------------------------

    def _join(self, sid: str) -> None:
        viewer = self._viewers.setdefault(sid, Viewer(sid))
        viewer.notes["status"] = self._status()

    def _part(self, sid: str) -> None:
        self._viewers.pop(sid, None)

    def _follow(self, sid: str, position: int) -> None:
        viewer = self._viewers.setdefault(sid, Viewer(sid))
        viewer.round += 1
        viewer.reading = False
        viewer.gap_to = None
        viewer.drop_pending()
        viewer.position = position
        viewer.replaying = position != self._last

    def _acknowledge(self, sid: str) -> None:
        viewer = self._viewers.get(sid)
        if viewer is not None:
            viewer.in_flight = max(0, viewer.in_flight - 1)

    # --- everything beside frames --------------------------------------------------------------

    def _traces_wait(self) -> bool:
        return any(viewer.traces for viewer in self._viewers.values())

    def _note_traces(self, items: Sequence[Mapping[str, Any]]) -> None:
        for viewer in self._viewers.values():
            for item in items:
                viewer.traces.pop(item["id"], None)
                viewer.traces[item["id"]] = item
            while len(viewer.traces) > MAX_PENDING_TRACES:
                del viewer.traces[next(iter(viewer.traces))]

    def _note(self, event: str, payload: Mapping[str, Any]) -> None:
        for viewer in self._viewers.values():
            viewer.notes[event] = payload

    def _note_status(self, now: float) -> None:
        """Tell everybody the status when it changed, at most twice a second."""
        if not self._viewers or now < self._next_status:
            return
        self._next_status = now + STATUS_EVERY
        status = self._status()
        if status != self._sent_status:
            self._sent_status = status
            self._note("status", status)


class _Rate:
    """Events per second, looked at about once a second."""

    def __init__(self, position: int) -> None:
        self.value = 0
        self._since = time.monotonic()
        self._position = position

    def update(self, now: float, position: int) -> None:
        passed = now - self._since
        if passed >= 1.0:
            self.value = round((position - self._position) / passed)
            self._since, self._position = now, position
