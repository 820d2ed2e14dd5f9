"""Bodies that the server throws away without having closed them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest
from flask import Flask, Response, stream_with_context
from werkzeug.test import EnvironBuilder

from tracer import Tracer
from tracer.events import Event
from tracer.testing import capture_trace


def thrown_away(*, has_context: bool) -> list[Event]:
    """What happens when the second piece is never asked for."""
    app = Flask("shop")

    @app.teardown_request
    def down(error: BaseException | None) -> None: ...

    @app.route("/stream")
    def stream() -> Response:
        def chunks() -> Iterator[str]:
            yield "a"
            yield "b"

        return Response(stream_with_context(chunks()) if has_context else chunks())

    tracer = Tracer(app, enabled=True)
    try:
        with capture_trace() as captured:
            environ = EnvironBuilder("/stream").get_environ()
            body = iter(app(environ, lambda status, headers, *rest: None))  # type: ignore[arg-type]
            next(body)
            del body
            gc.collect()
            return captured.events
    finally:
        tracer.uninstall()


@pytest.mark.parametrize("has_context", [False, True])
def test_the_request_ends_and_says_why(has_context: bool) -> None:
    last = thrown_away(has_context=has_context)[-1]
    assert (last.kind, last.phase) == ("request", "end")
    assert last.attributes["left_open"] == "abandoned"
    assert sys.exc_info() == (None, None, None)


def test_what_the_generator_does_then_belongs_to_the_request() -> None:
    events = thrown_away(has_context=True)
    assert {event.trace_id for event in events} == {events[0].trace_id}
    assert events[0].trace_id is not None
    kinds = [event.kind for event in events]
    after = kinds[kinds.index("response.chunk") :]
    assert "teardown_request" in after
    assert "app_context.pop" in after
