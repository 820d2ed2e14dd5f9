"""``/api/recordings``: start, stop, list, read, rename, delete, export, import."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Blueprint, Response, request

from web.api.answers import answer_unavailable, exported, json_list
from web.api.arguments import LARGEST, bad_argument, whole_number
from web.api.bodies import json_body
from web.api.events import BINARY
from web.exports import Content
from web.imports import MAX_PLAIN, import_recording
from web.problems import Problem
from web.services import services
from web.store import StoreUnavailable

SLOTS: Final = 1_000
MOST_SLOTS: Final = 4_000
FOUND: Final = 500
MOST_FOUND: Final = 20_000
MOST_TEXT: Final = 1_000

recordings = Blueprint("recordings", __name__, url_prefix="/api/recordings")
recordings.register_error_handler(StoreUnavailable, answer_unavailable)


@recordings.get("")
def list_recordings() -> dict[str, Any]:
    return {"items": services().recordings.items()}


@recordings.post("")
def start_recording() -> tuple[dict[str, Any], int]:
    """``{"name": ...}``; without one it is named after the time."""
    asked = json_body(empty={})
    if not isinstance(asked, dict) or not isinstance(asked.get("name", ""), str | None):
        raise Problem(
            422,
            "Name missing",
            "A recording is started by its name.",
            asked='{"name": "..."}',
            found=ascii(asked)[:200],
        )
    return services().recordings.start(asked.get("name")), 201


@recordings.post("/import")
def import_file() -> tuple[dict[str, Any], int]:
    """The exported file itself is the body, compressed (gzip, deflate) or not."""
    request.max_content_length = MAX_PLAIN
    parts = services()
    item = import_recording(parts, request.stream, request.headers.get("Content-Encoding"))
    return item, 201


@recordings.get("/<recording_id>")
def read_recording(recording_id: str) -> dict[str, Any]:
    return services().recordings.item(recording_id)


@recordings.patch("/<recording_id>")
def rename_recording(recording_id: str) -> dict[str, Any]:
    asked = json_body()
    name = asked.get("name") if isinstance(asked, dict) else None
    return services().recordings.rename(recording_id, name)


@recordings.delete("/<recording_id>")
def delete_recording(recording_id: str) -> tuple[str, int]:
    services().recordings.delete(recording_id)
    return "", 204


@recordings.post("/<recording_id>/stop")
def stop_recording(recording_id: str) -> dict[str, Any]:
    return services().recordings.stop(recording_id)


@recordings.get("/<recording_id>/traces")
def list_recorded_traces(recording_id: str) -> Response:
    """All of them, or the last ones in order of arrival: as many as ``limit`` says."""
    limit = whole_number("limit", LARGEST) or 0
    items = services().recordings.traces(recording_id, limit)
    return json_list(json.dumps(item) for item in items)


@recordings.get("/<recording_id>/registry")
def list_recorded_registry(recording_id: str) -> dict[str, Any]:
    return {"items": services().recordings.registered(recording_id)}


@recordings.get("/<recording_id>/events.bin")
def read_recorded_events(recording_id: str) -> Response:
    start, end = whole_number("start", None), whole_number("end", None)
    return Response(services().recordings.frame(recording_id, start, end), content_type=BINARY)


@recordings.get("/<recording_id>/outline")
def read_outline(recording_id: str) -> dict[str, Any]:
    """From afar: the requests of each thread, those that begin in the same slot of time as one."""
    start, end = whole_number("start", None), whole_number("end", None)
    slots = whole_number("slots", SLOTS, largest=MOST_SLOTS) or 0
    if slots == 0:
        raise bad_argument("slots", f"a whole number from 1 to {MOST_SLOTS}", "0")
    if start is not None and end is not None and end < start:
        raise bad_argument("end", f"a time not before start={start}", str(end))
    return services().recordings.outline(recording_id, start, end, slots)


@recordings.get("/<recording_id>/find")
def find_requests(recording_id: str) -> Response:
    """One JSON text a line, as soon as it is known: how far it is, and what was found there."""
    text = request.args.get("q", "")
    if len(text) > MOST_TEXT:
        raise bad_argument("q", f"at most {MOST_TEXT} characters", f"{len(text)} characters")
    limit = whole_number("limit", FOUND, largest=MOST_FOUND) or 0
    lines = services().recordings.find(recording_id, text, limit)
    texts = (f"{json.dumps(line)}\n" for line in lines)
    return Response(texts, content_type="application/x-ndjson")


@recordings.get("/<recording_id>/export")
def export_recording(recording_id: str) -> Response:
    parts = services()
    item = parts.recordings.item(recording_id)
    content = Content.of_recording(
        parts.runtime, parts.store, parts.config.bundle, int(item["id"]), item["name"]
    )
    return exported(content)
