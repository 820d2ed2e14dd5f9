"""The recordings that lie beside the lessons: what their requests did, for who fires nothing.

Each is a file as an import takes it, small enough to be read at once; ``docs/lessons.md`` says what
its header has beside.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import msgspec

from tracer.wire import encode_block, encode_frame

from .apps import registered_item
from .imported_groups import Group, Grouping
from .imports import EventLine, add_event, import_recording
from .lessons import read_lesson, recording_of
from .services import Services
from .trace_index import TraceSummary, summarise


@dataclass(frozen=True, slots=True)
class LessonRecording:
    """One file, read."""

    item: dict[str, Any]
    """``recorded, name, flask, python, requests, traces, registered``."""
    frame: bytes
    """All of its events in their order, as a frame of ``docs/wire.md``."""


def read_recording(name: str) -> LessonRecording:
    """That of the lesson with this id or slug; a 404 :class:`Problem` if there is none."""
    return _read(recording_of(read_lesson(name)))


def keep_recording(parts: Services, name: str) -> tuple[dict[str, Any], bool]:
    """The item of the recording in the store, and whether it was put there only now.

    There it can be looked at with everything that other recordings are looked at with.
    """
    file = recording_of(read_lesson(name))
    wanted = parts.runtime.run(_read, file).item["name"]
    for item in parts.recordings.items():
        if (item["origin"], item["name"]) == ("import", wanted):
            return item, False
    with file.open("rb") as stream:
        return import_recording(parts, stream, "gzip"), True


@lru_cache(maxsize=8)
def _read(file: Path) -> LessonRecording:
    # The files are part of the program: they do not change while it runs.
    first, *lines, _end = gzip.decompress(file.read_bytes()).splitlines()
    header = json.loads(first)
    blocks, position = [], 1
    traces: dict[str, TraceSummary] = {}
    for group in _groups(header, lines):
        columns = group.columns()
        blocks.append(encode_block(columns, agent=group.agent, first=position))
        position += columns.count
        traces |= {one.trace_id: one for one in summarise(columns, partial(_known, traces))}
    agent = header["agents"][0]
    item = {
        "recorded": min((one.start_ts for one in traces.values()), default=0),
        "name": header["name"],
        "flask": agent["versions"]["flask"],
        "python": agent["python"],
        "requests": header["requests"],
        "traces": [one.item() for one in traces.values()],
        "registered": [registered_item(app["agent"], app) for app in header["apps"]],
    }
    return LessonRecording(item, encode_frame(blocks, 0, 0))


def _groups(header: dict[str, Any], lines: Sequence[bytes]) -> list[Group]:
    grouping = Grouping()
    grouping.know(header["agents"])
    for line in lines:
        if not line.startswith(b'{"source"'):
            add_event(grouping, _decoder.decode(line))
    return grouping.take()


def _known(traces: dict[str, TraceSummary], ids: Sequence[str]) -> dict[str, TraceSummary]:
    return {one: traces[one] for one in ids if one in traces}


_decoder = msgspec.json.Decoder(EventLine)
