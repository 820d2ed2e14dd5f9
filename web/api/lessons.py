"""``/api/lessons``: what the sample applications teach, also while they do not run."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from web.api.answers import answer_unavailable
from web.api.events import BINARY
from web.highlight import token_lines
from web.lesson_recordings import keep_recording, read_recording
from web.lessons import list_lessons, read_lesson
from web.services import services
from web.store import StoreUnavailable

lessons = Blueprint("lessons", __name__, url_prefix="/api/lessons")
lessons.register_error_handler(StoreUnavailable, answer_unavailable)


@lessons.get("")
def list_all() -> dict[str, Any]:
    return {"items": services().runtime.run(list_lessons)}


@lessons.get("/<name>")
def read_one(name: str) -> dict[str, Any]:
    lesson = services().runtime.run(read_lesson, name)
    return {**lesson, "tokens": token_lines(lesson["code"])}


@lessons.get("/<name>/recording")
def read_recorded(name: str) -> dict[str, Any]:
    """What its requests did when its pictures were taken."""
    return services().runtime.run(read_recording, name).item


@lessons.get("/<name>/recording/events.bin")
def read_recorded_frame(name: str) -> Response:
    frame = services().runtime.run(read_recording, name).frame
    return Response(frame, content_type=BINARY)


@lessons.post("/<name>/recording")
def keep_recorded(name: str) -> tuple[dict[str, Any], int]:
    """Put it among the recordings, unless it is there."""
    item, is_new = keep_recording(services(), name)
    return item, 201 if is_new else 200
