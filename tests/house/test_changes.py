"""The page "What Flaskscope changes in your process" says all of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tracer.probes.catalog import CATALOG, SWITCHED
from tracer.probes.stores import StoreProbe

GREEN = ("asyncio", "concurrent.futures.thread")
STORES = [probe for probe in CATALOG if issubclass(probe, StoreProbe)]
ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "changes-in-your-process.md").read_text()

Places = set[tuple[str, str]]


def tables() -> list[Places]:
    """Where and what, in each table of the section."""
    section = PAGE.partition("## What is replaced")[2].partition("\n## ")[0]
    found: list[Places] = []
    for table in section.split("| where | what | probe |\n")[1:]:
        rows = re.findall(r"^\| (.+?) \| (.+?) \|", table, re.MULTILINE)
        found.append({
            (where.strip("`"), name)
            for where, what in rows
            for name in re.findall(r"`(\w+)`", what)
        })  # fmt: skip
    return found


def look(*libraries: str) -> dict[str, Places]:
    """What differs in all modules and classes, in a process that has imported *libraries*."""
    script = [sys.executable, str(ROOT / "tests" / "house" / "replaced.py"), *libraries]
    run = subprocess.run(script, check=True, capture_output=True, text=True)
    return {when: {(w, n) for w, n in places} for when, places in json.loads(run.stdout).items()}


@pytest.fixture(scope="module")
def seen() -> dict[str, Places]:
    return look()


def test_the_page_names_every_attribute_that_a_tracer_replaces(seen: dict[str, Places]) -> None:
    always, in_applications, *_ = tables()
    assert always | in_applications == seen["one"]


def test_the_page_names_what_else_is_replaced_for_all_applications(seen: dict[str, Places]) -> None:
    always, in_applications, later, *_ = tables()
    assert always | in_applications | later == seen["all"]


def test_the_page_names_what_is_replaced_in_libraries() -> None:
    always, in_applications, _, in_libraries, _ = tables()
    modules = {name for probe in STORES for name in probe.modules}
    seen = look(*sorted(modules), *GREEN, "redis.cluster")
    assert always | in_applications | in_libraries == seen["one"]
    assert seen["off"] == seen["after"] == set()


def test_the_page_names_what_is_replaced_by_the_switches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASKSCOPE_RECORD", ",".join(SWITCHED))
    always, in_applications, _, _, switched = tables()
    seen = look()
    assert always | in_applications | switched == seen["one"]
    assert seen["off"] == seen["after"] == set()


def test_a_tracer_that_is_off_replaces_nothing_and_one_that_is_taken_out_leaves_nothing(
    seen: dict[str, Places],
) -> None:
    assert seen["off"] == set()
    assert seen["after"] == set()
