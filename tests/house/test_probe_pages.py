"""A page for each probe, and a table of them that is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tracer.probes.catalog import CATALOG, SWITCHED

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "probes"
ROWS = {
    name: (page, kinds, cost)
    for name, page, kinds, cost in re.findall(
        r"^\| \[(\w+)\]\((\S+)\) \| (.*?) \| (.*?) \|$",
        (FOLDER / "README.md").read_text(),
        re.MULTILINE,
    )
}
PAGES = sorted(page.name for page in FOLDER.glob("*.md") if page.name != "README.md")


def test_the_table_has_every_probe_with_its_kinds() -> None:
    said = {name: re.findall(r"`(\S+)`", kinds) for name, (_, kinds, _) in ROWS.items()}
    assert said == {probe.name: list(probe.kinds) for probe in (*CATALOG, *SWITCHED.values())}


def test_every_page_is_in_the_table() -> None:
    assert sorted({page for page, _, _ in ROWS.values()}) == PAGES


@pytest.mark.parametrize("name", ROWS)
def test_the_cost_in_the_table_is_that_of_the_page(name: str) -> None:
    page, _, cost = ROWS[name]
    costs = (FOLDER / page).read_text().partition("## What it costs")[2].partition("\n## ")[0]
    assert cost in costs


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_its_probe_sees_and_what_not_and_what_it_costs(page: str) -> None:
    headings = re.findall(r"^## (.*)$", (FOLDER / page).read_text(), re.MULTILINE)
    said = " · ".join(headings).lower()
    assert [words for words in ("what it costs", "what it does not see") if words not in said] == []
    assert len(headings) >= 3
