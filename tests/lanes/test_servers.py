"""Servers of every kind: no request is mixed with another, and each arrives at a dashboard."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.processes import DashboardProcess, free_port
from tests.zero_code.commands import Project

from .events import StoredTrace, stored

REQUESTS = 40

SHOP = """
import os
import threading
import time
{patched}
import blinker
from flask import Flask, copy_current_request_context
{patched_late}
app = Flask({name!r})


@app.before_request
def before():
    time.sleep(0.002)


@app.get("/ready")
def ready():
    return "ready"


@app.get("/<int:number>")
def view(number):
    def work():
        time.sleep(0.002)
        canary(number)

    time.sleep(0.005)
    canary(number)
    thread = threading.Thread(target=copy_current_request_context(work))
    thread.start()
    thread.join()
    canary(number)
    return str(os.getpid())


def canary(number):
    blinker.NamedSignal(f"canary {{number}}").send()
"""
EVENTLET = "import eventlet; eventlet.monkey_patch()"
GEVENT = "import gevent.monkey; gevent.monkey.patch_all()"


def shop(name: str, patched: str = "", patched_late: str = "") -> str:
    return SHOP.format(name=name, patched=patched, patched_late=patched_late)


def send_all(port: int) -> list[str]:
    """What each request was answered: the process that served it."""
    opener = build_opener(ProxyHandler({}))

    def send(number: int) -> str:
        with opener.open(f"http://127.0.0.1:{port}/{number}", timeout=30) as response:
            return str(response.read().decode())

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(send, range(REQUESTS)))


def check(traces: list[StoredTrace], pids: list[str]) -> None:
    """Each request is there once, whole, with the work of its thread below its view."""
    assert sorted(int(trace.number()) for trace in traces) == list(range(REQUESTS))
    assert sorted(str(trace.pid) for trace in traces) == sorted(pids)
    for trace in traces:
        first, worked, last = trace.canaries()
        assert {first.name, worked.name, last.name} == {f"canary {trace.number()}"}
        [view], [request], [started] = (trace.of(k) for k in ("view", "request", "thread.start"))
        assert first.lane == last.lane == view.lane == request.lane == started.lane
        assert started.name == "work"
        assert worked.lane != view.lane
        assert [first.parent, worked.parent, last.parent] == [view.span] * 3
        assert {event.lane for event in trace.events} == {view.lane, worked.lane}


WORKERS: dict[str, tuple[str, ...]] = {
    "sync": (),
    "gthread": ("-k", "gthread", "--threads", "4"),
    "gevent": ("-k", "gevent"),
}


@pytest.mark.parametrize("preload", [(), ("--preload",)], ids=["each loads", "preload"])
@pytest.mark.parametrize("worker", WORKERS)
def test_workers_of_gunicorn(
    project: Project, dashboard: DashboardProcess, worker: str, preload: tuple[str, ...]
) -> None:
    name = f"{worker}-{len(preload)}"
    project.write("shop.py", shop(name))
    port = free_port()
    address = ("-w", 2, "-b", f"127.0.0.1:{port}")
    command = ("gunicorn", "shop:app", *address, *WORKERS[worker], *preload)
    with project.run(*command, dashboard=dashboard.url) as running:
        running.get(f"http://127.0.0.1:{port}/ready")
        pids = send_all(port)
        traces = stored(dashboard, name, REQUESTS + 1)
        assert running.end() == 0
    check([trace for trace in traces if trace.path != "/ready"], pids)
    # Each greenlet is a lane inside the one thread that it really runs in.
    greenlets = {event.lane[3] is not None for trace in traces for event in trace.events}
    assert greenlets == {worker == "gevent"}
    names = {event.lane[2] for trace in traces for event in trace.of("view")}
    assert (names == {"MainThread"}) == (worker != "gthread")


@pytest.mark.parametrize("how", ["eventlet before", "gevent before", "gevent after"])
def test_flask_run_in_a_monkey_patched_process(
    project: Project, dashboard: DashboardProcess, how: str
) -> None:
    """Patched before Flask is imported, hence before the tracer is; and by the application itself,
    which is too late for eventlet, traced or not."""
    name = f"flask-run {how}".replace(" ", "-")
    patch = EVENTLET if how.startswith("eventlet") else GEVENT
    port = free_port()
    project.write("shop.py", shop(name, "", patch if how.endswith("after") else ""))
    project.write(
        "serve.py",
        f"{'' if how.endswith('after') else patch}\nfrom flask.cli import main\nmain()\n",
    )
    command = ("python", "-W", "ignore", "serve.py", "--app", "shop", "run", "-p", port)
    with project.run(*command, dashboard=dashboard.url) as running:
        running.get(f"http://127.0.0.1:{port}/ready")
        pids = send_all(port)
        traces = stored(dashboard, name, REQUESTS + 1)
        running.end()
    check([trace for trace in traces if trace.path != "/ready"], pids)
    assert len({event.lane[1] for trace in traces for event in trace.events}) == 1
    assert "Traceback" not in running.stderr
