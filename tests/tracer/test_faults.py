"""Whatever goes wrong in a step of the tracer, the application answers as if it were not there.

The steps are not written down here: a first round finds every function of the tracer that another
one of its functions calls while a request is answered; then each of these calls is made to fail.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import flask.signals
import pytest
from blinker import Signal
from werkzeug.test import EnvironBuilder

import tracer
from tests.tracer.test_unnoticed import REQUESTS, Answer, answer, awkward, undated
from tracer.config import SWITCHES
from tracer.hot_path import FLOWS, HANDED, INNER, NO_NUMBERS, NOWHERE
from tracer.testing import capture_trace

SIGNALS = [signal for signal in vars(flask.signals).values() if isinstance(signal, Signal)]
FOLDER = str(Path(tracer.__file__).parent)
Call = tuple[str, str, str, str]
"""File and function that calls, file and function that is called."""

FORWARDS = {
    ("calls.py", "call"),
    ("calls.py", "forwarded"),
    ("calls.py", "inside"),
    ("legacy_stacks.py", "pop"),
    ("legacy_stacks.py", "push"),
    ("middleware.py", "around"),
    ("requests.py", "_context"),
    ("responses.py", "made_response"),
    ("signals.py", "send_slowly"),
    ("wsgi.py", "_through"),
}
"""These call the application: failing in front of that is the same as not calling it."""
GUARDED = {
    ("base.py", "fault"),
    ("body.py", "_close"),
    ("body.py", "_ended"),
    ("running.py", "finish"),
    ("running.py", "left"),
    ("running.py", "pause"),
    ("running.py", "resume"),
    ("calls.py", "_begin"),
    ("calls.py", "_end"),
    ("calls.py", "leave"),
    ("calls.py", "seen"),
    ("recording.py", "_wake"),
    ("contexts.py", "after_pop"),
    ("contexts.py", "leaving"),
    ("contexts.py", "instead"),
    ("error_handlers.py", "_answered"),
    ("error_handlers.py", "_report"),
    ("locals.py", "_changed"),
    ("locals.py", "_names"),
    ("middleware.py", "_end"),
    ("legacy_stacks.py", "_after_pop"),
    ("registries.py", "_seen"),
    ("registries.py", "see"),
    ("routing.py", "_built"),
    ("setup.py", "_registered"),
    ("signals.py", "_end"),
    ("signals.py", "_plain"),
    ("state.py", "_after"),
    ("state.py", "_before"),
    ("templates.py", "begun_rendering"),
    ("templates.py", "_left"),
    ("templates.py", "_seen"),
    ("wsgi.py", "_answered"),
    ("requests.py", "_hang_on"),
}
"""These catch what goes wrong in them: what they call is made to fail, not they themselves."""
LAST = {("recording.py", "close_root")}
"""Where this cannot even be called there is nothing left that could end the request."""


def step(frame: FrameType) -> Call | None:
    """The call that *frame* began with, if the tracer called itself and may fail there."""
    code, caller = frame.f_code, frame.f_back
    if caller is None or not code.co_filename.startswith(FOLDER):
        return None
    if not caller.f_code.co_filename.startswith(FOLDER):
        return None  # the application, Flask or Jinja called what stands in for its own
    called = Path(code.co_filename).name, code.co_name
    if called in FORWARDS | GUARDED | LAST:
        return None
    return Path(caller.f_code.co_filename).name, caller.f_code.co_name, *called


@contextmanager
def every_step(see: Callable[[Call], None]) -> Iterator[None]:
    def trace(frame: FrameType, event: str, argument: Any) -> None:
        found = step(frame)
        if found is not None:
            see(found)  # Python takes this function away when it raises: each fault comes once

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def inner_answer(app: Any, options: dict[str, Any], log: list[str]) -> Answer:
    """The same by ``wsgi_app`` alone, as a middleware that was made before the tracer calls it."""
    started: list[Any] = []
    body = app.wsgi_app(
        EnvironBuilder(**options).get_environ(),
        lambda status, headers, error=None: started.append((status, list(headers))),
    )
    chunks = list(body)
    body.close()
    return started, chunks, list(log)


def listener(sender: Any, **values: Any) -> str:
    return "heard"


@pytest.fixture(params=["hot path", "slow path"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where flows may run inside a thread's, what is written out on the hot path stands back; so it
    does where somebody listens."""
    monkeypatch.setattr(INNER, "look", lambda: None)
    is_hot = request.param == "hot path"
    monkeypatch.setattr(INNER, "flow_of", None if is_hot else lambda flow: flow)
    listened_to = [] if is_hot else SIGNALS
    for signal in listened_to:
        signal.connect(listener)
    yield
    for signal in listened_to:
        signal.disconnect(listener)
    flow = FLOWS.flow  # one failure must not bring about the next one
    flow.open, flow.numbers = NOWHERE, NO_NUMBERS
    HANDED.set(None)


@pytest.mark.parametrize("ask", [answer, inner_answer], ids=["called", "by wsgi_app"])
@pytest.mark.usefixtures("path")
def test_a_call_that_fails_inside_the_tracer_changes_nothing(
    ask: Callable[..., Answer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "flaskscope")

    def once(name: str, see: Callable[[Call], None]) -> Answer:
        """One request to a new application, and the same to one of which all is known."""
        log: list[str] = []
        app = awkward(log)
        with capture_trace(record=SWITCHES), every_step(see):
            first = undated(ask(app, REQUESTS[name], log))
            log.clear()
            assert undated(ask(app, REQUESTS[name], log)) == first
        return first

    flow = FLOWS.flow
    tried: set[Call] = set()
    for name in REQUESTS:
        log: list[str] = []
        untouched = undated(ask(awkward(log), REQUESTS[name], log))
        calls: set[Call] = set()
        assert once(name, calls.add) == untouched
        for chosen in sorted(calls - tried):

            def fail(call: Call, chosen: Call = chosen) -> None:
                if call == chosen:
                    raise RuntimeError("a fault of ours")

            assert once(name, fail) == untouched, (name, chosen)
            assert flow.open is NOWHERE, (name, chosen)
        tried |= calls
    assert len(tried) > 100
