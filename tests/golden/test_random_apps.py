"""Applications put together at random: the tracer tells what the dumb twin saw, of each.

What is drawn: a tree of blueprints with hooks and error handlers at every level, which answer,
raise or return, and a view that may do anything of that, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    flash,
    redirect,
    render_template_string,
    session,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from twin import told_by_tracer, watched_by_twin
from werkzeug.exceptions import HTTPException
from werkzeug.test import Client

from tracer.engine import ENGINE
from tracer.testing import capture_trace

ERRORS = {"404": 404, "500": 500, "ValueError": ValueError, "Exception": Exception,
          "HTTPException": HTTPException}  # fmt: skip
ACTIONS = st.sampled_from(["pass", "pass", "pass", "answer", "abort", "raise", "redirect"])
VIEWS = st.sampled_from(
    ["answer", "abort", "raise", "redirect", "pass", "template", "session", "context", "request"]
)


@dataclass
class Level:
    """Of the application (the first one) or of a blueprint inside the one before."""

    before: list[str]
    before_all: list[str]
    after: list[str]
    down: list[str]
    handlers: dict[str, str]


LEVELS = st.lists(
    st.builds(
        Level,
        before=st.lists(ACTIONS, max_size=2),
        before_all=st.lists(ACTIONS, max_size=1),
        after=st.lists(st.sampled_from(["pass", "pass", "raise", "abort"]), max_size=2),
        down=st.lists(st.sampled_from(["pass", "pass", "pass", "raise"]), max_size=2),
        handlers=st.dictionaries(st.sampled_from(sorted(ERRORS)), ACTIONS, max_size=2),
    ),
    min_size=1,
    max_size=4,
)


def perform(action: str, app: Flask, passed: Any) -> Any:
    match action:
        case "answer":
            return "answer"
        case "abort":
            abort(404)
        case "raise":
            raise ValueError("raised")
        case "redirect":
            return redirect("/elsewhere")
        case "template":
            return render_template_string("{{ 1 }}")
        case "session":
            session["n"] = session.get("n", 0) + 1
            flash("counted")
            return "counted"
        case "context":
            with app.app_context(), app.test_request_context("/missing"):
                return "context"
        case "request":
            return app.test_client().get("/missing").get_data(as_text=True)
    return passed


def build(levels: list[Level], view: str, propagate: bool, has_key: bool) -> Flask:
    app = Flask("random")
    app.logger.disabled = True
    app.config["PROPAGATE_EXCEPTIONS"] = propagate
    app.secret_key = "a key" if has_key else None

    def function(name: str, action: str, passed: bool = False) -> Callable[..., Any]:
        """With a code object of its own, by which the twin knows it."""

        def do(*args: Any, **kwargs: Any) -> Any:
            return perform(action, app, args[0] if passed else None)

        do.__name__ = name
        do.__code__ = do.__code__.replace(co_name=name)
        return do

    things: list[Any] = [app, *(Blueprint(f"b{n}", __name__) for n in range(1, len(levels)))]
    for number, (thing, level) in enumerate(zip(things, levels, strict=True)):
        for at, action in enumerate(level.before):
            thing.before_request(function(f"before_{number}_{at}", action))
        for at, action in enumerate(level.before_all if number else ()):
            thing.before_app_request(function(f"before_all_{number}_{at}", action))
        for at, action in enumerate(level.after):
            thing.after_request(function(f"after_{number}_{at}", action, passed=True))
        for at, action in enumerate(level.down):
            thing.teardown_request(function(f"down_{number}_{at}", action))
        for what, action in level.handlers.items():
            handler = function(f"handle_{number}_{what}", action)
            thing.register_error_handler(ERRORS[what], handler)
    things[-1].add_url_rule("/view", "view", function("view", view))
    for inner, outer in zip(reversed(things[1:]), reversed(things[:-1]), strict=True):
        # 1.1 does not nest them: there they stand beside each other.
        getattr(outer, "register_blueprint", app.register_blueprint)(inner)
    return app


def visit(app: Flask, path: str) -> str:
    """What came out of it: the answer, or the exception."""
    try:
        response = Client(app, Response).get(path)
        return f"{response.status} {response.get_data(as_text=True)}"
    except Exception as error:
        return f"{type(error).__name__} {error}"


@settings(max_examples=150)
@example([Level([], [], [], [], {"Exception": "pass"})], "request", True, True, "/view")
@given(LEVELS, VIEWS, st.booleans(), st.booleans(), st.sampled_from(["/view", "/missing"]))
def test_the_tracer_tells_what_the_twin_saw(
    levels: list[Level], view: str, propagate: bool, has_key: bool, path: str
) -> None:
    plain = build(levels, view, propagate, has_key)
    with watched_by_twin() as seen:
        expected = visit(plain, path)
    traced = build(levels, view, propagate, has_key)
    with capture_trace() as captured:
        assert visit(traced, path) == expected
        assert {probe.name: probe.faults for probe in ENGINE.probes if probe.faults} == {}
    assert told_by_tracer(captured.events) == seen

    handlers = [
        event.name
        for event in captured.events
        if (event.kind, event.phase) == ("error_handler", "begin")
    ]
    foretold = [e.attributes["handled_by"] for e in captured.events if e.kind == "exception"]
    assert [name for name in foretold if name is not None] == handlers

    opened: list[str | None] = []
    for event in captured.events:
        if event.phase == "end":
            assert opened.pop() == event.span_id
        else:
            assert event.parent_id == (opened[-1] if opened else None)
            if event.phase == "begin":
                opened.append(event.span_id)
    assert opened == []
