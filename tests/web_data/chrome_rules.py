"""What a file in Chrome's trace format must keep, by the rules of the format and of Perfetto."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

KNOWN = set("XBiMbesf")


def read(text: str) -> dict[str, Any]:
    """The file; times stay exact."""
    document: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return document


def offences(document: dict[str, Any]) -> list[str]:
    """Every rule that the file breaks; [] is what a test wants."""
    events = document["traceEvents"]
    return [
        *_fields(events),
        *_names(events),
        *_nesting(events),
        *_asynchronous(events),
        *_flows(events),
    ]


def slices(events: list[dict[str, Any]]) -> dict[tuple[int, int], list[tuple[Any, Any]]]:
    """Begin and end of every slice, by process and thread."""
    found = defaultdict(list)
    last = max((e["ts"] + e.get("dur", 0) for e in events if "ts" in e), default=0)
    for event in events:
        if event["ph"] in "XB":
            end = event["ts"] + event["dur"] if event["ph"] == "X" else last
            found[event["pid"], event["tid"]].append((event["ts"], end))
    return found


def _fields(events: list[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        if event.get("ph") not in KNOWN:
            yield f"unknown phase: {event}"
        if not isinstance(event.get("name"), str) or not isinstance(event.get("pid"), int):
            yield f"no name or pid: {event}"
        if not 0 <= event.get("tid", -1) < 1 << 31:
            yield f"no tid that a reader holds: {event}"
        if event["ph"] != "M" and not 0 <= event.get("ts", -1) < 1 << 50:
            yield f"no time that a double holds exactly: {event}"
        if event["ph"] == "X" and event.get("dur", -1) < 0:
            yield f"no duration: {event}"


def _names(events: list[dict[str, Any]]) -> Iterator[str]:
    named = {(e["name"], e["pid"], e["tid"]) for e in events if e["ph"] == "M"}
    for event in events:
        if ("process_name", event["pid"], 0) not in named:
            yield f"a process without a name: {event}"
        if event["tid"] and ("thread_name", event["pid"], event["tid"]) not in named:
            yield f"a thread without a name: {event}"


def _nesting(events: list[dict[str, Any]]) -> Iterator[str]:
    for place, found in slices(events).items():
        stack: list[tuple[Any, Any]] = []
        for begin, end in sorted(found, key=lambda one: (one[0], -one[1])):
            while stack and stack[-1][1] <= begin:
                stack.pop()
            if stack and stack[-1][1] < end:
                yield f"slices of {place} overlap: {stack[-1]} and {(begin, end)}"
            stack.append((begin, end))


def _asynchronous(events: list[dict[str, Any]]) -> Iterator[str]:
    depths: dict[Any, int] = defaultdict(int)
    for event in sorted((e for e in events if e["ph"] in "be"), key=lambda e: e["ts"]):
        key = (event["cat"], event["id"])
        depths[key] += 1 if event["ph"] == "b" else -1
        if depths[key] < 0:
            yield f"an end without a begin: {event}"


def _flows(events: list[dict[str, Any]]) -> Iterator[str]:
    places = slices(events)
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        if event["ph"] in "sf":
            found[event["id"]].append(event)
            inside = places[event["pid"], event["tid"]]
            if not any(begin <= event["ts"] <= end for begin, end in inside):
                yield f"an arrow that no slice holds: {event}"
    for number, ends in found.items():
        if [end["ph"] for end in ends] != ["s", "f"] or ends[0]["ts"] > ends[1]["ts"]:
            yield f"arrow {number} is not one from an earlier time to a later: {ends}"
        if ends[-1].get("bp") != "e":
            yield f"arrow {number} does not bind to the slice around its end"
