"""The dashboard's page as a person meets it: words, buttons, the table, the stack card."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from playwright.sync_api import Locator, Page, expect

from sample_apps.catalog import LESSONS
from tests.e2e.slow_page import PATIENCE

FITTED = re.compile(r"view=-\d[\d.]*_\d")
"""The address when the selected request lies in view: it begins a little before its start."""

WHILE_IT_IS_DEAD = [
    r"net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE)",
    r"WebSocket connection to .* failed",
]
"""What Chromium itself writes when a socket or a request finds nobody."""

Found = TypeVar("Found")


def comes_to(read: Callable[[], Found], expected: Found) -> None:
    """What *read* finds comes to be *expected*, within the time of every other expectation."""
    deadline = time.monotonic() + PATIENCE / 1000
    while (found := read()) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found == expected, found


def address_of(page: Page) -> str:
    """What stands in the page's address bar, asked of the page itself.

    Playwright's own ``url`` is what it last heard, and while a test waits without asking the
    browser anything it hears nothing: an address that comes a moment after a click never comes.
    """
    return str(page.evaluate("location.href"))


class Row(NamedTuple):
    """One row of the accessible table."""

    level: int
    kind: str
    name: str


class Box(NamedTuple):
    """One context of the stack card."""

    kind: str
    app: str


def golden_rows(slug: str, sample: int = 0) -> list[Row]:
    """What the table must hold for a lesson's sample: its picture without the ends, and without
    what happens outside of its trace."""
    picture = next(lesson.picture for lesson in LESSONS if lesson.slug == slug)
    part = re.split("^== ", picture.read_text(encoding="utf-8"), flags=re.M)[sample + 1]
    rows = []
    for line in part.splitlines():
        if found := re.match(r"( +)([>·]) (\S+) (.*?)(?: \w+=.*)?$", line):
            level = len(found[1]) // 2 - 1
            if level > 1 or found[2] == ">":  # a moment that stands alone is in no trace
                rows.append(Row(level, found[3], found[4]))
    return rows


class Screen:
    """Live or Recording; every method acts as a reader would and waits as long as a reader."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.table = page.get_by_test_id("table")
        self.stack = page.get_by_test_id("stack")
        self.story = page.get_by_test_id("story")
        self.requests = page.get_by_role("listbox", name="Requests")
        self.connection = page.locator(".connection")

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    def expect_connected(self) -> None:
        expect(self.connection).to_have_attribute("data-state", "ok")

    def send_first_sample(self) -> None:
        self.expect_connected()
        self.button("Send a sample request").click()
        expect(self.story).to_be_visible()

    def show_table(self) -> None:
        expect(self.story).to_be_visible()
        self.page.keyboard.press("t")
        expect(self.table).to_be_visible()

    def rows(self) -> list[Row]:
        """Every row of the table, as it stands now."""
        found = self.table.locator("[role=row][data-kind]").evaluate_all(
            "rows => rows.map(r => [+r.ariaLevel, r.dataset.kind, r.dataset.name])"
        )
        return [Row(*row) for row in found]

    def expect_rows(self, expected: list[Row]) -> None:
        """The table comes to hold exactly *expected*: the whole list, in order."""
        comes_to(self.rows, expected)

    def row(self, kind: str, name: str) -> Locator:
        return self.table.locator(f'[role=row][data-kind="{kind}"][data-name="{name}"]')

    def boxes(self) -> list[Box]:
        """The contexts on the stack at the cursor, top first."""
        found = self.stack.locator("[data-context]").evaluate_all(
            "boxes => boxes.map(b => [b.dataset.context, b.querySelector('.of').textContent])"
        )
        return [Box(kind, app.strip("\u2068\u2069 ")) for kind, app in found]

    def expect_boxes(self, expected: list[Box]) -> None:
        """The stack card comes to show exactly *expected*, top first."""
        comes_to(self.boxes, expected)

    def apps(self) -> list[str]:
        """The applications that the table's rows belong to, without repetition."""
        found = self.table.locator("[role=row][data-kind]").evaluate_all(
            "rows => rows.map(r => r.dataset.app)"
        )
        return sorted(set(found))

    def proxies(self) -> dict[str, str]:
        """What each proxy resolves to at the cursor; an unbound one to ``""``."""
        found = self.stack.locator("[data-proxy]").evaluate_all(
            "all => all.map(p => [p.dataset.proxy, p.dataset.target])"
        )
        return dict(found)

    def open_composer(self) -> Locator:
        self.button("New request").click()
        composer = self.page.get_by_role("region", name="New request")
        expect(composer).to_be_visible()
        return composer

    def run_sample(self, title: str) -> None:
        """Run one sample from the composer; return when its request, now over, is selected."""
        composer = self.open_composer()
        before = self.selected_trace()
        composer.get_by_role("tab", name="Samples").click()
        composer.get_by_role("button", name=f"Run: {title}", exact=True).click()
        expect(answer_of(composer)).to_be_visible()
        composer.get_by_role("button", name="Close", exact=True).click()
        selected = self.requests.locator("[role=option][aria-selected=true]")
        expect(selected).to_be_visible()
        expect(selected).not_to_have_attribute("data-trace", before)
        expect(selected.locator(".duration")).not_to_be_empty()

    def selected_trace(self) -> str:
        """The id of the selected request's trace, ``""`` while none is selected."""
        selected = self.page.locator("[role=option][aria-selected=true]")
        return "".join(selected.evaluate_all("all => all.map(o => o.dataset.trace)"))


def stop_recording(screen: Screen, name: str | None = None) -> None:
    """End the recording that runs and has events; keep *name*, or the one that is proposed."""
    screen.button(re.compile(r"^Stop · [1-9]\d* events")).click()
    field = screen.page.get_by_label("Name", exact=True)
    expect(field).to_be_focused()
    if name is not None:
        field.fill(name)
    field.press("Enter")
    expect(screen.button(re.compile("^Record"))).to_be_visible()


def answer_of(composer: Locator) -> Locator:
    return composer.get_by_role("region", name="Answer", exact=True)


def save_download(screen: Screen, press: Locator, folder: Path) -> Path:
    """The file that pressing *press* downloads."""
    with screen.page.expect_download() as started:
        press.click()
    target = folder / started.value.suggested_filename
    started.value.save_as(target)
    return target
