"""The whole order of events in every situation, as ``orders.txt`` has it.

That file is what Flask does: it was compared with an independent observer's lists and with Flask's
source. A difference is a fault of the tracer, or a change in Flask.
"""

from __future__ import annotations

import itertools

import pytest
from apps import APPS as SITUATIONS
from golden_orders import HERE, expected, read
from lines import lines
from shapes import SHAPES

from tracer.probes.flask_compat import flask_version
from tracer.testing import capture_trace

APPS = {**SITUATIONS, **SHAPES}
INSTALLED = tuple(int(number) for number in flask_version().split(".")[:3])
EXPECTED = expected(INSTALLED)


def test_every_situation_has_an_order() -> None:
    named = {name for path in HERE.glob("orders*.txt") for name in read(path)[0]}
    assert named == set(APPS)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_order_is_the_golden_one(name: str) -> None:
    run = APPS[name]()
    with capture_trace() as captured:
        run()
    found = lines(captured.events)
    # Stacks made in this process are numbered through: the first one here is number one.
    numbers = itertools.count(1)
    labels: dict[str, str] = {}
    shown = []
    for line in found:
        head, mark, number = line.partition("LocalStack ")
        if mark:
            label = labels.setdefault(number, str(next(numbers)))
            line = f"{head}{mark}{label}"
        shown.append(line)
    assert shown == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_every_begin_has_its_end_and_seq_rises(name: str) -> None:
    run = APPS[name]()
    with capture_trace() as captured:
        run()
    events = captured.events
    begun = [event.span_id for event in events if event.phase == "begin"]
    ended = [event.span_id for event in events if event.phase == "end"]
    assert sorted(map(str, begun)) == sorted(map(str, ended))
    assert [event.seq for event in events] == sorted({event.seq for event in events})
    known = set(begun)
    assert all(event.parent_id is None or event.parent_id in known for event in events)
