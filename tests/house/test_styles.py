"""All style sheets that have come apply to the whole page: a class belongs to one of them."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

STYLES = Path(__file__).resolve().parents[2] / "web" / "frontend" / "src" / "styles"
SHARED = {
    "ph-error", "rec-dot", "rec-square", "timeline", "overview", "code-line", "find", "details",
    "rule", "sentence", "why-here", "tabs", "code", "run", "workspace", "story", "segments",
    "requests", "request", "empty",
}  # fmt: skip
"""One element, to which another sheet adds what is different in its place."""


def selectors(sheet: Path) -> list[str]:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    heads = re.findall(r"([^{};]+)\{", text)
    return [one.strip() for head in heads if "@" not in head for one in head.split(",")]


def test_no_two_sheets_use_one_word_for_different_things() -> None:
    leading: dict[str, set[str]] = defaultdict(set)
    standing: dict[str, set[str]] = defaultdict(set)
    for sheet in STYLES.glob("*.css"):
        for selector in selectors(sheet):
            if first := re.match(r"\.([\w-]+)", selector):
                leading[first[1]].add(sheet.name)
            for name in re.findall(r"\.([\w-]+)", selector):
                standing[name].add(sheet.name)
    common = {"base.css", "shell.css"}
    twice = {
        name: sorted(standing[name])
        for name, sheets in leading.items()
        if sheets - common and len(standing[name]) > 1
    }
    assert {name: sheets for name, sheets in twice.items() if name not in SHARED} == {}
    assert SHARED - set(twice) == set()
