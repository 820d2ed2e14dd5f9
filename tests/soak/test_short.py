"""``make soak`` in short."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.soak.interrupts import KINDS, interrupts
from tests.soak.memory import memory
from tests.soak.outages import outages
from tests.soak.rounds import rounds


def quiet(_: str) -> None: ...


def test_what_is_held_for_a_dead_dashboard_is_bounded() -> None:
    held, _ = memory(2000, quiet)
    assert held > 100_000  # something waits: the bound is looked at


@pytest.mark.e2e
@pytest.mark.timeout(300)  # a dashboard's start takes its time where others start too
def test_a_dashboard_that_comes_and_goes_has_every_event_in_the_end(tmp_path: Path) -> None:
    assert outages(2, tmp_path, random.randrange(1000), quiet) > 0


def test_what_is_no_exception_reaches_the_server() -> None:
    reached = interrupts(300, random.randrange(100_000), quiet)
    assert sorted(reached) == sorted(kind.__name__ for kind in KINDS)


def test_rounds_of_attaching_leave_nothing_behind() -> None:
    assert rounds(10, quiet) > 100
