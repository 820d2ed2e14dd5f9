"""What comes between two of the tracer's lines: a signal's handler, a finalizer that logs.

Where the hot path is compiled nothing comes between its lines; there this looks at the rest.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask

import tracer
from tracer.testing import capture_trace

OURS = str(Path(tracer.__file__).parent)


def test_what_is_recorded_there_stands_behind_its_parent() -> None:
    app = Flask("shop")
    app.secret_key = "key"
    app.before_request(lambda: None)
    app.add_url_rule("/", "index", lambda: "hello")
    is_busy = False

    def at_line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal is_busy
        if event == "line" and not is_busy:
            is_busy = True
            with tracer.span("between"):
                pass
            is_busy = False
        return at_line

    def at_call(frame: FrameType, event: str, argument: Any) -> Any:
        return at_line if frame.f_code.co_filename.startswith(OURS) else None

    client = app.test_client()
    with capture_trace(app) as captured:
        client.get("/")
        before = sys.gettrace()
        sys.settrace(at_call)
        try:
            assert client.get("/").data == b"hello"
        finally:
            sys.settrace(before)

    begun: set[str | None] = {None}
    behind = []
    for event in captured.events:
        behind.append(event.parent_id in begun)
        if event.phase == "begin":
            begun.add(event.span_id)
    assert len([event for event in captured.events if event.name == "between"]) > 200
    assert all(behind)
