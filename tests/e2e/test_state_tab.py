"""Who set what: the state tab, and the boxes of the stack with their objects and their g."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.screen import Screen

if TYPE_CHECKING:
    from conftest import OpenPage, Stage


def test_a_step_shows_before_and_after_and_who_set_it(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample("The session is a signed cookie: Put tea into the cart")
    screen.show_table()
    screen.row("view", "add").click()
    page.get_by_role("tab", name="State").click()
    changed = page.get_by_test_id("state").locator("tr.changed")
    expect(changed.first).to_contain_text("cart")
    rows = [row.split()[:3] for row in changed.all_text_contents()]
    assert rows[:2] == [["+", "cart", "['tea']view"], ["+", "status", "302"]]

    # A later step that changed nothing shows what stands there, and leads to who set it.
    screen.row("response.close", "response.close").click()
    cart = page.get_by_test_id("state").get_by_role("row").filter(has_text="cart")
    expect(cart).not_to_have_class("changed")
    cart.get_by_role("button", name="view add").click()
    expect(page.get_by_test_id("event-title")).to_contain_text("view add")
    expect(page.get_by_role("tab", name="State")).to_have_attribute("aria-selected", "true")


def test_a_box_says_which_object_it_is_and_who_waits_below_it(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample("Another application inside a request: Step into the storeroom")
    screen.show_table()
    screen.row("app_context.push", "storeroom").first.click()
    boxes = screen.stack.locator("[data-context]")
    expect(boxes).to_have_count(3)
    expect(boxes.locator(".where")).to_have_text(
        [
            re.compile(r"^in _cv_app\s*#\d+$"),
            re.compile(r"^in _cv_request\s*#\d+$"),
            re.compile(r"^waits for the pop above it\s*#\d+$"),
        ]
    )
    identities = boxes.locator(".identity").all_text_contents()
    assert identities[0] != identities[2]
    expect(screen.stack).to_contain_text("Flask 2.2 to 3.1 keeps two context variables")
