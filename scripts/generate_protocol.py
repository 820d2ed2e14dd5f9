"""Write the browser's types from the tracer's: ``web/frontend/src/protocol/generated.ts``.

``python scripts/generate_protocol.py`` writes the file, ``--check`` only tells whether it is what
would be written (exit status 1 if not). The wire has one owner, ``tracer/``: nothing is typed
twice.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "web" / "frontend" / "src" / "protocol" / "generated.ts"

_SCALARS = {int: "number", float: "number", str: "string", bool: "boolean", type(None): "null"}


def generate() -> str:
    """The whole text of ``generated.ts``."""
    sys.path.insert(0, str(ROOT))
    events = importlib.import_module("tracer.events")
    wire = importlib.import_module("tracer.wire")
    lines = [
        "// Written by scripts/generate_protocol.py from tracer's events, wire and vocabulary.",
        "// Do not edit: run the script again.",
        "",
        *_constant("VERSION", wire.VERSION),
        *_constant("BLOCK_MAGIC", wire.BLOCK_MAGIC.decode()),
        *_constant("FRAME_MAGIC", wire.FRAME_MAGIC.decode()),
        *_constant("PHASES", list(events.PHASES)),
        "export type Phase = (typeof PHASES)[number];",
        "",
        *_constant("COLUMN_NAMES", list(wire.COLUMN_NAMES)),
        "export type ColumnName = (typeof COLUMN_NAMES)[number];",
        "",
        *_interface(
            "EventItem", events.Event, "One event as the JSON API and JSON Lines carry it."
        ),
        *_lane(events.Lane),
        *_kinds(),
    ]
    return "\n".join(lines) + "\n"


def _constant(name: str, value: object) -> Iterator[str]:
    yield f"export const {name} = {json.dumps(value)} as const;"


def _interface(name: str, cls: type[Any], comment: str) -> Iterator[str]:
    hints = typing.get_type_hints(cls)
    yield f"/** {comment} */"
    yield f"export interface {name} {{"
    for field in dataclasses.fields(cls):
        yield f"  {field.name}: {_typescript(hints[field.name])};"
    yield "}"
    yield ""


def _lane(lane: Any) -> Iterator[str]:
    """The lane twice: named, as JSON Lines have it, and as the tuple in a block's header."""
    hints = typing.get_type_hints(lane)
    yield "export interface LaneItem {"
    yield from (f"  {name}: {_typescript(hints[name])};" for name in lane._fields)
    yield "}"
    elements = ", ".join(f"{name}: {_typescript(hints[name])}" for name in lane._fields)
    yield f"export type LaneTuple = [{elements}];"
    yield ""


def _kinds() -> Iterator[str]:
    """The kinds of events that exist, so that the page can be checked to know all of them."""
    vocabulary = importlib.import_module("tracer.vocabulary")
    kinds: Mapping[str, Any] = vocabulary.KINDS
    yield "/** Kind → whether it is a span, and its heading in docs/events.md. */"
    yield "export const KINDS = {"
    for kind, entry in kinds.items():
        shape, group = json.dumps(entry.shape), json.dumps(entry.group)
        yield f"  {json.dumps(kind)}: {{ shape: {shape}, group: {group} }},"
    yield "} as const;"
    yield "export type Kind = keyof typeof KINDS;"


def _typescript(hint: Any) -> str:
    """A Python annotation in TypeScript's words; :raises TypeError: if it has none."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    if getattr(hint, "__name__", "") == "Lane":
        return "LaneItem"
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " | ".join(json.dumps(argument) for argument in arguments)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_typescript(argument) for argument in arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "Record<string, unknown>"
    raise TypeError(f"no TypeScript type is known for {hint!r}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args().check
    text = generate()
    if check:
        current = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
        if current == text:
            return 0
        print(f"{TARGET.relative_to(ROOT)} is out of date: run scripts/generate_protocol.py")
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
