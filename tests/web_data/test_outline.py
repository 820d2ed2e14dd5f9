"""What a recording looks like from afar: told from its traces, without reading an event."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web_data.agents import START, Agent, trace_id
from tests.web_data.test_recordings import send
from tests.web_edge.test_openapi import check
from tracer.events import Lane
from web.openapi import build_document

MS = 1_000_000


def request(
    agent: Agent,
    number: int,
    at: int,
    length: int,
    *,
    thread: str = "MainThread",
    status: int = 200,
    **end: Any,
) -> None:
    """One request of *length* ms that begins *at* ms, in a thread."""
    root, lane = agent.span(), Lane(agent.pid, 7, thread)
    place: dict[str, Any] = {"span": root, "lane": lane}
    name = f"GET /{number}"
    agent.event(0, "request", name, trace_id(number), ts=START + at * MS, **place)
    ended = START + (at + length) * MS
    agent.event(1, "request", name, trace_id(number), ts=ended, status=status, **place, **end)


def recorded(client: FlaskClient, *agents: Agent) -> str:
    recording = client.post("/api/recordings", json={"name": "afar"}).get_json()["id"]
    for agent in agents:
        send(client, agent)
    client.post(f"/api/recordings/{recording}/stop")
    return f"/api/recordings/{recording}/outline"


def test_requests_that_begin_in_the_same_slot_stand_as_one(client: FlaskClient) -> None:
    agent = Agent()
    request(agent, 1, at=0, length=2)
    request(agent, 2, at=3, length=4)
    request(agent, 3, at=52, length=40)
    request(agent, 4, at=95, length=5)
    path = recorded(client, agent)
    assert client.get(f"{path}?slots=10").get_json() == {
        "start_ts": START,
        "end_ts": START + 100 * MS,
        "slots": 10,
        "strings": ["", "shop", "GET /2", "GET /3", "GET /4"],
        "lanes": [
            {
                "pid": agent.pid,
                "thread": "MainThread",
                "start": [0, 52 * MS, 95 * MS],
                "length": [7 * MS, 40 * MS, 5 * MS],
                "requests": [2, 1, 1],
                "failed": [0, 0, 0],
                "events": [4, 2, 2],
                "app": [1, 1, 1],
                "name": [2, 3, 4],
                "trace": [trace_id(2), trace_id(3), trace_id(4)],
            }
        ],
    }


def test_a_request_that_failed_stands_for_the_longer_ones(client: FlaskClient) -> None:
    agent = Agent()
    request(agent, 1, at=0, length=900)
    request(agent, 2, at=1, length=1, status=500)
    request(agent, 3, at=2, length=1, status=404)
    (lane,) = client.get(f"{recorded(client, agent)}?slots=1").get_json()["lanes"]
    assert (lane["requests"], lane["failed"]) == ([3], [1])
    assert lane["trace"] == [trace_id(2)]


def test_each_thread_has_a_lane_until_there_are_too_many(client: FlaskClient) -> None:
    few, many = Agent(1), Agent(2)
    for number in range(3):
        request(few, number, at=number, length=1, thread=f"worker-{number}")
    for number in range(100, 140):
        request(many, number, at=number, length=1, thread=f"Thread-{number}")
    lanes = client.get(recorded(client, few, many)).get_json()["lanes"]
    assert [(lane["pid"], lane["thread"]) for lane in lanes] == [
        *((few.pid, f"worker-{number}") for number in range(3)),
        (many.pid, None),
    ]
    assert sum(lanes[-1]["requests"]) == 40


def test_more_processes_than_lanes_share_the_last_one(client: FlaskClient) -> None:
    agents = [Agent(number) for number in range(1, 61)]
    for number, agent in enumerate(agents):
        request(agent, number, at=number, length=1)
    lanes = client.get(recorded(client, *agents)).get_json()["lanes"]
    assert len(lanes) == 48
    assert (lanes[-1]["pid"], sum(lanes[-1]["requests"])) == (None, 13)


def test_the_outline_of_a_part_holds_what_reaches_into_it(client: FlaskClient) -> None:
    agent = Agent()
    for number, (at, length) in enumerate([(0, 10), (5, 30), (25, 2), (60, 1)], start=1):
        request(agent, number, at=at, length=length)
    path = recorded(client, agent)
    answer = client.get(f"{path}?start={START + 20 * MS}&end={START + 40 * MS}&slots=4").get_json()
    (lane,) = answer["lanes"]
    assert (answer["start_ts"], answer["end_ts"]) == (START + 20 * MS, START + 40 * MS)
    assert lane["trace"] == [trace_id(2), trace_id(3)]
    assert lane["start"] == [-15 * MS, 5 * MS]


def test_a_request_without_an_end_is_there(client: FlaskClient) -> None:
    agent = Agent()
    agent.event(0, "request", "GET /", trace_id(1), span=agent.span(), ts=START)
    request(agent, 2, at=5, length=1)
    (lane,) = client.get(recorded(client, agent)).get_json()["lanes"]
    assert (lane["length"], lane["requests"]) == ([0, MS], [1, 1])


def test_thousands_of_requests_are_all_counted(client: FlaskClient) -> None:
    agent = Agent()
    for number in range(4_100):
        request(agent, number, at=number, length=1)
    (lane,) = client.get(recorded(client, agent)).get_json()["lanes"]
    assert (sum(lane["requests"]), sum(lane["events"])) == (4_100, 8_200)
    assert len(lane["start"]) == 1_000


def test_nothing_recorded_is_an_empty_outline(client: FlaskClient) -> None:
    answer = client.get(recorded(client)).get_json()
    assert (answer["lanes"], answer["slots"]) == ([], 1_000)


def test_the_answer_is_as_described(client: FlaskClient) -> None:
    agent = Agent()
    request(agent, 1, at=0, length=2)
    document = build_document()
    check(
        document["components"]["schemas"]["Outline"],
        client.get(recorded(client, agent)).get_json(),
        document,
        "outline",
    )


@pytest.mark.parametrize(
    "query", ["slots=0", "slots=4001", "slots=x", "start=-1", "end=1.5", "end=4&start=5"]
)
def test_what_cannot_be_asked_for_is_said(client: FlaskClient, query: str) -> None:
    path = recorded(client, Agent())
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert answer.get_json()["asked"].partition(":")[0] == query.partition("=")[0]


def test_an_unknown_recording_has_no_outline(client: FlaskClient) -> None:
    for recording in ("99", "x", "%00"):
        assert client.get(f"/api/recordings/{recording}/outline").status_code == 404
