"""Recordings and traces leave in every format, whole, and as other tools expect them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from google.protobuf.json_format import Parse
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from tests.web_data import chrome_rules
from tests.web_data.agents import START, Agent, trace_id
from tests.web_data.recorded import imported_lessons, lesson_events
from tracer.chrome_trace import dump_trace
from tracer.events import Lane
from web import cli
from web.exports import FORMATS
from web.services import Services


def send(client: FlaskClient, agent: Agent) -> None:
    answer = client.post("/ingest", data=agent.body(), content_type="application/json")
    assert answer.status_code == 204


def exported(client: FlaskClient, path: str, form: str) -> str:
    answer = client.get(f"{path}/export?format={form}")
    assert answer.status_code == 200, answer.text
    return answer.get_data(as_text=True)


def chrome(client: FlaskClient, agent: Agent) -> list[dict[str, Any]]:
    """The events of *agent*'s recording as Chrome's, checked by rule."""
    recording = client.post("/api/recordings", json={"name": "r"}).get_json()["id"]
    send(client, agent)
    client.post(f"/api/recordings/{recording}/stop")
    document = chrome_rules.read(exported(client, f"/api/recordings/{recording}", "chrome"))
    assert chrome_rules.offences(document) == []
    return [event for event in document["traceEvents"] if event["ph"] != "M"]


def seen(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(e["ph"], e["name"], float(e["ts"]), e.get("dur") and float(e["dur"])) for e in events]


def test_every_format_is_named_to_the_command_line() -> None:
    assert list(FORMATS) == cli._FORMATS


def test_an_unknown_format_is_refused_and_the_known_ones_are_named(client: FlaskClient) -> None:
    agent = Agent()
    agent.request(trace_id(1))
    send(client, agent)
    answer = client.get(f"/api/traces/{trace_id(1)}/export?format=svg")
    assert (answer.status_code, answer.get_json()["found"]) == (400, "'svg'")
    assert answer.get_json()["asked"] == f"format: {', '.join(FORMATS)}"
    assert client.get("/api/traces/x/export?format=chrome").status_code == 404


@pytest.mark.parametrize("form", list(FORMATS))
def test_a_file_has_the_name_of_what_is_in_it(client: FlaskClient, form: str) -> None:
    recording = imported_lessons(client)
    headers = client.get(f"/api/recordings/{recording}/export?format={form}").headers
    name = f'attachment; filename="Lessons{FORMATS[form].ending}"'
    assert headers["Content-Disposition"] == name


def test_one_trace_as_json_lines_holds_its_events_alone(client: FlaskClient) -> None:
    agent = Agent()
    agent.request(trace_id(1))
    agent.event(2, "log", "INFO")
    agent.request(trace_id(2), "/two")
    send(client, agent)
    text = exported(client, f"/api/traces/{trace_id(2)}", "jsonl")
    header, *events, end = map(json.loads, text.splitlines())
    assert (header["name"], header["agents"][0]["pid"]) == ("GET /two", agent.pid)
    assert events == [event.to_dict() for event in agent.sent if event.trace_id == trace_id(2)]
    assert end == {"end": True, "events": 4}
    again = client.post("/api/recordings/import", data=text.encode())
    assert (again.status_code, again.get_json()["traces"]) == (201, 1)


# --- HTML ----------------------------------------------------------------------------------------


def test_html_lets_in_its_own_script_and_style_and_nothing_else(client: FlaskClient) -> None:
    text = exported(client, f"/api/recordings/{imported_lessons(client)}", "html")
    assert re.findall(r"<script ([a-z/=\"-]+)", text)[-1] == 'type="module"'
    runs = re.findall(r'<script type="module">(.*?)</script>', text, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    allowed = [
        base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in runs + styles
    ]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1] == (
        f"default-src 'none'; script-src 'sha256-{allowed[0]}'; style-src 'sha256-{allowed[1]}'; "
        "img-src data:; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert (len(runs), len(styles)) == (1, 1)


def test_html_holds_what_was_registered_for_the_explanations(client: FlaskClient) -> None:
    agent = Agent()
    agent.request(trace_id(1))
    app = {"key": "shop", "name": "shop", "routes": [{"rule": "/<x>"}]}
    batch = agent.body(apps=[app])
    assert client.post("/ingest", data=batch, content_type="application/json").status_code == 204
    text = exported(client, f"/api/traces/{trace_id(1)}", "html")
    found = re.search(r'data-path="api/recordings/file/registry">(.*?)</script>', text)
    assert found is not None
    assert "<" not in found[1]
    (item,) = json.loads(found[1])["items"]
    assert (item["app"], item["routes"][0]["rule"]) == ("shop", "/<x>")


def test_html_answers_for_the_status_with_every_field_that_a_dashboard_has(
    client: FlaskClient,
) -> None:
    agent = Agent()
    agent.request(trace_id(1))
    send(client, agent)
    text = exported(client, f"/api/traces/{trace_id(1)}", "html")
    found = re.search(r'data-path="api/status">(.*?)</script>', text)
    assert found is not None
    assert json.loads(found[1]).keys() == client.get("/api/status").get_json().keys()


def test_html_says_when_the_page_is_not_built(
    client: FlaskClient, parts: Services, tmp_path: Path
) -> None:
    recording = imported_lessons(client)
    parts.config = replace(parts.config, bundle=tmp_path / "nothing")
    answer = client.get(f"/api/recordings/{recording}/export?format=html")
    assert answer.status_code == 500
    assert "make build" in answer.get_json()["detail"]


# --- Chrome --------------------------------------------------------------------------------------


def test_the_lessons_keep_the_rules_of_chromes_format_and_lose_nothing(
    client: FlaskClient,
) -> None:
    recording = imported_lessons(client)
    document = chrome_rules.read(exported(client, f"/api/recordings/{recording}", "chrome"))
    assert chrome_rules.offences(document) == []
    events = document["traceEvents"]
    numbers = [e["args"]["seq"] for e in events if "seq" in e.get("args", {})]
    ends = [e["args"]["end_seq"] for e in events if "end_seq" in e.get("args", {})]
    assert sorted(numbers + ends) == [event.seq for event in lesson_events()]
    # What the tracer writes for pytest is the same but for the names.
    alone = chrome_rules.read("".join(dump_trace(lesson_events(), name="x")))
    assert chrome_rules.offences(alone) == []
    without_names = [[e for e in one if e["ph"] != "M"] for one in (alone["traceEvents"], events)]
    assert without_names[0] == without_names[1]


def test_a_trace_alone_is_a_chrome_trace_too(client: FlaskClient) -> None:
    imported_lessons(client)
    wanted = next(e.trace_id for e in lesson_events() if e.name == "GET /hook-order/")
    document = chrome_rules.read(exported(client, f"/api/traces/{wanted}", "chrome"))
    assert chrome_rules.offences(document) == []
    slices = [e for e in document["traceEvents"] if e["ph"] == "X"]
    begins = [e for e in lesson_events() if e.trace_id == wanted and e.phase == "begin"]
    assert sorted(e["args"]["span_id"] for e in slices) == sorted(str(e.span_id) for e in begins)
    assert document["otherData"]["base_ts"] == str(begins[0].ts)


def test_processes_and_lanes_have_names_and_equal_pids_are_told_apart(client: FlaskClient) -> None:
    first, second = Agent(1, pid=7), Agent(2, pid=7)
    recording = client.post("/api/recordings", json={"name": "r"}).get_json()["id"]
    first.request(trace_id(1))
    first.event(2, "log", "INFO", lane=Lane(7, 9, "worker", 3, "Task-1"))
    second.request(trace_id(2))
    for agent in (first, second):
        send(client, agent)
    client.post(f"/api/recordings/{recording}/stop")
    document = chrome_rules.read(exported(client, f"/api/recordings/{recording}", "chrome"))
    assert chrome_rules.offences(document) == []
    named = [
        (e["name"], e["pid"], e["tid"], e["args"]["name"])
        for e in document["traceEvents"]
        if e["ph"] == "M" and "name" in e["args"]
    ]
    assert named == [
        ("process_name", 7, 0, "flask run (pid 7)"),
        ("thread_name", 7, 1, "MainThread"),
        ("thread_name", 7, 2, "worker · greenlet 3 · Task-1"),
        ("process_name", 8, 0, "flask run (pid 7)"),
        ("thread_name", 8, 3, "MainThread"),
    ]


def test_spans_that_overlap_without_nesting_get_a_row_of_their_own(client: FlaskClient) -> None:
    agent = Agent()
    one, two = agent.span(), agent.span()
    agent.event(0, "request", "GET /1", trace_id(1), span=one)
    agent.event(0, "request", "GET /2", trace_id(2), span=two)
    agent.event(1, "request", "GET /1", trace_id(1), span=one)
    agent.event(1, "request", "GET /2", trace_id(2), span=two)
    events = chrome(client, agent)
    assert seen(events) == [("X", "GET /1", 0.0, 2.0), ("X", "GET /2", 1.0, 2.0)]
    assert [e["tid"] for e in events] == [1, 2]


def test_what_has_no_end_is_begun_and_what_has_no_begin_is_an_instant(client: FlaskClient) -> None:
    agent = Agent()
    agent.event(1, "view", "index", trace_id(1), span=agent.span(), returned="str")
    agent.request(trace_id(2), end=False, inside=0)
    events = chrome(client, agent)
    assert seen(events) == [("i", "end view index", 0.0, None), ("B", "GET /", 1.0, None)]
    assert events[0]["args"]["end"] == {"returned": "str"}


def test_contexts_are_asynchronous_slices_from_push_to_pop(client: FlaskClient) -> None:
    agent = Agent()
    for change in ("pop", "push", "push", "pop", "pop"):
        agent.event(2, f"app_context.{change}", "shop", trace_id(1), context="app#1")
    found = [e for e in chrome(client, agent) if e["ph"] in "be"]
    assert seen(found) == [
        ("b", "app_context shop", 1.0, None),
        ("b", "app_context shop", 2.0, None),
        ("e", "app_context shop", 3.0, None),
        ("e", "app_context shop", 4.0, None),
    ]
    assert {e["id"] for e in found} == {"00000001:app#1"}


def test_dispatches_and_hand_overs_are_arrows(client: FlaskClient) -> None:
    agent = Agent()
    worker, pool = Lane(agent.pid, 8, "worker"), Lane(agent.pid, 9, "pool")
    root, app, one, two = (agent.span() for _ in range(4))
    trace = trace_id(1)
    agent.event(0, "request", "GET /", trace, span=root)
    agent.event(2, "dispatch", "/sec", trace, parent=root)
    agent.event(0, "wsgi_app", "shop", trace, span=app, parent=root)
    agent.event(2, "thread.start", "work", trace, parent=app, thread="worker")
    agent.event(0, "span", "started", trace, span=one, parent=app, lane=worker)
    agent.event(1, "span", "started", trace, span=one, lane=worker)
    agent.event(0, "span", "pooled", trace, span=two, parent=app, lane=pool)
    agent.event(1, "span", "pooled", trace, span=two, lane=pool)
    agent.event(1, "wsgi_app", "shop", trace, span=app)
    agent.event(1, "request", "GET /", trace, span=root)
    arrows = [e for e in chrome(client, agent) if e["ph"] in "sf"]
    assert [(e["ph"], e["name"], e["id"], e["tid"], float(e["ts"])) for e in arrows] == [
        ("s", "thread.start", 1, 1, 3.0),
        ("f", "thread.start", 1, 2, 4.0),
        ("s", "hand-over", 2, 1, 6.0),
        ("f", "hand-over", 2, 3, 6.0),
        ("s", "dispatch", 3, 1, 1.0),
        ("f", "dispatch", 3, 1, 2.0),
    ]


def test_text_that_is_no_utf_8_stays_json(client: FlaskClient) -> None:
    agent = Agent()
    agent.event(2, "log", 'IN"FO\x00', trace_id(1), message="käse \ud83d </script>")
    (event,) = chrome(client, agent)
    assert event["name"] == 'log IN"FO\x00'
    assert event["args"]["attributes"] == {"message": "käse \ud83d </script>"}


# --- OTLP ----------------------------------------------------------------------------------------


def parsed(text: str) -> TracesData:
    """As OpenTelemetry's own messages; ids are hex in OTLP, base64 in other protobuf JSON."""

    def with_base64(found: dict[str, Any]) -> dict[str, Any]:
        for key in ("traceId", "spanId", "parentSpanId"):
            if key in found:
                found[key] = base64.b64encode(bytes.fromhex(found[key])).decode()
        return found

    document = json.loads(text, object_hook=with_base64)
    found = TracesData()
    Parse(json.dumps(document), found)
    return found


def spans(data: TracesData) -> list[Span]:
    return [
        span
        for resource in data.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def values(attributes: Any) -> dict[str, Any]:
    return {
        one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value")
        for one in attributes
    }


def test_the_lessons_are_spans_of_opentelemetry_and_lose_nothing(client: FlaskClient) -> None:
    recording = imported_lessons(client)
    data = parsed(exported(client, f"/api/recordings/{recording}", "otlp"))
    found = spans(data)
    begins = {str(e.span_id): e for e in lesson_events() if e.phase == "begin"}
    ends = {str(e.span_id): e for e in lesson_events() if e.phase == "end"}
    real = {s.span_id.hex(): s for s in found if s.span_id.hex() in begins}
    assert set(real) == set(begins)
    assert len({s.span_id for s in found}) == len(found)
    for span_id, span in real.items():
        begin, end = begins[span_id], ends[span_id]
        assert span.trace_id.hex() == (begin.trace_id or f"{7:032x}")
        assert span.parent_span_id.hex() == (begin.parent_id or "")
        assert (span.start_time_unix_nano, span.end_time_unix_nano) == (begin.ts, end.ts)
        assert values(span.attributes)["flaskscope.kind"] == begin.kind
    instants = sum(e.phase == "instant" for e in lesson_events())
    assert sum(len(s.events) for s in found) + len(found) - len(real) == instants


def test_spans_carry_the_words_of_the_semantic_conventions(client: FlaskClient) -> None:
    agent = Agent()
    root, match, view, query = (agent.span() for _ in range(4))
    trace = trace_id(1)
    caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    agent.event(
        0, "request", "GET /u/7", trace, span=root, method="GET", path="/shop/u/7?a=1",
        script_root="/shop", client="10.0.0.1", traceparent=caller,
    )  # fmt: skip
    agent.event(0, "url_match", "/u/<id>", trace, span=match, parent=root)
    agent.event(1, "url_match", "/u/<id>", trace, span=match, parent=root, endpoint="u")
    agent.event(0, "view", "u", trace, span=view, parent=root, file="a.py", line=3)
    agent.event(
        0, "db.query", "SELECT user", trace, span=query, parent=view,
        statement="SELECT ?", driver="sqlite3",
    )  # fmt: skip
    agent.event(1, "db.query", "SELECT user", trace, span=query, rows=2)
    agent.event(2, "exception", "ValueError", trace, parent=view, message="no")
    agent.event(1, "view", "u", trace, span=view, left_by="ValueError")
    agent.event(1, "request", "GET /u/7", trace, span=root, status=500)
    send(client, agent)
    data = parsed(exported(client, f"/api/traces/{trace}", "otlp"))
    (resource,) = data.resource_spans
    assert values(resource.resource.attributes) == {
        "service.name": "shop",
        "service.instance.id": agent.id,
        "host.name": "box",
        "process.pid": agent.pid,
        "process.command_line": "flask run",
        "process.runtime.name": "python",
        "process.runtime.version": "3.11.7",
        "telemetry.sdk.name": "flaskscope",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.version": "0.1.0",
        "flaskscope.flask": "3.1.3",
    }
    found = {values(s.attributes)["flaskscope.kind"]: s for s in spans(data)}
    request = found["request"]
    assert (request.name, request.kind) == ("GET /u/<id>", Span.SPAN_KIND_SERVER)
    assert (request.status.code, request.status.message) == (2, "500")
    (link,) = request.links
    assert f"00-{link.trace_id.hex()}-{link.span_id.hex()}-01" == caller
    named = values(request.attributes)
    assert {k: v for k, v in named.items() if not k.startswith("flaskscope.")} == {
        "http.request.method": "GET",
        "url.path": "/shop/u/7",
        "url.query": "a=1",
        "client.address": "10.0.0.1",
        "http.response.status_code": 500,
        "http.route": "/u/<id>",
        "error.type": "500",
        "thread.id": 7,
        "thread.name": "MainThread",
    }
    query_span = found["db.query"]
    assert (query_span.kind, query_span.status.code) == (Span.SPAN_KIND_CLIENT, 0)
    named = values(query_span.attributes)
    assert {k: v for k, v in named.items() if k.startswith("db.")} == {
        "db.system.name": "sqlite",
        "db.query.text": "SELECT ?",
        "db.query.summary": "SELECT user",
        "db.operation.name": "SELECT",
        "db.response.returned_rows": 2,
    }
    (event,) = found["view"].events
    assert (event.name, found["view"].status.message) == ("exception", "ValueError")
    assert values(event.attributes)["exception.message"] == "no"
    assert values(found["view"].attributes)["code.line.number"] == 3


def test_open_spans_and_instants_without_one_are_spans_too(client: FlaskClient) -> None:
    agent = Agent()
    agent.event(2, "setup", "app shop")
    agent.request(trace_id(1), end=False, inside=0)
    agent.event(2, "log", "INFO", trace_id(1), parent=1)
    recording = client.post("/api/recordings", json={"name": "r"}).get_json()["id"]
    send(client, agent)
    client.post(f"/api/recordings/{recording}/stop")
    alone, request = spans(parsed(exported(client, f"/api/recordings/{recording}", "otlp")))
    assert (alone.name, alone.trace_id.hex()) == ("setup app shop", agent.id)
    assert alone.start_time_unix_nano == alone.end_time_unix_nano == START + 1000
    assert values(request.attributes)["flaskscope.left_open"] == "the recording ended"
    assert [event.name for event in request.events] == ["log INFO"]
    assert request.end_time_unix_nano == START + 3000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, {}),
        (True, {"boolValue": True}),
        (-3, {"intValue": "-3"}),
        (1 << 64, {"stringValue": str(1 << 64)}),
        (0.5, {"doubleValue": 0.5}),
        (float("nan"), {"doubleValue": "NaN"}),
        (float("-inf"), {"doubleValue": "-Infinity"}),
        ("x", {"stringValue": "x"}),
        ([1, None], {"arrayValue": {"values": [{"intValue": "1"}, {}]}}),
        (
            {"a": "b"},
            {"kvlistValue": {"values": [{"key": "a", "value": {"stringValue": "b"}}]}},
        ),
    ],
)
def test_values_are_written_as_protobufs_json_wants_them(value: object, expected: object) -> None:
    from web.exports.otlp_values import any_value

    assert any_value(value) == expected
