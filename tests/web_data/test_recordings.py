"""A recording holds what was stored from its start to its stop, and travels as a file."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web_data.agents import START, Agent, events_in, trace_id
from tracer.events import PHASES, Event, Lane
from tracer.json_lines import dump_lines, event_lines
from tracer.wire import ColumnsBuilder, split_frame
from web.services import Services
from web.store import Store

SOURCE = {"id": "0123456789abcdef", "file": "a.py", "line": 3, "name": "f", "text": "def f(): é"}
OTHER = {**SOURCE, "id": "f" * 16}
APP = {"key": "shop", "name": "shop", "routes": [{"rule": "/"}]}


def send(client: FlaskClient, agent: Agent, **fields: Any) -> None:
    answer = client.post("/ingest", data=agent.body(**fields), content_type="application/json")
    assert answer.status_code == 204


def record(client: FlaskClient, agents: list[Agent], rounds: int = 2) -> str:
    """A finished recording of requests in which all *agents* take turns; its id."""
    recording = client.post("/api/recordings", json={"name": "two carts"}).get_json()["id"]
    for number in range(rounds):
        for agent in agents:
            agent.event(2, "log", "INFO", source=SOURCE["id"], text="käse \U0001f600")
            agent.request(trace_id(number * 100 + agent.pid))
            send(client, agent, sources=[SOURCE, OTHER], apps=[APP])
    client.post(f"/api/recordings/{recording}/stop")
    return str(recording)


def export(client: FlaskClient, recording: str) -> list[str]:
    answer = client.get(f"/api/recordings/{recording}/export?format=jsonl")
    assert answer.status_code == 200
    return answer.get_data(as_text=True).splitlines()


def events_of(client: FlaskClient, path: str) -> list[Event]:
    return events_in(split_frame(client.get(path).get_data())[0])


def imported(client: FlaskClient, lines: list[str], **headers: str) -> Any:
    body = "".join(line + "\n" for line in lines).encode()
    return client.post("/api/recordings/import", data=body, headers=headers)


def test_a_recording_holds_what_came_between_start_and_stop(client: FlaskClient) -> None:
    agent = Agent()
    agent.request(trace_id(1))
    send(client, agent)
    started = client.post("/api/recordings", json={"name": "carts"})
    assert (started.status_code, started.get_json()["state"]) == (201, "recording")
    recording = started.get_json()["id"]
    agent.request(trace_id(2))
    agent.request(trace_id(3))
    send(client, agent)
    assert client.get("/api/status").get_json()["recording"]["events"] == 8
    stopped = client.post(f"/api/recordings/{recording}/stop").get_json()
    agent.request(trace_id(4))
    send(client, agent)

    item = client.get(f"/api/recordings/{recording}").get_json()
    assert item == stopped
    assert client.get("/api/recordings").get_json() == {"items": [item]}
    assert client.get("/api/status").get_json()["recording"] is None
    assert item == {
        "id": recording,
        "name": "carts",
        "state": "stopped",
        "problem": None,
        "started": item["started"],
        "stopped": item["stopped"],
        "events": 8,
        "traces": 2,
        "bytes": item["bytes"],
        "origin": "live",
        "start_ts": START + 5000,
        "end_ts": START + 12_000,
    }
    assert item["started"] < item["stopped"]
    assert events_of(client, f"/api/recordings/{recording}/events.bin") == agent.sent[4:12]
    traces = client.get(f"/api/recordings/{recording}/traces").get_json()["items"]
    assert [trace["id"] for trace in traces] == [trace_id(2), trace_id(3)]


def test_the_last_traces_of_a_recording(client: FlaskClient) -> None:
    recording = record(client, [Agent()], rounds=4)
    path = f"/api/recordings/{recording}/traces"
    whole = client.get(path).get_json()["items"]
    assert len(whole) == 4
    assert client.get(f"{path}?limit=3").get_json()["items"] == whole[1:]
    assert client.get(f"{path}?limit=9").get_json()["items"] == whole
    assert client.get(f"{path}?limit=0").get_json()["items"] == []
    assert client.get(f"{path}?limit=x").status_code == 400


def test_a_part_of_a_recording_between_two_times(client: FlaskClient) -> None:
    agent = Agent()
    recording = record(client, [agent], rounds=4)
    start, end = START + 3000, START + 12_000
    path = f"/api/recordings/{recording}/events.bin"
    expected = [event for event in agent.sent if start <= event.ts <= end]
    assert events_of(client, f"{path}?start={start}&end={end}") == expected
    assert events_of(client, f"{path}?start={START + 10**9}") == []
    assert client.get(f"{path}?start=x").status_code == 400


def test_a_recording_keeps_what_was_registered_and_so_does_its_file(client: FlaskClient) -> None:
    agent = Agent()
    recording = record(client, [agent])
    copied = imported(client, export(client, recording)).get_json()["id"]
    registered = [
        client.get(f"/api/recordings/{number}/registry").get_json()["items"]
        for number in (recording, copied)
    ]
    fields = ("methods", "endpoint", "arguments", "defaults", "file", "line", "registered_by")
    route = dict.fromkeys(fields)
    item = {"app": "shop", "agent": agent.id, "version": "", "registry": []}
    assert registered == [[{**item, "routes": [{"rule": "/", **route}]}]] * 2
    assert client.get("/api/recordings/999/registry").status_code == 404


def test_one_recording_runs_at_a_time(client: FlaskClient) -> None:
    first = client.post("/api/recordings", json={"name": "one"}).get_json()["id"]
    second = client.post("/api/recordings", json={"name": "two"})
    assert (second.status_code, second.get_json()["found"]) == (409, "'one' is running")
    client.post(f"/api/recordings/{first}/stop")
    assert client.post(f"/api/recordings/{first}/stop").get_json()["state"] == "stopped"
    assert client.post("/api/recordings").status_code == 201


def test_a_recording_is_renamed(client: FlaskClient) -> None:
    recording = record(client, [Agent()])
    answer = client.patch(f"/api/recordings/{recording}", json={"name": " carts "})
    assert answer.get_json()["name"] == "carts"
    for name in ("", "a\nb", 7, None, "x" * 201):
        bad = client.patch(f"/api/recordings/{recording}", json={"name": name})
        assert bad.status_code == 422
    assert client.get(f"/api/recordings/{recording}").get_json()["name"] == "carts"


@pytest.mark.parametrize("recording", ["7", "x", "-1", "0", "9" * 30, "%C2%B2"])
def test_an_unknown_recording_is_not_found(client: FlaskClient, recording: str) -> None:
    path = f"/api/recordings/{recording}"
    answers = [
        client.get(path),
        client.patch(path, json={"name": "x"}),
        client.delete(path),
        client.post(f"{path}/stop"),
        client.get(f"{path}/traces"),
        client.get(f"{path}/events.bin"),
        client.get(f"{path}/export"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 7
    assert {answer.content_type for answer in answers} == {"application/problem+json"}


def test_clearing_leaves_what_a_recording_holds_until_it_is_deleted(client: FlaskClient) -> None:
    agent = Agent()
    agent.request(trace_id(9))
    send(client, agent)
    recording = record(client, [agent], rounds=1)
    assert client.delete("/api/traces").status_code == 204
    listed = client.get("/api/traces").get_json()["items"]
    assert [item["id"] for item in listed] == [trace_id(1001)]
    assert events_of(client, f"/api/recordings/{recording}/events.bin") == agent.sent[4:]

    assert client.delete(f"/api/recordings/{recording}").status_code == 204
    assert client.get("/api/recordings").get_json() == {"items": []}
    assert len(client.get("/api/traces").get_json()["items"]) == 1
    client.delete("/api/traces")
    assert client.get("/api/traces").get_json() == {"items": []}


def test_deleting_a_running_recording_stops_it(client: FlaskClient) -> None:
    recording = client.post("/api/recordings", json={"name": "x"}).get_json()["id"]
    assert client.delete(f"/api/recordings/{recording}").status_code == 204
    assert client.get("/api/status").get_json()["recording"] is None
    assert client.post("/api/recordings", json={"name": "y"}).status_code == 201


def test_an_export_is_what_the_tracer_would_write(client: FlaskClient, parts: Services) -> None:
    agent = Agent()
    recording = record(client, [agent])
    lines = export(client, recording)
    header = json.loads(lines[0])
    assert header == {
        "flaskscope": 1,
        "name": "two carts",
        "agents": [{**agent.info, "span_prefixes": [agent.prefix]}],
        "apps": [{"agent": agent.id, **header["apps"][0]}],
    }
    assert header["apps"][0]["key"] == "shop"
    # Only the source that an event points to.
    expected = "".join(dump_lines(agent.sent, [SOURCE])).splitlines()
    assert lines[1:] == expected[1:]


def test_an_import_exports_again_to_the_same_lines(client: FlaskClient) -> None:
    agents = [Agent(1), Agent(2), Agent(3, pid=1001)]
    lines = export(client, record(client, agents, rounds=5))
    answer = imported(client, lines)
    assert answer.status_code == 201
    item = answer.get_json()
    assert (item["name"], item["origin"], item["state"]) == ("two carts", "import", "stopped")
    assert export(client, item["id"]) == lines
    sent = client.get(f"/api/recordings/{item['id']}/events.bin").get_data()
    assert len(events_in(split_frame(sent)[0])) == item["events"]


def test_an_export_is_the_same_every_time(client: FlaskClient) -> None:
    recording = record(client, [Agent(1), Agent(2)])
    assert export(client, recording) == export(client, recording)


def test_an_import_names_the_applications_of_a_trace_in_the_same_order(
    client: FlaskClient,
) -> None:
    agent = Agent()
    recording = client.post("/api/recordings", json={"name": "x"}).get_json()["id"]
    agent.event(2, "log", "INFO", app="stock")  # its name comes first in the table of texts
    agent.event(0, "request", "GET /", trace_id(1), span=1, app="shop", method="GET", path="/")
    agent.event(2, "log", "INFO", trace_id(1), parent=1, app="stock")
    agent.event(1, "request", "GET /", trace_id(1), span=1, app="shop", status=200)
    send(client, agent)
    client.post(f"/api/recordings/{recording}/stop")
    copy = imported(client, export(client, recording)).get_json()["id"]
    of_both = [
        [item["apps"] for item in client.get(f"/api/recordings/{one}/traces").get_json()["items"]]
        for one in (recording, copy)
    ]
    assert of_both == [[["shop", "stock"]]] * 2


def test_what_a_process_did_before_its_first_span_stays_its_own(
    client: FlaskClient, parts: Services
) -> None:
    agent = Agent(1)
    recording = client.post("/api/recordings", json={"name": "x"}).get_json()["id"]
    agent.event(2, "setup", "app shop")
    agent.request(trace_id(1))
    send(client, agent)
    client.post(f"/api/recordings/{recording}/stop")
    copy = imported(client, export(client, recording)).get_json()["id"]
    agents = parts.runtime.run(parts.store.archive.agents, int(copy))
    assert agents == [agent.id]


def test_an_import_is_not_live(client: FlaskClient) -> None:
    lines = export(client, record(client, [Agent()], rounds=1))
    client.delete("/api/recordings/1")
    client.delete("/api/traces")
    newest = client.get("/api/status").get_json()["newest_seq"]
    recording = imported(client, lines).get_json()["id"]
    assert client.get("/api/traces").get_json() == {"items": []}
    assert client.get("/api/status").get_json()["newest_seq"] == newest
    traces = client.get(f"/api/recordings/{recording}/traces").get_json()["items"]
    assert [(trace["id"], trace["complete"]) for trace in traces] == [(trace_id(1001), True)]
    assert client.get(f"/api/traces/{trace_id(1001)}/events").get_json()["items"] != []
    client.delete("/api/traces")
    assert export(client, recording)[1:] == lines[1:]
    assert client.get(f"/api/sources/{SOURCE['id']}").get_json()["text"] == SOURCE["text"]

    client.delete(f"/api/recordings/{recording}")
    assert client.get(f"/api/traces/{trace_id(1001)}").status_code == 404


def test_an_import_may_be_compressed(client: FlaskClient) -> None:
    lines = export(client, record(client, [Agent()]))
    body = "\n".join(lines).encode()
    for encoding, data in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))):
        answer = client.post(
            "/api/recordings/import", data=data, headers={"Content-Encoding": encoding}
        )
        assert answer.status_code == 201
        assert export(client, answer.get_json()["id"])[1:] == lines[1:]
    answer = client.post("/api/recordings/import", data=b"x", headers={"Content-Encoding": "br"})
    assert answer.status_code == 415


def test_a_merged_file_keeps_each_process_in_order(client: FlaskClient) -> None:
    agents = [Agent(1), Agent(2)]
    for agent in agents:
        for number in range(400):
            agent.request(trace_id(number + 1))
        agent.batch()
    merged = [event for pair in zip(*(a.sent for a in agents), strict=True) for event in pair]
    lines = "".join(dump_lines(merged, name="merged", agents=[], apps=[])).splitlines()
    recording = imported(client, lines).get_json()["id"]
    again = [json.loads(line) for line in export(client, recording)[1:-1]]
    for agent in agents:
        own = [event.to_dict() for event in agent.sent]
        assert [event for event in again if event["lane"]["pid"] == agent.pid] == own


GOOD = [
    '{"flaskscope":1,"name":"x","exported":1,"agents":[],"apps":[]}',
    json.dumps({"source": SOURCE}),
    next(
        event_lines((lambda agent: (agent.request(trace_id(1)), agent.batch().columns)[1])(Agent()))
    ).strip(),
    '{"end":true,"events":1}',
]
EVENT = json.loads(GOOD[2])


def with_event(**changes: Any) -> list[str]:
    return [GOOD[0], json.dumps(EVENT | changes), GOOD[3]]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], 'line 1: expected a header {"flaskscope": 1, ...}, found the end of the file'),
        (["hello"], 'line 1: expected a header {"flaskscope": 1, ...}'),
        (['{"a": 1}'], 'line 1: expected a header {"flaskscope": 1, ...}'),
        (GOOD[1:], 'line 1: expected a header {"flaskscope": 1, ...}'),
        (['{"flaskscope":2}'], 'line 1: expected "flaskscope": 1 (this version)'),
        (['{"flaskscope":"1"}'], "line 1: expected a header"),
        (GOOD[:1], "line 2: expected an event or the end line, found the end of the file"),
        (GOOD[:3], "line 4: expected an event or the end line, found the end of the file"),
        ([*GOOD[:2], GOOD[2][:50]], "line 3: expected an event, found"),
        ([*GOOD[:2], GOOD[2][:50], GOOD[3]], "line 3: expected an event, found"),
        ([*GOOD[:3], '{"end":true,"events":2}'], "line 4: expected an end line that counts 1"),
        ([*GOOD[:3], '{"end":false,"events":1}'], "line 4: expected an end line"),
        ([*GOOD, GOOD[2]], "line 5: expected nothing after the end line"),
        ([GOOD[0], '{"source":{"id":"x"}}', *GOOD[2:]], "line 2: expected a source"),
        ([GOOD[0], "", *GOOD[2:]], "line 2: expected an event"),
        ([GOOD[0], "[" * 5000, *GOOD[2:]], "line 2: expected an event"),
        (with_event(seq="1"), "Expected `int`, got `str` - at `$.seq`"),
        (with_event(phase="middle"), "Invalid enum value 'middle' - at `$.phase`"),
        (with_event(span_id="xyz"), "$.span_id"),
        (with_event(parent_id="0" * 16), "expected a span and its parent of one process"),
        (with_event(trace_id="1"), "$.trace_id"),
        (with_event(lane=[1, 2]), "$.lane"),
        (with_event(colour=1), "unknown field `colour`"),
        (with_event(attributes=[1]), "attributes as a JSON object were expected"),
        (with_event(attributes=json.loads('{"a":' * 70 + "1" + "}" * 70)), "at most 64 deep"),
    ],
)
def test_a_file_that_is_not_whole_leaves_nothing(
    client: FlaskClient, lines: list[str], said: str
) -> None:
    answer = imported(client, lines)
    assert answer.status_code == 422
    detail = answer.get_json()["detail"]
    assert detail.startswith("Nothing was imported: line ")
    assert said in detail
    assert client.get("/api/recordings").get_json() == {"items": []}
    assert client.get(f"/api/traces/{trace_id(1)}").status_code == 404
    assert client.get(f"/api/sources/{SOURCE['id']}").status_code == 404


def test_damage_far_inside_a_file_leaves_nothing(client: FlaskClient, parts: Services) -> None:
    lines = [GOOD[0], *[GOOD[2]] * 5_000, '{"seq":', GOOD[3]]
    answer = imported(client, lines)
    assert (answer.status_code, "line 5002: " in answer.get_json()["detail"]) == (422, True)
    assert client.get("/api/recordings").get_json() == {"items": []}
    with parts.store.database.reading() as connection:
        for table in ("chunks", "blobs", "traces", "trace_chunks", "sources", "recordings"):
            counted = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            assert (table, counted) == (table, 0)


def test_a_bomb_is_refused_before_it_expands(client: FlaskClient) -> None:
    body = gzip.compress(GOOD[0].encode() + b"\n" + b" " * (64 << 20), 9)
    answer = client.post("/api/recordings/import", data=body, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    assert client.get("/api/recordings").get_json() == {"items": []}


def test_an_import_that_the_dashboards_end_cut_is_gone_at_the_next_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = Store.open(url)
    agent = Agent()
    agent.request(trace_id(1))
    recording = store.archive.start_import("half", "{}")
    store.archive.import_events(recording, [(agent.id, 1, 1, agent.batch().columns)])
    assert store.archive.items() == []
    assert store.trace(trace_id(1)) is None
    store.close()

    store = Store.open(url)
    assert store.archive.items() == []
    assert store.trace_chunks(trace_id(1)) is None
    store.close()


texts = st.text(max_size=6)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 60), 1 << 60)
    | st.floats(allow_nan=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
events = st.builds(
    Event,
    seq=st.integers(0, 1 << 50),
    ts=st.integers(START, START + (1 << 50)),
    phase=st.sampled_from(PHASES),
    kind=texts,
    name=texts,
    app=st.none() | st.text(min_size=1, max_size=6),
    trace_id=st.none() | st.integers(1, 99).map(trace_id),
    span_id=st.none() | st.integers(1, 0xFFFFFFFF).map(lambda n: f"00c0ffee{n:08x}"),
    parent_id=st.none() | st.integers(1, 0xFFFFFFFF).map(lambda n: f"00c0ffee{n:08x}"),
    lane=st.builds(
        Lane,
        pid=st.integers(0, 99),
        thread=st.integers(0, 1 << 48),
        thread_name=texts,
        greenlet=st.none() | st.integers(1, 99),
        task=st.none() | texts,
    ),
    attributes=st.dictionaries(texts, json_values, max_size=3),
)


@settings(max_examples=50)
@given(st.lists(events, min_size=1, max_size=12))
def test_lines_are_those_of_the_tracer_whatever_the_events_hold(happened: list[Event]) -> None:
    builder = ColumnsBuilder(happened[0].seq, happened[0].ts, "00c0ffee")
    for event in happened:
        builder.add_event(event)
    plain = [json.dumps(event.to_dict(), separators=(",", ":")) + "\n" for event in happened]
    assert list(event_lines(builder.build())) == plain
    assert list(dump_lines(happened))[1:-1] == plain
