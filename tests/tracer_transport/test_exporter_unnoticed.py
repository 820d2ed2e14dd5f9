"""What the application notices of the thread that sends: nothing."""

from __future__ import annotations

import logging
import random
import socket
import subprocess
import sys
import threading
import time

import pytest

from tests.processes import free_port
from tracer.data_folder import ingest_key
from tracer.exporters.http import HttpExporter

from .fake_source import send
from .receiver import Receiver, problem, seqs_of


def test_the_request_thread_does_no_input_or_output(receiver, source, export):
    exporter = export(receiver.url)
    send(exporter, source, 1)
    receiver.wait_for(lambda: receiver.seqs() == [1])
    here, events = threading.get_ident(), []
    armed = [True]

    def hook(event, arguments):
        if armed[0] and threading.get_ident() == here:
            events.append(event)

    sys.addaudithook(hook)
    for _ in range(1000):
        source.emit(1)
        exporter.wake()
    armed[0] = False
    receiver.wait_for(lambda: len(receiver.seqs()) == 1001)

    assert events == []


def test_the_hosts_random_numbers_stay_the_same(source):
    random.seed(5)
    expected = random.random()
    random.seed(5)
    HttpExporter(dashboard="http://127.0.0.1:9", token="key", source=source)._retry_later()

    assert random.random() == expected


EXITING = """
import socket, sys, time
from tests.tracer_transport.fake_source import FakeSource
from tracer.exporters.http import HttpExporter
source = FakeSource()
exporter = HttpExporter(dashboard=sys.argv[1], token="key", source=source)
exporter.start()
source.emit(3000)
exporter.wake()
time.sleep(float(sys.argv[2]))
import atexit
start = time.perf_counter()
atexit._run_exitfuncs()
print(time.perf_counter() - start)
"""


def exit_time(url: str, wait: float = 0.0) -> float:
    done = subprocess.run(
        [sys.executable, "-c", EXITING, url, str(wait)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert "Traceback" not in done.stderr
    return float(done.stdout)


def test_exit_is_not_held_up_by_a_dead_dashboard():
    assert exit_time(f"http://127.0.0.1:{free_port()}") <= 0.5


def test_exit_is_not_held_up_by_a_black_hole():
    with socket.create_server(("127.0.0.1", 0), backlog=50) as hole:
        assert exit_time(f"http://127.0.0.1:{hole.getsockname()[1]}", 0.2) <= 0.5


def test_what_is_left_is_delivered_at_exit():
    with Receiver() as receiver:
        assert exit_time(receiver.url) <= 0.5
        assert receiver.seqs() == list(range(1, 3001))
        assert receiver.batches[-1]["bye"] is True


IMPORTING = """
import _thread, sys, time
from flask import Flask
from tracer import Tracer
home, seen = _thread.get_ident(), []
class Spy:
    def find_spec(self, name, path=None, target=None):
        if _thread.get_ident() != home:
            seen.append(name)
sys.meta_path.insert(0, Spy())
app = Flask("shop")
tracer = Tracer(app, dashboard=sys.argv[1], enabled=True)
for line in sys.stdin:
    app.test_client().get("/")
tracer.uninstall()
print(seen)
"""


def test_the_thread_that_sends_imports_nothing():
    """Who forks in the middle of an import has half a module in the child, for ever."""
    with Receiver(key=ingest_key(create=True) or "") as receiver:
        receiver.behave = lambda batch: problem(503, "busy") if len(receiver.batches) == 1 else None
        with subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", IMPORTING, receiver.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as running:
            receiver.wait_for(lambda: any(b["apps"] for b in receiver.batches))
            out, _ = running.communicate("a request\n")
    assert out == "[]\n"


FORKING = """
import os, sys, time
from tests.tracer_transport.fake_source import FakeSource
from tracer.exporters.http import HttpExporter
source = FakeSource()
exporter = HttpExporter(dashboard=sys.argv[1], token="key", source=source)
exporter.start()
source.emit(500)
exporter.wake()
child = os.fork()
if child == 0:
    start = time.perf_counter()
    exporter.stop()          # the parent's: nothing of it may happen here
    assert time.perf_counter() - start < 0.3
    source.events.clear()
    mine = FakeSource()
    mine.agent = lambda: {"id": "cd" * 16}
    again = HttpExporter(dashboard=sys.argv[1], token="key", source=mine)
    again.start()
    mine.emit(300)
    again.wake()
    sys.exit()
os.waitpid(child, 0)
source.emit(500)
"""


def test_after_a_fork_both_sides_deliver_and_nothing_comes_twice():
    with Receiver() as receiver:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", FORKING, receiver.url],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        by_agent = {
            agent: [s for b in receiver.batches if b["agent"]["id"] == agent for s in seqs_of(b)]
            for agent in ("ab" * 16, "cd" * 16)
        }

    assert by_agent == {"ab" * 16: list(range(1, 1001)), "cd" * 16: list(range(1, 301))}
    assert done.stderr == ""


GREEN = """
import eventlet
if sys.argv[2] == "before": eventlet.monkey_patch()
from tests.tracer_transport.fake_source import FakeSource
from tracer.exporters.http import HttpExporter
source = FakeSource()
exporter = HttpExporter(dashboard=sys.argv[1], token="key", source=source)
exporter.start()
if sys.argv[2] == "after": eventlet.monkey_patch()
import threading, time
longest = 0.0
def ticking():
    # A green thread notices at once when something blocks the loop.
    global longest
    for _ in range(60):
        start = time.perf_counter()
        eventlet.sleep(0.005)
        longest = max(longest, time.perf_counter() - start)
ticker = eventlet.spawn(ticking)
for _ in range(20):
    source.emit(100)
    exporter.wake()
    eventlet.sleep(0.01)
ticker.wait()
print(longest)
"""


@pytest.mark.parametrize("patched", ["before", "after"])
def test_under_eventlet_the_loop_is_not_held_up(patched):
    with Receiver() as receiver:
        receiver.behave = lambda batch: time.sleep(0.2)
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", "import sys\n" + GREEN, receiver.url, patched],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        receiver.wait_for(lambda: len(receiver.seqs()) == 2000)

    assert float(done.stdout) < 0.15
    assert receiver.seqs() == list(range(1, 2001))


def test_logging_is_the_only_thing_that_is_said(receiver, source, export, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    exporter = export(receiver.url)
    send(exporter, source, 10)
    receiver.wait_for(lambda: len(receiver.seqs()) == 10)
    exporter.stop()

    assert capfd.readouterr() == ("", "")
    assert [r for r in caplog.records if r.name.startswith("flaskscope")] == []
