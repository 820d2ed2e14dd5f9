"""In Chinese nothing English is left on the screens, and axe has no complaint in either theme."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_accessibility import AXE, violations
from tests.processes import ROOT

if TYPE_CHECKING:
    from conftest import OpenPage, Stage, Watched

TEXTS = ROOT / "web" / "frontend" / "src" / "i18n"
PATHS = ("/hook-order/", "/intercept/")

SHOWN = """() => {
  const said = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest("pre, script, option") === null) said.push(node.data);
  }
  for (const element of document.body.querySelectorAll("*")) {
    for (const name of ["aria-label", "title", "placeholder", "aria-description"]) {
      if (element.hasAttribute(name)) said.push(element.getAttribute(name));
    }
  }
  return said.map((text) => text.trim()).filter((text) => text !== "");
}"""
"""Every text of the page, and what its elements say of themselves."""


def catalogue(language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(TEXTS.glob(f"{language}*.json")):
        found |= json.loads(path.read_text())
    return found


def english_texts() -> Iterator[str]:
    """What the page says in English and says differently in Chinese."""
    english, chinese = catalogue("en"), catalogue("zh")
    for key, text in english.items():
        if chinese.get(re.sub(r"\.one$", ".other", key)) != text:
            yield text
    # A sentence is its own key.
    yield from (key for key, text in chinese.items() if key not in english and text != key)
    for path in sorted((ROOT / "sample_apps").glob("s*/*.json")):
        lesson = json.loads(path.read_text())
        yield from (lesson[name]["en"] for name in ("title", "question", "watch", "mistake"))


@cache
def english() -> list[re.Pattern[str]]:
    """A whole text of the page that is one of them, whatever stands in its holes.

    Words in small letters are left alone: those are Flask's own in both languages. So is Python's
    ``None``.
    """
    patterns = []
    for text in english_texts():
        parts = re.split(r"\{\w+\}", text)
        words = re.findall(r"[A-Za-z']{2,}", " ".join(parts))
        if len(words) > 1 or (words and text[0].isupper() and text != "None"):
            patterns.append(re.compile("(.+)".join(map(re.escape, parts)), re.DOTALL))
    return patterns


def left_over(page: Page) -> list[str]:
    texts = set(page.evaluate(SHOWN))
    return sorted(text for text in texts if any(one.fullmatch(text) for one in english()))


def test_what_is_left_over_is_found(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address, locale="en-GB")
    expect(page.get_by_role("link", name="Hooks & signals")).to_be_visible()
    assert "Hooks & signals" in left_over(page)


@pytest.fixture
def traces(stage: Stage) -> list[str]:
    """Two requests that the dashboard has stored, the newest first."""
    stage.clear()
    for path in PATHS:
        # One of them is answered with 403.
        with suppress(HTTPError):
            urlopen(f"{stage.samples.url}{path}", timeout=30).close()
        stage.wait_for_trace(path)
    return [item["id"] for item in stage.dashboard.request("GET", "/api/traces").json["items"]]


def ready(page: Page, screen: str) -> Locator:
    """What stands on a screen when there is nothing more to come."""
    return {
        "map": page.get_by_test_id("step-title"),
        "hooks": page.get_by_test_id("hook-title"),
        "compare": page.get_by_test_id("compare"),
        "learn": page.get_by_test_id("done"),
        "lesson": page.get_by_role("heading", level=1),
    }[screen]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_screens_are_chinese_and_have_no_violation(
    stage: Stage, open_page: OpenPage, traces: list[str], theme: str
) -> None:
    page = open_page(stage.address, locale="zh-CN", color_scheme=theme, bypass_csp=True)
    newest, oldest = traces
    addresses = {
        "map": f"/map?trace={newest}",
        "hooks": "/hooks",
        "compare": f"/compare?a={oldest}&b={newest}",
        "learn": "/learn",
        "lesson": "/learn?lesson=10B",
    }
    found: dict[str, list[str]] = {}
    for screen, address in addresses.items():
        page.goto(f"{stage.dashboard.url}{address}")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        if screen == "hooks":
            page.locator("[role=row][data-kind=before_request]").first.click()
        expect(ready(page, screen)).to_be_visible()
        page.add_script_tag(content=AXE.read_text())
        found[f"{screen}: English"] = left_over(page)
        found[f"{screen}: axe"] = violations(page)
    assert {place: lines for place, lines in found.items() if lines} == {}


def test_a_refusal_of_the_dashboard_is_told_in_chinese(
    stage: Stage, open_page: OpenPage, watched: Watched
) -> None:
    watched.expected.append("404")
    page = open_page(stage.address, locale="zh-CN")
    expect(page.get_by_role("link", name="实时", exact=True)).to_be_visible()
    page.goto(f"{stage.dashboard.url}/recordings/987654")
    expect(page.get_by_role("alert")).to_contain_text("此仪表盘没有录制 987654：它已被删除")
