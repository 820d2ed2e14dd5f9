"""What is taken for a batch, and what is said about everything else."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web_data.agents import Agent, trace_id
from tracer.wire import COLUMN_NAMES, Columns, decode_block, encode_batch, encode_block
from web.batch import BadBatch, ColumnLists, checked_attributes, decode_batch
from web.inflate import MAX_RATIO, NotCompressed, TooLarge, UnknownEncoding, inflate


def message(**changes: Any) -> dict[str, Any]:
    agent = Agent()
    agent.request(trace_id(1))
    made: dict[str, Any] = json.loads(agent.body())
    return made | changes


def complaint(value: object) -> str:
    with pytest.raises(BadBatch) as caught:
        decode_batch(json.dumps(value).encode())
    return str(caught.value)


def with_column(name: str, values: object) -> dict[str, Any]:
    made = message()
    made["columns"][name] = values
    return made


def test_a_batch_is_what_was_sent() -> None:
    agent = Agent()
    agent.request(trace_id(1), "/käse")
    batch = agent.batch(dropped={"buffer_full": 3}, bye=True)
    decoded = decode_batch(encode_batch(batch))
    assert list(decoded.columns.events()) == agent.sent
    assert (decoded.agent, decoded.number, decoded.bye) == (agent.info, 1, True)
    assert decoded.dropped == {"buffer_full": 3}


def test_the_typed_columns_are_those_of_the_wire() -> None:
    assert ColumnLists.__struct_fields__ == COLUMN_NAMES


def test_columns_are_packed_as_the_wire_packs_lists() -> None:
    agent = Agent()
    for number in range(300):
        agent.event(2, "log", f"message {number}", ts=1_790_000_000_000_000_000 + number * 70_000)
    batch = agent.batch()
    decoded = decode_batch(encode_batch(batch)).columns
    assert encode_block(decoded) == encode_block(batch.columns)


@given(st.lists(st.integers(-(1 << 53) + 1, (1 << 53) - 1), min_size=1, max_size=20))
def test_times_may_step_in_any_direction_as_long_as_they_stay_after_1970(steps: list[int]) -> None:
    made = message()
    made["base_ts"] = 1 << 61
    for name in COLUMN_NAMES:
        made["columns"][name] = [0] * len(steps)
    made["columns"]["ts"] = steps
    columns = decode_batch(json.dumps(made).encode()).columns
    block, _ = decode_block(encode_block(columns))
    assert [int(step) for step in block.data["ts"]] == steps


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "Expected `object`, got `array`"),
        ({}, '"flaskscope": 1 was expected, found null'),
        (message(flaskscope=2), '"flaskscope": 1 was expected, found 2'),
        (message(flaskscope="1"), '"flaskscope": 1 was expected, found "1"'),
        ({"flaskscope": 7, "events": []}, '"flaskscope": 1 was expected, found 7'),
        (message(agent={"id": "x", "pid": 1}), "$.agent.id"),
        (message(batch=0), "`int` >= 1 - at `$.batch`"),
        (message(base_seq=-1), "`int` >= 0 - at `$.base_seq`"),
        (message(span_prefix="xyz"), "$.span_prefix"),
        (message(strings=["x"]), "strings[0] == \"\" was expected, found 'x'"),
        (message(strings=[]), "length >= 1 - at `$.strings`"),
        (message(attributes=["[]"]), 'attributes[0] == "{}" was expected'),
        (with_column("colour", []), "unknown field `colour`"),
        (message(columns={"seq": []}), "missing required field `ts`"),
        (with_column("kind", [1]), "columns of equal length were expected, found 4 values in seq"),
        (with_column("kind", [1, 1, 1, 99]), "values below 7 were expected in the column kind"),
        (with_column("phase", [0, 1, 2, 3]), "values below 3 were expected in the column phase"),
        (with_column("lane", [0, 0, 0, 1]), "values below 1 were expected in the column lane"),
        (with_column("kind", [1, 1, 1, 70_000]), "found 70000"),
        (with_column("span", [1, 1, 1, 1 << 32]), "values below 4294967296 were expected"),
        (with_column("seq", [1, -1, 1, 1]), "`int` >= 0 - at `$.columns.seq[1]`"),
        (with_column("seq", [1, 1.5, 1, 1]), "Expected `int`, got `float`"),
        (with_column("seq", [1, True, 1, 1]), "Expected `int`, got `bool`"),
        (with_column("seq", [1, 1, 1, 1 << 60]), "found 1152921504606846976"),
        (with_column("trace", [1, 1, 1, 1]), "trace ids of 32 hex digits were expected"),
        (with_column("ts", [0, 0, 0, -(1 << 52)]) | {"base_ts": 5}, "times after 1970"),
    ],
)
def test_a_complaint_says_what_was_expected_and_found(value: object, said: str) -> None:
    assert said in complaint(value)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"agent":' * 100_000, b'{"flaskscope":NaN}']
)
def test_bytes_that_are_not_json_are_refused(body: bytes) -> None:
    with pytest.raises(BadBatch):
        decode_batch(body)


@pytest.mark.parametrize("text", ["[]", "1", "{", "{},{}", '{"a":1', "", '{"a":}', "null"])
def test_attributes_that_are_not_one_object_are_refused(text: str) -> None:
    with pytest.raises(BadBatch, match="attributes as a JSON object were expected"):
        checked_attributes(text)


def test_attributes_are_nested_64_deep_at_most() -> None:
    deep = '{"a":' * 63 + "{}" + "}" * 63
    assert checked_attributes(deep) == deep
    with pytest.raises(BadBatch, match="nested at most 64 deep"):
        checked_attributes('{"a":' + deep + "}")
    wide = json.dumps({"a": [[] for _ in range(100)]}, separators=(",", ":"))
    assert checked_attributes(wide) == wide


def test_numbers_that_only_python_writes_become_text() -> None:
    text = json.dumps({"a": float("nan"), "b": [float("-inf")]})
    assert checked_attributes(text) == '{"a":"nan","b":["-inf"]}'


def test_half_a_character_does_not_cost_the_batch() -> None:
    agent = Agent()
    agent.event(2, "log", "caf\udce9", detail="\udce9")
    decoded = decode_batch(agent.body())
    assert list(decoded.columns.events()) == agent.sent


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_any_other_json_is_refused_without_a_fault(value: object) -> None:
    with pytest.raises(BadBatch):
        decode_batch(msgspec.json.encode(value))


@given(st.data())
def test_any_damage_to_a_batch_is_refused_or_harmless(data: st.DataObject) -> None:
    agent = Agent()
    agent.request(trace_id(1))
    body = bytearray(agent.body())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place] = data.draw(st.integers(0, 255))
    try:
        columns = decode_batch(bytes(body)).columns
    except BadBatch:
        columns = Columns(0, 0, "00000000", [""], [], ["{}"], {n: [] for n in COLUMN_NAMES})
    decoded, _ = decode_block(encode_block(columns))
    assert len(list(decoded.events())) == columns.count


def test_a_body_is_expanded_up_to_its_bound() -> None:
    import gzip
    import zlib

    body = bytes(range(256)) * 1000
    assert inflate(zlib.compress(body), "deflate", 1 << 20) == body
    assert inflate(gzip.compress(body), "gzip", 1 << 20) == body
    assert inflate(body, None, 1 << 20) == body
    for encoding, sent in (("deflate", zlib.compress(body)), ("identity", body)):
        with pytest.raises(TooLarge, match=r"(more|larger) than 1000 bytes"):
            inflate(sent, encoding, 1000)
    with pytest.raises(TooLarge, match=f"more than {MAX_RATIO} times"):
        inflate(zlib.compress(bytes(8 << 20), 9), "deflate", 16 << 20)
    with pytest.raises(NotCompressed, match="cut off"):
        inflate(zlib.compress(body)[:-1], "deflate", 1 << 20)
    with pytest.raises(NotCompressed, match="bytes follow"):
        inflate(zlib.compress(body) + b"x", "deflate", 1 << 20)
    with pytest.raises(NotCompressed, match="not valid deflate"):
        inflate(b"hello", "deflate", 1 << 20)
    with pytest.raises(UnknownEncoding, match="'br' was found"):
        inflate(body, "br", 1 << 20)
