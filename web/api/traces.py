"""``/api/traces``: recent requests and script runs, one by one or in a list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request

from tracer.wire import encode_frame
from web import blocks
from web.api.answers import answer_unavailable, exported, json_list, unknown_trace
from web.api.arguments import status_range, whole_number
from web.api.events import BINARY
from web.exports import Content
from web.services import Services, services
from web.store import StoreUnavailable, TraceFilter

traces = Blueprint("traces", __name__, url_prefix="/api/traces")
traces.register_error_handler(StoreUnavailable, answer_unavailable)

DEFAULT_LIMIT = 200
MAX_LIMIT = 20_000


@traces.get("")
def list_traces() -> dict[str, Any]:
    parts = services()
    limit = whole_number("limit", DEFAULT_LIMIT, largest=MAX_LIMIT)
    wanted = TraceFilter(
        app=request.args.get("app") or None,
        path=request.args.get("path") or None,
        status=status_range("status"),
        text=request.args.get("q") or None,
        limit=DEFAULT_LIMIT if limit is None else limit,
    )
    return {"items": parts.runtime.run(parts.store.list_traces, wanted)}


@traces.delete("")
def clear_traces() -> tuple[str, int]:
    """Everything that no recording holds goes, in steps that let others in between."""
    parts = services()
    while parts.recordings.clear_some():
        parts.runtime.sleep(0)
    return "", 204


@traces.get("/<trace_id>")
def read_trace(trace_id: str) -> dict[str, Any]:
    parts = services()
    item = parts.runtime.run(parts.store.trace, trace_id)
    if item is None:
        raise unknown_trace(trace_id)
    return item


@traces.get("/<trace_id>/events")
def read_events(trace_id: str) -> Response:
    parts = services()
    return json_list(_event_items(parts, trace_id, _chunk_ids(parts, trace_id)))


@traces.get("/<trace_id>/events.bin")
def read_frame(trace_id: str) -> Response:
    parts = services()
    found = [
        block
        for chunk_id in _chunk_ids(parts, trace_id)
        if (block := parts.runtime.run(_block, parts, trace_id, chunk_id)) is not None
    ]
    return Response(encode_frame(found, 0, 0), content_type=BINARY)


@traces.get("/<trace_id>/export")
def export_trace(trace_id: str) -> Response:
    parts = services()
    content = Content.of_trace(parts.runtime, parts.store, parts.config.bundle, trace_id)
    if content is None:
        raise unknown_trace(trace_id)
    return exported(content)


def _chunk_ids(parts: Services, trace_id: str) -> list[int]:
    found = parts.runtime.run(parts.store.trace_chunks, trace_id)
    if found is None:
        raise unknown_trace(trace_id)
    return found


def _event_items(parts: Services, trace_id: str, chunk_ids: list[int]) -> Iterator[str]:
    for chunk_id in chunk_ids:
        yield from parts.runtime.run(_events_in, parts, trace_id, chunk_id)


def _events_in(parts: Services, trace_id: str, chunk_id: int) -> list[str]:
    chunk = parts.store.chunk(chunk_id)
    if chunk is None:
        return []
    rows = blocks.rows_of_trace(chunk.columns, trace_id)
    events = blocks.subset(chunk.columns, rows).events()
    return [json.dumps(event.to_dict()) for event in events]


def _block(parts: Services, trace_id: str, chunk_id: int) -> bytes | None:
    """The part of a chunk that belongs to the trace; the whole chunk if all of it does."""
    chunk = parts.store.chunk(chunk_id)
    if chunk is None:
        return None
    rows = blocks.rows_of_trace(chunk.columns, trace_id)
    if len(rows) == chunk.columns.count:
        return chunk.block
    return blocks.part(chunk.columns, rows, {**chunk.header, "first": None}) if rows else None
