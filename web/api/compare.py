"""``GET /api/compare``: the merged, diffed tree of two traces."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, Response, request

from tracer.events import Event
from tracer.wire import Columns
from web.api.answers import answer_unavailable, pieces, unknown_trace
from web.compare import MergedStep, Step, counts, finish, length, merge, pushes, steps_of
from web.exports import Content
from web.problems import Problem
from web.services import Services, services
from web.store import StoreUnavailable

compare = Blueprint("compare", __name__)
compare.register_error_handler(StoreUnavailable, answer_unavailable)

SIDES: Final = ("a", "b")
MAX_EVENTS: Final = 10_000
"""Of one trace: twice what the tracer records of a request. All of both is in memory."""
_AT_ONCE: Final = 0.02
"""Seconds of merging in one go, so that applications can deliver in between; what is least is one
gap of an alignment, about a quarter of a second at worst."""


@compare.get("/api/compare")
def compare_traces() -> Response:
    """Both trace items, every step of both, and how many differ."""
    parts = services()
    ids = _wanted()
    items = {side: _item(parts, side, trace_id) for side, trace_id in ids.items()}
    a, b = (_steps(parts, side, trace_id) for side, trace_id in ids.items())
    steps: list[MergedStep] = []
    merging = merge(a, b)
    while parts.runtime.run(_merge_some, merging, steps):
        parts.runtime.sleep(0)
    finish(steps)
    told = {
        **items,
        "counts": counts(steps),
        "length_ns": {"a": length(a), "b": length(b)},
        "contexts": {"a": pushes(s.a for s in steps), "b": pushes(s.b for s in steps)},
    }
    return Response(pieces(_texts(told, steps)), content_type="application/json")


def _wanted() -> dict[str, str]:
    """The ids of both traces, by the argument that names them."""
    ids = {side: request.args.get(side, "") for side in SIDES}
    missing = [side for side, trace_id in ids.items() if not trace_id]
    if missing:
        raise Problem(
            400,
            "Two traces needed",
            "A comparison needs the ids of two traces, which may be the same.",
            asked="/api/compare?a=TRACE_ID&b=TRACE_ID",
            found=f"no {' and no '.join(missing)}",
            todo="Give both; GET /api/traces lists the latest ids.",
        )
    return ids


def _item(parts: Services, side: str, trace_id: str) -> dict[str, Any]:
    item = parts.runtime.run(parts.store.trace, trace_id)
    if item is None:
        raise unknown_trace(trace_id, side)
    if item["events"] > MAX_EVENTS:
        raise Problem(
            422,
            "Trace too long",
            "The dashboard compares traces of up to {limit} events; the page can do more.",
            values={"limit": MAX_EVENTS},
            asked=f"{side}: a trace of at most {MAX_EVENTS} events",
            found=f"{item['events']} events in {trace_id[:100]}",
            todo="Open /compare with the same arguments in a browser.",
        )
    return item


def _steps(parts: Services, side: str, trace_id: str) -> list[Step]:
    content = Content.of_trace(parts.runtime, parts.store, parts.config.bundle, trace_id)
    if content is None:
        raise unknown_trace(trace_id, side)
    events = [event for part in content.each(_events) for event in part]
    return parts.runtime.run(steps_of, events)


def _events(_agent: str, columns: Columns) -> list[Event]:
    return list(columns.events())


def _merge_some(merging: Iterator[MergedStep], steps: list[MergedStep]) -> bool:
    """Take steps for a while; whether there may be more."""
    until = time.monotonic() + _AT_ONCE
    for step in merging:
        steps.append(step)
        if time.monotonic() >= until:
            return True
    return False


def _texts(told: dict[str, Any], steps: list[MergedStep]) -> Iterator[str]:
    yield json.dumps(told)[:-1]
    before = ', "steps": ['
    for step in steps:
        yield before + json.dumps(step.item())
        before = ", "
    yield "]}" if steps else ', "steps": []}'
