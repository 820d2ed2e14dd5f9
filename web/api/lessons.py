"""``/api/lessons``: what the sample applications teach, also while they do not run."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from web.highlight import token_lines
from web.lessons import list_lessons, read_lesson
from web.services import services

lessons = Blueprint("lessons", __name__, url_prefix="/api/lessons")


@lessons.get("")
def list_all() -> dict[str, Any]:
    return {"items": services().runtime.run(list_lessons)}


@lessons.get("/<name>")
def read_one(name: str) -> dict[str, Any]:
    lesson = services().runtime.run(read_lesson, name)
    return {**lesson, "tokens": token_lines(lesson["code"])}
