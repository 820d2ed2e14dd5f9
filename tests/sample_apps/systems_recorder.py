"""``systems_recorder.py 1A django``: what the requests to one system of a lesson do, as JSON.

In a process of its own: what is watched stays watched until it ends.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time

from browser import Browser, payload
from pictures import PATIENCE
from recordings import Fired, Run, to_json

from sample_apps.catalog import Lesson, Sample, select
from sample_apps.systems.__main__ import prepare, report_listening
from sample_apps.systems.seams import Expected
from tracer.testing import Capture, capture_trace


def record(lesson: Lesson, function: str) -> Run:
    """What each request to *function* does, in the lesson's order."""
    expected: queue.SimpleQueue[Expected] = queue.SimpleQueue()
    ports: queue.SimpleQueue[int] = queue.SimpleQueue()
    with capture_trace() as captured:
        system = lesson.systems[function]
        report_listening(ports.put)
        module = f"sample_apps.{lesson.module}"
        serve = prepare(module, function, system, lambda port: expected.get(timeout=1))
        threading.Thread(target=serve, args=(0,), name="serving", daemon=True).start()
        browser = Browser(ports.get(timeout=PATIENCE))
        samples = [s for s in lesson.samples if lesson.system_of(s) == function]
        return Run.of_this_process([fire(captured, browser, expected, s) for s in samples])


def fire(
    captured: Capture, browser: Browser, expected: queue.SimpleQueue[Expected], sample: Sample
) -> Fired:
    before, done = len(captured.events), ended(captured)
    query = "".join(f"?{name}={value}" for name, value in (sample.query or {}).items())
    expected.put(Expected(sample.method, sample.path + query, None))
    headers, body = payload(sample)
    answer = browser.send(sample.method, sample.path + query, headers=headers, body=body)
    deadline = time.monotonic() + PATIENCE
    while ended(captured) == done and time.monotonic() < deadline:
        time.sleep(0.01)
    while not expected.empty():
        expected.get()
    events = captured.events[before:]
    return Fired(events[0].trace_id or "", events, answer.status, answer.text)


def ended(captured: Capture) -> int:
    return sum(event.kind == "request" and event.phase == "end" for event in captured.events)


def without_our_web() -> None:
    """The browser is made of the dashboard's module of this name, and web.py has it, too."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "web"]:
        del sys.modules[name]


if __name__ == "__main__":
    without_our_web()
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the systems print
    json.dump(to_json(record(select([sys.argv[1]])[0], sys.argv[2])), told)
    told.flush()
