"""From an application to a dashboard that listens, and with which key."""

from __future__ import annotations

import time

import pytest

from tests.processes import free_port
from tracer.data_folder import KEY_FILE, ingest_key
from tracer.exporters import http as http_exporter
from tracer.exporters.http import HttpExporter

from .fake_source import FakeSource, send
from .receiver import Receiver, seqs_of, wait_until

# --- in good order --------------------------------------------------------------------------------


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


# --- the key --------------------------------------------------------------------------------------


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


# --- what is asked wrongly ------------------------------------------------------------------------


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
