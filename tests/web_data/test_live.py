"""Every viewer gets every event once and in order, or is told what it will not get."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.web_data.agents import Agent, events_in, trace_id
from tracer.events import Event
from tracer.wire import encode_block, split_frame
from web.live import CREDIT, MAX_PENDING, LiveHub
from web.runtime import Runtime
from web.server import ThreadRuntime
from web.store import Store

PATIENCE = 20.0


class Page:
    """A viewer. Acknowledges at once, or not until it is told to."""

    def __init__(self, hub: LiveHub, sid: str, *, prompt: bool = True) -> None:
        self.hub = hub
        self.sid = sid
        self.prompt = prompt
        self.position: int | None = None
        """Where its stream is; set by ``follow``, then by frames and gaps."""
        self.events: list[Event] = []
        self.frames: list[bytes] = []
        self.gaps: list[tuple[int, int]] = []
        self.received: list[tuple[str, Any]] = []
        self.faults: list[str] = []
        self.unacknowledged: list[Callable[[], None]] = []
        self.changed = threading.Condition()

    def follow(self, after: int | None) -> int:
        newest = self.hub.follow(self.sid, after)
        self.position = newest if after is None or after > newest else after
        return newest

    def receive(self, event: str, payload: Any, callback: Callable[[], None] | None) -> None:
        with self.changed:
            if event == "frame":
                assert callback is not None
                self._take_frame(payload)
                self.unacknowledged.append(callback)
                if len(self.unacknowledged) > CREDIT:
                    self.faults.append(f"{len(self.unacknowledged)} frames on their way")
                if self.prompt:
                    self.acknowledge()
            elif event == "gap":
                self._move(payload["from_seq"], payload["to_seq"])
                self.gaps.append((payload["from_seq"], payload["to_seq"]))
            else:
                self.received.append((event, payload))
            self.changed.notify_all()

    def acknowledge(self) -> None:
        waiting, self.unacknowledged = self.unacknowledged, []
        for callback in waiting:
            callback()

    def wait_for(self, what: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(what, PATIENCE), "what was waited for did not come"

    def _take_frame(self, frame: bytes) -> None:
        blocks, from_seq, to_seq = split_frame(frame)
        self._move(from_seq, to_seq)
        self.frames.append(frame)
        self.events += events_in(blocks)

    def _move(self, from_seq: int, to_seq: int) -> None:
        if from_seq != self.position or to_seq < from_seq:
            self.faults.append(f"{from_seq} to {to_seq} came at {self.position}")
        self.position = to_seq


class Pages:
    """Stands in for Socket.IO's server: hands on what the hub emits."""

    def __init__(self) -> None:
        self.by_sid: dict[str, Page] = {}

    def emit(
        self,
        event: str,
        payload: Any,
        *,
        to: str,
        namespace: str,
        callback: Callable[[], None] | None = None,
    ) -> None:
        assert namespace == "/live"
        self.by_sid[to].receive(event, payload, callback)


class Live:
    """A hub on a store, and what feeds and watches it."""

    def __init__(self, store: Store) -> None:
        self.runtime: Runtime = ThreadRuntime()
        self.pages = Pages()
        self.store = store
        self.status: Callable[[], dict[str, Any]] = lambda: {"recording": None}
        self.hub = LiveHub(self.runtime, self.pages, store, status=lambda: self.status())

    def page(self, sid: str = "one", *, prompt: bool = True) -> Page:
        page = self.pages.by_sid[sid] = Page(self.hub, sid, prompt=prompt)
        self.hub.join(sid)
        page.wait_for(lambda: bool(page.received))
        return page

    def deliver(self, agent: Agent) -> None:
        """What ``IngestService`` does with a batch."""
        batch = agent.batch()

        def store_and_publish() -> None:
            stored = self.store.add(batch)
            self.hub.publish(stored.first, stored.last, stored.block)

        self.runtime.run(store_and_publish)
        self.hub.wake()


@pytest.fixture
def live(store: Store) -> Iterator[Live]:
    made = Live(store)
    yield made
    made.hub.close()
    made.runtime.close()


def requests(agent: Agent, count: int = 1) -> Agent:
    for _ in range(count):
        agent.request(trace_id(random.getrandbits(64) + 1))
    return agent


def test_a_viewer_gets_what_comes_from_now_on(live: Live) -> None:
    agent = Agent()
    live.deliver(requests(agent))
    before = len(agent.sent)
    page = live.page()
    assert page.follow(None) == before
    live.deliver(requests(agent))
    page.wait_for(lambda: page.position == live.store.newest)
    assert page.events == agent.sent[before:]
    assert page.faults == []


def test_a_viewer_gets_what_was_before_from_the_store(live: Live) -> None:
    agent = Agent()
    for _ in range(5):
        live.deliver(requests(agent, 3))
    page = live.page()
    page.follow(7)
    page.wait_for(lambda: page.position == live.store.newest)
    assert page.events == agent.sent[7:]
    assert page.faults == []


def test_a_position_from_another_life_means_from_now_on(live: Live) -> None:
    agent = Agent()
    live.deliver(requests(agent))
    page = live.page()
    assert page.follow(1_000_000) == len(agent.sent)
    live.deliver(requests(agent))
    page.wait_for(lambda: page.position == live.store.newest)
    assert len(page.events) == len(agent.sent) / 2


def test_replay_goes_over_to_live_without_loss_or_repetition_under_load(live: Live) -> None:
    agents = [Agent(number) for number in range(1, 4)]
    expected: list[Event] = []
    pages: list[Page] = []
    stop = threading.Event()

    def is_ahead() -> bool:
        """Of the slowest page: a producer that knows no bound is never caught up with."""
        slowest = min((page.position for page in pages if page.position), default=None)
        return slowest is not None and live.store.newest - slowest > 5_000

    def deliver() -> None:
        agent = random.choice(agents)
        before = len(agent.sent)
        live.deliver(requests(agent, 20))
        expected.extend(agent.sent[before:])

    def produce() -> None:
        while not stop.is_set():
            while is_ahead() and not stop.is_set():
                stop.wait(0.01)
            deliver()

    while live.store.newest <= 2_000:
        deliver()
    producer = threading.Thread(target=produce)
    producer.start()
    try:
        pages += [live.page(f"page {number}") for number in range(6)]
        for number, page in enumerate(pages):
            page.follow([0, 17, 1_001, live.store.newest // 2, live.store.newest - 1, None][number])
        starts = [page.position or 0 for page in pages]
        goal = live.store.newest + 5_000
        for page in pages:
            page.wait_for(lambda page=page: (page.position or 0) > goal)  # type: ignore[misc]
    finally:
        stop.set()
        producer.join()
    for page, start in zip(pages, starts, strict=True):
        page.wait_for(lambda page=page: page.position == live.store.newest)  # type: ignore[misc]
        assert (page.faults, page.gaps) == ([], [])
        assert page.events == expected[start:]


def test_following_again_starts_anew(live: Live) -> None:
    agent = Agent()
    for _ in range(4):
        live.deliver(requests(agent, 5))
    page = live.page()
    page.follow(0)
    page.wait_for(lambda: page.position == live.store.newest)
    page.events.clear()
    page.follow(3)
    page.wait_for(lambda: page.position == live.store.newest)
    assert page.events == agent.sent[3:]
    assert page.faults == []


def test_two_frames_at_most_are_on_their_way(live: Live) -> None:
    agent = Agent()
    page = live.page(prompt=False)
    page.follow(None)
    for _ in range(10):
        live.deliver(requests(agent))
        page.wait_for(lambda: bool(page.frames))
    watcher = live.page("prompt")
    watcher.follow(0)
    watcher.wait_for(lambda: watcher.position == live.store.newest)
    assert len(page.unacknowledged) <= CREDIT
    page.prompt = True
    page.acknowledge()
    page.wait_for(lambda: page.position == live.store.newest)
    assert page.events == agent.sent
    assert page.faults == []


def large(live: Live, agent: Agent, size: int = 1 << 20) -> int:
    """Deliver a batch whose block is that large; the position after it."""
    agent.event(2, "log", "INFO", text=random.randbytes(size // 2).hex())
    live.deliver(agent)
    return live.store.newest


def test_a_viewer_that_fell_behind_is_told_what_it_misses_and_goes_on(live: Live) -> None:
    agent = Agent()
    slow, quick = live.page("slow", prompt=False), live.page("quick")
    slow.follow(None)
    quick.follow(None)
    for _ in range(12):
        newest = large(live, agent)
        quick.wait_for(lambda newest=newest: quick.position == newest)  # type: ignore[misc]
    assert len(slow.frames) <= CREDIT
    viewer = live.hub._viewers["slow"]
    assert viewer.pending_size <= MAX_PENDING + (1 << 20)

    slow.prompt = True
    slow.acknowledge()
    slow.wait_for(lambda: slow.position == newest)
    large(live, agent)
    slow.wait_for(lambda: slow.position == live.store.newest)
    assert slow.faults == []
    assert len(slow.gaps) == 1
    (from_seq, to_seq) = slow.gaps[0]
    part = live.store.slice(from_seq, to_seq, max_events=100, max_bytes=1 << 30)
    missed = events_in(part.blocks)
    assert slow.events[:from_seq] + missed + slow.events[from_seq:] == agent.sent
    assert (quick.gaps, quick.events) == ([], agent.sent)


def test_equal_viewers_share_their_frames(live: Live) -> None:
    agent = Agent()
    pages = [live.page(str(number)) for number in range(20)]
    for page in pages:
        page.follow(None)
    live.deliver(requests(agent))
    for page in pages:
        page.wait_for(lambda page=page: page.position == live.store.newest)  # type: ignore[misc]
    assert len({id(page.frames[0]) for page in pages}) == 1


def test_events_that_could_not_be_stored_are_seen_once_all_the_same(live: Live) -> None:
    agent = Agent()
    page = live.page()
    page.follow(None)
    requests(agent)
    block = encode_block(agent.batch().columns, agent=agent.id, first=1)
    live.hub.publish(1, 4, block)
    live.hub.wake()
    page.wait_for(lambda: page.position == 4)
    assert page.events == agent.sent


def test_one_that_left_gets_nothing_more(live: Live) -> None:
    agent = Agent()
    page, stays = live.page("leaves"), live.page("stays")
    page.follow(None)
    stays.follow(None)
    live.hub.leave("leaves")
    live.deliver(requests(agent))
    stays.wait_for(lambda: stays.position == live.store.newest)
    assert page.frames == []
    assert live.hub.viewers == 1


def test_a_page_that_connects_while_the_hub_is_busy_misses_no_request(live: Live) -> None:
    busy = live.page("busy")
    with busy.changed:
        live.hub.publish_recordings([])  # the hub waits until this page takes it
        page = live.pages.by_sid["late"] = Page(live.hub, "late")
        live.hub.join("late")
        assert live.hub.viewers == 2  # ingest asks, before it tells of the requests in a batch
        live.hub.publish_traces([{"id": "1"}])
    page.wait_for(lambda: ("traces", {"items": [{"id": "1"}]}) in page.received)


def test_status_comes_on_connecting_and_on_change_only(live: Live) -> None:
    page = live.page()
    assert page.received[0] == ("status", {"recording": None})
    live.status = lambda: {"recording": {"id": "1"}}
    page.wait_for(lambda: page.received[-1] == ("status", {"recording": {"id": "1"}}))
    count = len(page.received)
    live.hub.publish_recordings([{"id": "1"}])
    page.wait_for(lambda: len(page.received) > count)
    assert page.received[count:] == [("recordings", {"items": [{"id": "1"}]})]


def test_trace_items_are_joined_and_the_latest_counts(live: Live) -> None:
    page = live.page()
    for number in range(50):
        live.hub.publish_traces([{"id": "a", "events": number}, {"id": str(number), "events": 1}])

    def traces() -> list[dict[str, Any]]:
        messages = [payload for event, payload in page.received if event == "traces"]
        return [item for message in messages for item in message["items"]]

    page.wait_for(lambda: {"id": "49", "events": 1} in traces())
    assert {item["id"] for item in traces()} == {"a", *map(str, range(50))}
    assert [item for item in traces() if item["id"] == "a"][-1]["events"] == 49
    assert len([event for event, _ in page.received if event == "traces"]) < 10


def test_what_waits_for_a_stalled_viewer_is_bounded(live: Live) -> None:
    agent = Agent()
    page = live.page(prompt=False)
    page.follow(None)
    for _ in range(CREDIT):
        newest = large(live, agent, 1000)
        page.wait_for(lambda newest=newest: page.position == newest)  # type: ignore[misc]
    count = len(page.received)
    for number in range(3_000):
        live.hub.publish_traces([{"id": str(number)}])
    watcher = live.page("watcher")
    live.hub.publish_recordings([])
    watcher.wait_for(lambda: ("recordings", {"items": []}) in watcher.received)
    assert len(page.received) == count
    assert len(live.hub._viewers["one"].traces) <= 1_000
    page.prompt = True
    page.acknowledge()
    page.wait_for(lambda: ("recordings", {"items": []}) in page.received)


def test_the_rate_is_counted(live: Live) -> None:
    live.status = lambda: {"rate": live.hub.rate()}
    page = live.page()
    live.deliver(requests(Agent(), 100))
    page.wait_for(lambda: any(payload["rate"] > 0 for _, payload in page.received))
    page.wait_for(lambda: page.received[-1] == ("status", {"rate": 0}))
