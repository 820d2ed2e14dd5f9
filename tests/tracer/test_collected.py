"""What is recorded while Python collects garbage.

Up to Python 3.11 that may be in the middle of the application's setting a context variable. Another
one that is set then takes away what the first one stands on, and the process dies.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

from flask import Flask

from tests.processes import ROOT
from tracer import span
from tracer.testing import capture_trace

ABANDONED = """
import contextvars, gc
from flask import Flask
from tracer import Tracer
from werkzeug.test import EnvironBuilder

app = Flask("shop")
app.add_url_rule("/", "index", lambda: "hello")
others = [contextvars.ContextVar(str(number)) for number in range(40)]
for variable in others:
    variable.set(0)
Tracer(app, enabled=True)


class Held:
    pass


def abandon():
    held = Held()
    held.itself = held
    held.body = app(EnvironBuilder("/").get_environ(), lambda *arguments: None)


def collected_meanwhile(number):
    # At one after the other of the objects that it takes to set a variable.
    gc.set_threshold(gc.get_count()[0] + number % 12)
    gc.enable()
    others[0].set(1)
    others[1].set(2)
    gc.disable()


gc.disable()
gc.freeze()
for number in range(600):
    abandon()
    collected_meanwhile(number)
    gc.collect()
print("alive")
"""


def test_a_response_that_is_collected_sets_no_context_variable() -> None:
    environment = {**os.environ, "PYTHONMALLOC": "debug"}  # what was freed cannot be read any more
    done = subprocess.run(
        [sys.executable, "-c", ABANDONED],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "alive\n", "")


def test_what_comes_after_a_response_that_nobody_closed_is_no_part_of_its_request() -> None:
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: "hello")

    async def work() -> None:
        with span("later"):
            await asyncio.sleep(0)

    with capture_trace() as captured:
        app.test_client().get("/")
        asyncio.run(work())
    later = [event.trace_id for event in captured.events if event.name == "later"]
    assert later == [None, None]
