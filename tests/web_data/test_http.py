"""The HTTP side: answers, filters, and what is said about requests that cannot be answered."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web_data.agents import Agent, events_in, trace_id
from tracer.wire import split_frame
from web.services import Services


def send(client: FlaskClient, body: bytes, **headers: str) -> Any:
    return client.post("/ingest", data=body, headers=headers, content_type="application/json")


def test_a_batch_is_stored_listed_and_read(client: FlaskClient) -> None:
    agent = Agent()
    agent.request(trace_id(1), "/cart")
    body = agent.body()
    sent = send(client, zlib.compress(body), **{"Content-Encoding": "deflate"})
    assert (sent.status_code, sent.get_data()) == (204, b"")
    assert send(client, body).status_code == 204  # a second time: accepted, not stored
    (item,) = client.get("/api/traces").get_json()["items"]
    assert (item["id"], item["path"], item["complete"]) == (trace_id(1), "/cart", True)
    assert client.get(f"/api/traces/{trace_id(1)}").get_json() == item
    read = client.get(f"/api/traces/{trace_id(1)}/events").get_json()["items"]
    assert read == [event.to_dict() for event in agent.sent]


def test_the_frame_of_one_trace_holds_its_events_only(client: FlaskClient) -> None:
    agent, other = Agent(1), Agent(2)
    root = agent.request(trace_id(1), end=False)
    agent.request(trace_id(2))
    send(client, agent.body())
    other.event(2, "log", "INFO", trace_id(1))
    send(client, other.body())
    agent.end_request(trace_id(1), root)
    send(client, agent.body())
    blocks, _, _ = split_frame(client.get(f"/api/traces/{trace_id(1)}/events.bin").get_data())
    expected = [*agent.sent[:3], *other.sent, agent.sent[-1]]
    assert events_in(blocks) == expected
    read = client.get(f"/api/traces/{trace_id(1)}/events").get_json()["items"]
    assert read == [event.to_dict() for event in expected]


def test_events_are_read_by_position(client: FlaskClient) -> None:
    agent = Agent()
    for number in range(5):
        agent.request(trace_id(number + 1))
        send(client, agent.body())

    def read(query: str) -> tuple[list[Any], int, int]:
        blocks, first, last = split_frame(client.get(f"/api/events.bin{query}").get_data())
        return events_in(blocks), first, last

    assert read("") == (agent.sent, 0, 20)
    assert read("?after_seq=6&to_seq=11") == (agent.sent[6:11], 6, 11)
    assert read("?after_seq=6&to_seq=7") == (agent.sent[6:7], 6, 7)
    assert read("?after_seq=20") == ([], 20, 20)
    assert read("?after_seq=99&to_seq=5") == ([], 20, 20)


def test_a_large_range_comes_in_parts(client: FlaskClient, monkeypatch: Any) -> None:
    monkeypatch.setattr("web.api.events.MAX_EVENTS", 7)
    agent = Agent()
    for number in range(5):
        agent.request(trace_id(number + 1))
        send(client, agent.body())
    found, reached = [], 0
    while reached < 20:
        answer = client.get(f"/api/events.bin?after_seq={reached}").get_data()
        blocks, from_seq, to_seq = split_frame(answer)
        assert (from_seq, to_seq) == (reached, min(reached + 7, 20))
        found += events_in(blocks)
        reached = to_seq
    assert found == agent.sent


def test_traces_are_filtered(client: FlaskClient) -> None:
    agent = Agent()
    agent.request(trace_id(1), "/cart")
    agent.request(trace_id(2), "/about", status=404)
    send(client, agent.body())

    def found(query: str) -> list[int]:
        items = client.get(f"/api/traces?{query}").get_json()["items"]
        return [int(item["id"], 16) for item in items]

    assert found("") == [2, 1]
    assert found("app=shop&path=/cart") == [1]
    assert found("app=other") == []
    assert found("status=4xx") == [2]
    assert found("status=200") == [1]
    assert found("q=ABOUT") == [2]
    assert found("limit=1") == [2]
    assert found("limit=0") == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/traces?status=9xx",
        "/api/traces?status=20",
        "/api/traces?status=4x4",
        "/api/traces?status=٤٠٤",
        "/api/traces?limit=-1",
        "/api/traces?limit=20001",
        "/api/traces?limit=x",
        "/api/events.bin?after_seq=1.5",
        "/api/events.bin?to_seq=99999999999999999999999",
    ],
)
def test_an_argument_that_cannot_be_used_is_named(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert answer.get_json()["asked"].partition(":")[0] in path


def test_an_unknown_trace_is_not_found(client: FlaskClient) -> None:
    for path in ("x", trace_id(1), "%00", "é", "x/events", "x/events.bin"):
        assert client.get(f"/api/traces/{path}").status_code == 404


def test_ingest_says_what_is_wrong(client: FlaskClient) -> None:
    good = Agent().body()
    wrong = json.loads(good)
    del wrong["columns"]["ts"]
    answers = [
        send(client, b"{"),
        send(client, json.dumps(wrong).encode()),
        send(client, json.dumps({**json.loads(good), "flaskscope": 9}).encode()),
        send(client, b"x" * ((16 << 20) + 1)),
        send(client, zlib.compress(b" " * (17 << 20)), **{"Content-Encoding": "deflate"}),
        send(client, good, **{"Content-Encoding": "br"}),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 413, 413, 415]
    assert "missing required field `ts`" in answers[1].get_json()["detail"]
    assert answers[2].get_json()["detail"] == '"flaskscope": 1 was expected, found 9'
    assert client.get("/api/traces").get_json() == {"items": []}


def test_ignored_paths_are_not_kept_unless_they_were_fired(
    client: FlaskClient, parts: Services, monkeypatch: Any
) -> None:
    client.patch("/api/settings", json={"ignored_paths": ["/static/*", "/health"]})
    agent = Agent()
    agent.request(trace_id(1), "/cart")
    cut = agent.request(trace_id(2), "/static/a.css", end=False)
    agent.request(trace_id(3), "/health")
    send(client, agent.body())
    agent.event(2, "log", "late", trace_id(2))
    agent.end_request(trace_id(2), cut, "/static/a.css")
    agent.request(trace_id(4), "/static", status=404)
    send(client, agent.body())
    listed = [item["id"] for item in client.get("/api/traces").get_json()["items"]]
    assert listed == [trace_id(4), trace_id(1)]
    blocks, _, _ = split_frame(client.get("/api/events.bin").get_data())
    kept = [e for e in agent.sent if e.trace_id in (trace_id(1), trace_id(4))]
    assert events_in(blocks) == kept


def test_a_fired_request_is_kept_although_its_path_is_ignored(
    client: FlaskClient, parts: Services
) -> None:
    parts.fire._fired[trace_id(7)] = None
    agent = Agent()
    agent.request(trace_id(7), "/static/a.css")
    agent.request(trace_id(8), "/static/a.css")
    send(client, agent.body())
    listed = [item["id"] for item in client.get("/api/traces").get_json()["items"]]
    assert listed == [trace_id(7)]


def test_what_agents_lost_is_counted_once(client: FlaskClient) -> None:
    agent = Agent()
    body = agent.body(dropped={"buffer_full": 5})
    send(client, body)
    send(client, body)
    send(client, agent.body(dropped={"buffer_full": 2, "trace_cap": 1}))
    dropped = client.get("/api/status").get_json()["dropped"]
    assert dropped == {"buffer_full": 7, "trace_cap": 1}
