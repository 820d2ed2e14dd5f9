"""Whatever a capture cuts through: every begin has its end, and every end its begin."""

from __future__ import annotations

import contextvars
import gc
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, EnvironBuilder

import tracer
from tracer import Tracer
from tracer.events import Event
from tracer.testing import capture_trace


def made(name: str = "shop", view: Callable[[], Any] = lambda: "hello") -> Flask:
    app = Flask(name)
    app.add_url_rule("/", "index", view)
    return app


def visit(app: Any, path: str = "/") -> None:
    Client(app, Response).get(path).close()


def paired(events: list[Event]) -> list[str]:
    """The spans in the order of their begins; each of them ends, and nothing else does."""
    begun = [event for event in events if event.phase == "begin"]
    ended = [event.span_id for event in events if event.phase == "end"]
    assert sorted(map(str, ended)) == sorted(str(event.span_id) for event in begun)
    assert [event.seq for event in events] == sorted({event.seq for event in events})
    return [f"{event.kind} {event.name}" for event in begun]


def test_a_capture_that_ends_in_the_middle_ends_what_is_open_from_the_inside() -> None:
    go, waiting = threading.Event(), threading.Event()

    def index() -> str:
        waiting.set()
        go.wait(10)
        return "hello"

    app = made(view=index)

    @app.route("/stream")
    def stream() -> Response:
        def chunks() -> Iterator[str]:
            with tracer.span("half"):
                yield "a"
                yield "b"

        return Response(chunks())

    context = app.app_context()
    other = threading.Thread(target=visit, args=(app,))
    with capture_trace() as captured:
        body: Any = app(EnvironBuilder("/stream").get_environ(), lambda *args: None)
        next(iter(body))
        other.start()
        assert waiting.wait(10)
        context.push()
    paired(captured.events)
    open_ones = [
        (event.kind, event.name)
        for event in captured.events
        if event.attributes.get("left_open") == "capture ended"
    ]
    assert open_ones[:3] == [("view", "index"),
                             ("wsgi_app", "shop"), ("span", "half")]  # fmt: skip
    assert sorted(open_ones[3:]) == [
        ("request", "GET /"), ("request", "GET /stream"), ("run", "shop")
    ]  # fmt: skip

    with capture_trace() as later:
        go.set()
        other.join()
        body.close()
        context.pop()
        with app.app_context():
            pass
    names = paired(later.events)
    assert [name for name in names if not name.startswith("signal")] == ["run shop"]
    assert [trace.events[0].kind for trace in later.traces][-1] == "run"


@pytest.mark.parametrize("is_traced", [False, True])
def test_captures_in_captures_and_in_views(is_traced: bool) -> None:
    inner: list[list[Event]] = []

    def index() -> str:
        with capture_trace() as captured:
            visit(other)
        inner.append(captured.events)
        return "hello"

    # Names of their own: other tests' applications may not be collected yet, and be found.
    app, other = made("outer", view=index), made("inner")
    everything = Tracer(enabled=True)
    if is_traced:
        everything.instrument_all()
    with capture_trace() as captured:
        visit(app)
        visit(other)
    visit(app)
    everything.uninstall()
    assert [trace.app for trace in captured.traces] == ["outer", "inner"]
    paired(captured.events)
    for events in inner:
        assert "wsgi_app inner" in paired(events)
        assert "wsgi_app outer" not in paired(events)


def test_a_capture_of_one_application_leaves_out_the_dispatcher_of_others() -> None:
    shop, admin = made(), made("admin")
    both = DispatcherMiddleware(shop, {"/admin": admin})
    everything = Tracer(enabled=True)
    everything.instrument_all()
    with capture_trace(admin) as captured:
        visit(both)
        visit(both, "/admin/")
    everything.uninstall()
    assert [trace.events[0].name for trace in captured.traces] == ["GET /admin/"]
    paired(captured.events)


if hasattr(Flask, "ensure_sync"):  # from 2.0 on contexts are kept in contextvars

    def test_a_context_that_is_never_popped_ends_its_run_when_it_is_collected() -> None:
        app = made()
        with capture_trace() as captured:
            contextvars.Context().run(lambda: app.app_context().push())
            gc.collect()
            left = [e.attributes.get("left_open") for e in captured.events if e.phase == "end"]
            assert left[-1] == "abandoned"
            with app.app_context():
                pass
        assert [trace.events[0].kind for trace in captured.traces] == ["run", "run"]
        paired(captured.events)


def test_any_tracers_taken_out_in_any_order_leave_what_was_there() -> None:
    class Sub(Flask):
        def __call__(self, *args: Any) -> Any:
            return super().__call__(*args)

    def around(inner: Any) -> Any:
        def between(environ: Any, start_response: Any) -> Any:
            return inner(environ, start_response)

        return between

    one, two = made(), Sub("sub")
    one.wsgi_app = around(one.wsgi_app)  # type: ignore[method-assign]
    owners: tuple[Any, ...] = (Flask, Sub, one, two, one.wsgi_app)
    visit(one)
    visit(two)
    before = [{name: id(value) for name, value in vars(owner).items()} for owner in owners]
    cell = one.wsgi_app.__closure__[0].cell_contents  # type: ignore[attr-defined]
    for order in itertools.permutations(range(3)):
        tracers = [Tracer(one, enabled=True), Tracer(two, enabled=True), Tracer(enabled=True)]
        tracers[2].instrument_all()
        for number in order:
            visit(one)
            visit(two)
            tracers[number].uninstall()
        after = [{name: id(value) for name, value in vars(owner).items()} for owner in owners]
        assert after == before
        assert one.wsgi_app.__closure__[0].cell_contents is cell  # type: ignore[attr-defined]
