"""The recordings that Vitest draws lifecycle maps from are what each Flask really does."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from golden_orders import expected
from lines import lines

DEMO_DATA = Path(__file__).resolve().parents[2] / "web" / "frontend" / "demo-data"
RECORDED = {path.stem: json.loads(path.read_text()) for path in DEMO_DATA.glob("lifecycle-*.json")}


def test_the_oldest_and_the_next_flask_are_recorded_as_well() -> None:
    assert sorted(RECORDED) == [
        "lifecycle-1.1", "lifecycle-2.1", "lifecycle-3.1", "lifecycle-3.2",
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_a_recording_is_the_golden_order(name: str) -> None:
    flask = tuple(int(part) for part in RECORDED[name]["flask"].split(".")[:3] if part.isdigit())
    orders = expected(flask)
    situations = RECORDED[name]["situations"]
    found = {key: recorded_lines(item["events"]) for key, item in situations.items()}
    assert found == {key: orders[key] for key in situations}


def recorded_lines(events: list[dict[str, Any]]) -> list[str]:
    shown = [
        SimpleNamespace(**{"phase": "instant", "attributes": {}, **event})
        for event in events
        if event["kind"] != "setup"
    ]
    return lines(shown)  # type: ignore[arg-type]
