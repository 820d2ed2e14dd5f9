"""Find in a whole recording: by the page's own rules, whatever the page holds of it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web_data.agents import Agent, trace_id
from tests.web_data.test_recordings import send
from tests.web_edge.test_openapi import check
from tracer.events import Lane
from tracer.wire import Columns, ColumnsBuilder, decode_block, dump_attributes, split_frame
from web.find import read_query
from web.find.query import Known
from web.find.told import Context, Told, listen
from web.openapi import build_document
from web.trace_index import TraceSummary

DEMO_DATA = Path(__file__).resolve().parents[2] / "web" / "frontend" / "demo-data"
SHARED = json.loads((DEMO_DATA / "found.json").read_text())
DOCUMENT = build_document()


def summary(item: dict[str, Any]) -> TraceSummary:
    fields = {name: item[name] for name in item.keys() - {"id", "counts"}}
    return TraceSummary(trace_id=item["id"], **fields)


def known(trace: str) -> Known:
    kinds = frozenset(SHARED["kinds"].get(trace, ()))
    return Known(
        kinds, SHARED["names"].get(trace, ""), unusual=trace == "turned", leaking=trace == "failed"
    )


@pytest.mark.parametrize("case", SHARED["queries"], ids=lambda case: case["text"])
def test_words_are_read_as_the_page_reads_them(case: dict[str, Any]) -> None:
    query = read_query(case["text"])
    found = [
        s.trace_id
        for s in map(summary, SHARED["items"])
        if query.may_fit(s) and query.fits(s, known(s.trace_id))
    ]
    assert {"left_out": list(query.left_out), "found": found} == {
        "left_out": case["left_out"],
        "found": case["found"],
    }


def told(columns: Columns, trace: str, *, all_of_it: bool = True) -> Told:
    about = {trace: Told()}
    listen(columns, about, all_of_it=all_of_it)
    return about[trace]


@pytest.mark.parametrize("case", SHARED["recorded"], ids=lambda case: case["trace"][:8])
def test_recorded_requests_are_read_as_the_page_reads_them(case: dict[str, Any]) -> None:
    about = {case["trace"]: Told()}
    for block in split_frame((DEMO_DATA / "samples.bin").read_bytes())[0]:
        listen(decode_block(block)[0], about, all_of_it=True)
    (read,) = about.values()
    assert (sorted(read.kinds), sorted(read.names), read.steps, read.leaking) == (
        case["kinds"],
        case["names"],
        case["steps"],
        case["leaking"],
    )


@pytest.mark.parametrize("case", SHARED["named"])
def test_names_are_read_as_the_page_reads_them(case: dict[str, Any]) -> None:
    event = case["event"]
    builder = ColumnsBuilder(0, 0, "0badcafe")
    builder.add(
        1, 0, 2, event["kind"], event["kind"], "shop", "t", 0, 0, Lane(1, 1, "", None, None),
        dump_attributes(event["attributes"]),
    )  # fmt: skip
    assert sorted(told(builder.build(), "t", all_of_it=False).names) == case["names"]


@pytest.mark.parametrize("case", SHARED["written"])
def test_a_context_that_was_left_is_seen_as_the_page_sees_it(case: dict[str, Any]) -> None:
    builder = ColumnsBuilder(0, 0, "0badcafe")
    for seq, event in enumerate(case["events"], 1):
        builder.add(
            seq, event["at"], ("begin", "end", "instant").index(event.get("phase", "instant")),
            event["kind"], event.get("name", event["kind"]), event["app"],
            event.get("trace_id", "t"), event.get("span", 0), 0,
            Lane(1, event.get("thread", 1), "", None, None),
            dump_attributes(event.get("attributes", {})),
        )  # fmt: skip
    about = {trace: Told() for trace in ("t", "u", "")}
    listen(builder.build(), about, all_of_it=True)
    popped: Counter[Context] = Counter()
    for one in reversed(about.values()):
        one.settle(popped)
    assert about["t"].leaking is case["leaking"]


def request(
    agent: Agent, number: int, *steps: str, path: str = "/cart", context: str = "", **end: Any
) -> None:
    """One request with hooks of these names; *context* is pushed and stays."""
    trace, root = trace_id(number), agent.span()
    name = f"GET {path}"
    agent.event(0, "request", name, trace, span=root, method="GET", path=path)
    for step in steps:
        agent.event(2, "before_request", step, trace, parent=root)
    if context:
        agent.event(2, "app_context.push", context, trace, parent=root, context=context)
    agent.event(1, "request", name, trace, span=root, **{"status": 200, **end})


def recorded(client: FlaskClient, *agents: Agent) -> str:
    recording = client.post("/api/recordings", json={"name": "whole"}).get_json()["id"]
    for agent in agents:
        send(client, agent)
    client.post(f"/api/recordings/{recording}/stop")
    return f"/api/recordings/{recording}/find"


def find(client: FlaskClient, path: str, text: str, **arguments: int) -> dict[str, Any]:
    """The last line, with the items of all of them, by number, and their differences."""
    answer = client.get(path, query_string={"q": text, **arguments})
    assert (answer.status_code, answer.content_type) == (200, "application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    for line in lines:
        check({"$ref": "#/components/schemas/Finding"}, line, DOCUMENT, "find")
    shares = [line["share"] for line in lines]
    assert (shares, shares.index(1)) == (sorted(shares), len(shares) - 1)
    items = [item for line in lines for item in line["items"]]
    differences = {int(i["id"], 16): i["difference"] for i in items if i["difference"]}
    return {**lines[-1], "items": [int(i["id"], 16) for i in items], "differences": differences}


def test_all_of_a_recording_is_searched_the_latest_first(client: FlaskClient) -> None:
    agent = Agent()
    for number in range(1, 1201):
        request(agent, number, path="/even" if number % 2 == 0 else "/odd")
    path = recorded(client, agent)
    assert find(client, path, "route:/even", limit=3) == {
        "share": 1,
        "found": 600,
        "items": [1200, 1198, 1196],
        "differences": {},
        "usual": None,
        "left_out": [],
    }
    assert find(client, path, "")["found"] == 1200
    assert find(client, path, "stats:5xx nowhere")["left_out"] == ["stats:5xx"]


def test_what_only_events_tell_is_searched_for_as_well(client: FlaskClient) -> None:
    agent, other = Agent(1), Agent(2)
    request(agent, 1, "load_user")
    request(agent, 2, context="app 1")
    request(other, 3, status=500)
    path = recorded(client, agent, other)
    assert find(client, path, "kind:before_")["items"] == [1]
    assert find(client, path, "-kind:before_")["items"] == [3, 2]
    assert find(client, path, "is:leaking")["items"] == [2]
    assert find(client, path, "kind:before_ status:5xx")["items"] == []


def test_words_are_found_among_the_names_that_state_tells(client: FlaskClient) -> None:
    agent, other = Agent(1), Agent(2)
    headers = {"added": {"Set-Cookie": "Basket=[redacted]; Path=/"}}
    for number in range(1, 4):
        request(agent, number, path=f"/{number}")
    agent.event(2, "state", "add", trace_id(2), after="view", changes={"headers": headers})
    request(other, 4, path="/basket")
    path = recorded(client, agent, other)
    assert find(client, path, "basket")["items"] == [4, 2]
    assert find(client, path, "-basket")["items"] == [3, 1]
    assert find(client, path, "basket kind:state")["items"] == [2]
    assert find(client, path, "basket -kind:state")["items"] == [4]
    assert find(client, path, "/1 -basket")["items"] == [1]


def test_what_another_request_popped_was_not_left(client: FlaskClient) -> None:
    agent = Agent()
    request(agent, 1, context="app 1")
    request(agent, 2, context="app 2")
    for number in range(3, 603):  # further away than is looked at in one go
        request(agent, number)
    agent.event(2, "app_context.pop", "app 1", trace_id(602), context="app 1")
    path = recorded(client, agent)
    assert find(client, path, "is:leaking")["items"] == [2]
    assert find(client, path, "is:leaking GET")["items"] == [2]


def test_what_is_usual_is_told_from_all_requests_of_a_route(client: FlaskClient) -> None:
    agent, other = Agent(1), Agent(2)
    for number in range(1, 5):
        request(agent, number, "load_user", "check")
    request(agent, 5, "load_user", "extra")
    request(agent, 6, "load_user", truncated=True)
    for number in range(7, 9):
        agent.event(0, "request", "POST /", trace_id(number), span=agent.span(), method="POST")
    request(other, 9, "load_user", "check")
    path = recorded(client, agent, other)
    found = find(client, path, "is:unusual")
    assert found["items"] == [5]
    assert found["differences"] == {
        5: {"more": ["before_request extra"], "less": ["before_request check"]}
    }
    assert found["usual"] == {"judged": 6, "unknown": 0}
    assert find(client, path, "-is:unusual")["items"] == [9, 8, 7, 6, 4, 3, 2, 1]


def test_two_sequences_that_are_equally_common_are_both_not_unusual(client: FlaskClient) -> None:
    agent = Agent()
    for number in range(1, 5):
        request(agent, number, "one" if number % 2 else "other")
    found = find(client, recorded(client, agent), "is:unusual")
    assert (found["items"], found["usual"]) == ([], {"judged": 0, "unknown": 4})


def test_another_recordings_requests_are_not_found(client: FlaskClient) -> None:
    one, other = Agent(1), Agent(2)
    request(one, 1)
    recorded(client, one)
    request(other, 2)
    path = recorded(client, other)
    assert find(client, path, "cart")["items"] == [2]


def test_a_search_that_cannot_be_is_refused(client: FlaskClient) -> None:
    path = recorded(client)
    assert client.get("/api/recordings/99/find").status_code == 404
    for query in ({"q": "x" * 1001}, {"limit": "many"}, {"limit": "20001"}):
        assert client.get(path, query_string=query).status_code == 400
    assert find(client, path, "anything")["found"] == 0


def test_many_stars_take_no_time(client: FlaskClient) -> None:
    agent = Agent()
    request(agent, 1, path="/" + "a" * 2000)
    path = recorded(client, agent)
    assert find(client, path, "route:/" + "*a" * 300 + "*b")["items"] == []
    assert find(client, path, "route:/" + "*a" * 300 + "*a")["items"] == [1]
