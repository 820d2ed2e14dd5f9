"""``GET /api/events.bin``: stored events by position, for a page that fell behind."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from tracer.wire import encode_frame
from web.api.answers import answer_unavailable
from web.api.arguments import whole_number
from web.services import services
from web.store import StoreUnavailable

events = Blueprint("events", __name__)
events.register_error_handler(StoreUnavailable, answer_unavailable)

MAX_EVENTS: Final = 100_000
"""In one answer; ``to_seq`` of the frame tells where to go on."""
_MAX_BYTES: Final = 64 << 20
BINARY: Final = "application/octet-stream"


@events.get("/api/events.bin")
def read_events() -> Response:
    """Events after ``after_seq`` up to ``to_seq`` (default: the newest)."""
    parts = services()
    newest = parts.live.newest_seq
    after = min(whole_number("after_seq", 0) or 0, newest)
    to_seq = whole_number("to_seq", newest)
    to_seq = newest if to_seq is None else max(after, min(to_seq, newest))
    blocks: list[bytes] = []
    reached, left, size = after, MAX_EVENTS, 0
    while reached < to_seq and left > 0 and size < _MAX_BYTES:
        # A slice at a time, so that applications can deliver in between.
        found = parts.runtime.run(parts.store.slice, reached, to_seq, max_events=left)
        blocks += found.blocks
        reached = found.to_seq
        left -= found.events
        size += found.size
    return Response(encode_frame(blocks, after, reached), content_type=BINARY)
