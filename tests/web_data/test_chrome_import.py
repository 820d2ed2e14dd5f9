"""Chrome traces come in: ours as they were, others' as far as a recording has words for them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web_data.recorded import imported_lessons
from tracer.wire import split_frame
from web.json_elements import Elements, NotJson

from .agents import events_in

Json = dict[str, Any]


def imported(client: FlaskClient, document: Any) -> Json:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    answer = client.post("/api/recordings/import", data=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def refused(client: FlaskClient, body: bytes) -> tuple[int, str]:
    answer = client.post("/api/recordings/import", data=body)
    return answer.status_code, answer.get_json()["detail"]


def events_of(client: FlaskClient, recording: str) -> list[Any]:
    frame = client.get(f"/api/recordings/{recording}/events.bin").get_data()
    return events_in(split_frame(frame)[0])


def seen(client: FlaskClient, recording: str) -> list[tuple[Any, ...]]:
    """Phase, kind, name, time, span and parent by their numbers."""
    return [
        (e.phase, e.kind, e.name, e.ts, int((e.span_id or "0")[8:], 16),
         int((e.parent_id or "0")[8:] or "0", 16))
        for e in events_of(client, recording)
    ]  # fmt: skip


def slice_(name: str, ts: float, dur: float, **fields: Any) -> Json:
    return {"ph": "X", "name": name, "ts": ts, "dur": dur, "pid": 7, "tid": 1, **fields}


def test_what_flaskscope_wrote_comes_back_as_it_was(client: FlaskClient) -> None:
    recording = imported_lessons(client)
    exported = client.get(f"/api/recordings/{recording}/export?format=chrome").get_data()
    item = imported(client, exported)
    assert (item["name"], item["left_out"]) == ("Lessons", {})
    before = sorted(events_of(client, recording), key=lambda e: e.seq)
    after = sorted(events_of(client, item["id"]), key=lambda e: e.seq)
    assert after == before
    assert client.get(f"/api/recordings/{item['id']}/export?format=chrome").get_data() == exported


def test_slices_of_other_tools_nest_by_time_whatever_their_order(client: FlaskClient) -> None:
    item = imported(
        client,
        {
            "traceEvents": [
                slice_("inner", 2, 1, args={"a": 1}, cat="c"),
                slice_("late", 20, 0.5),
                slice_("outer", 1, 10),
                slice_("twin", 1, 4),
                {"ph": "M", "name": "process_name", "pid": 7, "args": {"name": "worker"}},
                {"ph": "M", "name": "thread_name", "pid": 7, "tid": 1, "args": {"name": "main"}},
            ]
        },
    )
    assert seen(client, item["id"]) == [
        ("begin", "run", "outer", 1000, 1, 0),
        ("begin", "span", "twin", 1000, 2, 1),
        ("begin", "span", "inner", 2000, 3, 2),
        ("end", "span", "inner", 3000, 3, 0),
        ("end", "span", "twin", 5000, 2, 0),
        ("end", "run", "outer", 11000, 1, 0),
        ("begin", "run", "late", 20000, 4, 0),
        ("end", "run", "late", 20500, 4, 0),
    ]
    inner = events_of(client, item["id"])[2]
    assert (inner.app, inner.lane.thread_name, inner.lane.pid) == ("worker", "main", 7)
    assert inner.attributes == {"category": "c", "a": 1}
    traces = client.get(f"/api/recordings/{item['id']}/traces").get_json()["items"]
    assert [(one["name"], one["duration"], one["complete"]) for one in traces] == [
        ("outer", 10000, True),
        ("late", 500, True),
    ]


def test_begins_ends_instants_and_asynchronous_slices(client: FlaskClient) -> None:
    common = {"pid": "p", "tid": "t"}
    item = imported(
        client,
        [
            {"ph": "B", "name": "a", "ts": -1, **common},
            {"ph": "i", "name": "now", "ts": 1, **common},
            {"ph": "E", "ts": 2, "args": {"r": 1}, **common},
            {"ph": "E", "ts": 3, **common},
            {"ph": "b", "name": "w", "cat": "net", "id": "0x1", "ts": 1, **common},
            {"ph": "e", "name": "w", "cat": "net", "id": "0x1", "ts": 4, **common},
            {"ph": "B", "name": "open", "ts": 5, **common},
        ],
    )
    # Times are not negative in a recording: all move by as much.
    assert seen(client, item["id"]) == [
        ("begin", "run", "a", 0, 1, 0),
        ("begin", "run", "w", 2000, 2, 0),
        ("begin", "span", "now", 2000, 3, 1),
        ("end", "span", "now", 2000, 3, 0),
        ("end", "run", "a", 3000, 1, 0),
        ("end", "run", "w", 5000, 2, 0),
        ("begin", "run", "open", 6000, 4, 0),
    ]
    assert item["left_out"] == {"ends without a begin": 1}


def test_what_has_no_place_in_a_recording_is_counted(client: FlaskClient) -> None:
    common = {"pid": 1, "tid": 1, "ts": 0, "name": "x"}
    phases = ["C", "C", "P", "s", "f", "N", "v", "c", "?"]
    odd: list[Any] = [7, {"name": "no phase"}, {"ph": "X", "ts": "soon"}, slice_("x", 1, -1)]
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    item = imported(
        client,
        [slice_("kept", 0, 1, args={"deep": deep}), *({"ph": p, **common} for p in phases), *odd],
    )
    assert item["left_out"] == {
        "counters": 2,
        "samples": 1,
        "flows": 2,
        "objects": 1,
        "memory dumps": 1,
        "clock marks": 1,
        "events of the phase '?'": 1,
        "elements without a phase": 2,
        "events without a time": 2,
        "arguments that cannot be kept": 1,
    }
    assert item["events"] == 2


def test_an_array_that_a_killed_tool_left_without_its_end_is_taken(client: FlaskClient) -> None:
    body = b'\xef\xbb\xbf[\n{"ph":"X","name":"a","ts":1,"dur":1,"pid":1,"tid":1},\n'
    assert imported(client, body)["events"] == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'[{"ph":"X"', "element 1: expected JSON"),
        (b'[{"ph":"X"} 7]', "element 1: expected a comma or the end of the array, found '7]'"),
        (b'{"traceEvents":[', "expected JSON (Expecting value), found the end of the file"),
        (b'{"displayTimeUnit":"ns"}', "expected an array 'traceEvents', found ['displayTimeUnit']"),
        (b'{"traceEvents":7}', "expected an array 'traceEvents', found ['traceEvents']"),
        (b'["\xff"]', "expected UTF-8"),
        (b"[1,2]", "expected an event with a phase and a time, found none in 2 elements"),
        (b"[\n]", "expected an event with a phase and a time, found none in 0 elements"),
        (b'{"seq":1}', 'line 1: expected a header {"flaskscope": 1, ...}'),
    ],
)
def test_a_broken_file_is_refused_with_the_place(
    client: FlaskClient, body: bytes, said: str
) -> None:
    status, detail = refused(client, body)
    assert status == 422
    assert said in detail
    assert client.get("/api/recordings").get_json() == {"items": []}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_elements_are_the_same_however_the_file_is_cut(size: int) -> None:
    document = {"a": [1.25, "é\u2028]}"], "traceEvents": [{"x": [1, {}]}, 12345, "]"], "z": None}
    text = json.dumps(document, ensure_ascii=False, indent=1).encode()
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    elements = Elements(pieces, "traceEvents")
    assert list(elements) == document["traceEvents"]
    assert elements.others == {"a": document["a"], "z": None}


def test_json_that_is_nested_too_deeply_is_refused() -> None:
    text = b"[" + b"[" * 100_000
    with pytest.raises(NotJson, match=r"not nested so deeply|expected JSON"):
        list(Elements(iter([text]), "traceEvents"))


def test_what_viztracer_wrote_is_taken(client: FlaskClient, tmp_path: Path) -> None:
    script = tmp_path / "counting.py"
    script.write_text(
        "def inner():\n    return 1\n\n\ndef outer():\n    return inner()\n\n\nouter()\n"
    )
    written = tmp_path / "result.json"
    command = [sys.executable, "-m", "viztracer", "--quiet", "-o", str(written), str(script)]
    subprocess.run(command, check=True, cwd=tmp_path)
    item = imported(client, written.read_bytes())
    spans = {e.span_id: e for e in events_of(client, item["id"]) if e.phase == "begin"}
    inner = next(e for e in spans.values() if e.name.startswith("inner "))
    above = []
    span = inner
    while span.parent_id is not None:
        span = spans[span.parent_id]
        above.append(span.name.split(" ")[0])
    assert above[:2] == ["outer", "<module>"]
    assert inner.lane.thread_name == "MainThread"
