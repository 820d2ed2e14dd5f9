"""Greenlets of both libraries, monkey-patched or not: lanes, links and delivery."""

from __future__ import annotations

import pytest

from tests.processes import DashboardProcess
from tests.zero_code.commands import Project

from .events import stored

REQUESTS = 20
EVENTLET = """
from eventlet import GreenPool, sleep, spawn, spawn_n
def work_of(pool, *arguments):
    return pool.spawn(*arguments).wait
def join(thing):
    return thing.wait()
Pool = GreenPool
"""
GEVENT = """
from gevent import sleep, spawn, spawn_later
from gevent.pool import Pool
def spawn_n(*arguments):
    spawn_later(0.001, *arguments)
def work_of(pool, *arguments):
    return pool.spawn(*arguments).join
def join(thing):
    return thing.join()
"""
SHOP = """
import sys, threading
{first}
import blinker
from flask import Flask, copy_current_request_context
{then}
app = Flask({name!r})

def canary(number):
    blinker.NamedSignal(f"canary {{number}}").send()

def work(number, done=None):
    sleep(0.002)
    canary(number)
    if done is not None:
        done.append(number)

@app.get("/<int:number>")
def view(number):
    done = []
    canary(number)
    one = spawn(work, number)
    two = work_of(Pool(2), copy_current_request_context(work), number)
    spawn_n(work, number, done)
    join(one)
    two()
    while not done:
        sleep(0.001)
    canary(number)
    return "done"

def visit(number):
    sleep(0)
    app.test_client().get(f"/{{number}}").close()

def outside():
    sleep(0.001)
    canary("of nobody")

visits = [spawn(visit, number) for number in range({requests})]
spawn(outside)
for one in visits:
    join(one)
"""


# eventlet does not let itself be patched in after Flask, traced or not.
@pytest.mark.parametrize(
    ("library", "when"),
    [("eventlet", "before"), ("eventlet", "never"),
     ("gevent", "before"), ("gevent", "after"), ("gevent", "never")],
)  # fmt: skip
def test_what_a_request_spawns_is_in_lanes_below_it(
    project: Project, dashboard: DashboardProcess, library: str, when: str
) -> None:
    patch = {
        "eventlet": "import eventlet; eventlet.monkey_patch()",
        "gevent": "import gevent.monkey; gevent.monkey.patch_all()",
    }[library]
    text = SHOP.format(
        first=patch if when == "before" else "",
        then=(patch if when == "after" else "") + (EVENTLET if library == "eventlet" else GEVENT),
        name=f"{library}-{when}",
        requests=REQUESTS,
    )
    project.write("shop.py", text)
    ended = project.run_to_the_end("python", "-W", "ignore", "shop.py", dashboard=dashboard.url)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    traces = stored(dashboard, f"{library}-{when}", REQUESTS)
    assert sorted(int(trace.number()) for trace in traces) == list(range(REQUESTS))
    lanes = []
    for trace in traces:
        [view] = trace.of("view")
        canaries = trace.canaries()
        assert [event.name for event in canaries] == [f"canary {trace.number()}"] * 5
        assert {event.parent for event in canaries} == {view.span}
        own = [event for event in canaries if event.lane == view.lane]
        assert own == [canaries[0], canaries[-1]]
        lanes += [view.lane, *(event.lane for event in canaries[1:-1])]
        started = trace.of("thread.start")
        assert [event.name for event in started] == ["work", "work", "work"]
        assert {event.lane for event in started} == {view.lane}
        greenlets = {event.raw["attributes"]["greenlet"] for event in started}
        assert greenlets == {event.lane[3] for event in canaries[1:-1]}
    assert len(set(lanes)) == len(lanes) == 4 * REQUESTS
    assert {lane[2] for lane in lanes} == {"MainThread"}
    assert len({lane[1] for lane in lanes}) == 1
