"""The way to a page, whole: a real dashboard, a real Socket.IO client, real batches by HTTP."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes import DashboardProcess, start_dashboard
from tests.socket_client import OrderedClient
from tests.web_data.agents import Agent, events_in, trace_id
from tracer.events import Event
from tracer.wire import split_frame

pytestmark = pytest.mark.e2e
PATIENCE = 20.0


class Page:
    """A browser's end of ``/live``."""

    def __init__(self, dashboard: DashboardProcess) -> None:
        self.events: list[Event] = []
        self.position: int | None = None
        self.faults: list[str] = []
        self.messages: list[tuple[str, Any]] = []
        self._closed = False
        self._changed = threading.Condition()
        self._client = OrderedClient(reconnection=False)
        self._client.on("frame", self._take_frame, namespace="/live")
        for event in ("status", "traces", "recordings", "gap"):
            self._client.on(event, self._keep(event), namespace="/live")
        self._client.connect(
            dashboard.url,
            auth={"token": dashboard.token},
            namespaces=["/live"],
            transports=["websocket"],
        )

    def follow(self, after: int | None) -> int:
        # Asked in the client's own order: frames may come before the answer does.
        self.position = after
        answer = self._client.call("follow", {"after_seq": after}, namespace="/live")
        return int(answer["seq"])

    def wait_for(self, what: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(what, PATIENCE), (self.position, self.messages[-3:])

    def close(self) -> None:
        # What is read from here on came too late: `events` and `position` stay together.
        with self._changed:
            self._closed = True
        self._client.disconnect()

    def _take_frame(self, frame: bytes) -> None:
        blocks, from_seq, to_seq = split_frame(frame)
        with self._changed:
            if self._closed:
                return
            if self.position not in (None, from_seq):
                self.faults.append(f"{from_seq} to {to_seq} came at {self.position}")
            self.position = to_seq
            self.events += events_in(blocks)
            self._changed.notify_all()

    def _keep(self, event: str) -> Callable[[Any], None]:
        def keep(payload: Any) -> None:
            with self._changed:
                self.messages.append((event, payload))
                self._changed.notify_all()

        return keep


@pytest.fixture(params=["eventlet", "gthread"])
def dashboard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DashboardProcess]:
    started = start_dashboard(tmp_path, request.param)
    yield started
    started.stop()


def deliver(dashboard: DashboardProcess, agent: Agent, **fields: Any) -> None:
    answer = dashboard.request(
        "POST",
        "/ingest",
        zlib.compress(agent.body(**fields)),
        key=dashboard.ingest_key,
        headers={"Content-Encoding": "deflate", "Content-Type": "application/json"},
    )
    assert answer.status == 204


def test_a_page_sees_what_an_application_sends(dashboard: DashboardProcess) -> None:
    agent = Agent()
    agent.request(trace_id(1))
    deliver(dashboard, agent, apps=[{"key": "shop", "name": "shop"}])
    page = Page(dashboard)
    page.wait_for(lambda: page.messages[:1] != [])
    kind, status = page.messages[0]
    assert (kind, [app["name"] for app in status["apps"]]) == ("status", ["shop"])
    assert page.follow(0) == 4
    page.wait_for(lambda: page.position == 4)
    for number in range(2, 30):
        agent.request(trace_id(number))
        deliver(dashboard, agent)
    page.wait_for(lambda: page.position == len(agent.sent))
    assert page.events == agent.sent
    assert page.faults == []

    def traces() -> dict[str, Any]:
        sent = [payload["items"] for event, payload in page.messages if event == "traces"]
        return {item["id"]: item for items in sent for item in items}

    listed = dashboard.request("GET", "/api/traces?limit=28").json["items"]
    page.wait_for(lambda: traces() == {item["id"]: item for item in listed})

    started = dashboard.request("POST", "/api/recordings", {"name": "x"}).json
    page.wait_for(lambda: ("recordings", {"items": [started]}) in page.messages)
    page.close()


def test_a_page_that_comes_back_misses_nothing(dashboard: DashboardProcess) -> None:
    agent = Agent()
    stop = threading.Event()
    # Batches that may still be sent: a page that falls far behind would be told of a gap.
    wanted = threading.Semaphore(20)

    def produce() -> None:
        while wanted.acquire() and not stop.is_set():
            for _ in range(20):
                agent.request(trace_id(len(agent.sent) + 1))
            deliver(dashboard, agent)

    producer = threading.Thread(target=produce)
    producer.start()
    try:
        first = Page(dashboard)
        first.follow(0)
        first.wait_for(lambda: len(first.events) > 800)
        first.close()
        wanted.release(30)
        second = Page(dashboard)
        second.follow(first.position)
        second.wait_for(lambda: len(second.events) > 800)
    finally:
        stop.set()
        wanted.release()
        producer.join()
    second.wait_for(lambda: second.position == len(agent.sent))
    second.close()
    assert first.events + second.events == agent.sent
    assert (first.faults, second.faults) == ([], [])


def test_a_restarted_dashboard_goes_on_where_it_was(dashboard: DashboardProcess) -> None:
    agent = Agent()
    agent.request(trace_id(1))
    deliver(dashboard, agent)
    dashboard.kill()
    dashboard.restart()
    agent.request(trace_id(2))
    deliver(dashboard, agent)
    page = Page(dashboard)
    page.follow(2)
    page.wait_for(lambda: page.position == 8)
    page.close()
    assert page.events == agent.sent[2:]
    assert page.faults == []
