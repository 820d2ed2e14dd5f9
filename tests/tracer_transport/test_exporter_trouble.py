"""A dashboard that is slow, gone, mute, full, or another one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import free_port
from tracer.exporters import http as http_exporter
from tracer.exporters.http import HttpExporter

from .fake_source import FakeSource, send
from .receiver import Receiver, problem, seqs_of, wait_until, whole_lines


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
