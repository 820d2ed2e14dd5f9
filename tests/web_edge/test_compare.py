"""Two traces compared over HTTP: the answer of the page's own algorithm, and what is refused."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.processes import Answer, DashboardProcess
from tests.web_edge.test_openapi import check
from tracer.events import Lane
from tracer.wire import Batch, Columns, ColumnsBuilder, decode_block, encode_batch, split_frame

DEMO_DATA = Path(__file__).resolve().parents[2] / "web" / "frontend" / "demo-data"
SHARED = json.loads((DEMO_DATA / "compared.json").read_text())["pairs"]
MAX_EVENTS = 10_000

Compare = Callable[[str, str], Answer]


@pytest.fixture
def compare(dashboard: DashboardProcess) -> Compare:
    return lambda a, b: dashboard.request("GET", f"/api/compare?a={a}&b={b}")


def deliver(dashboard: DashboardProcess, batches: Sequence[Columns]) -> None:
    """As an application that is new to the dashboard."""
    agent = {
        "id": secrets.token_hex(16), "pid": 4711, "host": "box", "python": "3.11.7",
        "tracer": "0.1.0", "command": "flask run", "started": 1, "versions": {},
    }  # fmt: skip
    for number, columns in enumerate(batches, 1):
        answer = dashboard.request(
            "POST",
            "/ingest",
            encode_batch(Batch(agent=agent, number=number, columns=columns)),
            key=dashboard.ingest_key,
            headers={"Content-Type": "application/json"},
        )
        assert answer.status == 204, answer.body


def recorded(file: str) -> tuple[list[Columns], dict[str, str]]:
    """The events of a file under trace ids that no other test has, and these by the old ones."""
    batches = [decode_block(block)[0] for block in split_frame((DEMO_DATA / file).read_bytes())[0]]
    known = {pair[side] for pair in SHARED for side in ("a", "b")}
    ids = {trace_id: secrets.token_hex(16) for trace_id in known}
    return [
        replace(columns, strings=[ids.get(text, text) for text in columns.strings])
        for columns in batches
    ], ids


def instants(trace_id: str, names: Sequence[str]) -> Columns:
    """A trace of log records, the first of them at its root."""
    builder = ColumnsBuilder(0, 1_790_000_000_000_000_000, "0a0b0c0d")
    lane = Lane(4711, 1, "MainThread", None, None)
    for seq, name in enumerate(names, 1):
        ts = 1_790_000_000_000_000_000 + seq
        builder.add(seq, ts, 2, "log", name, "shop", trace_id, 0, 0, lane, "{}")
    return builder.build()


@pytest.mark.parametrize("file", sorted({pair["file"] for pair in SHARED}))
def test_recorded_requests_are_compared_as_the_page_does(
    dashboard: DashboardProcess, compare: Compare, file: str
) -> None:
    batches, ids = recorded(file)
    deliver(dashboard, batches)
    document = dashboard.request("GET", "/api/openapi.json").json
    described = document["paths"]["/api/compare"]["get"]["responses"]["200"]["content"]
    for pair in (pair for pair in SHARED if pair["file"] == file):
        a, b = ids[pair["a"]], ids[pair["b"]]
        answer = compare(a, b)
        assert answer.status == 200, answer.body
        assert answer.headers["Content-Type"] == "application/json"
        check(described["application/json"]["schema"], answer.json, document, "answer")
        items = {s: dashboard.request("GET", f"/api/traces/{ids[pair[s]]}").json for s in "ab"}
        assert answer.json == {**items, **pair["answer"]}


def test_a_trace_beside_itself_is_the_same(dashboard: DashboardProcess, compare: Compare) -> None:
    trace_id = secrets.token_hex(16)
    deliver(dashboard, [instants(trace_id, ["one", "two", "two"])])
    answer = compare(trace_id, trace_id).json
    assert answer["a"] == answer["b"]
    assert answer["counts"] == {"same": 2, "changed": 0, "onlyA": 0, "onlyB": 0}
    assert [step["b"]["count"] for step in answer["steps"]] == [1, 2]


@pytest.mark.parametrize(
    ("query", "found"),
    [("", "no a and no b"), ("?a=x", "no b"), ("?b=x", "no a"), ("?a=&b=x", "no a")],
)
def test_a_comparison_of_less_than_two_is_400(
    dashboard: DashboardProcess, query: str, found: str
) -> None:
    answer = dashboard.request("GET", f"/api/compare{query}")
    assert (answer.status, answer.json["found"]) == (400, found)
    assert answer.json["asked"] == "/api/compare?a=TRACE_ID&b=TRACE_ID"
    assert "GET /api/traces" in answer.json["todo"]


def test_an_unknown_trace_is_404_and_named(dashboard: DashboardProcess, compare: Compare) -> None:
    trace_id, unknown = secrets.token_hex(16), secrets.token_hex(16)
    deliver(dashboard, [instants(trace_id, ["one"])])
    for pair, asked in (
        ((unknown, trace_id), f"a: {unknown}"),
        ((trace_id, unknown), f"b: {unknown}"),
    ):
        answer = compare(*pair)
        assert (answer.status, answer.json["asked"]) == (404, asked)


def test_a_trace_that_is_too_long_is_422_and_named(
    dashboard: DashboardProcess, compare: Compare
) -> None:
    long, longer = secrets.token_hex(16), secrets.token_hex(16)
    names = [f"n{number}" for number in range(MAX_EVENTS + 1)]
    deliver(dashboard, [instants(long, names[:-1])])
    deliver(dashboard, [instants(longer, names)])
    answer = compare(long, longer)
    assert (answer.status, answer.json["asked"]) == (422, "b: a trace of at most 10000 events")
    assert answer.json["found"] == f"10001 events in {longer}"
    assert "/compare" in answer.json["todo"]
    assert compare(long, long).json["counts"]["same"] == MAX_EVENTS


def test_without_the_key_nothing_is_compared(dashboard: DashboardProcess) -> None:
    answer = dashboard.request("GET", "/api/compare?a=x&b=x", key=None)
    assert answer.status == 401
    assert dashboard.request("GET", "/api/compare?a=x&b=x", key=dashboard.ingest_key).status == 401
