"""Record lessons of ``sample_apps`` into ``web/frontend/demo-data/samples.bin``.

The front end's tests draw from it, so that they see what real applications do and not what
somebody thought they do. Run it again when the lessons or the probes have changed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from werkzeug.test import Client

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sample_apps.catalog import select  # noqa: E402
from sample_apps.site import address, build_site  # noqa: E402
from tracer.events import Event  # noqa: E402
from tracer.testing import capture_trace  # noqa: E402
from tracer.wire import ColumnsBuilder, encode_block, encode_frame  # noqa: E402

TARGET = ROOT / "web" / "frontend" / "demo-data" / "samples.bin"
RECORDED = (
    "hook-order",
    "intercept",
    "login-guard",
    "not-found",
    "unhandled",
    "templates",
    "session",
    "flash",
    "blueprints",
    "middleware",
    "multi-app",
    "nested-apps",
    "local-stack",
    "nested-contexts",
    "threads",
    "streaming",
    "streaming-with-context",
)
"""Lessons of every kind of picture; those about contexts that are left behind are not among them,
since the tests that draw from this say that nothing is left."""
AGENT = "d" * 32
BLOCK = 1000


def record() -> list[Event]:
    """The events of all samples of these lessons, each request sent once, in order."""
    with capture_trace() as captured:
        lessons = [lesson for slug in RECORDED for lesson in select([slug])]
        site = build_site(lessons)
        for lesson in lessons:
            client = Client(site)
            for sample in lesson.samples:
                response = client.open(
                    address(lesson, sample),
                    method=sample.method,
                    headers=dict(sample.headers or {}),
                    data=dict(sample.form) if sample.form else None,
                    json=dict(sample.json) if sample.json else None,
                    buffered=True,
                )
                response.close()
    return list(captured.events)


def frame_of(events: Sequence[Event]) -> bytes:
    """One frame of blocks of at most 1000 events, as the dashboard would send it."""
    prefix = next(event.span_id[:8] for event in events if event.span_id)
    blocks = []
    for first in range(0, len(events), BLOCK):
        part = events[first : first + BLOCK]
        builder = ColumnsBuilder(part[0].seq - 1, part[0].ts, prefix)
        for event in part:
            builder.add_event(event)
        blocks.append(encode_block(builder.build(), agent=AGENT, first=first + 1))
    return encode_frame(blocks, 0, len(events))


def main() -> None:
    events = record()
    TARGET.write_bytes(frame_of(events))
    print(f"{len(events)} events, {TARGET.stat().st_size} bytes: {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
