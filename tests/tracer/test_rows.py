"""The queue between the threads that record and the one that carries away."""

from __future__ import annotations

import gc
import threading
from itertools import count
from typing import Any

import pytest

from tracer.collector import Collector
from tracer.hot_path import NO_NUMBERS, RingBuffer, Stamps, flow_here


def everything(buffer: RingBuffer) -> list[Any]:
    rows = []
    while len(buffer):
        rows.append(buffer.oldest())
        buffer.drop()
    return rows


def test_rows_come_out_as_they_went_in_however_many_wait_and_wherever_the_ring_begins() -> None:
    buffer = RingBuffer(1_000_000)
    expected = [(number, object()) for number in range(100_000)]
    taken = []
    for at, row in enumerate(expected):
        buffer.append(row)
        if at % 3 == 0:  # so that it grows with its beginning anywhere
            taken.append(buffer.oldest())
            buffer.drop()
    taken += everything(buffer)
    assert taken == expected
    assert len(buffer) == 0
    buffer.append(expected[0])  # and goes on when it was given back
    assert everything(buffer) == expected[:1]


def test_a_number_weighs_the_row_behind_it_until_it_is_taken_out() -> None:
    buffer = RingBuffer(10)
    buffer.charge(900)
    buffer.append(("row",))
    assert buffer.weight == 900
    assert not buffer.is_full()
    buffer.charge(1_500)
    assert buffer.is_full()
    buffer.charge(7)  # that row will not come
    assert buffer.weight == 2_400
    assert everything(buffer) == [900, ("row",), 1_500]
    assert buffer.weight == 0


def test_the_oldest_are_forgotten_beyond_the_bound() -> None:
    buffer = RingBuffer(5)
    for number in range(12):
        buffer.append((number,))
    buffer.trim()
    assert everything(buffer) == [(7,), (8,), (9,), (10,), (11,)]
    buffer.trim()
    with pytest.raises(IndexError):
        buffer.oldest()
    with pytest.raises(IndexError):
        buffer.drop()


def test_what_a_row_held_is_free_when_it_is_dropped_or_cleared() -> None:
    freed: list[int] = []

    class Held:
        def __init__(self, number: int) -> None:
            self.number = number

        def __del__(self) -> None:
            freed.append(self.number)
            buffer.append(("from a destructor",))

    buffer = RingBuffer()
    buffer.append((Held(1),))
    buffer.append((Held(2),))
    buffer.drop()
    assert freed == [1]
    buffer.clear()
    assert freed == [1, 2]
    buffer.clear()
    assert len(buffer) == 0


def test_a_row_is_whole_when_garbage_is_collected_while_it_is_read() -> None:
    recorder, flow = Collector(), flow_here()
    opened, flow.numbers = flow.open, count(1)
    span, dynamic = recorder.begin("span", "oldest", None), {"key": 1}
    recorder.buffer.drop()
    recorder.end(span, dynamic)

    def collected(phase: str, _: Any) -> None:
        """As a destructor that serves a request would, or one that lets other threads do it."""
        if phase == "start":
            recorder.buffer.drop()
            for _ in range(3_000):  # once through all places, so that its place is another's
                recorder.instant("log", "newer", None)
                recorder.buffer.drop()

    kept = [(number, None, None) for number in range(5_000)]  # none is left to be used again
    threshold = gc.get_threshold()
    gc.callbacks.append(collected)
    gc.set_threshold(1)
    try:
        row = recorder.buffer.oldest()
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(collected)
        flow.open, flow.numbers = opened, NO_NUMBERS
    assert len(kept) == 5_000
    assert row[1] is span
    assert row[2] is dynamic


def test_threads_that_append_while_another_takes_lose_nothing() -> None:
    buffer = RingBuffer(1_000_000)
    writers = [
        threading.Thread(target=lambda name=name: [buffer.append((name, n)) for n in range(20_000)])
        for name in range(4)
    ]
    taken: list[Any] = []
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        taken += everything(buffer)
    taken += everything(buffer)
    for name in range(4):
        assert [n for writer, n in taken if writer == name] == list(range(20_000))


def test_stamps_rise_and_are_gone_when_they_are_cut_off() -> None:
    stamps = Stamps()
    for _ in range(5):
        assert not stamps.stamp()
    assert len(stamps) == 5
    last = stamps.pop()
    first = stamps.cut()
    assert len(stamps) == 0
    assert last > 0
    assert len(first) in (4, 4 * 8)  # a tuple, or bytes
    full = Stamps()
    assert [bool(full.stamp()) for _ in range(130)] == [False] * 128 + [True] * 2
