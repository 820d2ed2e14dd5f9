"""``make soak``: what must hold and takes long, above all the promises of docs/safety.md."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.soak.interrupts import interrupts
from tests.soak.memory import MIB, memory
from tests.soak.outages import outages
from tests.soak.rounds import rounds
from tests.soak.slow_pages import slow_pages

SEED = 20


def say(text: str) -> None:
    """Over the line before."""
    print(f"\r  {text:<70}", end="", flush=True)


def a_million_requests_to_nobody() -> str:
    held, slope = memory(1_000_000, say)
    return f"{held / MIB:.2f} MiB held at most, {slope:+.3f} bytes with each request"


def outages_under_load() -> str:
    with tempfile.TemporaryDirectory() as folder:
        answered = outages(60, Path(folder), SEED, say)
    return f"{answered} requests answered, every event of them stored"


def interrupts_at_random_lines() -> str:
    reached = interrupts(5_000, SEED, say)
    return ", ".join(f"{name} {count}" for name, count in sorted(reached.items()))


def rounds_of_attaching() -> str:
    return f"{rounds(100, say)} attributes as they were, 100 times"


def pages_that_paint_late() -> str:
    return slow_pages("paint", say)


def pages_that_hear_late() -> str:
    return slow_pages("answers", say)


ALL: tuple[Callable[[], str], ...] = (
    rounds_of_attaching,
    pages_that_paint_late,
    pages_that_hear_late,
    interrupts_at_random_lines,
    outages_under_load,
    a_million_requests_to_nobody,
)


def main() -> int:
    failed = 0
    for one in ALL:
        print(one.__name__.replace("_", " "), flush=True)
        started = time.monotonic()
        try:
            found = one()
        except AssertionError as error:
            failed += 1
            found = f"FAILED: {error}"
        say(f"{found} ({time.monotonic() - started:.0f} s)\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
