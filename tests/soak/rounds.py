"""A13: attached and taken out again, round after round, everything is as it was."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

from tests.tracer.test_tracer import shop, snapshot
from tracer import Tracer
from tracer.engine import ENGINE


def rounds(times: int, say: Callable[[str], None]) -> int:
    """How many attributes of Flask's and others' classes were looked at in each round."""
    app = shop()
    app.test_client().get("/").close()
    before, own, threads = snapshot(), dict(vars(app)), set(threading.enumerate())
    gc.collect()
    tracked = 0
    for number in range(times):
        one, everything = Tracer(app, enabled=True), Tracer()
        everything.instrument_all()
        app.test_client().get("/").close()
        assert snapshot() != before
        first, last = (one, everything) if number % 2 else (everything, one)
        first.uninstall()
        app.test_client().get("/").close()
        last.uninstall()
        assert snapshot() == before
        assert vars(app) == own
        assert ENGINE.patches() == 0
        assert set(threading.enumerate()) == threads
        if number == 2:
            gc.collect()
            tracked = len(gc.get_objects())
        say(f"{number + 1} of {times} rounds")
    gc.collect()
    assert len(gc.get_objects()) <= tracked + 100, "something is left behind in each round"
    return sum(map(len, before))
