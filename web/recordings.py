"""Recordings: what somebody decided to keep. Started, stopped, named, deleted from here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from tracer.wire import encode_frame

from . import blocks
from .apps import registered_item
from .find import Search, read_query
from .live import LiveHub
from .problems import Problem
from .recorded_traces import recorded_outline, recorded_traces
from .runtime import Runtime
from .store import Store, StoreUnavailable

R = TypeVar("R")

MAX_NAME: Final = 200


class Recordings:
    """Tasks of the runtime call everything here; the store's worker nothing."""

    def __init__(self, runtime: Runtime, store: Store, live: LiveHub) -> None:
        self._runtime = runtime
        self._store = store
        self._live = live
        self._active: dict[str, Any] | None = None

    def active(self) -> dict[str, Any] | None:
        """The item of the recording that runs, None if none does. Reads memory only."""
        item = self._active
        if item is None:
            return None
        totals = self._store.recordings.totals
        return {
            **item,
            "events": totals.events,
            "traces": totals.traces,
            "bytes": totals.bytes,
            "start_ts": totals.start_ts,
            "end_ts": totals.end_ts,
        }

    def start(self, name: str | None) -> dict[str, Any]:
        """Record from now on; a 409 :class:`Problem` while another recording runs."""
        name = _checked_name(name) if name else time.strftime("Recording %Y-%m-%d %H:%M:%S")
        recording = self._writing(lambda: self._store.archive.start(name))
        if recording is None:
            raise Problem(
                409,
                "Already recording",
                "One recording runs at a time.",
                asked=f"to start {name!r}",
                found=f"{(self._active or {}).get('name', 'another one')!r} is running",
                todo="Stop the recording that runs, then start a new one.",
            )
        self.changed()
        return self.item(str(recording))

    def stop(self, recording_id: str) -> dict[str, Any]:
        """End it; one that has ended already stays as it is. 404 without one."""
        self.item(recording_id)
        self._writing(lambda: self._store.archive.stop(int(recording_id)))
        self.changed()
        return self.item(recording_id)

    def items(self) -> list[dict[str, Any]]:
        """Every recording, the latest first."""
        return self._runtime.run(self._store.archive.items)

    def item(self, recording_id: str) -> dict[str, Any]:
        """One recording; a 404 :class:`Problem` if there is none."""
        found = self._runtime.run(self._store.archive.item, _number(recording_id))
        if found is None:
            raise _unknown(recording_id)
        return found

    def rename(self, recording_id: str, name: object) -> dict[str, Any]:
        """Give it another name; 404 without it, 422 for a name that is none."""
        checked = _checked_name(name)
        number = _number(recording_id)
        if not self._writing(lambda: self._store.archive.rename(number, checked)):
            raise _unknown(recording_id)
        self.changed()
        return self.item(recording_id)

    def delete(self, recording_id: str) -> None:
        """Forget it; events that arrived live become ordinary ones, which go when room is short."""
        number = _number(recording_id)
        self._writing(lambda: self._store.archive.stop(number))
        if not self._writing(lambda: self._store.archive.hide(number)):
            raise _unknown(recording_id)
        self.changed()
        self.remove_hidden(number)

    def remove_hidden(self, number: int) -> None:
        """Free what a hidden recording holds, in steps that let others in between."""
        while self._writing(lambda: self._store.archive.remove_some(number)):
            self._runtime.sleep(0)
        while self._writing(self._store.archive.shrink_some):
            self._runtime.sleep(0)

    def clear_some(self) -> bool:
        """One step of clearing what no recording holds; False when nothing is left."""
        return bool(self._writing(self._store.clear_some))

    def changed(self) -> None:
        """The list changed: tell everybody."""
        items = self.items()
        self._active = next((i for i in items if i["state"] == "recording"), None)
        self._live.publish_recordings(items)

    def traces(self, recording_id: str, limit: int) -> Iterator[dict[str, Any]]:
        """The items of its last *limit* traces, in order of arrival, read piece by piece."""
        number = _number(recording_id)
        self.item(recording_id)
        return recorded_traces(self._runtime, self._store, number, limit)

    def outline(
        self, recording_id: str, start: int | None, end: int | None, slots: int
    ) -> dict[str, Any]:
        """What it looks like from afar: whole, or between two times (ns)."""
        item = self.item(recording_id)
        first = (item["start_ts"] or 0) if start is None else start
        last = max(first, item["end_ts"] or 0) if end is None else end
        number = int(item["id"])
        return recorded_outline(self._runtime, self._store, number, first, last, slots)

    def find(self, recording_id: str, text: str, limit: int) -> Iterator[dict[str, Any]]:
        """What *text* finds in all of it, the latest first, read piece by piece."""
        number = int(self.item(recording_id)["id"])
        return Search(self._runtime, self._store, number, read_query(text), limit).lines()

    def registered(self, recording_id: str) -> list[dict[str, Any]]:
        """What was registered in the applications that it recorded, as they announced it."""
        number = int(self.item(recording_id)["id"])
        archive = self._store.archive
        agents = self._runtime.run(archive.agents, number)
        import_id = number if self._runtime.run(archive.is_import, number) else 0
        announced = self._runtime.run(archive.header, import_id, agents).get("apps")
        return [
            registered_item(app.get("agent"), app)
            for app in (announced if isinstance(announced, list) else [])
            if isinstance(app, dict)
        ]

    def frame(self, recording_id: str, start: int | None, end: int | None) -> Iterator[bytes]:
        """The binary frame of a recording, or of its part between two times (ns), in pieces."""
        item = self.item(recording_id)
        ids = self._runtime.run(self._store.archive.chunks, int(item["id"]), start, end)
        return self._frame(ids, start, end)

    def _frame(self, ids: list[int], start: int | None, end: int | None) -> Iterator[bytes]:
        # Every chunk becomes one block, an empty one if it is damaged: the frame names their
        # number before the first of them is read.
        yield encode_frame([], 0, 0)[:4] + len(ids).to_bytes(4, "little") + bytes(16)
        damaged = False
        for chunk_id in ids:
            block = self._runtime.run(self._block, chunk_id, start, end)
            damaged = damaged or block is None
            yield blocks.empty() if block is None else block
        if damaged:
            self.changed()  # the recording has a problem now, which everybody should see

    def _block(self, chunk_id: int, start: int | None, end: int | None) -> bytes | None:
        chunk = self._store.chunk(chunk_id)
        if chunk is None:
            return None
        if start is None and end is None:
            return chunk.block
        rows = blocks.rows_between(chunk.columns, start, end)
        if len(rows) == chunk.columns.count:
            return chunk.block
        return blocks.part(chunk.columns, rows, chunk.header)

    def _writing(self, fn: Callable[[], R]) -> R:
        try:
            return self._runtime.run(fn)
        except StoreUnavailable as error:
            raise unavailable(error) from error


def unavailable(error: StoreUnavailable) -> Problem:
    """What somebody is told whose wish the store cannot fulfil now."""
    return Problem(
        503,
        "Store not available",
        "{problem}",
        values={"problem": error.problem},
        todo="Free space on the dashboard's disk, then try again.",
        headers={"Retry-After": "2"},
    )


def _number(recording_id: str) -> int:
    if not (recording_id.isascii() and recording_id.isdigit() and len(recording_id) < 16):
        raise _unknown(recording_id)
    return int(recording_id)


def _unknown(recording_id: str) -> Problem:
    return Problem(
        404,
        "Unknown recording",
        "This dashboard has no recording {id}: it was deleted, or the link is another dashboard's.",
        values={"id": recording_id[:100]},
        asked=recording_id,
        todo="Choose among those that there are (GET /api/recordings), or ask whoever has it for "
        "its file, which can be imported.",
    )


def _checked_name(name: object) -> str:
    text = name.strip() if isinstance(name, str) else ""
    if not text or len(text) > MAX_NAME or not text.isprintable():
        raise Problem(
            422,
            "Not a name",
            "A recording's name is printable text.",
            asked=f"name: 1 to {MAX_NAME} printable characters",
            found=ascii(name)[:300],
        )
    return text
