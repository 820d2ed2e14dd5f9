"""The table of the lifecycle map says what Flask does: held against the golden orders of each one.

``web/frontend/src/model/lifecycle/table.json`` is what the page's map, the dashed steps of its
timeline and its help are made of. Here it meets the lists that every supported Flask produced.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from golden_orders import expected

ROOT = Path(__file__).resolve().parents[2]
TABLE = json.loads(
    (ROOT / "web" / "frontend" / "src" / "model" / "lifecycle" / "table.json").read_text()
)
FLASKS = ["1.1.4", "2.0.3", "2.1.3", "2.2.5", "2.3.3", "3.0.3", "3.1.1", "3.1.3", "3.2.0"]
"""One of each line of versions, and both sides of the change within 3.1."""
EVER = {"always", "own_context"}
NO_STEPS = {
    "context.copied",
    "dispatch",
    "flash",
    "get_flashed_messages",
    "local_stack.pop",
    "local_stack.push",
    "run",
    "setup",
    "signal delicate",
    "signal heard",
    "signal lonely",
    "signal message_flashed",
    "signal signal",
    "signal_receiver",
    "template_filter",
    "template_global",
    "template_test",
    "thread.start",
    "url_defaults",
    "url_for",
}
"""What requests do within a step, or outside of the sequence."""
IN_VIEWS = {"thread_with_copy", "contexts_in_a_view"}
"""More contexts are pushed there, within the view, than the request's own."""
STREAMS = {"stream_in_context", "abandoned_stream"}
TEMPLATES = {"streamed_template", "abandoned_template"}
DETOURS = {
    **dict.fromkeys(["1.1.4", "2.0.3", "2.1.3"], IN_VIEWS | STREAMS),
    **dict.fromkeys(["2.2.5", "2.3.3", "3.0.3", "3.1.1"], IN_VIEWS | STREAMS | TEMPLATES),
    "3.1.3": IN_VIEWS,
    # There the session is opened once more, for what answers the failure of its first opening.
    "3.2.0": IN_VIEWS | STREAMS | TEMPLATES | {"store_is_down"},
}
"""Whose steps leave the order: streams keep the contexts for the body, as the table's notes say."""
REUSED = {"calls_itself_and_fails", "request_under_context"}
"""An application context of the same application was on the stack; up to 3.1 it is used again."""
MISSING = {
    flask: {*REUSED, "teardown_raises", "with_client"} if flask < "2.2" else
    {*REUSED, "teardown_raises"} if flask < "3.2" else set()
    for flask in FLASKS
}  # fmt: skip
"""Where a step is missing that stands in every request otherwise."""


class Line(NamedTuple):
    mark: str
    kind: str
    name: str
    left_by: str


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def steps_of(flask: str) -> list[dict[str, Any]]:
    """The table's steps for that Flask, in order."""
    line = numbers(flask)[:2]
    return [
        step
        for step in TABLE["steps"]
        if numbers(step.get("since", "0")) <= line <= numbers(step.get("until", "99.0"))
    ]


def id_of(step: dict[str, Any]) -> str:
    return " ".join(filter(None, (step["kind"], step.get("name"))))


def parsed(text: str) -> Line:
    mark = text[0] if text[0] in "><·" else "="
    kind, _, rest = text.removeprefix(f"{mark} ").partition(" ")
    name, _, left_by = rest.partition(" !")
    return Line(mark, kind, name, left_by)


def passes(order: list[str]) -> Iterator[list[Line]]:
    """What each request did, without what an application did inside it for another request.

    It ends with ``wsgi_app``, but for the response that is sent and closed then.
    """
    open_ones: list[list[Line]] = []
    for line in map(parsed, order):
        is_inside = bool(open_ones) and any(is_begin(one, "wsgi_app") for one in open_ones[-1])
        if is_begin(line, "request") or (is_inside and is_begin(line, "wsgi_app")):
            open_ones.append([])
        if not open_ones:
            continue
        one = open_ones[-1]
        is_over = any(other.mark == "<" and other.kind == "wsgi_app" for other in one)
        if not is_over or line.kind.startswith("response.") or line.kind == "request":
            one.append(line)
        if line.mark == "<" and line.kind == one[0].kind:
            yield open_ones.pop()


def is_begin(line: Line, kind: str) -> bool:
    return line.mark == ">" and line.kind == kind


def step_of(line: Line, steps: list[dict[str, Any]]) -> str | None:
    for step in steps:
        kinds = step.get("kinds", [step["kind"]])
        if line.kind in kinds and step.get("name", line.name) == line.name:
            return id_of(step)
    return None


def taken(lines: list[Line], flask: str) -> list[str]:
    """The steps of a pass as they began, repetitions folded."""
    found: list[str] = []
    for line in lines:
        step = None if line.mark == "<" else step_of(line, steps_of(flask))
        if step is not None and found[-1:] != [step]:
            found.append(step)
    return found


def leaves_the_order(steps: list[str], flask: str) -> bool:
    order = [id_of(step) for step in steps_of(flask)]
    again = {id_of(step) for step in steps_of(flask) if step.get("again")}
    return any(
        order.index(after) < order.index(before) and after not in again
        for before, after in pairwise(steps)
    )


@pytest.mark.parametrize("flask", FLASKS)
def test_every_line_of_every_order_is_a_step_or_known_to_be_none(flask: str) -> None:
    strange = {
        f"{line.kind} {line.name}" if line.kind == "signal" else line.kind
        for order in expected(numbers(flask)).values()
        for line in map(parsed, order)
        if step_of(line, steps_of(flask)) is None
    }
    assert sorted(strange - NO_STEPS) == []


@pytest.mark.parametrize("flask", FLASKS)
def test_every_step_of_the_table_is_seen(flask: str) -> None:
    seen = {
        step_of(line, steps_of(flask))
        for order in expected(numbers(flask)).values()
        for line in map(parsed, order)
    }
    assert [id_of(step) for step in steps_of(flask) if id_of(step) not in seen] == []


@pytest.mark.parametrize("flask", FLASKS)
def test_requests_take_the_steps_in_the_tables_order(flask: str) -> None:
    left = {
        name
        for name, order in expected(numbers(flask)).items()
        for lines in passes(order)
        if leaves_the_order(taken(lines, flask), flask)
    }
    assert left == DETOURS[flask]


@pytest.mark.parametrize("flask", FLASKS)
def test_what_the_table_says_of_every_request_holds(flask: str) -> None:
    missing = {
        name
        for name, order in expected(numbers(flask)).items()
        for lines in passes(order)
        if missed(lines, flask)
    }
    assert missing == MISSING[flask]


def missed(lines: list[Line], flask: str) -> list[str]:
    """Steps that the table promises and the request did not take."""
    steps = taken(lines, flask)
    is_broken = "exception" in steps or any(line.left_by for line in lines)
    promised = EVER if is_broken else {*EVER, "unbroken", "answer"}
    if lines[0].kind == "wsgi_app":
        steps += ["request", "response.close"]  # those of the request around it
    return [
        id_of(step)
        for step in steps_of(flask)
        if step["when"] in promised and id_of(step) not in steps
    ]


@pytest.mark.parametrize("flask", FLASKS)
def test_a_step_with_a_condition_is_taken_when_it_holds_and_only_then(flask: str) -> None:
    wrong = [
        (name, step)
        for name, order in expected(numbers(flask)).items()
        for lines in passes(order)
        for step in against_its_condition(taken(lines, flask))
    ]
    assert wrong == []


def against_its_condition(steps: list[str]) -> list[str]:
    is_answered = "start_response" in steps
    is_raised = "exception" in steps
    has_session = is_raised or "session.null" not in steps
    allowed = {
        "session.save": has_session,
        "signal got_request_exception": is_raised,
        "error_handler": is_raised,
        "signal before_render_template": "template.load" in steps,
        "signal template_rendered": "template.render" in steps,
    }
    due = {"session.save": is_answered and has_session and not is_raised}
    return [step for step, may in allowed.items() if step in steps and not may] + [
        step for step, must in due.items() if must and step not in steps
    ]


def test_the_table_knows_the_versions_that_are_tested() -> None:
    assert TABLE["flasks"] == sorted({flask.rpartition(".")[0] for flask in FLASKS})


def test_conditions_and_notes_are_those_that_are_known() -> None:
    assert {step["when"] for step in TABLE["steps"]} == {
        *EVER, "unbroken", "answer", "no_session", "session", "first", "registered", "matched",
        "template", "exception", "unhandled", "handled", "asked", "body",
    }  # fmt: skip
    used = [note for step in TABLE["steps"] for note in step.get("notes", ())]
    assert sorted(set(used)) == sorted(TABLE["notes"])
