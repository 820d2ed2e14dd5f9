"""For every test: what is traced is given back, and nothing is left running."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator

import flask.signals
import pytest
from blinker import Signal
from flask import has_app_context, has_request_context
from hypothesis import HealthCheck, settings

from tracer import hot_path
from tracer.engine import ENGINE

# A run that fails must fail again: the same examples each time, and no clock on a busy machine.
settings.register_profile(
    "house",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


def pytest_configure() -> None:
    """What is tested is the form of the tracer's hot path that was asked for, or nothing is."""
    loaded = "tracer.hot_path.compiled" in sys.modules
    if hot_path.IS_COMPILED or (not loaded and os.environ.get("FLASKSCOPE_COMPILED") != "1"):
        return
    why = "has changed since it was compiled" if loaded else "is not compiled for this Python"
    pytest.exit(
        f"tracer/hot_path {why}: `make install-dev` compiles it, "
        "FLASKSCOPE_COMPILED=0 tests it as plain Python.",
        returncode=pytest.ExitCode.USAGE_ERROR,
    )


SIGNALS = [signal for signal in vars(flask.signals).values() if isinstance(signal, Signal)]


@pytest.fixture(autouse=True)
def leaks() -> Iterator[None]:
    """No patches, receivers, contexts or threads are left behind by a test."""
    receivers = [len(signal.receivers) for signal in SIGNALS]
    threads = set(threading.enumerate())
    yield
    assert ENGINE.patches() == 0, "patches were left in place"
    assert [len(signal.receivers) for signal in SIGNALS] == receivers, "receivers were left"
    assert not has_app_context(), "an application context was left on the stack"
    assert not has_request_context(), "a request context was left on the stack"
    # A daemon may stay, so it is not waited for either.
    for thread in [t for t in set(threading.enumerate()) - threads if not t.daemon]:
        thread.join(5)
        assert not thread.is_alive(), f"{thread} was left running"
