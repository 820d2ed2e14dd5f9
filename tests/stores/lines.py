"""What the probes here recorded in one request, as short lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from tracer.engine import ENGINE
from tracer.testing import Capture, capture_trace

SHOWN = ("db.", "redis.", "log")

PLACES = ("file", "line", "source", "registered_by", "order", "scope")


def in_request(work: Callable[[], Any]) -> Capture:
    """Everything that is recorded while *work* is the view of a request."""
    app = Flask("shop")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.add_url_rule("/", view_func=lambda: (work(), "")[1], endpoint="work")
    with capture_trace() as captured:
        assert app.test_client().get("/").status_code == 200
        assert {probe.name: probe.faults for probe in ENGINE.probes if probe.faults} == {}
    return captured


def lines(captured: Capture, *kinds: str) -> list[str]:
    """Indented by depth: kind and name; attributes of begin and end behind them, not where it is.

    Only events of *kinds*, the beginnings of words; by default those of databases, Redis and logs.
    """
    ends = {event.span_id: event for event in captured.events if event.phase == "end"}
    depth = 0
    found = []
    for event in captured.events:
        if not event.kind.startswith(kinds or SHOWN):
            continue
        if event.phase == "end":
            depth -= 1
            continue
        end = ends.get(event.span_id) if event.span_id else None
        attributes = {**event.attributes, **(end.attributes if end else {})}
        shown = "".join(f" {n}={value}" for n, value in attributes.items() if n not in PLACES)
        found.append(f"{'  ' * depth}{event.kind} {event.name}{shown}")
        if event.phase == "begin":
            depth += 1
    return found
