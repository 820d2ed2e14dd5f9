"""``GET /api/sources/<id>``: the text of one function, with tokens for colouring."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Blueprint

from web.highlight import Line, token_lines
from web.problems import Problem
from web.services import services

sources = Blueprint("sources", __name__, url_prefix="/api/sources")


@sources.get("/<source_id>")
def read_source(source_id: str) -> dict[str, Any]:
    parts = services()
    source = parts.runtime.run(parts.store.source, source_id)
    if source is None:
        raise Problem(
            404,
            "Unknown source",
            "No function with this id is stored; its events may have been cleared.",
            asked=source_id,
        )
    return {**source, "tokens": _tokens(source["text"])}


@lru_cache(maxsize=200)
def _tokens(text: str) -> list[Line]:
    return token_lines(text)
