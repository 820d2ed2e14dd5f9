"""A recording of real lessons: their sample requests, nothing made up."""

from __future__ import annotations

from functools import cache

from flask.testing import FlaskClient
from werkzeug.test import Client

from sample_apps.catalog import LESSONS
from sample_apps.site import SCRIPTS, build_site
from tracer.events import Event
from tracer.json_lines import dump_lines
from tracer.testing import capture_trace

SLUGS = (
    "hook-order", "intercept", "login-guard", "not-found", "unhandled", "templates", "session",
    "flash", "blueprints", "middleware", "multi-app", "nested-contexts", "nested-apps", "threads",
    "local-stack", "streaming", "streaming-with-context",
)  # fmt: skip
"""Lessons of every kind: hooks, errors, several applications, threads, scripts, streams."""
CHOSEN = tuple(lesson for lesson in LESSONS if lesson.slug in SLUGS)
AGENT = {"id": f"{7:032x}", "pid": 1, "host": "box", "command": "flask run", "python": "3.11"}


@cache
def lesson_events() -> tuple[Event, ...]:
    """Their events, in order."""
    with capture_trace(record=("state",)) as captured:
        client = Client(build_site(CHOSEN))
        for lesson in CHOSEN:
            if lesson.is_script:
                client.post(f"/{SCRIPTS}/{lesson.slug}").close()
            for sample in lesson.samples:
                below = next((m.below for m in lesson.mounts if m.variable == sample.app), "")
                client.open(
                    f"/{lesson.slug}{below}{sample.path}",
                    method=sample.method,
                    query_string=dict(sample.query or {}),
                    headers=dict(sample.headers or {}),
                    data=dict(sample.form) if sample.form else None,
                    json=dict(sample.json) if sample.json else None,
                ).close()
    return tuple(captured.events)


def imported_lessons(client: FlaskClient) -> str:
    """The id of a recording with :func:`lesson_events`."""
    events = lesson_events()
    prefix = next(event.span_id[:8] for event in events if event.span_id)
    agent = {**AGENT, "pid": events[0].lane.pid, "span_prefixes": [prefix]}
    body = "".join(dump_lines(events, name="Lessons", agents=[agent], apps=[])).encode()
    answer = client.post("/api/recordings/import", data=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])
