"""Where the application pushed a context: the answer to who left it on the stack."""

from __future__ import annotations

import inspect
from contextlib import ExitStack
from typing import Any

import greenlet
import pytest
from flask import Flask

from tracer.events import Event
from tracer.testing import capture_trace

Place = tuple[str, int]
"""Function and line."""


def line() -> int:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def placed(events: list[Event]) -> list[Place | None]:
    """Of each push in the order of events where it was, None where it does not say so."""
    pushes = [event.attributes for event in events if event.kind.endswith("_context.push")]
    files = {found["file"].rpartition("/")[2] for found in pushes if "file" in found}
    assert files <= {"test_pushes.py"}
    return [(found["function"], found["line"]) if "line" in found else None for found in pushes]


def nested(places: list[Place | None]) -> list[Place]:
    """Without the pushes that every request begins with: two contexts, or a merged one."""
    assert places[0] is None
    return [place for place in places if place is not None]


@pytest.fixture(params=["threads", "greenlets"])
def ask(request: pytest.FixtureRequest) -> Any:
    """Sends a request: in the thread itself, or in a greenlet."""

    def get(app: Flask) -> None:
        assert app.test_client().get("/").status_code == 200

    if request.param == "threads":
        return get
    return lambda app: greenlet.greenlet(get).switch(app)


def test_a_helpers_push_names_the_helper_and_not_the_view(ask: Any) -> None:
    app, billing = Flask("shop"), Flask("billing")
    lines = []

    def rate_of() -> Any:
        context = billing.app_context()
        lines.append(line() + 1)
        context.push()
        return context

    @app.route("/")
    def index() -> str:
        rate_of().pop()
        return ""

    with capture_trace() as captured:
        ask(app)

    assert nested(placed(captured.events)) == [("rate_of", lines[0])]


def test_what_flask_or_the_standard_library_pushes_is_whose_call_it_was(ask: Any) -> None:
    app, billing = Flask("shop"), Flask("billing")
    lines = []

    @app.route("/")
    def index() -> str:
        lines.append(line() + 1)
        with billing.test_request_context("/"):
            pass
        lines.append(line() + 1)
        billing.test_client().get("/")
        with ExitStack() as stack:
            lines.append(line() + 1)
            stack.enter_context(billing.app_context())
        return ""

    with capture_trace() as captured:
        ask(app)

    # An application context comes along with a request's, up to Flask 3.1.
    assert sorted(set(nested(placed(captured.events)))) == [("index", at) for at in lines]


def test_a_script_says_where_it_pushed() -> None:
    app = Flask("script")
    with capture_trace() as captured:
        at = line() + 1
        with app.app_context():
            pass

    [place] = placed(captured.events)
    assert place == ("test_a_script_says_where_it_pushed", at)


def test_a_request_without_pushes_of_its_own_says_nothing(ask: Any) -> None:
    app = Flask("plain")
    app.add_url_rule("/", "index", lambda: "")
    with capture_trace() as captured:
        ask(app)
        ask(app)

    assert set(placed(captured.events)) == {None}
