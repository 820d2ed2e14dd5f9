"""A killed dashboard, a full disk, damaged bytes: nothing acknowledged is lost or silent."""

from __future__ import annotations

import logging
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web_data.agents import Agent, events_in, trace_id
from tracer.wire import encode_batch, split_frame
from web.services import Services
from web.store import Store
from web.store.database import BALLAST

WRITER = """
import sys
from tests.web_data.agents import Agent, trace_id
from web.store import Store
store = Store.open(sys.argv[1])
recording = store.archive.start("until the end")
agent = Agent(int(sys.argv[2]))
for number in range(1, 100_000):
    agent.request(trace_id(number))
    assert store.add(agent.batch()).problem is None
    print(number, flush=True)
"""


@pytest.mark.parametrize("run", range(3))
def test_every_acknowledged_batch_is_there_after_kill_9(tmp_path: Path, run: int) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, url, str(run + 1)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    acknowledged = 0
    for line in process.stdout:
        acknowledged = int(line)
        if acknowledged == 20 + run * 7:
            process.kill()
    process.stdout.close()
    process.wait()

    store = Store.open(url)
    agent = Agent(run + 1)
    for number in range(1, acknowledged + 1):
        agent.request(trace_id(number))
        agent.batch()
    (item,) = store.archive.items()
    assert item["state"] == "interrupted"
    assert item["stopped"] >= item["started"]
    assert item["events"] >= len(agent.sent)
    blocks = [store.chunk(chunk) for chunk in store.archive.chunks(int(item["id"]))]
    found = events_in([chunk.block for chunk in blocks if chunk is not None])
    assert found[: len(agent.sent)] == agent.sent
    assert len(found) - len(agent.sent) in (0, 4)  # one more may be stored and not yet told
    assert store.archive.start("the next one") is not None
    store.close()


def deliver(
    client: FlaskClient, agent: Agent, sent: bytes | None = None, **fields: Any
) -> tuple[bytes, Any]:
    body = sent or encode_batch(agent.batch())
    return body, client.post("/ingest", data=body, content_type="application/json", **fields)


def limit_pages(parts: Services, more: int) -> None:
    """Let the database grow by *more* pages and no further: SQLite then says that it is full."""

    def limit() -> None:
        with parts.store.database.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + more}")

    parts.runtime.run(limit)


def fill(client: FlaskClient, agent: Agent) -> tuple[bytes, Any]:
    """Deliver batches until one is not stored; its body and the answer."""
    for _ in range(300):
        agent.event(2, "log", "INFO", text=random.randbytes(4000).hex())
        body, answer = deliver(client, agent)
        if answer.status_code != 204:
            return body, answer
    raise AssertionError("the disk never became full")


def test_a_full_disk_stops_the_recording_loudly_and_live_view_goes_on(
    client: FlaskClient, parts: Services
) -> None:
    agent = Agent()
    recording = client.post("/api/recordings", json={"name": "x"}).get_json()["id"]
    limit_pages(parts, 40)
    body, answer = fill(client, agent)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.get_json()["detail"].startswith("The disk is full")
    item = client.get(f"/api/recordings/{recording}").get_json()
    assert (item["state"], item["problem"][:16]) == ("failed", "The disk is full")
    status = client.get("/api/status").get_json()
    assert (status["store"]["ok"], status["recording"]) == (False, None)
    # Seen all the same, once, and with positions that go on.
    assert status["newest_seq"] == len(agent.sent)
    assert deliver(client, agent, body)[1].status_code == 503
    root = agent.request(trace_id(1), end=False)
    next_body, answer = deliver(client, agent)
    assert answer.status_code == 503
    agent.end_request(trace_id(1), root)
    last_body, answer = deliver(client, agent)
    assert answer.status_code == 503
    assert client.get("/api/status").get_json()["newest_seq"] == len(agent.sent)

    read = split_frame(client.get(f"/api/recordings/{recording}/events.bin").get_data())[0]
    stored = len(events_in(read))
    assert events_in(read) == agent.sent[:stored]
    assert item["events"] == stored
    assert client.delete(f"/api/recordings/{recording}").status_code == 204
    assert client.delete("/api/traces").status_code == 204
    # There is room again, but what is new has to wait until what is older is stored.
    later = {"Flaskscope-Store": "later"}
    newest = client.get("/api/status").get_json()["newest_seq"]
    agent.request(trace_id(2))
    new_body, answer = deliver(client, agent, headers=later)
    assert (answer.status_code, client.get(f"/api/traces/{trace_id(2)}").status_code) == (503, 404)
    assert client.get("/api/status").get_json()["newest_seq"] == newest + 4
    for waiting in (body, next_body, last_body, new_body):
        assert deliver(client, agent, waiting)[1].status_code == 204
    assert client.get("/api/status").get_json()["newest_seq"] == newest + 4
    assert client.get(f"/api/traces/{trace_id(1)}").get_json()["complete"]
    assert client.get("/api/status").get_json()["store"] == {"ok": True, "problem": None}
    frame = client.get(f"/api/events.bin?after_seq={stored}&to_seq={stored + 1}").get_data()
    assert events_in(split_frame(frame)[0]) == agent.sent[stored : stored + 1]


def test_the_ballast_is_given_up_and_taken_again(client: FlaskClient, parts: Services) -> None:
    path = parts.store.database.path
    assert path is not None
    ballast = path.with_name(path.name + ".ballast")
    assert ballast.stat().st_size == BALLAST
    limit_pages(parts, 20)
    fill(client, Agent())
    assert not ballast.exists()
    client.delete("/api/traces")
    assert deliver(client, Agent(2))[1].status_code == 204
    assert ballast.stat().st_size == BALLAST


@pytest.fixture
def small_store(tmp_path: Path) -> Iterator[Store]:
    """On a filesystem of 24 MiB, ballast included; where none can be mounted, a small database."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True).returncode == 0
    store = Store.open(f"sqlite:///{folder}/store.db", size_cap=1 << 30)
    if not mounted:
        with store.database.reading() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1500")
    yield store
    store.close()
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_can_be_freed_by_deleting(small_store: Store) -> None:
    store = small_store
    path = store.database.path
    assert path is not None
    ballast = path.with_name(path.name + ".ballast")
    agent = Agent()
    recording = store.archive.start("until it is full") or 0
    stored = store.add(agent.batch())
    while stored.problem is None:
        agent.event(2, "log", "INFO", text=random.randbytes(50_000).hex())
        stored = store.add(agent.batch())
    assert stored.problem.startswith("The disk is full")
    assert store.problem == stored.problem
    item = store.archive.item(recording)
    assert item is not None
    assert item["state"] == "failed"
    assert not ballast.exists()

    assert store.archive.hide(recording)
    while store.archive.remove_some(recording):
        pass
    while store.clear_some():
        pass
    agent.request(trace_id(1))
    assert store.add(agent.batch()).problem is None
    assert ballast.stat().st_size == BALLAST
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_a_read_only_database_fails_the_recording(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    agent = Agent()
    recording = store.archive.start("x")
    assert recording is not None
    with store.database.reading() as connection:
        connection.exec_driver_sql("PRAGMA query_only=1")
    agent.request(trace_id(1))
    batch = agent.batch()
    stored = store.add(batch)
    assert stored.problem == "The database is read-only: nothing can be stored."
    assert (stored.first, stored.last, stored.seen) == (1, 4, False)
    item = store.archive.item(recording)
    assert item is not None
    assert (item["state"], item["problem"]) == ("failed", stored.problem)
    assert store.add(batch).seen

    with store.database.reading() as connection:
        connection.exec_driver_sql("PRAGMA query_only=0")
    store.database.shrink_some()  # look again at once
    stored = store.add(batch)
    assert (stored.problem, stored.first, stored.last) == (None, 1, 4)
    assert store.problem is None
    store.close()
    again = Store.open(f"sqlite:///{tmp_path}/store.db")
    (item,) = again.archive.items()
    assert item["state"] == "failed"
    again.close()


def test_a_lock_held_by_somebody_else_does_not_fail_the_recording(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    recording = store.archive.start("x")
    with store.database.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=20")
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    agent = Agent()
    agent.request(trace_id(1))
    batch = agent.batch()
    assert store.add(batch).problem == "The database cannot be used now: database is locked."
    other.execute("COMMIT")
    other.close()
    assert store.add(batch).problem is None
    item = store.archive.item(recording or 0)
    assert item is not None
    assert (item["state"], item["events"]) == ("recording", 4)
    store.close()


def overwrite(store: Store, change: Callable[[bytes], bytes], chunk: int) -> None:
    with store.database.transaction() as connection:
        found = connection.exec_driver_sql("SELECT data FROM blobs WHERE chunk=?", (chunk,))
        data = change(found.scalar_one())
        connection.exec_driver_sql("UPDATE blobs SET data=? WHERE chunk=?", (data, chunk))


def test_of_a_damaged_recording_the_intact_requests_are_salvaged(
    client: FlaskClient, parts: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    agent = Agent()
    recording = client.post("/api/recordings", json={"name": "x"}).get_json()["id"]
    for number in range(1, 4):
        agent.request(trace_id(number))
        deliver(client, agent)
    client.post(f"/api/recordings/{recording}/stop")
    chunks = parts.runtime.run(parts.store.archive.chunks, int(recording))
    parts.runtime.run(overwrite, parts.store, lambda data: data[:-9] + b"damaged!!", chunks[1])

    intact = agent.sent[:4] + agent.sent[8:]
    read = split_frame(client.get(f"/api/recordings/{recording}/events.bin").get_data())[0]
    assert events_in(read) == intact
    item = client.get(f"/api/recordings/{recording}").get_json()
    assert item["problem"].startswith("1 of 3 stored batches are damaged")
    traces = client.get(f"/api/recordings/{recording}/traces").get_json()["items"]
    assert [trace["truncated"] for trace in traces] == [False, True, False]
    exported = client.get(f"/api/recordings/{recording}/export").get_data(as_text=True)
    assert exported.endswith('{"end":true,"events":8}\n')
    assert client.post("/api/recordings/import", data=exported).status_code == 201
    assert client.get(f"/api/traces/{trace_id(2)}/events").get_json() == {"items": []}
    frame = client.get("/api/events.bin").get_data()
    assert events_in(split_frame(frame)[0]) == intact


def test_no_damaged_byte_passes_as_data(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    agent = Agent()
    for number in range(3):
        agent.request(trace_id(number + 1))
    store.add(agent.batch())
    chunk = store.trace_chunks(trace_id(1)) or []
    found = store.chunk(chunk[0])
    assert found is not None
    with store.database.reading() as connection:
        data = connection.exec_driver_sql("SELECT data FROM blobs").scalar_one()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << random.randrange(8)
        overwrite(store, lambda _, changed=changed: bytes(changed), chunk[0])  # type: ignore[misc]
        read = store.chunk(chunk[0])
        # zlib's header has bits that mean nothing: the same block may come out, never another.
        assert read is None or read.block == found.block
    for length in range(len(data)):
        overwrite(store, lambda _, length=length: data[:length], chunk[0])  # type: ignore[misc]
        assert store.chunk(chunk[0]) is None


def test_a_batch_under_anothers_number_does_not_pass(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    agent = Agent()
    for number in range(2):
        agent.request(trace_id(number + 1))
        store.add(agent.batch())
    with store.database.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE blobs SET data=(SELECT data FROM blobs WHERE chunk=1) WHERE chunk=2"
        )
    assert store.chunk(1) is not None
    assert store.chunk(2) is None
