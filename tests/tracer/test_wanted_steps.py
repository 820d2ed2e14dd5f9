"""What ``lifecycle.assert_order`` says about the order of steps."""

from __future__ import annotations

import pytest

from tracer.events import Event, Lane
from tracer.pytest_plugin import recorded
from tracer.steps import Step, order_problem

LANE = Lane(1, 1, "MainThread")


def happened() -> list[Event]:
    """A request with a hook, a view in which a signal is sent, and another hook."""
    told = [
        ("begin", "request", "GET /a b", "01", None),
        ("begin", "before_request", "load_user", "02", "01"),
        ("end", "before_request", "load_user", "02", "01"),
        ("begin", "view", "index", "03", "01"),
        ("instant", "flash", "saved", None, "03"),
        ("end", "view", "index", "03", "01"),
        ("begin", "after_request", "add_header", "04", "01"),
        ("end", "after_request", "add_header", "04", "01"),
        ("end", "request", "GET /a b", "01", None),
    ]
    return [
        Event(seq, seq, phase, kind, name, "shop", "ab" * 16, span, parent, LANE)  # type: ignore[arg-type]
        for seq, (phase, kind, name, span, parent) in enumerate(told)
    ]


def problem(*steps: str, exact: bool = False) -> str:
    return order_problem(happened(), [Step.parse(step) for step in steps], exact)


@pytest.mark.parametrize(
    "steps",
    [
        ["request GET /a b", "before_request load_user", "view index", "after_request add_header"],
        ["before_request", "view", "flash saved", "end view", "after_request", "end request"],
        ["view"],
        [],
    ],
)
def test_steps_in_their_order_are_fine_whatever_else_happened(steps: list[str]) -> None:
    assert problem(*steps) == ""


def test_a_step_that_came_earlier_is_shown_where_it_was_expected() -> None:
    assert problem("view index", "before_request load_user").splitlines() == [
        "Step 2 of 2, 'before_request load_user', did not happen after 'view index', "
        "but before it.",
        "",
        "What happened (numbers: your steps, in their order):",
        "       request GET /a b",
        "         before_request load_user",
        "   1 ✓   view index",
        "   2 ✗     before_request load_user    ← expected from here on",
        "             flash saved".replace("      flash", "    flash"),
        "         after_request add_header",
    ]


def test_a_step_that_never_came_names_the_one_that_was_perhaps_meant() -> None:
    told = problem("before_request lode_user").splitlines()
    assert told[:2] == [
        "Step 1 of 1, 'before_request lode_user', did not happen.",
        "Did you mean 'before_request load_user'?",
    ]


def test_a_step_that_is_expected_after_the_last_one_stands_at_the_end() -> None:
    told = problem("end request", "view").splitlines()
    assert told[0] == "Step 2 of 2, 'view', did not happen after 'end request', but before it."
    assert told[-2:] == ["   1 ✓ end request GET /a b", "   2 ✗ view    ← expected here"]


def test_one_happening_is_not_two_steps() -> None:
    assert problem("view", "view").startswith("Step 2 of 2, 'view', did not happen after 'view'")


def test_exact_wants_all_steps_of_the_named_kinds_and_no_others() -> None:
    assert problem("before_request", "view index", "after_request", exact=True) == ""
    assert problem("view index", exact=True) == ""
    assert problem("before_request load_user", "before_request", exact=True).splitlines() == [
        "These are not the steps of these kinds (- expected, + happened):",
        "",
        "  - before_request load_user",
        "    before_request",
    ]
    assert problem("after_request", "view other", exact=True).splitlines()[2:] == [
        "  + view index",
        "    after_request",
        "  - view other",
    ]


@pytest.mark.parametrize("text", ["", "   ", 7])
def test_what_is_no_step_is_told_with_an_example(text: str) -> None:
    with pytest.raises(TypeError, match="A step is a text such as 'view' or"):
        Step.parse(text)


def test_one_text_in_place_of_a_list_is_not_taken_letter_by_letter() -> None:
    with recorded() as lifecycle, pytest.raises(TypeError, match=r"a list of texts: \['view'\]"):
        lifecycle.assert_order("view")
