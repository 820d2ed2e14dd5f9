"""Answers that several parts of the API share: long ones, files, that of a store in trouble."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from flask import Response, request

from web.api.arguments import bad_argument
from web.config import ConfigError
from web.exports import FORMATS, Content
from web.problems import Problem
from web.recordings import unavailable
from web.store import StoreUnavailable

_PIECE: Final = 64 << 10


def answer_unavailable(error: StoreUnavailable) -> Response:
    """For a store that cannot be read or written now."""
    return unavailable(error).to_response()


def json_list(items: Iterable[str]) -> Response:
    """``{"items": [...]}`` of JSON texts, in pieces of about 64 KiB."""
    return Response(pieces(_list_texts(items)), content_type="application/json")


def pieces(texts: Iterable[str]) -> Iterator[bytes]:
    """*texts* joined into UTF-8 pieces that are worth a write each."""
    waiting: list[str] = []
    size = 0
    for text in texts:
        waiting.append(text)
        size += len(text)
        if size >= _PIECE:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting).encode()


def exported(content: Content) -> Response:
    """*content* as a file of the format that the argument ``format`` names."""
    wanted = request.args.get("format", "jsonl")
    form = FORMATS.get(wanted)
    if form is None:
        raise bad_argument("format", ", ".join(FORMATS), wanted)
    try:
        texts = form.write(content)
    except ConfigError as error:
        raise Problem(500, "Page not built", "{reason}", values={"reason": error}) from error
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", content.name).strip("-.") or "recording"
    return Response(
        pieces(texts),
        content_type=form.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name[:80]}{form.ending}"'},
    )


def unknown_trace(trace_id: str, argument: str = "") -> Problem:
    """For a trace that is not stored; *argument* is where its id stood, if not in the path."""
    return Problem(
        404,
        "Unknown trace",
        "This dashboard does not have the request: it was cleared, its path is ignored, or the "
        "link is another dashboard's.",
        asked=f"{argument}: {trace_id[:100]}" if argument else trace_id[:100],
        todo="Choose one of the list of requests (GET /api/traces).",
    )


def _list_texts(items: Iterable[str]) -> Iterator[str]:
    yield '{"items":['
    comma = ""
    for item in items:
        yield comma + item
        comma = ","
    yield "]}"
