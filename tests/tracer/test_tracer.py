"""Attaching, taking out, and what is recorded meanwhile."""

from __future__ import annotations

import contextvars
import gc
import logging
import os
import threading
import weakref
from contextlib import suppress
from contextvars import copy_context
from queue import Queue
from typing import Any

import blinker
import flask
import flask.ctx
import flask.globals
import flask.helpers
import flask.templating
import jinja2.runtime
import pytest
import werkzeug.local
from flask import Blueprint, Flask, Response, copy_current_request_context, session, url_for
from flask.ctx import AppContext
from flask.sessions import SecureCookieSessionInterface, SessionInterface
from werkzeug.debug import DebuggedApplication
from werkzeug.local import Local, LocalProxy, LocalStack
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.routing import BaseConverter, MapAdapter
from werkzeug.serving import make_server
from werkzeug.test import Client, EnvironBuilder
from werkzeug.wrappers import Request

import tracer as tracer_face
from tracer import Tracer, collector
from tracer.config import SWITCHES
from tracer.current import requested_trace, suppressed
from tracer.engine import ENGINE
from tracer.hot_path import flow_here
from tracer.testing import capture_trace
from tracer.vocabulary import COMMON, KINDS

OWNERS = (
    Flask, AppContext, vars(flask.ctx).get("RequestContext", AppContext), blinker.Signal,
    SecureCookieSessionInterface, SessionInterface, MapAdapter, LocalStack, DispatcherMiddleware,
    threading.Thread, flask.templating.Environment, jinja2.runtime.Context, flask, flask.helpers,
    flask.templating, contextvars, werkzeug.local, flask.globals, LocalProxy, Local, Request,
    Blueprint, *Flask.__mro__[1:-1],
)  # fmt: skip


def shop(name: str = "shop") -> Flask:
    app = Flask(name)
    app.secret_key = "a key"

    @app.before_request
    def before() -> None: ...

    @app.route("/")
    def index() -> str:
        return "hello"

    return app


def snapshot() -> list[dict[str, int]]:
    return [{name: id(value) for name, value in vars(owner).items()} for owner in OWNERS]


def kinds(captured: Any) -> list[str]:
    return [event.kind for event in captured.events if event.phase != "end"]


# --- attaching and taking out --------------------------------------------------------------------


def test_uninstall_restores_every_attribute_in_twenty_rounds() -> None:
    app = shop()
    app.test_client().get("/").close()
    before, own = snapshot(), dict(vars(app))
    for _ in range(20):
        one, everything = Tracer(app, enabled=True, record=SWITCHES), Tracer(record="proxy,state")
        everything.instrument_all()
        app.test_client().get("/").close()
        assert snapshot() != before
        one.uninstall()
        app.test_client().get("/").close()
        everything.uninstall()
        assert snapshot() == before
        assert vars(app) == own


def test_a_patch_of_the_users_on_top_stays_and_ours_below_passes_through() -> None:
    app = shop()
    one = Tracer(app, enabled=True)
    below = app.make_response
    app.make_response = lambda *args: below(*args)  # type: ignore[method-assign]
    top = app.make_response
    one.uninstall()
    assert app.make_response is top
    assert app.test_client().get("/").get_data(as_text=True) == "hello"
    with capture_trace() as captured:
        app.test_client().get("/").close()
    assert kinds(captured).count("make_response") == 1


@pytest.mark.parametrize("variables", [{}, {"FLASKSCOPE_DISABLED": "1"}])
def test_off_is_off(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    before, threads = snapshot(), threading.enumerate()
    app = shop()
    own = dict(vars(app))
    Tracer(app, enabled=None if not variables else True)
    Tracer(app, enabled=False)
    if_disabled = Tracer()
    getattr(if_disabled, "instrument_all" if variables else "uninstall")()
    assert snapshot() == before
    assert vars(app) == own
    assert threading.enumerate() == threads


def test_an_application_in_debug_is_traced() -> None:
    app = shop()
    app.debug = True
    one = Tracer(app)
    assert ENGINE.patches() > 0
    one.uninstall()


def test_attaching_twice_is_silent_and_records_once() -> None:
    app = shop()
    one = Tracer(app, enabled=True)
    one.init_app(app)
    other = Tracer(app, enabled=True)
    with capture_trace(app) as captured:
        app.test_client().get("/").close()
    assert kinds(captured).count("view") == 1
    one.uninstall()
    one.uninstall()
    other.uninstall()


def test_what_is_not_an_application_is_named_in_the_error() -> None:
    with pytest.raises(TypeError, match=r"Flask application, found 'int'.*instrument_all"):
        Tracer(42)  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["dashboard", "http://127.0.0.1:99999", "http://box:http", "//x"])
def test_a_dashboard_that_is_no_url_is_named_before_anything_is_patched(url: str) -> None:
    app = shop()
    with pytest.raises(ValueError, match=rf"'{url}' cannot be used: .*http://127\.0\.0\.1:5000\."):
        Tracer(app, dashboard=url)
    assert ENGINE.patches() == 0
    assert "ensure_sync" not in vars(app)


@pytest.mark.parametrize(
    "url", ["http://me:secret@127.0.0.1:5000", "http://127.0.0.1:5000/?token=1", "http://münchen"]
)
def test_a_url_that_nothing_is_sent_to_is_named_before_anything_is_patched(url: str) -> None:
    app = shop()
    with pytest.raises(ValueError, match=r"cannot be used: .*http://127\.0\.0\.1:5000") as caught:
        Tracer(app, dashboard=url)
    assert "secret" not in str(caught.value)
    assert ENGINE.patches() == 0
    assert "ensure_sync" not in vars(app)


def test_importing_patches_nothing_and_the_face_is_complete() -> None:
    assert ENGINE.patches() == 0
    assert set(tracer_face.__all__) == {"Event", "Lane", "Span", "Trace", "Tracer", "span"}


def test_a_traced_application_is_freed_when_nobody_holds_it() -> None:
    gc.collect()
    # Without static files, whose view is a circle in Flask 1.1.
    app = Flask("freed", static_folder=None)
    gone = weakref.ref(app)
    everything = Tracer(app, enabled=True)
    app.test_client().get("/").close()
    gc.collect()
    gc.disable()
    try:
        del app
        assert gone() is None
    finally:
        gc.enable()
    everything.uninstall()


# --- capture_trace -------------------------------------------------------------------------------


def test_a_capture_covers_applications_that_are_made_later() -> None:
    with capture_trace() as captured:
        app = shop("later")
        app.test_client().get("/").close()
    assert [trace.app for trace in captured.traces] == ["later"]
    assert captured.traces[0].root is not None
    assert captured.traces[0].root.name == "GET /"


def test_a_capture_of_one_application_sees_no_other() -> None:
    one, two = shop("one"), shop("two")
    with capture_trace(one) as captured:
        one.test_client().get("/").close()
        two.test_client().get("/").close()
    assert {event.app for event in captured.events} == {"one"}


def test_a_response_that_nobody_closed_ends_with_the_capture() -> None:
    app = shop()
    with capture_trace() as captured:
        response = app.test_client().get("/")
    root = captured.traces[0].root
    assert root is not None
    assert root.end is not None
    assert root.end.attributes["left_open"] == "capture ended"
    assert root.end.attributes["status"] == 200
    response.close()


def test_events_can_be_read_inside_and_nothing_comes_after() -> None:
    app = shop()
    with capture_trace() as captured:
        app.test_client().get("/").close()
        inside = len(captured.events)
        app.test_client().get("/").close()
    app.test_client().get("/").close()
    assert 0 < inside < len(captured.events)
    assert len(captured.traces) == 2


def test_a_dispatcher_is_a_middleware_and_the_root_says_who_answered() -> None:
    admin = Flask("admin")
    admin.add_url_rule("/", "index", lambda: "admin")
    both = DispatcherMiddleware(shop(), {"/sec": admin})
    with capture_trace() as captured:
        Client(both, Response).get("/sec/").close()
        Client(both, Response).get("/").close()
    kinds = [e.kind for e in captured.events if e.kind in ("middleware", "dispatch")]
    assert kinds == ["middleware", "dispatch", "middleware"] * 2
    ends = [e.attributes for e in captured.events if (e.kind, e.phase) == ("request", "end")]
    assert [attributes["app"] for attributes in ends] == ["admin", "shop"]
    inside = next(e for e in captured.events if (e.kind, e.phase) == ("middleware", "end"))
    assert inside.attributes["environ"] == ["PATH_INFO", "SCRIPT_NAME"]


def test_a_dispatcher_around_wsgi_app_has_one_span_and_one_dispatch() -> None:
    app = shop()
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {})  # type: ignore[method-assign]
    with capture_trace() as captured:
        app.test_client().get("/").close()
        app.test_client().get("/").close()
    kinds = [e.kind for e in captured.events if e.kind in ("middleware", "dispatch")]
    assert kinds == ["middleware", "dispatch", "middleware"] * 2


def test_a_slow_session_store_is_seen_while_it_is_waited_for() -> None:
    app = shop()
    seen: list[tuple[str, str]] = []

    class Slow(SecureCookieSessionInterface):
        def open_session(self, app: Flask, request: Any) -> Any:
            seen.extend((e.kind, e.phase) for e in captured.events)
            return super().open_session(app, request)

    app.session_interface = Slow()
    with capture_trace() as captured:
        app.test_client().get("/").close()
    assert seen[-1] == ("session.open", "begin")


def test_a_capture_has_all_of_a_request_also_while_another_one_waits_for_its_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collector, "LATE", 60)  # however slow this machine is
    entered, leave = threading.Event(), threading.Event()

    class Slow(BaseConverter):
        def to_python(self, value: str) -> str:
            entered.set()
            leave.wait(10)
            return value

    app = shop()
    app.url_map.converters["slow"] = Slow
    app.add_url_rule("/<slow:text>", "slow", lambda text: text)
    with capture_trace() as captured:
        waiting = threading.Thread(target=lambda: app.test_client().get("/slow").close())
        waiting.start()
        assert entered.wait(10)
        app.test_client().get("/").close()
    leave.set()
    waiting.join()
    roots = [(e.phase, e.name) for e in captured.events if e.kind == "request"]
    assert roots[:3] == [("begin", "GET /slow"), ("begin", "GET /"), ("end", "GET /")]


def test_every_kind_and_attribute_is_in_the_vocabulary() -> None:
    app = shop()
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {})  # type: ignore[method-assign]
    with capture_trace() as captured:
        app.test_client().get("/").close()
        app.test_client().get("/nowhere?q=1").close()
    for event in captured.events:
        known = {*KINDS[event.kind].attributes, *COMMON}
        assert set(event.attributes) <= known, event
        assert (event.phase == "instant") == (KINDS[event.kind].shape == "instant")


def test_two_applications_of_one_name_have_two_keys() -> None:
    one, two = shop(), shop()
    with capture_trace() as captured:
        one.test_client().get("/").close()
        two.test_client().get("/").close()
    assert [trace.app for trace in captured.traces] == ["shop", "shop#2"]


# --- what events say -----------------------------------------------------------------------------


def begin(captured: Any, kind: str) -> Any:
    return next(e for e in captured.events if e.kind == kind and e.phase != "end")


def end(captured: Any, kind: str) -> Any:
    return next(e for e in captured.events if e.kind == kind and e.phase == "end")


def test_a_hook_says_where_it_was_written_and_what_it_did() -> None:
    app = shop()
    with capture_trace() as captured:
        app.test_client().get("/").close()
    hook = begin(captured, "before_request")
    assert hook.attributes["scope"] is None
    assert hook.attributes["order"] == 1
    assert hook.attributes["registered_by"] is None
    assert hook.attributes["file"].endswith("test_tracer.py")
    assert len(hook.attributes["source"]) == 16
    assert end(captured, "before_request").attributes == {"returned": "NoneType"}
    assert end(captured, "view").attributes == {"returned": "str"}


if hasattr(Flask, "ensure_sync"):  # from 2.0 on

    def test_a_function_of_your_own_named_like_one_of_blinkers_gets_its_functions_back() -> None:
        app = Flask("sender")

        def mine() -> str:
            return "mine"

        def send() -> Any:
            return flask.current_app.ensure_sync(mine)

        app.add_url_rule("/", "index", lambda: str(send() is mine))
        with capture_trace() as captured:
            assert app.test_client().get("/").get_data(as_text=True) == "True"
        assert [event for event in captured.events if event.kind == "signal_receiver"] == []


def test_a_request_says_what_was_asked_and_answered() -> None:
    app = shop()
    with capture_trace() as captured:
        app.test_client().get("/?token=very-secret-thing&page=2").close()
    asked = begin(captured, "request").attributes
    assert asked["method"] == "GET"
    assert asked["path"] == "/?token=[redacted]&page=2"
    answered = end(captured, "request").attributes
    assert (answered["status"], answered["bytes"], answered["chunks"]) == (200, 5, 1)
    assert begin(captured, "start_response").attributes["headers"][0] == "Content-Type"


def test_contexts_say_how_the_stack_looks_afterwards() -> None:
    one, two = shop("one"), shop("two")
    with capture_trace() as captured, one.app_context(), two.app_context(), one.app_context():
        pass
    depths = [
        (event.kind, len(event.attributes["stack"]), event.attributes["push_count"])
        for event in captured.events
        if event.kind.startswith("app_context")
    ]
    assert depths == [
        ("app_context.push", 1, 1), ("app_context.push", 2, 1), ("app_context.push", 3, 1),
        ("app_context.pop", 2, 0), ("app_context.pop", 1, 0), ("app_context.pop", 0, 0),
    ]  # fmt: skip


def test_an_exception_says_who_handles_it_and_why() -> None:
    app = shop()

    @app.errorhandler(ArithmeticError)
    def sums(error: Exception) -> str:
        return "sums"

    app.add_url_rule("/zero", "zero", lambda: str(1 // 0))
    with capture_trace() as captured:
        app.test_client().get("/zero").close()
    assert begin(captured, "exception").attributes == {
        "message": "integer division or modulo by zero",
        "stage": "view",
        "handled_by": "sums",
        "chosen_because": "app class",
    }
    assert begin(captured, "error_handler").attributes["registered_for"] == "ArithmeticError"


def test_a_session_tells_its_names_and_never_its_values() -> None:
    app = shop()

    @app.route("/write")
    def write() -> str:
        session["colour"] = "canary-value"
        return "written"

    with capture_trace() as captured:
        app.test_client().get("/write").close()
    saved = end(captured, "session.save").attributes
    assert (saved["keys"], saved["modified"], saved["set_cookie"]) == (["colour"], True, True)
    assert "canary-value" not in repr(captured.events)


def test_a_span_of_your_own_stands_below_the_view() -> None:
    app = shop()
    one = Tracer()

    @app.route("/cart")
    def cart() -> str:
        with one.span("load cart", items=3, password="hunter2"):
            return "cart"

    with capture_trace() as captured:
        app.test_client().get("/cart").close()
    own = begin(captured, "span")
    assert (own.name, dict(own.attributes)) == ("load cart", {"items": 3, "password": "[redacted]"})
    assert own.parent_id == begin(captured, "view").span_id
    with one.span("nothing is traced"):
        pass


def test_a_trace_takes_the_id_that_was_asked_for() -> None:
    app, asked = shop(), "ab" * 16
    with capture_trace() as captured:
        app.test_client().get("/", headers={"Flaskscope-Trace": asked}).close()
        with requested_trace("cd" * 16):
            app.test_client().get("/").close()
            app.test_client().get("/").close()
        app.test_client().get("/", headers={"Flaskscope-Trace": "no id"}).close()
    ids = [trace.id for trace in captured.traces]
    assert ids[:2] == [asked, "cd" * 16]
    assert len(set(ids)) == 4


def test_nothing_is_recorded_while_suppressed() -> None:
    app = shop()
    with capture_trace() as captured, suppressed():
        app.test_client().get("/").close()
        with app.app_context():
            pass
    assert captured.events == []


# --- threads and copied contexts -----------------------------------------------------------------


def test_a_copied_context_works_in_its_own_lane_below_the_span_that_handed_over() -> None:
    app = shop()
    signal = blinker.NamedSignal("work")

    @app.route("/copy")
    def copy() -> str:
        context = copy_context()
        thread = threading.Thread(target=context.run, args=(signal.send,), name="copied")
        thread.start()
        thread.join()
        return "copied"

    with capture_trace() as captured:
        app.test_client().get("/copy").close()
    work = next(e for e in captured.events if e.name == "work" and e.phase == "begin")
    assert work.lane.thread_name == "copied"
    assert work.trace_id == captured.traces[0].id
    assert work.parent_id == begin(captured, "view").span_id
    assert begin(captured, "thread.start").attributes == {"thread": "copied"}


@pytest.mark.parametrize("fails", [False, True])
def test_a_copied_request_that_is_used_at_once_leaves_the_request_whole(fails: bool) -> None:
    app = shop()

    @app.route("/copy")
    def copy() -> str:
        @copy_current_request_context
        def work() -> None:
            if fails:
                raise KeyError

        with suppress(KeyError):
            work()
        return "copied"

    with capture_trace(app) as captured:
        app.test_client().get("/copy").close()
        app.test_client().get("/").close()
    names = [trace.events[0].name for trace in captured.traces]
    assert names == ["GET /copy", "GET /"]
    assert {event.trace_id for event in captured.events} == {one.id for one in captured.traces}


if hasattr(flask.ctx.RequestContext, "auto_pop"):  # up to 2.1 a failed one stays on the stack

    def test_a_copy_that_fails_and_is_preserved_keeps_nothing_of_its_thread() -> None:
        app = shop()
        app.config["PRESERVE_CONTEXT_ON_EXCEPTION"] = True
        works: Queue[Any] = Queue()

        def worker() -> None:
            for _ in range(2):
                with suppress(KeyError):
                    works.get(timeout=10)()
                works.task_done()

        @app.route("/copy")
        def copy() -> str:
            @copy_current_request_context
            def work() -> None:
                raise KeyError

            works.put(work)
            works.join()
            return "copied"

        with capture_trace(app) as captured:
            threading.Thread(target=worker).start()
            app.test_client().get("/copy").close()
            works.put(blinker.NamedSignal("work").send)
            works.join()
            after = [event.trace_id for event in captured.events if event.name == "work"]
        assert after == [None, None]


def test_work_that_outlives_its_request_lands_in_its_trace() -> None:
    app = shop()
    one = Tracer()
    go = threading.Event()
    started: list[threading.Thread] = []

    def work() -> None:
        go.wait(10)
        with one.span("afterwards"):
            pass

    @app.route("/later")
    def later() -> str:
        started.append(threading.Thread(target=work))
        started[0].start()
        return "later"

    with capture_trace() as captured:
        app.test_client().get("/later").close()
        go.set()
        started[0].join()
    assert begin(captured, "span").trace_id == captured.traces[0].id
    assert len(captured.traces) == 1


def test_concurrent_requests_never_mix() -> None:
    app = Flask("canary")
    one = Tracer()

    @app.route("/<int:number>")
    def view(number: int) -> str:
        with one.span(f"span {number}"):
            return str(number)

    def visit(first: int) -> None:
        client = app.test_client()
        for number in range(first, first + 25):
            client.get(f"/{number}").close()

    with capture_trace() as captured:
        threads = [threading.Thread(target=visit, args=(n * 100,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(captured.traces) == 150
    for trace in captured.traces:
        number = trace.events[0].name.removeprefix("GET /")
        assert [e.name for e in trace.events if e.kind == "span"] == [f"span {number}"] * 2
        assert len({e.lane for e in trace.events}) == 1


def test_tasks_of_asyncio_are_lanes_of_their_own() -> None:
    import asyncio

    one = Tracer()
    app = shop()

    async def job(name: str, other: asyncio.Event, mine: asyncio.Event) -> None:
        with one.span(f"outer {name}"):
            mine.set()
            await other.wait()
            with one.span(f"inner {name}"):
                await asyncio.sleep(0)

    async def both() -> None:
        a, b = asyncio.Event(), asyncio.Event()
        await asyncio.gather(job("a", b, a), job("b", a, b))

    @app.route("/tasks")
    def tasks() -> str:
        asyncio.run(both())
        return "done"

    with capture_trace() as captured:
        app.test_client().get("/tasks").close()
    spans = {e.name: e for e in captured.events if e.kind == "span" and e.phase == "begin"}
    for name in "ab":
        assert spans[f"inner {name}"].parent_id == spans[f"outer {name}"].span_id
        assert spans[f"outer {name}"].parent_id == begin(captured, "view").span_id
    assert spans["outer a"].lane != spans["outer b"].lane


def test_greenlets_are_lanes_of_their_own() -> None:
    greenlet = pytest.importorskip("greenlet")
    one = Tracer()

    def job(name: str) -> None:
        with one.span(f"outer {name}"):
            greenlet.getcurrent().parent.switch()
            with one.span(f"inner {name}"):
                greenlet.getcurrent().parent.switch()

    with capture_trace() as captured, shop().app_context():
        jobs = [greenlet.greenlet(job) for _ in "ab"]
        for worker, name in zip(jobs, "ab", strict=True):
            worker.switch(name)
        for worker in jobs * 2:
            worker.switch()
    spans = {e.name: e for e in captured.events if e.kind == "span" and e.phase == "begin"}
    for name in "ab":
        assert spans[f"inner {name}"].parent_id == spans[f"outer {name}"].span_id
    assert spans["outer a"].lane.greenlet != spans["outer b"].lane.greenlet


# --- bounds --------------------------------------------------------------------------------------


def test_a_request_is_cut_at_its_cap_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENGINE.collector, "trace_cap", 500)
    app, one = shop(), Tracer()

    @app.route("/many")
    def many() -> str:
        for _ in range(1000):
            with one.span("again"):
                pass
        return "many"

    with capture_trace() as captured:
        app.test_client().get("/many").close()
    trace = captured.traces[0]
    assert 500 <= len(trace.events) // 2 <= 600
    assert trace.root is not None
    assert trace.root.end is not None
    assert trace.root.end.attributes["truncated"] is True
    assert trace.dropped > 900
    begun = {e.span_id for e in trace.events if e.phase == "begin"}
    assert begun == {e.span_id for e in trace.events if e.phase == "end"}


@pytest.mark.parametrize("what", ["instants", "spans"])
def test_five_thousand_events_of_one_request_are_all_there(what: str) -> None:
    app, one = shop(), Tracer()

    @app.route("/many")
    def many() -> str:
        for _ in range(4_900):
            if what == "instants":
                url_for("many")
            else:
                with one.span("again"):
                    pass
        return "many"

    with capture_trace() as captured:
        app.test_client().get("/many").close()
    (trace,) = captured.traces
    assert trace.dropped == 0
    kinds = {"instants": "url_for", "spans": "span"}
    begun = [e for e in trace.events if e.kind == kinds[what] and e.phase != "end"]
    assert len(begun) == 4_900


def test_without_anybody_who_reads_the_ring_stays_within_its_bound() -> None:
    app = shop()
    one = Tracer(app, enabled=True)
    client = app.test_client()
    for _ in range(1200):
        client.get("/").close()
    assert len(ENGINE.collector.buffer) <= ENGINE.collector.buffer.max_rows + 100
    one.uninstall()


def test_the_base_url_comes_from_the_server_and_never_from_the_host_header() -> None:
    app = shop()
    with capture_trace():
        environ = EnvironBuilder("/", base_url="http://evil.example/").get_environ()
        app.test_client().get("/").close()
        assert ENGINE.apps.of(app).base_url is None
        environ.update(SERVER_NAME="0.0.0.0", SERVER_PORT="5100", SCRIPT_NAME="/shop")
        environ.update(SERVER_SOFTWARE="a server")
        body = app(environ, lambda status, headers, *rest: None)
        body.close()  # type: ignore[attr-defined]
        app.test_client().get("/").close()
        assert ENGINE.apps.of(app).base_url == "http://127.0.0.1:5100/shop"


def test_an_application_under_werkzeugs_server_is_reached_before_its_first_request() -> None:
    front, back, silent = Flask("front"), Flask("back"), Flask("silent")
    dispatcher = DispatcherMiddleware(front, {"/back": DebuggedApplication(back)})
    with capture_trace(), make_server("127.0.0.1", 0, dispatcher) as server:
        served = threading.Thread(target=server.serve_forever)
        served.start()
        server.shutdown()
        served.join()
        address = f"http://127.0.0.1:{server.port}"
        found = [ENGINE.apps.of(app).base_url for app in (front, back, silent)]
    assert found == [address, f"{address}/back", None]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_is_another_agent_with_an_empty_buffer() -> None:
    app = shop()
    reader, writer = os.pipe()
    with capture_trace():
        app.test_client().get("/").close()
        agent = ENGINE.collector.ids.agent
        child = os.fork()
        if child == 0:
            fresh = ENGINE.collector.ids.agent != agent and not len(ENGINE.collector.buffer)
            os.write(writer, b"fresh" if fresh else b"stale")
            os._exit(0)
        os.waitpid(child, 0)
    assert os.read(reader, 10) == b"fresh"
    os.close(reader)
    os.close(writer)


def test_nothing_is_open_after_a_request_that_was_interrupted() -> None:
    app = shop()

    @app.route("/stop")
    def stop() -> str:
        raise KeyboardInterrupt

    with capture_trace() as captured:
        with pytest.raises(KeyboardInterrupt):
            app.test_client().get("/stop")
        assert flow_here().open.trace.id is None
    assert end(captured, "request").attributes["left_by"] == "KeyboardInterrupt"


def test_a_probe_that_keeps_failing_switches_itself_off_and_says_so_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shop()
    with capture_trace(), caplog.at_level(logging.WARNING, "flaskscope"):
        monkeypatch.setattr(ENGINE.collector, "instant", broken)
        monkeypatch.setattr(ENGINE.collector, "begin", broken)
        for _ in range(3):
            with app.app_context():
                pass
        contexts = next(probe for probe in ENGINE.probes if probe.name == "contexts")
        for tokens in (contexts,):
            for _ in range(6):
                tokens.fault(ValueError())
        assert contexts.is_on is False
        assert app.test_client().get("/").get_data(as_text=True) == "hello"
    said = [record for record in caplog.records if "'contexts'" in record.message]
    assert len(said) == 1


def broken(*args: Any, **kwargs: Any) -> Any:
    raise ValueError("a fault of ours")
