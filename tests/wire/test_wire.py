"""The format: what goes in comes out, whatever it was, and damage never passes as data."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.events import PHASES, Event, Lane, build_spans
from tracer.json_lines import dump_lines
from tracer.wire import (
    COLUMN_NAMES,
    Batch,
    Columns,
    ColumnsBuilder,
    WireError,
    decode_block,
    encode_batch,
    encode_block,
    encode_frame,
    split_frame,
)

PREFIX = "00c0ffee"
START = 1_790_000_000_000_000_000

lanes = st.builds(
    Lane,
    pid=st.integers(1, 1 << 22),
    thread=st.integers(0, 1 << 48),
    thread_name=st.text(),
    greenlet=st.none() | st.integers(1, 1000),
    task=st.none() | st.text(min_size=1),
)
span_ids = st.none() | st.integers(1, (1 << 32) - 1).map(lambda n: f"{PREFIX}{n:08x}")
names = st.text(min_size=1)
attributes = st.dictionaries(
    st.text(), st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.text()
)
bodies = st.tuples(
    st.integers(1, 1 << 40),  # how much later in seq
    st.integers(-(1 << 45), 1 << 45),  # how much later in time: clocks may jump
    st.sampled_from(PHASES),
    names,
    names,
    st.none() | names,
    st.none() | st.text("0123456789abcdef", min_size=32, max_size=32),
    span_ids,
    span_ids,
    lanes,
    attributes,
)


def made_of(rows: list[tuple]) -> list[Event]:
    events, seq, ts = [], 0, START
    for dseq, dts, phase, kind, name, app, trace_id, span_id, parent_id, lane, attrs in rows:
        seq, ts = seq + dseq, ts + dts
        events.append(
            Event(seq, ts, phase, kind, name, app, trace_id, span_id, parent_id, lane, attrs)
        )
    return events


def columns_of(events: list[Event]) -> Columns:
    builder = ColumnsBuilder(0, START, PREFIX)
    for event in events:
        builder.add_event(event)
    return builder.build()


@given(st.lists(bodies, max_size=40))
def test_a_block_gives_back_the_events_that_went_in(rows: list[tuple]) -> None:
    events = made_of(rows)
    columns, header = decode_block(encode_block(columns_of(events), agent="a1", first=7))
    assert list(columns.events()) == events
    assert (header["agent"], header["first"], header["count"]) == ("a1", 7, len(events))


@given(st.lists(bodies, min_size=1, max_size=20))
def test_a_batch_is_json_with_one_number_per_event_and_column(rows: list[tuple]) -> None:
    events = made_of(rows)
    message = json.loads(
        encode_batch(Batch(agent={"id": "a"}, number=1, columns=columns_of(events)))
    )
    assert {name: len(values) for name, values in message["columns"].items()} == dict.fromkeys(
        COLUMN_NAMES, len(events)
    )
    assert message["strings"][0] == ""
    assert message["attributes"][0] == "{}"


@given(st.lists(bodies, min_size=1, max_size=10), st.data())
def test_a_changed_byte_of_a_block_is_always_noticed(
    rows: list[tuple], data: st.DataObject
) -> None:
    block = bytearray(encode_block(columns_of(made_of(rows))))
    at = data.draw(st.integers(0, len(block) - 1))
    block[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(WireError):
        decode_block(bytes(block))


@given(st.lists(bodies, min_size=1, max_size=10), st.data())
def test_a_cut_block_is_always_noticed(rows: list[tuple], data: st.DataObject) -> None:
    block = encode_block(columns_of(made_of(rows)))
    with pytest.raises(WireError):
        decode_block(block[: data.draw(st.integers(0, len(block) - 1))])


@given(st.lists(st.lists(bodies, max_size=5), max_size=5), st.integers(0, 1 << 50))
def test_a_frame_gives_back_its_blocks_and_positions(parts: list[list[tuple]], first: int) -> None:
    blocks = [encode_block(columns_of(made_of(rows))) for rows in parts]
    assert split_frame(encode_frame(blocks, first, first + 10)) == (blocks, first, first + 10)


def test_a_frame_that_ends_too_early_is_noticed() -> None:
    frame = encode_frame([encode_block(columns_of([]))] * 2, 0, 0)
    with pytest.raises(WireError, match="2 blocks were announced"):
        split_frame(frame[:-30])


def test_lone_surrogates_in_names_and_headers_can_be_written() -> None:
    event = Event(1, START, "instant", "log", "\udc80", None, None, None, None, Lane(1, 1, "t"), {})
    columns, _ = decode_block(encode_block(columns_of([event])))
    assert list(columns.events()) == [event]


def test_json_lines_open_with_a_header_and_end_with_the_count() -> None:
    event = Event(
        1, START, "instant", "log", "x", None, None, None, None, Lane(1, 1, "t"), {"a": 1}
    )
    source = {"id": "ab", "file": "x.py", "line": 1, "name": "f", "text": "def f(): ..."}
    lines = [json.loads(line) for line in dump_lines([event], [source], name="demo")]
    assert lines == [
        {"flaskscope": 1, "name": "demo"},
        {"source": source},
        event.to_dict() | {"lane": event.lane._asdict()},
        {"end": True, "events": 1},
    ]


def test_spans_are_built_from_parents_however_deep_they_nest() -> None:
    lane = Lane(1, 1, "t")
    depth = 5000
    begins = [
        Event(n, START + n, "begin", "span", f"s{n}", None, "t", f"{PREFIX}{n:08x}",
              f"{PREFIX}{n - 1:08x}" if n > 1 else None, lane)
        for n in range(1, depth + 1)
    ]  # fmt: skip
    ends = [
        Event(2 * depth - n, START + 2 * depth - n, "end", "span", f"s{n}", None, "t",
              f"{PREFIX}{n:08x}", None, lane)
        for n in range(depth, 0, -1)
    ]  # fmt: skip
    (root,) = build_spans((*begins, *ends))
    assert root.name == "s1"
    assert root.duration == 2 * depth - 2
    span, levels = root, 1
    while span.children:
        (span,) = span.children
        levels += 1
    assert levels == depth
