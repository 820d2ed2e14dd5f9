"""As many events as one asks for: the samples' recorded requests, over and over, in four threads.

Times, threads, trace ids and span numbers are made up, everything else is as it was recorded. The
same number of events is the same batches every time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import merge
from itertools import accumulate, count
from pathlib import Path
from typing import Any, Final

from tracer.events import Lane
from tracer.wire import Batch, Columns, ColumnsBuilder, decode_block, split_frame

RECORDED: Final = (
    Path(__file__).resolve().parents[2] / "web" / "frontend" / "demo-data" / "samples.bin"
)
PID: Final = 4711
AGENT: Final = {
    "id": "b" * 32, "pid": PID, "host": "box", "python": "3.11.7", "tracer": "0.1.0",
    "command": "flask run", "started": 1_790_000_000_000_000_000, "versions": {"flask": "3.1.3"},
}  # fmt: skip
PREFIX: Final = "00be5c4e"
START: Final = 1_790_000_000_000_000_000
WORKERS: Final = 4
PAUSE: Final = 150_000
"""Nanoseconds between two requests of a worker."""
PER_BATCH: Final = 10_000


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a recorded request; its time counts from the request's first event."""

    at: int
    phase: int
    kind: str
    name: str
    app: str | None
    span: int
    parent: int
    is_elsewhere: bool
    """In another thread than the request began in."""
    attributes: str


def batches(events: int, per_batch: int = PER_BATCH) -> Iterator[Batch]:
    """At least *events* events, whole requests only, as one process would send them.

    One stretch of *per_batch* events is put together from the recording; the others are the same
    later, with trace ids and span numbers of their own.
    """
    first = _stretch(per_batch)
    length = sum(first.data["ts"]) + PAUSE
    spans = max(first.data["span"]) + 1
    for number in range(-(-events // first.count)):
        columns = _later(first, number, number * length, number * spans)
        yield Batch(agent=AGENT, number=number + 1, columns=columns)


def _stretch(events: int) -> Columns:
    builder = ColumnsBuilder(0, START, PREFIX)
    for row in _rows(events):
        builder.add(*row)
    return builder.build()


def _later(first: Columns, number: int, ts: int, spans: int) -> Columns:
    traces = set(first.data["trace"])
    shifted = {
        name: [value and value + spans for value in first.data[name]] for name in ("span", "parent")
    }
    return replace(
        first,
        base_seq=number * first.count,
        base_ts=first.base_ts + ts,
        strings=[
            f"{number:08x}{text[8:]}" if i and i in traces else text
            for i, text in enumerate(first.strings)
        ],
        data={**first.data, **shifted},
    )


def recorded_requests() -> list[list[Step]]:
    """The steps of each request of the demonstration's recording, in their order."""
    blocks, _, _ = split_frame(RECORDED.read_bytes())
    found: dict[str, list[Step]] = {}
    began: dict[str, tuple[int, int]] = {}
    for columns in (decode_block(block)[0] for block in blocks):
        for ts, lane, trace, step in _steps(columns):
            start, thread = began.setdefault(trace, (ts, lane))
            found.setdefault(trace, []).append(step(ts - start, lane != thread))
    return list(found.values())


def _steps(columns: Columns) -> Iterator[tuple[int, int, str, Any]]:
    data, strings = columns.data, columns.strings
    times = list(accumulate(map(int, data["ts"]), initial=columns.base_ts))[1:]
    for row, ts in enumerate(times):
        trace = strings[data["trace"][row]]
        if not trace:
            continue

        def step(at: int, is_elsewhere: bool, row: int = row) -> Step:
            return Step(
                at=at,
                phase=data["phase"][row],
                kind=strings[data["kind"][row]],
                name=strings[data["name"][row]],
                app=strings[data["app"][row]] or None,
                span=data["span"][row],
                parent=data["parent"][row],
                is_elsewhere=is_elsewhere,
                attributes=columns.attributes[data["attributes"][row]],
            )

        yield ts, columns.lanes[data["lane"][row]].thread, trace, step


def _rows(events: int) -> Iterator[tuple[Any, ...]]:
    """The events of all workers in the order of their times, numbered."""
    requests = recorded_requests()
    share = -(-events // WORKERS)
    work = [_work(worker, requests, share) for worker in range(WORKERS)]
    for seq, (ts, _, row) in enumerate(merge(*work), start=1):
        yield (seq, ts, *row)


def _work(
    worker: int, requests: list[list[Step]], events: int
) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
    """What one thread does, from its first request to its last."""
    lanes = [
        Lane(PID, 10 * worker + n, name, None, None)
        for n, name in enumerate([f"worker-{worker}", f"helper-{worker}"])
    ]
    clock, made, spans, order = START + worker * PAUSE, 0, worker, 0
    for number in count(worker * 3):
        if made >= events:
            return
        steps = requests[number % len(requests)]
        trace = f"{0:08x}{worker:04x}{number:020x}"
        for step in steps:
            order += 1
            numbers = (spans + WORKERS * n if n else 0 for n in (step.span, step.parent))
            row = (
                step.phase, step.kind, step.name, step.app, trace, *numbers,
                lanes[step.is_elsewhere], step.attributes,
            )  # fmt: skip
            yield clock + step.at, order * WORKERS + worker, row
        made += len(steps)
        spans += WORKERS * (1 + max(step.span for step in steps))
        clock += max(step.at for step in steps) + PAUSE
