"""From a request to the batches that a dashboard gets, by the real exporter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask

from tests.processes import ROOT
from tracer import Tracer
from tracer.bootstrap import RUN
from tracer.engine import ENGINE
from tracer.events import Lane
from tracer.wire import Columns


class Inbox:
    """What arrived, and a way to wait for it."""

    def __init__(self) -> None:
        self.batches: list[dict[str, Any]] = []
        self.changed = threading.Condition()

    def add(self, batch: dict[str, Any]) -> None:
        with self.changed:
            self.batches.append(batch)
            self.changed.notify_all()

    def wait_for(self, kind: str, phase: str, count: int) -> list[Any]:
        with self.changed:
            assert self.changed.wait_for(lambda: self.count(kind, phase) >= count, 15)
        return self.events()

    def count(self, kind: str, phase: str) -> int:
        return sum(1 for e in self.events() if (e.kind, e.phase) == (kind, phase))

    def events(self) -> list[Any]:
        return [event for batch in self.batches for event in columns(batch).events()]


def columns(batch: dict[str, Any]) -> Columns:
    return Columns(
        base_seq=batch["base_seq"],
        base_ts=batch["base_ts"],
        span_prefix=batch["span_prefix"],
        strings=batch["strings"],
        lanes=[Lane(*lane) for lane in batch["lanes"]],
        attributes=batch["attributes"],
        data=batch["columns"],
    )


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    found = Inbox()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "deflate":
                body = zlib.decompress(body)
            found.add(json.loads(body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield found, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_event_of_every_request_arrives_once_and_in_order(inbox: tuple[Inbox, str]) -> None:
    found, url = inbox
    app = Flask("sender")
    app.add_url_rule("/<int:number>", "index", lambda number: str(number))
    one = Tracer(app, dashboard=url, token="key" * 10, base_url="http://127.0.0.1:5100")
    client = app.test_client()
    for number in range(20):
        client.get(f"/{number}").close()
    events = found.wait_for("request", "end", 20)
    one.uninstall()
    seqs = [event.seq for event in events]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert [e.name for e in events if e.kind == "request" and e.phase == "begin"] == [
        f"GET /{number}" for number in range(20)
    ]
    assert len({e.trace_id for e in events}) == 20
    begun = sorted(e.span_id for e in events if e.phase == "begin")
    assert begun == sorted(e.span_id for e in events if e.phase == "end")
    assert len(begun) == len(set(begun))
    announced = [item for batch in found.batches for item in batch["apps"]]
    assert announced[0]["key"] == "sender"
    assert announced[0]["base_url"] == "http://127.0.0.1:5100"
    assert "/<int:number>" in [route["rule"] for route in announced[0]["routes"]]
    assert any(batch["sources"] for batch in found.batches)
    assert {reason: n for batch in found.batches for reason, n in batch["dropped"].items()} == {}
    assert found.batches[-1]["bye"] is True


def test_a_program_that_is_not_flask_is_announced_as_well(inbox: tuple[Inbox, str]) -> None:
    found, url = inbox
    one = Tracer(dashboard=url, token="key" * 10)
    one.announce_program(
        "bottle", name="bottle", framework="bottle", base_url="http://127.0.0.1:5200", routes=[]
    )
    with found.changed:
        assert found.changed.wait_for(lambda: any(b["apps"] for b in found.batches), 15)
    one.uninstall()
    item = next(item for batch in found.batches for item in batch["apps"])
    assert (item["key"], item["framework"]) == ("bottle", "bottle")


def test_a_buffer_that_nobody_empties_drops_whole_requests_and_counts_them(
    inbox: tuple[Inbox, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, url = inbox
    app = Flask("flood")
    app.add_url_rule("/", "index", lambda: "hello")
    one = Tracer(app, dashboard=url, token="key" * 10)
    client = app.test_client()
    client.get("/").close()
    whole = len(found.wait_for("request", "end", 1))
    with ENGINE.collector._lock:  # the exporter's thread waits here
        monkeypatch.setattr(ENGINE.collector.buffer, "max_rows", 200)
        for _ in range(40):
            client.get("/").close()
        rows = len(ENGINE.collector.buffer)
    client_events = found.wait_for("request", "end", 3)
    with found.changed:
        assert found.changed.wait_for(lambda: any(b["dropped"] for b in found.batches), 15)
    one.uninstall()
    assert rows < 400
    dropped = sum(batch["dropped"].get("buffer_full", 0) for batch in found.batches)
    stored = len(found.events())
    assert dropped + stored == 41 * whole
    assert stored % whole == 0
    assert client_events


def test_a_request_cut_at_its_cap_is_counted_to_the_event(
    inbox: tuple[Inbox, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, url = inbox
    app = Flask("cut")
    one = Tracer(dashboard=url, token="key" * 10)

    @app.route("/<int:times>")
    def spans(times: int) -> str:
        for _ in range(times):
            with one.span("again"):
                pass
        return "many"

    one.init_app(app)
    client = app.test_client()
    client.get("/0").close()
    least = len(found.wait_for("request", "end", 1))
    monkeypatch.setattr(ENGINE.collector, "trace_cap", 500)
    client.get("/1000").close()
    found.wait_for("request", "end", 2)
    one.uninstall()
    dropped: Counter[str] = Counter()
    for batch in found.batches:  # each tells what was lost since the one before
        dropped.update(batch["dropped"])
    assert list(dropped) == ["trace_cap"]
    # All 2,000 ends and begins of its spans beside what a request has anyway.
    assert len(found.events()) + dropped["trace_cap"] == 2 * least + 2 * 1000
    last = [event for event in found.events() if event.kind == "request"][-1]
    assert (last.attributes["truncated"], last.attributes["dropped"]) == (
        True,
        dropped["trace_cap"],
    )


JUMPING = """
import itertools, json, sys, time
real, jumps = time.time_ns, itertools.count()

def jumping():
    # Somebody sets the clock, hours on and days back, each time that it is read.
    number = next(jumps)
    return real() + (3_600 if number % 2 else -86_400) * number * 1_000_000_000

time.time_ns, time.time = jumping, lambda: jumping() / 1e9
from flask import Flask
from tracer import Tracer
app = Flask("clock")
app.add_url_rule("/", "index", lambda: "hello")
one = Tracer(app, dashboard=sys.argv[1], token="key" * 10)
for _ in range(20):
    app.test_client().get("/").close()
one.uninstall()
assert next(jumps) > 1
"""


def test_a_wall_clock_that_jumps_moves_no_event(inbox: tuple[Inbox, str]) -> None:
    found, url = inbox
    command = [sys.executable, "-c", JUMPING, url]
    # What is sent at the end has time, on a busy machine too.
    environment = {**os.environ, RUN: "1"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=60)
    events = found.wait_for("request", "end", 20)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    stamps = [event.ts for event in events]
    assert stamps == sorted(stamps)  # one thread: in the order of their numbers
    assert stamps[-1] - stamps[0] < 60 * 10**9


def test_what_sends_tells_nothing_of_itself(
    inbox: tuple[Inbox, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Everything is traced, and the exporter sends, is refused, warns and tries again."""
    found, url = inbox
    everything = Tracer(dashboard=url, token="key" * 10)
    nobody = Tracer(dashboard="http://127.0.0.1:9", token="key" * 10)
    everything.instrument_all()
    nobody.instrument_all()
    app = Flask("only")
    app.add_url_rule("/", "index", lambda: "hello")
    client = app.test_client()
    for _ in range(3):
        client.get("/").close()
    events = found.wait_for("request", "end", 3)
    everything.uninstall()
    nobody.uninstall()
    assert {event.app for event in found.events()} == {"only"}
    assert len({event.lane for event in events}) == 1
    assert len(found.events()) % 3 == 0
