"""Requests and phases of programs that are not Flask, as they report them."""

from __future__ import annotations

import pytest

from tracer.programs import Program
from tracer.testing import Capture, capture_trace

TRACE = "0123456789abcdef0123456789abcdef"


def lines(captured: Capture) -> list[str]:
    return [f"{event.phase} {event.kind} {event.name}" for event in captured.events]


def test_a_request_is_a_trace_and_its_phases_stand_inside() -> None:
    program = Program("shop", "bottle")
    with capture_trace() as captured:
        request = program.open_request("GET", "/cart?n=1", TRACE)
        with program.phase("route", "match"), program.phase("view", "cart"):
            pass
        program.close_request(request, 200)
    assert lines(captured) == [
        "begin request GET /cart",
        "begin framework.route match",
        "begin framework.view cart",
        "end framework.view cart",
        "end framework.route match",
        "end request GET /cart",
    ]
    assert {event.trace_id for event in captured.events} == {TRACE}
    assert {event.app for event in captured.events} == {"shop"}
    first, second, last = captured.events[0], captured.events[1], captured.events[-1]
    assert (first.attributes["method"], first.attributes["path"]) == ("GET", "/cart?n=1")
    assert second.attributes == {"framework": "bottle"}
    assert last.attributes["status"] == 200


def test_an_exception_leaves_its_phase_and_passes() -> None:
    program = Program("shop", "bottle")
    with capture_trace() as captured:
        request = program.open_request("GET", "/")
        with pytest.raises(ZeroDivisionError), program.phase("view", "cart"):
            raise ZeroDivisionError
        program.close_request(request)
    ends = [event.attributes for event in captured.events if event.kind == "framework.view"]
    assert ends[1]["left_by"] == "ZeroDivisionError"
    assert lines(captured)[-1] == "end request GET /"


@pytest.mark.parametrize("asked", ["nonsense", "0" * 32, "0123456789ABCDEF" * 2, None])
def test_a_trace_id_that_is_none_is_ignored(asked: str | None) -> None:
    program = Program("shop", "bottle")
    with capture_trace() as captured:
        program.close_request(program.open_request("GET", "/", asked))
    assert lines(captured) == ["begin request GET /", "end request GET /"]
    assert captured.events[0].trace_id != asked


def test_secrets_in_the_path_are_redacted() -> None:
    program = Program("shop", "bottle")
    with capture_trace() as captured:
        program.close_request(program.open_request("GET", "/?token=hunter2"))
    assert "hunter2" not in str(captured.events)


def test_nothing_is_reported_while_nobody_traces() -> None:
    program = Program("shop", "bottle")
    request = program.open_request("GET", "/")
    with program.phase("view", "cart"):
        pass
    program.close_request(request)
    assert request is None
