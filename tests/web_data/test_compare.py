"""The dashboard's comparison and the page's are one: both are held to the same recorded answers.

Vitest writes ``compared.json`` (``src/model/compare/shared.test.ts``) and fails when it differs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tracer.events import Event, Lane
from tracer.wire import decode_block, span_id, split_frame
from web.compare import counts, finish, length, merge, merged, pushes, steps_of
from web.compare.alignment import Item, align

DEMO_DATA = Path(__file__).resolve().parents[2] / "web" / "frontend" / "demo-data"
SHARED = json.loads((DEMO_DATA / "compared.json").read_text())
EVENTS = {
    file: [
        event
        for block in split_frame((DEMO_DATA / file).read_bytes())[0]
        for event in decode_block(block)[0].events()
    ]
    for file in sorted({pair["file"] for pair in SHARED["pairs"]})
}


def compared(a: list[Event], b: list[Event]) -> dict[str, Any]:
    roots = steps_of(a), steps_of(b)
    steps = list(merge(*roots))
    finish(steps)
    return {
        "counts": counts(steps),
        "length_ns": {"a": length(roots[0]), "b": length(roots[1])},
        "contexts": {"a": pushes(s.a for s in steps), "b": pushes(s.b for s in steps)},
        "steps": [step.item() for step in steps],
    }


def of_trace(file: str, trace_id: str) -> list[Event]:
    return [event for event in EVENTS[file] if event.trace_id == trace_id]


def test_the_page_has_the_same_words() -> None:
    assert SHARED["one_of_a_kind"] == sorted(merged.ONE_OF_A_KIND)
    assert SHARED["meaningless"] == sorted(merged.MEANINGLESS)


def test_there_is_something_of_every_difference() -> None:
    totals = [pair["answer"]["counts"] for pair in SHARED["pairs"]]
    assert len(totals) > 10
    assert all(sum(total[word] for total in totals) > 20 for word in merged.DIFFERENCES)


@pytest.mark.parametrize("pair", SHARED["pairs"], ids=lambda pair: pair["b"][:8])
def test_recorded_requests_are_compared_as_the_page_does(pair: dict[str, Any]) -> None:
    a, b = (of_trace(pair["file"], pair[side]) for side in ("a", "b"))
    assert compared(a, b) == pair["answer"]


def written(events: list[dict[str, Any]]) -> list[Event]:
    """As ``demo-data/read.ts`` makes them of what a test of the page writes down."""
    return [
        Event(
            seq=seq,
            ts=event["at"],
            phase=event.get("phase", "instant"),
            kind=event["kind"],
            name=event.get("name", event["kind"]),
            app=event["app"],
            trace_id="t",
            span_id=span_id("0badcafe", event.get("span", 0)),
            parent_id=span_id("0badcafe", event.get("parent", 0)),
            lane=Lane(1, event.get("thread", 1), "", None, None),
            attributes=event.get("attributes", {}),
        )
        for seq, event in enumerate(events, 1)
    ]


@pytest.mark.parametrize("pair", SHARED["written"])
def test_contexts_that_were_not_seen_to_be_pushed_are_told_as_the_page_does(
    pair: dict[str, Any],
) -> None:
    assert compared(written(pair["a"]), written(pair["b"])) == pair["answer"]


def items(word: str) -> list[Item]:
    """A capital has other contexts, ``?`` and ``!`` are two of a kind."""
    return [
        Item(ord(letter), ord(letter.lower()), 0 if letter in "?!" else ord(letter.lower()))
        for letter in word
    ]


@pytest.mark.parametrize("case", SHARED["alignments"], ids=lambda case: case["a"] + "-" + case["b"])
def test_words_are_aligned_as_the_page_does(case: dict[str, Any]) -> None:
    pairs = align(items(case["a"]), items(case["b"]), case["most"])
    assert [list(pair) for pair in pairs] == case["pairs"]


def log(seq: int, name: str, **attributes: Any) -> Event:
    return Event(seq, seq, "instant", "log", name, "shop", "t", None, None, LANE, attributes)


LANE = Lane(1, 1, "MainThread", None, None)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(1, 1.0, True), (1, True, False), (None, 0, False), ([1], [1], True), ({"a": 1}, [], False)],
)
def test_values_are_equal_as_json(one: Any, other: Any, same: bool) -> None:
    (step,) = compared([log(1, "x", value=one)], [log(1, "x", value=other)])["steps"]
    assert step["changes"] == ([] if same else [{"what": "value", "a": one, "b": other}])


def test_an_attribute_that_is_null_is_as_one_that_is_not_there() -> None:
    assert compared([log(1, "x", value=None)], [log(1, "x")])["counts"]["same"] == 1


def test_a_step_below_a_step_below_a_step_20000_deep() -> None:
    deep = [
        Event(i, i, "begin", "span", "s", None, "t", f"{i:016x}", f"{i - 1:016x}", LANE)
        for i in range(1, 20_001)
    ]
    found = compared(deep, deep)
    assert found["counts"] == {"same": 20_000, "changed": 0, "onlyA": 0, "onlyB": 0}
    assert found["steps"][-1]["depth"] == 19_999


def test_5000_steps_of_which_every_tenth_differs() -> None:
    a = [Item(i, i, i) for i in range(5000)]
    b = [Item(-i, -i, -i) if i % 10 == 3 else item for i, item in enumerate(a)]
    pairs = list(align(a, b))
    assert sum(1 for i, j in pairs if i is not None and j is not None) == 4500
    assert len(pairs) == 5500


def test_5000_steps_of_which_none_has_a_partner() -> None:
    a = [Item(i, i, i) for i in range(5000)]
    b = [Item(-1 - i, -1 - i, -1 - i) for i in range(5000)]
    assert len(list(align(a, b))) == 10_000
