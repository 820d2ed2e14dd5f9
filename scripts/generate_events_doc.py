"""Writes ``docs/events.md`` from ``tracer/vocabulary.py``; ``--check`` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tracer.vocabulary import COMMON, KINDS, Kind  # noqa: E402

TARGET = ROOT / "docs" / "events.md"
HEAD = """# Events

Generated from `tracer/vocabulary.py` by `scripts/generate_events_doc.py`.

A **span** is a `begin` and an `end` with the same `span_id`; an **instant** is one event. Every
begin gets its end, whatever happens. Events stand in the order in which Python did the things.
What is known when a span begins is on the begin event, results are on the end.

| kind | is | meaning | name | attributes |
|---|---|---|---|---|
"""


def text() -> str:
    """The whole page."""
    rows = "".join(row(kind) for kind in KINDS.values())
    common = "".join(f"- `{name}`: {meaning}\n" for name, meaning in COMMON.items())
    return f"{HEAD}{rows}\nOn any event about a function, or on any span:\n\n{common}"


def row(kind: Kind) -> str:
    attributes = "; ".join(
        f"`{name}` {meaning}".rstrip() for name, meaning in kind.attributes.items()
    )
    name = f"`{kind.kind}`"
    return f"| {name} | {kind.shape} | {kind.meaning} | {kind.name} | {attributes} |\n"


def main() -> int:
    page = text()
    if "--check" in sys.argv:
        return 0 if TARGET.exists() and TARGET.read_text(encoding="utf-8") == page else 1
    TARGET.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
