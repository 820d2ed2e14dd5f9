"""From an application to a dashboard that may be slow, gone, mute, or another one."""

from __future__ import annotations

import json
import logging
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import free_port
from tracer.data_folder import KEY_FILE, ingest_key
from tracer.exporters import http as http_exporter
from tracer.exporters.http import HttpExporter

from .fake_source import FakeSource
from .receiver import Receiver, problem, seqs_of, whole_lines


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("FLASKSCOPE_TOKEN", raising=False)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def export(source):
    """Starts exporters and ends them after the test."""
    started: list[HttpExporter] = []

    def start(url: str, token: str | None = "key", of: FakeSource = source) -> HttpExporter:
        exporter = HttpExporter(dashboard=url, token=token, source=of)
        exporter.start()
        started.append(exporter)
        return exporter

    yield start
    for exporter in started:
        exporter.stop()


def send(exporter: HttpExporter, source: FakeSource, count: int) -> None:
    source.emit(count)
    exporter.wake()


# --- in good order -------------------------------------------------------------------------------


def test_every_event_is_stored_once_and_in_order(receiver, source, export):
    exporter = export(receiver.url)
    for _ in range(30):
        send(exporter, source, 100)

    receiver.wait_for(lambda: len(receiver.seqs()) >= 3000)

    assert receiver.seqs() == list(range(1, 3001))
    assert [b["batch"] for b in receiver.batches] == list(range(1, len(receiver.batches) + 1))
    assert receiver.connections == 1


def test_a_batch_holds_at_most_a_thousand_events(receiver, source, export):
    source.emit(5500)
    export(receiver.url)

    receiver.wait_for(lambda: len(receiver.seqs()) == 5500)

    assert max(len(seqs_of(b)) for b in receiver.batches) == 1000


def test_an_event_leaves_within_a_moment(receiver, source, export):
    exporter = export(receiver.url)
    send(exporter, source, 1)
    receiver.wait_for(lambda: receiver.seqs() == [1])
    delays = []
    for n in range(2, 12):
        start = time.perf_counter()
        send(exporter, source, 1)
        receiver.wait_for(lambda n=n: len(receiver.seqs()) == n)
        delays.append(time.perf_counter() - start)

    assert min(delays) < 0.05


def test_an_event_that_nobody_announced_leaves_too(receiver, source, export):
    export(receiver.url)

    source.emit(1)

    receiver.wait_for(lambda: receiver.seqs() == [1], timeout=5)


def test_applications_sources_and_losses_travel_once(receiver, export):
    source = FakeSource(apps=2, sources=3)
    source.dropped = {"buffer_full": 7}
    exporter = export(receiver.url, of=source)
    send(exporter, source, 1)
    receiver.wait_for(lambda: receiver.seqs() == [1])
    send(exporter, source, 1)
    receiver.wait_for(lambda: len(receiver.seqs()) == 2)

    assert [a["key"] for b in receiver.batches for a in b["apps"]] == ["app0", "app1"]
    assert len([s for b in receiver.batches for s in b["sources"]]) == 3
    assert receiver.dropped() == {"buffer_full": 7}


def test_many_sources_are_spread_over_batches(receiver, export):
    export(receiver.url, of=FakeSource(sources=1200))

    receiver.wait_for(lambda: sum(len(b["sources"]) for b in receiver.batches) == 1200)

    assert max(len(b["sources"]) for b in receiver.batches) == 500


def test_silence_is_filled_with_heartbeats(receiver, source, export, monkeypatch):
    monkeypatch.setattr(http_exporter, "HEARTBEAT", 0.1)
    export(receiver.url)

    receiver.wait_for(lambda: len(receiver.batches) >= 3)

    assert all(b["columns"]["seq"] == [] and not b["bye"] for b in receiver.batches[:3])


def test_a_process_says_good_bye(receiver, source, export):
    exporter = export(receiver.url)
    source.emit(2500)

    exporter.stop()

    assert receiver.seqs() == list(range(1, 2501))
    assert [b["bye"] for b in receiver.batches][-1] is True
    assert [b["bye"] for b in receiver.batches].count(True) == 1


def test_starting_and_stopping_twice_changes_nothing(receiver, source, export):
    exporter = export(receiver.url)
    exporter.start()
    send(exporter, source, 10)
    exporter.stop()
    exporter.stop()

    assert receiver.seqs() == list(range(1, 11))
    assert len(source.drain_threads) == 1


def test_an_exporter_that_never_started_stops_silently(source):
    HttpExporter(dashboard="http://127.0.0.1:9", token="key", source=source).stop()


def test_the_environments_proxies_are_not_used(receiver, source, export, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    exporter = export(receiver.url)

    send(exporter, source, 1)

    receiver.wait_for(lambda: receiver.seqs() == [1])


def test_a_dashboard_below_a_path_is_reached(source, export):
    paths = []
    with Receiver() as receiver:
        handler = receiver.RequestHandlerClass
        answer = handler._answer  # type: ignore[attr-defined]

        class BelowPath(handler):  # type: ignore[misc, valid-type]
            def _answer(self, batch):
                paths.append(self.path)
                self.path = self.path.removeprefix("/tools/scope")
                return answer(self, batch)

        receiver.RequestHandlerClass = BelowPath
        exporter = export(receiver.url + "/tools/scope/")
        send(exporter, source, 1)
        receiver.wait_for(lambda: receiver.seqs() == [1])

    assert set(paths) == {"/tools/scope/ingest"}


# --- in trouble ----------------------------------------------------------------------------------


class KillableReceiver:
    """The receiver as a process on one port, with what it stored in a file."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.file = folder / "stored.jsonl"
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        module = "tests.tracer_transport.receiver"
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, str(self.port), str(self.file)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def lines(self) -> list[str]:
        return whole_lines(self.file)


@pytest.fixture
def killable(tmp_path) -> Iterator[KillableReceiver]:
    running = KillableReceiver(tmp_path)
    running.start()
    yield running
    running.kill()


def test_a_dashboard_killed_and_started_again_loses_nothing(killable, source, export):
    exporter = export(f"http://127.0.0.1:{killable.port}")
    for round_number in range(3):
        for _ in range(20):
            send(exporter, source, 97)
            time.sleep(0.005)  # the load has to go on while the process dies
        killable.kill()
        for _ in range(20):
            send(exporter, source, 97)
        killable.start()
        wait_until(lambda n=round_number: stored(killable) == (n + 1) * 40 * 97)

    seqs = [seq for line in killable.lines() for seq in seqs_of(json_of(line))]
    assert seqs == list(range(1, source.emitted + 1))


def stored(killable: KillableReceiver) -> int:
    return sum(len(json_of(line)["columns"]["seq"]) for line in killable.lines())


def json_of(line: str):
    return json.loads(line)


def wait_until(condition, timeout: float = 20.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_a_new_dashboard_hears_everything_again(export):
    source = FakeSource(apps=2, sources=3)
    port = free_port()
    with Receiver(port) as first:
        exporter = export(first.url, of=source)
        send(exporter, source, 1)
        first.wait_for(lambda: first.seqs() == [1])
    first.server_close()
    # Threads of the first one may still hold its connection; a new process would not.
    exporter._connection.abort()
    with Receiver(port) as second:
        send(exporter, source, 1)
        second.wait_for(lambda: sum(len(b["sources"]) for b in second.batches) >= 3)

        assert [a["key"] for b in second.batches for a in b["apps"]] == ["app0", "app1"]
        assert second.seqs() == [2]


def test_an_unreachable_dashboard_is_one_warning(source, export, caplog, monkeypatch):
    monkeypatch.setattr(http_exporter, "PATIENCE", 1.0)
    exporter = export(f"http://127.0.0.1:{free_port()}")
    source.emit(10)

    def warnings():
        return [r.getMessage() for r in caplog.records if r.name == "flaskscope"]

    wait_until(warnings)
    failures = exporter._failures
    wait_until(lambda: exporter._failures > failures)
    assert len(warnings()) == 1
    assert "cannot be reached" in warnings()[0]


def test_retries_back_off_with_jitter_up_to_five_seconds(source):
    exporter = HttpExporter(dashboard="http://127.0.0.1:9", token="key", source=source)
    delays = []
    for _ in range(12):
        exporter._retry_later()
        delays.append(exporter._not_before - time.monotonic())

    expected = [min(5.0, 0.1 * 2**n) for n in range(12)]
    assert all(0.7 * most <= d <= most for d, most in zip(delays, expected, strict=True))


def test_where_nobody_listens_it_asks_twice_a_second(source):
    """So a dashboard that is started again hears from all applications at once."""
    exporter = HttpExporter(dashboard="http://127.0.0.1:9", token="key", source=source)
    longest = []
    for error in (ConnectionRefusedError(), TimeoutError()):
        for _ in range(12):
            exporter._unreachable(error)
        longest.append(exporter._not_before - time.monotonic())

    assert 0.3 <= longest[0] <= 0.5
    assert 3.5 <= longest[1] <= 5.0


def test_what_waits_is_bounded_and_what_falls_out_is_counted(source, export, monkeypatch):
    monkeypatch.setattr(http_exporter, "RETRY_LAST", 0.2)
    port = free_port()
    exporter = export(f"http://127.0.0.1:{port}")
    for _ in range(70):
        # A batch of 100 kB that does not compress: 7 MB in all.
        source.emit(10, '{"noise":"' + os.urandom(10_000).hex() + '"}')
        source.emit(10, '{"noise":"' + os.urandom(90_000).hex() + '"}')
        exporter.wake()
        wait_until(lambda: not source.events)
    held = exporter._packets._bytes

    with Receiver(port) as receiver:
        receiver.wait_for(
            lambda: len(receiver.seqs()) + sum(receiver.dropped().values()) == source.emitted
        )

        assert held <= 3 * 1024 * 1024
        assert receiver.dropped()["not_sent"] > 0
        assert len(receiver.seqs()) == len(set(receiver.seqs()))
        assert {1, source.emitted} <= set(receiver.seqs())


def test_many_small_batches_are_bounded_as_well(source):
    exporter = HttpExporter(dashboard="http://127.0.0.1:9", token="key", source=source)
    for _ in range(9000):
        source.emit(1)
        exporter._add(source.drain(1))

    waiting = exporter._packets._waiting
    told = sum(packet.dropped.get("not_sent", 0) for packet in waiting)
    assert len(waiting) < 8500
    assert len(waiting) + told + exporter._packets.lost["not_sent"] == 9000


def test_a_black_hole_holds_up_nobody(source, export):
    with socket.create_server(("127.0.0.1", 0)) as hole:
        exporter = export(f"http://127.0.0.1:{hole.getsockname()[1]}")
        source.emit(100)
        longest = 0.0
        for _ in range(200):
            start = time.perf_counter()
            exporter.wake()
            longest = max(longest, time.perf_counter() - start)
        accepted, _ = hole.accept()
        start = time.perf_counter()
        exporter.stop()
        stopping = time.perf_counter() - start
        accepted.close()

    assert longest < 0.05
    assert stopping < 0.5
    assert exporter._finished.empty()


def test_a_slow_dashboard_gets_everything_once(source, export):
    with Receiver() as receiver:
        receiver.behave = lambda batch: time.sleep(0.15)
        exporter = export(receiver.url)
        for _ in range(5):
            send(exporter, source, 1500)

        receiver.wait_for(lambda: len(receiver.seqs()) == 7500)

        assert receiver.seqs() == list(range(1, 7501))


def test_an_answer_that_got_lost_stores_nothing_twice(receiver, source, export):
    def lose(batch):
        if receiver.requests % 3 == 0:
            receiver.batches.append(batch)
            raise ConnectionAbortedError
        return None

    receiver.behave = lose
    exporter = export(receiver.url)
    for _ in range(20):
        send(exporter, source, 50)
        wait_until(lambda: not source.events)

    receiver.wait_for(lambda: len(receiver.seqs()) >= 1000)

    assert sorted(receiver.seqs()) == list(range(1, 1001))


def test_a_full_disk_is_waited_for(receiver, source, export):
    answers = iter([problem(503, "disk full", **{"Retry-After": "1"})])
    receiver.behave = lambda batch: next(answers, None)
    exporter = export(receiver.url)
    start = time.monotonic()
    send(exporter, source, 10)

    receiver.wait_for(lambda: receiver.seqs() == list(range(1, 11)))

    assert time.monotonic() - start >= 0.7
    assert receiver.requests == 2 + len(receiver.batches) - 1


def test_while_the_disk_is_full_what_is_new_is_shown_and_later_stored_in_order(
    receiver, source, export
):
    room = threading.Event()
    full = problem(503, "disk full", **{"Retry-After": "1"})
    receiver.behave = lambda batch: None if room.is_set() else full
    exporter = export(receiver.url)
    send(exporter, source, 10)
    receiver.wait_for(lambda: receiver.requests)
    for last in (20, 30):
        send(exporter, source, 10)
        receiver.wait_for(lambda last=last: receiver.seqs_shown()[-1:] == [last])
    assert receiver.batches == []

    room.set()
    receiver.wait_for(lambda: len(receiver.seqs()) >= 30)
    assert receiver.seqs() == list(range(1, 31))
    assert receiver.seqs_shown() == list(range(11, 31))


def test_a_batch_that_is_too_large_is_divided(receiver, source, export):
    receiver.behave = lambda batch: (413, {}, b"") if len(seqs_of(batch)) > 100 else None
    source.emit(1000, '{"a":1}')
    export(receiver.url)

    receiver.wait_for(lambda: len(receiver.seqs()) == 1000)

    assert receiver.seqs() == list(range(1, 1001))
    assert {b["attributes"][1] for b in receiver.batches} == {'{"a":1}'}
    assert {name for b in receiver.batches for name in b["strings"]} >= {"log", "event 3"}


def test_an_event_that_is_too_large_alone_is_counted(receiver, source, export):
    receiver.behave = lambda batch: (413, {}, b"") if 5 in seqs_of(batch) else None
    source.emit(9)
    export(receiver.url)

    receiver.wait_for(lambda: receiver.dropped() == {"too_large": 1})

    assert receiver.seqs() == [1, 2, 3, 4, 6, 7, 8, 9]


def test_a_batch_is_divided_before_it_passes_what_a_dashboard_takes(receiver, source, export):
    for n in range(40):
        source.emit(1, '{"body":"' + f"{n}" * 250_000 + '"}')
    export(receiver.url)

    receiver.wait_for(lambda: len(receiver.seqs()) == 40)

    assert len([b for b in receiver.batches if seqs_of(b)]) > 1


def test_a_malformed_batch_is_given_up_and_counted(receiver, source, export, caplog):
    answers = iter([problem(400, "Object missing field `agent.versions`")])
    receiver.behave = lambda batch: next(answers, None)
    source.emit(10)
    exporter = export(receiver.url)
    wait_until(lambda: receiver.requests == 1)
    send(exporter, source, 5)

    receiver.wait_for(lambda: receiver.dropped() == {"refused": 10})

    assert receiver.seqs() == [11, 12, 13, 14, 15]
    assert "malformed" in caplog.text


def test_another_version_is_asked_again_after_a_minute(receiver, source, export, caplog):
    receiver.behave = lambda batch: problem(400, '"flaskscope": 2 was expected, found 1')
    exporter = export(receiver.url)
    send(exporter, source, 10)

    receiver.wait_for(lambda: receiver.requests == 1)
    wait_until(lambda: exporter._not_before - time.monotonic() > 40)

    assert exporter._packets
    assert '"flaskscope": 2 was expected' in caplog.text


def test_a_stranger_on_the_port_gets_one_request_at_a_time(receiver, source, export, caplog):
    receiver.behave = lambda batch: (302, {"Location": "http://127.0.0.1:9/"}, b"moved")
    exporter = export(receiver.url)
    send(exporter, source, 10)

    wait_until(lambda: exporter._failures >= 2)

    assert caplog.text.count("answered 302") == 1
    assert exporter._packets


# --- the key -------------------------------------------------------------------------------------


def test_the_key_of_the_data_folder_is_used(source, export):
    key = ingest_key(create=True)
    assert key is not None
    with Receiver(key=key) as receiver:
        exporter = export(receiver.url, token=None)
        send(exporter, source, 1)
        receiver.wait_for(lambda: receiver.seqs() == [1])


def test_an_application_that_starts_first_makes_the_key(source, export):
    with Receiver() as receiver:
        exporter = export(receiver.url, token=None)
        send(exporter, source, 1)
        wait_until(lambda: ingest_key(create=False) is not None)
        receiver.key = ingest_key(create=False) or ""

        receiver.wait_for(lambda: receiver.seqs() == [1])


def test_a_key_that_a_restarted_dashboard_made_is_found(source, export, tmp_path):
    old = ingest_key(create=True)
    with Receiver(key=old or "") as receiver:
        exporter = export(receiver.url, token=None)
        send(exporter, source, 1)
        receiver.wait_for(lambda: receiver.seqs() == [1])

        (tmp_path / "data" / "flaskscope" / KEY_FILE).unlink()
        receiver.key = ingest_key(create=True) or ""
        send(exporter, source, 1)
        receiver.wait_for(lambda: receiver.seqs() == [1, 2])

    assert receiver.key != old


def test_the_environment_holds_a_key(receiver, source, export, monkeypatch):
    monkeypatch.setenv("FLASKSCOPE_TOKEN", "key")
    exporter = export(receiver.url, token=None)
    send(exporter, source, 1)

    receiver.wait_for(lambda: receiver.seqs() == [1])


def test_a_wrong_key_is_one_warning_and_nothing_is_lost(receiver, source, export, caplog):
    receiver.key = "other"
    exporter = export(receiver.url)
    send(exporter, source, 5)
    wait_until(lambda: exporter._failures >= 3)
    receiver.key = "key"

    receiver.wait_for(lambda: receiver.seqs() == [1, 2, 3, 4, 5])

    assert caplog.text.count("does not accept this key") == 1
    assert "other" not in caplog.text


def test_a_damaged_key_file_is_one_warning_and_repairable(source, export, tmp_path, caplog):
    ingest_key(create=True)
    path = tmp_path / "data" / "flaskscope" / KEY_FILE
    good = path.read_text()
    path.write_text("damaged")
    with Receiver(key=good.strip()) as receiver:
        exporter = export(receiver.url, token=None)
        send(exporter, source, 1)
        wait_until(lambda: exporter._failures >= 3)
        path.write_text(good)
        receiver.wait_for(lambda: receiver.seqs() == [1])

    assert caplog.text.count("is damaged") == 1


# --- what is asked wrongly -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:5000",
        "ftp://localhost",
        "http://",
        "http:///path",
        "http://:5000",
        "http://localhost:99999",
        "http://localhost:0",
        "http://localhost:port",
        "http://me:secret@localhost:5000",
        "http://localhost:5000/?token=secret",
        "http://localhost:5000/#top",
        "http://local host:5000",
        "http://localhost:5000/\r\nX: y",
        "http://[::1",
    ],
)
def test_an_address_that_cannot_be_one_is_refused_at_once(url, source):
    with pytest.raises(ValueError, match=r"cannot be used: .*http://127.0.0.1:5000") as caught:
        HttpExporter(dashboard=url, token="key", source=source)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://[::1]:5000", "https://scope.example", "http://h/tools/"])
def test_an_address_that_can_be_one_is_taken(url, source):
    HttpExporter(dashboard=url, token="key", source=source)


@pytest.mark.parametrize("token", ["a b", "a\nb", "schlüssel", "a\x00"])
def test_a_key_that_cannot_travel_is_refused_at_once(token, source):
    with pytest.raises(ValueError, match="printable ASCII"):
        HttpExporter(dashboard="http://127.0.0.1:5000", token=token, source=source)


# --- what the application notices ----------------------------------------------------------------


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
