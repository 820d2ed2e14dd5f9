"""Record situations of ``tests/golden`` into ``web/frontend/demo-data/lifecycle-<flask>.json``.

What the lifecycle map makes of them is tested by Vitest; ``tests/golden/test_lifecycle_data.py``
holds the files themselves against the golden orders. Run it again, in an environment with that
Flask, when the situations or the probes have changed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "golden")]

from apps import APPS  # noqa: E402
from shapes import SHAPES  # noqa: E402

from tracer.announce import describe_app  # noqa: E402
from tracer.engine import ENGINE  # noqa: E402
from tracer.events import Event  # noqa: E402
from tracer.probes.flask_compat import flask_version  # noqa: E402
from tracer.testing import capture_trace  # noqa: E402

FOLDER = ROOT / "web" / "frontend" / "demo-data"
SITUATIONS = (
    "two_and_two", "interception", "not_found_answered_404", "unhandled", "handled", "propagated",
    "after_raises", "teardown_raises", "error_in_template", "whole_template", "no_secret_key",
    "one_blueprint", "no_blueprint_known", "nested_blueprints", "before_first_request",
    "stream_in_context", "request_under_context", "dispatcher", "middleware", "thread_with_copy",
    "after_this", "slash_and_method", "options_by_flask", "answer_by_abort", "store_is_down",
    "calls_itself_and_fails",
)  # fmt: skip
OLDER = ("two_and_two", "before_first_request", "one_blueprint", "with_client", "teardown_raises")
"""What other Flasks than the newest are recorded for."""
KEPT = ("key", "version", "registry")


def record(name: str) -> dict[str, Any]:
    """The situation's events, from the making of its applications on, and what they announce."""
    with capture_trace() as captured:
        run = {**APPS, **SHAPES}[name]()
        run()
        described = [
            describe_app(app, record.key, None, (), ())
            for record in ENGINE.apps.records()
            if (app := record.app()) is not None and record.is_on
        ]
    used = {event.app for event in captured.events}
    return {
        "apps": [{k: app[k] for k in KEPT} for app in described if app["key"] in used],
        "events": list(written(captured.events)),
    }


def written(events: Sequence[Event]) -> Iterator[dict[str, Any]]:
    """As ``Written`` of ``demo-data/read.ts`` has them: by small numbers, without what is usual."""
    traces: dict[str | None, str | None] = {None: None}
    threads: dict[int, int] = {}
    for event in events:
        trace = traces.setdefault(event.trace_id, f"t{len(traces)}")
        attributes = {k: v for k, v in event.attributes.items() if k != "source"}
        told = {
            "kind": event.kind,
            "at": event.ts - events[0].ts,
            "phase": event.phase,
            "name": event.name,
            "app": event.app,
            "span": int(event.span_id[8:], 16) if event.span_id else 0,
            "parent": int(event.parent_id[8:], 16) if event.parent_id else 0,
            "thread": threads.setdefault(event.lane.thread, len(threads) + 1),
            "attributes": attributes,
        }
        usual = {"phase": "instant", "span": 0, "parent": 0, "thread": 1, "attributes": {}}
        short = {k: v for k, v in told.items() if k not in usual or v != usual[k]}
        yield {**short, "trace_id": trace}


def main() -> None:
    flask = flask_version()
    is_newest = tuple(map(int, flask.split(".")[:2])) == (3, 1)
    names = SITUATIONS if is_newest else OLDER
    situations = {}
    for name in names:
        if name == "before_first_request" and flask >= "2.3":
            continue
        situations[name] = record(name)
    target = FOLDER / f"lifecycle-{'.'.join(flask.split('.')[:2])}.json"
    lines = [f"{json.dumps(name)}: {compact(found)}" for name, found in situations.items()]
    text = ",\n".join(lines)
    target.write_text(f'{{"flask": {json.dumps(flask)}, "situations": {{\n{text}\n}}}}\n')
    print(f"{len(situations)} situations, {target.stat().st_size} bytes: {target.name}")


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    main()
