"""Repeated steps of the timeline: one bar, which a key or a press opens, and closes again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.e2e.screen import Screen, address_of
from tests.e2e.test_steps import NOTE_TEXTS, WRITTEN
from tests.web_data.agents import START, trace_id
from tracer.events import Event, Lane
from tracer.json_lines import dump_lines

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

QUERIES = 90
STEP = 100_000


def queries() -> Iterator[Event]:
    """A request whose view asks the same thing again and again."""
    seq = 0
    common = {"app": "shop", "trace_id": trace_id(1), "lane": Lane(4711, 1, "main", None, "main")}

    def event(phase: str, kind: str, name: str, span: int, **attributes: object) -> Event:
        nonlocal seq
        seq += 1
        parent = f"{'a' * 8}{min(span - 1, 2):08x}" if span > 1 else None
        return Event(
            seq=seq, ts=START + seq * STEP, phase=phase, kind=kind, name=name,
            span_id=f"{'a' * 8}{span:08x}", parent_id=parent, attributes=attributes, **common,
        )  # fmt: skip

    yield event("begin", "request", "GET /cart", 1, method="GET", path="/cart")
    yield event("begin", "view", "cart", 2)
    for number in range(QUERIES):
        yield event("begin", "db.query", "SELECT cart", 3 + number)
        yield event("end", "db.query", "SELECT cart", 3 + number)
    yield event("end", "view", "cart", 2)
    yield event("end", "request", "GET /cart", 1, status=200)


def opened(stage: Stage, open_page: OpenPage) -> Screen:
    """The recording of that request in the timeline, with one of the queries selected."""
    agent = {"id": "a" * 32, "pid": 4711, "command": "shop", "span_prefixes": ["a" * 8]}
    lines = "".join(dump_lines(queries(), [], name="cart", agents=[agent], apps=[]))
    answer = stage.dashboard.request("POST", "/api/recordings/import", lines.encode())
    page = open_page("about:blank", reduced_motion="reduce")
    page.context.add_init_script(NOTE_TEXTS)
    page.goto(stage.address)
    page.goto(f"{stage.dashboard.url}/recordings/{answer.json['id']}")
    screen = Screen(page)
    expect(screen.story).to_contain_text("GET /cart")
    screen.show_table()
    screen.row("db.query", "SELECT cart").click()
    page.keyboard.press("t")
    expect(screen.table).to_have_count(0)
    expect_folded(page, True)
    return screen


def expect_folded(page: Page, is_folded: bool) -> None:
    """The timeline comes to be drawn with all queries as one bar, or without it."""
    expect_drawn(page, f"SELECT cart ×{QUERIES}", is_folded)


def expect_drawn(page: Page, text: str, is_drawn: bool) -> None:
    """The timeline comes to be drawn with this text, or without it."""
    drawn = f"([text, wanted]) => ({WRITTEN})().includes(text) === wanted"
    page.wait_for_function(drawn, arg=[text, is_drawn])


def test_a_key_opens_repeated_steps_and_folds_them_again(stage: Stage, open_page: OpenPage) -> None:
    stage.clear()
    screen = opened(stage, open_page)
    page = screen.page

    page.keyboard.press("e")
    expect_folded(page, False)
    said = page.get_by_text(f"SELECT cart ×{QUERIES}: each by itself")
    expect(said).to_be_attached()

    page.keyboard.press("e")
    expect_folded(page, True)
    expect(page.get_by_text(f"SELECT cart ×{QUERIES}: one bar")).to_be_attached()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Open and fold repeated steps")


def test_keys_fold_the_lane_of_the_selected_event(stage: Stage, open_page: OpenPage) -> None:
    stage.clear()
    screen = opened(stage, open_page)
    page = screen.page
    expect_drawn(page, "view cart", True)

    page.keyboard.press("Shift+E")
    expect_drawn(page, "view cart", False)
    expect(page.get_by_text("main: folded", exact=True)).to_be_attached()
    expect(page).to_have_url(re.compile(r"fold=4711%2Fmain"))
    page.keyboard.press("Shift+E")
    expect_drawn(page, "view cart", True)
    expect(page.get_by_text("main: opened", exact=True)).to_be_attached()


def test_a_link_folds_and_opens_what_its_sender_did(stage: Stage, open_page: OpenPage) -> None:
    stage.clear()
    screen = opened(stage, open_page)
    page = screen.page
    page.keyboard.press("e")
    expect_folded(page, False)
    page.get_by_role("tab", name="Attributes").click()
    page.keyboard.press("x")
    expect(page).to_have_url(re.compile(r"scale=time.*open=\d+(&|$)"))

    second = open_page("about:blank")
    second.context.add_init_script(NOTE_TEXTS)
    second.goto(stage.address)
    link = address_of(page)
    second.goto(link)
    expect_drawn(second, "view cart", True)
    expect_folded(second, False)
    expect(second).to_have_url(link)

    # The table takes the timeline's place, and gives it back as it was.
    screen.show_table()
    screen.row("view", "cart").click()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"table=1.*closed=\d+"))
    second.goto(address_of(page))
    expect(screen.row("db.query", "SELECT cart")).to_have_count(0)
    expect(Screen(second).row("view", "cart")).to_be_visible()
    expect(Screen(second).row("db.query", "SELECT cart")).to_have_count(0)
    page.keyboard.press("t")
    expect_drawn(page, "view cart", True)
    expect_folded(page, False)

    # Its lane's header folds it.
    box = page.locator(".timeline").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 120, box["y"] + 36)
    expect(page).to_have_url(re.compile(r"fold=4711"))
    second.goto(address_of(page))
    expect_drawn(second, "main", True)
    expect_drawn(second, "view cart", False)
