"""The main path without a mouse."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Locator, Page, expect

from tests.e2e.screen import Box, Screen, answer_of, golden_rows

if TYPE_CHECKING:
    from conftest import OpenPage, Stage, Watched

TABS = 60


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until *target* has the focus."""
    for _ in range(TABS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    expect(target).to_be_focused(timeout=1)


def test_the_main_path_needs_no_mouse(own_stage: Stage, open_page: OpenPage) -> None:
    page = open_page(own_stage.address)
    keyboard = page.keyboard
    screen = Screen(page)
    screen.expect_connected()

    tab_to(page, screen.button("Send a sample request"))
    keyboard.press("Enter")
    expect(screen.story).to_contain_text("GET /hook-order/")

    keyboard.press("t")
    screen.expect_rows(golden_rows("hook-order"))
    active = screen.table.locator("[role=row][tabindex='0']")
    tab_to(page, active)
    keyboard.press("Home")
    screen.expect_boxes([])
    for _ in range(12):
        keyboard.press("ArrowDown")
    screen.expect_boxes(
        [Box("RequestContext", "GET /hook-order/"), Box("AppContext", "hook_order")]
    )

    keyboard.press("r")
    expect(screen.button(re.compile("^Stop"))).to_be_visible()
    tab_to(page, screen.button("New request"))
    keyboard.press("Enter")
    composer = page.get_by_role("region", name="New request")
    tab_to(page, composer.get_by_role("button", name="Run: The order of hooks"))
    keyboard.press("Enter")
    expect(answer_of(composer)).to_be_visible()
    keyboard.press("Escape")
    expect(screen.button(re.compile(r"^Stop · [1-9]"))).to_be_visible()
    keyboard.press("r")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    keyboard.press("Control+A")
    keyboard.type("By hand")
    keyboard.press("Enter")

    tab_to(page, page.get_by_role("link", name="Recordings", exact=True))
    keyboard.press("Enter")
    row = page.locator("tr[data-recording]")
    tab_to(page, row.get_by_role("button", name="Open By hand"))
    keyboard.press("Enter")
    position = page.get_by_test_id("position")
    expect(position).to_contain_text(re.compile("event 1 of [1-9]"))
    keyboard.press(".")
    expect(position).to_contain_text("event 2 of")
    keyboard.press("t")
    screen.expect_rows(golden_rows("hook-order"))


def test_keys_live_on_where_the_list_of_them_cannot_be_had(
    stage: Stage, open_page: OpenPage, watched: Watched
) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.send_first_sample()
    watched.expected.append("net::ERR_FAILED")
    page.route("**/assets/help-*.js", lambda route: route.abort())
    page.keyboard.press("?")
    alert = page.get_by_role("alert").filter(has_text="could not be loaded")
    expect(alert).to_be_visible()
    screen.show_table()

    page.unroute("**/assets/help-*.js")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("t")
    expect(screen.table).to_be_visible()
