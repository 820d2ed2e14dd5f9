"""What goes into the store comes out, once, in order, also after a restart."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web_data.agents import Agent, events_in, trace_id
from tracer.events import Event
from web.store import Store, StoreError, TraceFilter


def everything(store: Store) -> list[Event]:
    return events_in(store.slice(0, store.newest, max_events=1_000_000).blocks)


def test_events_come_out_as_they_went_in(store: Store) -> None:
    agent = Agent()
    for number in range(3):
        agent.request(trace_id(number + 1))
        store.add(agent.batch())
    assert everything(store) == agent.sent
    assert store.newest == len(agent.sent)


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(1, 3)), max_size=12),
    st.integers(1, 40),
)
def test_any_batches_of_any_agents_come_out_once_and_in_order(
    plan: list[tuple[int, int, int]], at_once: int
) -> None:
    """Each step: which agent, how many requests, how often the batch is sent."""
    agents = [Agent(1), Agent(2), Agent(3)]
    expected: list[Event] = []
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/store.db")
        for number, (which, requests, times) in enumerate(plan):
            for index in range(requests):
                agents[which].request(trace_id(number * 10 + index + 1))
            before = len(agents[which].sent)
            batch = agents[which].batch()
            expected += agents[which].sent[before:]
            assert [store.add(batch).repeated for _ in range(times)][1:] == [True] * (times - 1)
        found: list[bytes] = []
        reached = 0
        while reached < store.newest:
            part = store.slice(reached, store.newest, max_events=at_once)
            assert part.from_seq == reached < part.to_seq
            assert part.events <= at_once
            found += part.blocks
            reached = part.to_seq
        store.close()
    assert events_in(found) == expected


def test_a_repeated_batch_is_stored_once_even_after_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    agent = Agent()
    agent.request(trace_id(1))
    batch = agent.batch()
    store = Store.open(url)
    assert not store.add(batch).repeated
    assert store.add(batch).repeated
    store.close()

    store = Store.open(url)
    assert store.add(batch).repeated
    assert everything(store) == agent.sent
    store.close()


def test_a_repeated_batch_is_recognised_although_it_was_cleared(store: Store) -> None:
    agent = Agent()
    agent.request(trace_id(1))
    batch = agent.batch()
    store.add(batch)
    while store.clear_some():
        pass
    assert store.add(batch).repeated
    assert everything(store) == []


def test_positions_go_on_after_a_restart_and_after_clearing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    agent = Agent()
    agent.request(trace_id(1))
    store = Store.open(url)
    store.add(agent.batch())
    newest = store.newest
    while store.clear_some():
        pass
    store.close()

    store = Store.open(url)
    agent.request(trace_id(2))
    stored = store.add(agent.batch())
    assert (stored.first, store.newest) == (newest + 1, newest * 2)
    store.close()


def test_the_oldest_unrecorded_events_go_beyond_the_size_cap(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/store.db", size_cap=20_000)
    agent = Agent()
    recording = store.archive.start("kept")
    assert recording is not None
    agent.request(trace_id(1))
    store.add(agent.batch())
    store.archive.stop(recording)
    for number in range(2, 400):
        agent.request(trace_id(number))
        store.add(agent.batch())
        store.prune()
    listed = [item["id"] for item in store.list_traces(TraceFilter(limit=1000))]
    assert listed[0] == trace_id(399)
    assert listed[-1] == trace_id(1)  # a recording holds it
    assert trace_id(2) not in listed
    assert len(listed) < 200
    assert store.trace(trace_id(2)) is None
    store.close()


def test_the_oldest_unrecorded_traces_go_beyond_their_number(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/store.db", max_traces=50)
    agent = Agent()
    for number in range(1, 301):
        agent.request(trace_id(number))
        store.add(agent.batch())
        store.prune()
    listed = [item["id"] for item in store.list_traces(TraceFilter(limit=1000))]
    assert listed == [trace_id(300 - index) for index in range(len(listed))]
    assert len(listed) <= 50
    store.close()


def test_a_trace_that_lost_its_first_events_is_marked(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/store.db", max_traces=10)
    agent = Agent()
    root = agent.request(trace_id(1), end=False)
    for number in range(2, 80):
        agent.request(trace_id(number))
        store.add(agent.batch())
    agent.end_request(trace_id(1), root)
    store.add(agent.batch())
    store.prune()
    item = store.trace(trace_id(1))
    assert item is not None
    assert (item["complete"], item["truncated"]) == (True, True)
    store.close()


def test_space_goes_back_to_the_disk_after_clearing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store.open(f"sqlite:///{path}")
    agent = Agent()
    for number in range(1, 301):
        for index in range(20):
            agent.request(trace_id(number * 100 + index), f"/{number}/{index}")
        store.add(agent.batch())
    full = path.stat().st_size + path.with_name("store.db-wal").stat().st_size
    while store.clear_some():
        pass
    store.close()
    assert path.stat().st_size < full / 4


def test_traces_are_found_by_application_path_status_and_text(store: Store) -> None:
    agent = Agent()
    agent.request(trace_id(1), "/cart/1", status=200)
    agent.request(trace_id(2), "/cart/2", status=404)
    agent.request(trace_id(3), "/about", status=500)
    root = agent.span()
    agent.event(0, "request", "GET /", trace_id(4), span=root, app="Shop", method="GET", path="/")
    store.add(agent.batch())

    def found(**wanted: object) -> list[int]:
        items = store.list_traces(TraceFilter(**wanted))  # type: ignore[arg-type]
        return [int(item["id"], 16) for item in items]

    assert found() == [4, 3, 2, 1]
    assert found(limit=2) == [4, 3]
    assert found(app="shop") == [3, 2, 1]
    assert found(app="Shop") == [4]
    assert found(path="/about") == [3]
    assert found(path="/cart/*") == [2, 1]
    assert found(path="/ca_t/1") == []
    assert found(status=range(400, 500)) == [2]
    assert found(status=range(200, 201)) == [1]
    assert found(text="CART") == [2, 1]
    assert found(text="%") == []


def test_a_database_of_another_kind_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, not a database " * 100)
    with pytest.raises(StoreError, match=r"cannot be opened: file is not a database\.$"):
        Store.open(f"sqlite:///{path}")


def test_half_a_character_in_a_name_is_stored_and_shown(store: Store) -> None:
    agent = Agent()
    root = agent.span()
    agent.event(0, "request", "GET /\udc80", trace_id(1), span=root, path="/\udc80", method="GET")
    store.add(agent.batch())
    item = store.trace(trace_id(1))
    assert item is not None
    assert (item["name"], item["path"]) == ("GET /?", "/?")
    assert everything(store) == agent.sent


def test_agents_applications_and_sources_are_known_after_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    agent = Agent()
    app = {"key": "shop", "name": "shop", "routes": []}
    source = {
        "id": "0123456789abcdef",
        "file": "a.py",
        "line": 3,
        "name": "f",
        "text": "def f(): 1",
    }
    store = Store.open(url)
    store.add(agent.batch(apps=[app], sources=[source]))
    store.close()

    store = Store.open(url)
    assert store.known_agents() == [(agent.info, [app])]
    assert store.source("0123456789abcdef") == source
    assert store.source("0" * 16) is None
    store.close()
