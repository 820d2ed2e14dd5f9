"""Tasks, pools, copies and forks: in lanes of their own, below what asked for it."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any
from weakref import ref

import greenlet
import pytest
from flask import Flask, copy_current_request_context

import tracer
from tests.processes import DashboardProcess
from tests.zero_code.commands import Project
from tracer.current import look_for_green
from tracer.events import Event
from tracer.hot_path import INNER, flow_here
from tracer.testing import capture_trace

from .events import stored


def made(view: Callable[[], Any]) -> Flask:
    app = Flask("shop")
    view.__name__ = "view"
    app.add_url_rule("/", "view", view)
    return app


def begun(events: list[Event]) -> dict[str, Event]:
    """The begins of the application's own spans, by name, and of its view."""
    return {
        event.name: event
        for event in events
        if event.phase == "begin" and event.kind in ("span", "view", "request")
    }


def test_a_task_stands_where_it_was_made_not_where_its_maker_has_gone() -> None:
    async def child() -> None:
        with tracer.span("child"):
            await asyncio.sleep(0)

    async def work() -> None:
        with tracer.span("first"):
            task = asyncio.create_task(child())
        with tracer.span("second"):
            await task

    app = made(lambda: asyncio.run(work()) or "done")
    with capture_trace() as captured:
        app.test_client().get("/").close()
    found = begun(captured.events)
    assert found["child"].parent_id == found["first"].span_id
    assert found["first"].parent_id == found["second"].parent_id == found["view"].span_id
    assert found["first"].lane == found["second"].lane != found["child"].lane


def test_tasks_of_one_name_are_two_lanes() -> None:
    async def child(name: str) -> None:
        with tracer.span(name):
            await asyncio.sleep(0)

    async def work() -> None:
        await asyncio.gather(
            asyncio.create_task(child("a"), name="worker"),
            asyncio.create_task(child("b"), name="worker"),
        )

    with capture_trace() as captured:
        made(lambda: asyncio.run(work()) or "done").test_client().get("/").close()
    found = begun(captured.events)
    tasks = [str(found[name].lane.task) for name in "ab"]
    assert [task.partition(" ")[0] for task in tasks] == ["worker", "worker"]
    assert tasks[0] != tasks[1]


@pytest.mark.parametrize("copies", [False, True])
def test_work_for_a_pool_stands_below_who_gave_it_and_leaves_the_pool_free(copies: bool) -> None:
    app = Flask("shop")
    pool = ThreadPoolExecutor(1, "pool")

    def work(number: int) -> None:
        with tracer.span(f"work {number}"):
            pass

    @app.route("/<int:number>")
    def view(number: int) -> str:
        pool.submit(copy_current_request_context(work) if copies else work, number).result()
        return "done"

    with pool, capture_trace() as captured:
        for number in range(3):
            app.test_client().get(f"/{number}").close()
        pool.submit(work, 3).result()
    assert len(captured.traces) == 3
    for number, trace in enumerate(captured.traces):
        found = begun(list(trace.events))
        assert found[f"work {number}"].parent_id == found["view"].span_id
        assert found[f"work {number}"].lane.thread_name == "pool_0"
        [started] = [event for event in trace.events if event.kind == "thread.start"]
        assert (started.name, started.attributes) == ("work", {"thread": "of a pool"})
    assert begun(captured.events)["work 3"].trace_id is None


def test_a_thread_that_is_started_again_is_refused_and_did_not_start() -> None:
    refused = []

    def view() -> str:
        thread = threading.Thread(target=len, args=("",), name="once")
        thread.start()
        thread.join()
        try:
            thread.start()
        except RuntimeError as error:
            refused.append(str(error))
        return "done"

    with capture_trace() as captured:
        made(view).test_client().get("/").close()
    assert refused == ["threads can only be started once"]
    assert [event.name for event in captured.events if event.kind == "thread.start"] == ["len"]


def test_nothing_of_ours_keeps_the_main_greenlet_of_a_thread() -> None:
    """When its thread has ended, greenlet drops a reference that ``gc.get_referrers`` does not find
    (TThreadState.hpp), as in the middle of a collection it does not: that freed what we held."""
    holders: list[str] = []

    def view() -> str:
        with tracer.span("in a thread of its own"):
            referrers = gc.get_referrers(greenlet.getcurrent())
        holders.extend(type(one).__qualname__ for one in referrers)
        return "done"

    app = made(view)
    with capture_trace() as captured:
        thread = threading.Thread(target=lambda: app.test_client().get("/").close())
        thread.start()
        thread.join()
    assert "in a thread of its own" in begun(captured.events)
    assert holders == []


def test_a_thread_that_comes_by_while_the_flow_of_an_ended_one_is_freed_keeps_its_own() -> None:
    ours = flow_here()
    found: list[Any] = []

    def run(target: Callable[[], Any]) -> None:
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()

    def freed(_: Any) -> None:
        run(lambda: found.append(flow_here()))

    run(lambda: found.append(ref(flow_here(), freed)))
    assert flow_here() is ours
    assert len(found) == 2
    assert found[1] is not ours
    assert flow_here() is ours


def test_a_thread_that_ends_inside_a_context_takes_its_flow_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Flask("shop")
    flows = []

    @app.before_request
    def look_up() -> None:
        with app.app_context():  # whose pop is the last of this thread
            pass

    def work() -> None:
        app.test_request_context("/").push()
        app.preprocess_request()
        flows.append(ref(flow_here()))

    with capture_trace() as captured:
        monkeypatch.setattr(INNER, "look", lambda: None)
        monkeypatch.setattr(INNER, "flow_of", None)  # as where there are only threads
        for _ in range(3):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        flow_here()
    assert sum(event.kind == "app_context.pop" for event in captured.events) == 3
    del captured
    gc.collect()
    assert [flow() for flow in flows] == [None, None, None]


def test_threads_whose_ident_the_system_gives_again_are_not_taken_for_one_another() -> None:
    app = Flask("shop")
    idents = set()

    def work(number: int) -> None:
        idents.add(threading.get_ident())
        with tracer.span(f"work {number}"):
            pass

    @app.route("/<int:number>")
    def view(number: int) -> str:
        thread = threading.Thread(target=work, args=(number,), name=f"thread {number}")
        thread.start()
        thread.join()
        return "done"

    with capture_trace() as captured:
        for number in range(20):
            app.test_client().get(f"/{number}").close()
    assert len(idents) < 20
    for number, trace in enumerate(captured.traces):
        found = begun(list(trace.events))[f"work {number}"]
        assert found.lane.thread_name == f"thread {number}"
        assert found.parent_id == begun(list(trace.events))["view"].span_id


FIRST = """
import sys
from flask import Flask
import tracer
from tracer.testing import capture_trace
app = Flask("shop")

@app.get("/")
async def index():
    import asyncio
    async def child(name):
        with tracer.span(name):
            await asyncio.sleep(0)
    await asyncio.gather(child("a"), child("b"))
    return "done"

@app.get("/sync")
def sync():
    import asyncio
    async def child(name):
        with tracer.span(name):
            await asyncio.sleep(0)
    async def both():
        await asyncio.gather(child("a"), child("b"))
    asyncio.run(both())
    return "done"

assert "asyncio" not in sys.modules
with capture_trace() as captured:
    app.test_client().get(sys.argv[1]).close()
begun = {e.name: e for e in captured.events if e.phase == "begin" and e.kind in ("span", "view")}
view = begun.pop("index", None) or begun.pop("sync")
print(sorted(begun), len({e.lane for e in begun.values()}), {e.lane.task is None for e in begun.values()},
      {e.parent_id == view.span_id for e in begun.values()})
"""  # noqa: E501


@pytest.mark.parametrize("path", ["/", "/sync"])
def test_tasks_are_lanes_in_the_very_request_that_imports_asyncio(path: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FIRST, path], capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.stderr) == ("['a', 'b'] 2 {False} {True}\n", "")


@pytest.mark.parametrize("name", ["greenlet", "asyncio"])
def test_a_module_that_another_thread_is_importing_right_now_is_not_there_yet(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setattr(INNER, "flow_of", None)
    look_for_green()
    lanes: list[Any] = []
    thread = threading.Thread(target=lambda: lanes.append(flow_here().lane), name="new")
    thread.start()
    thread.join()
    assert [(lane.thread_name, lane.greenlet, lane.task) for lane in lanes] == [("new", None, None)]


FORK = """
import os
import blinker
from flask import Flask
{flow}
app = Flask({name!r})

@app.get("/outer")
def outer():
    pid = os.fork()
    if not pid:
        blinker.NamedSignal("canary lost").send()
        app.test_client().get("/inner").close()
        raise SystemExit(3)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    blinker.NamedSignal(f"canary {{status}}").send()
    return "done"

@app.get("/inner")
def inner():
    return "inner"

def main():
    app.test_client().get("/outer").close()

run(main)
"""
FLOWS = {
    "thread": "def run(main): main()",
    "greenlet": "from greenlet import greenlet\ndef run(main): greenlet(main).switch()",
    "task": "import asyncio\ndef run(main):\n    async def go(): main()\n    asyncio.run(go())",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("flow", FLOWS)
def test_a_fork_in_a_request_leaves_the_request_to_the_parent(
    project: Project, dashboard: DashboardProcess, flow: str
) -> None:
    name = f"fork-in-{flow}"
    project.write("shop.py", FORK.format(flow=FLOWS[flow], name=name))
    ended = project.run_to_the_end("python", "-W", "ignore", "shop.py", dashboard=dashboard.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    traces = {trace.path: trace for trace in stored(dashboard, name, 2)}
    assert sorted(traces) == ["/inner", "/outer"]
    outer, inner = traces["/outer"], traces["/inner"]
    assert outer.pid != inner.pid
    assert {event.lane[0] for event in outer.events} == {outer.pid}
    assert {event.lane[0] for event in inner.events} == {inner.pid}
    assert [event.name for event in outer.canaries()] == ["canary 3"]
    assert inner.of("request")[0].parent is None
