"""Time travel: a request is stepped and played through, and everything goes along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.e2e.screen import Box, Screen, address_of, comes_to

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

CONTEXTS = [Box("RequestContext", "GET /hook-order/"), Box("AppContext", "hook_order")]
POSITION = re.compile(r"event (\d+) of (\d+)")


def seen(page: Page) -> dict[str, object]:
    """What list, table or title, stack, source and transport bar show at this moment."""
    screen = Screen(page)
    source = page.locator(".source-place")
    return {
        "request": screen.selected_trace(),
        "event": page.get_by_test_id("event-title").inner_text(),
        "stack": screen.boxes(),
        "proxies": screen.proxies(),
        "source": source.all_text_contents(),
        "position": page.get_by_test_id("position").inner_text(),
    }


def test_a_request_is_stepped_through_and_a_link_brings_the_moment_back(
    stage: Stage, open_page: OpenPage
) -> None:
    screen = Screen(open_page(stage.address))
    page = screen.page
    screen.expect_connected()
    screen.run_sample("The order of hooks")
    page.keyboard.press("p")
    position = page.get_by_test_id("position")
    expect(position).to_have_text(POSITION)
    page.get_by_role("slider", name="Position in the replay").fill("0")
    expect(page.get_by_test_id("event-title")).to_contain_text("request GET /hook-order/")
    screen.expect_boxes([])

    # Forward until the first hook begins; the slider has the focus, and letters are the page's.
    step = 1
    while "process_request1" not in page.get_by_test_id("event-title").inner_text():
        page.keyboard.press(".")
        step += 1
        expect(position).to_contain_text(f"event {step} of")
    screen.expect_boxes(CONTEXTS)
    expect(page.locator(".source-place")).to_contain_text("order.py")
    page.get_by_label("Speed").select_option("0.1")
    expect(page).to_have_url(re.compile("speed=0.1"))
    expect(page).to_have_url(re.compile("event="))
    here = seen(page)

    other = open_page(stage.address)
    other.goto(address_of(page))
    expect(other.get_by_test_id("position")).to_have_text(here["position"])
    expect(other.get_by_test_id("event-title")).to_contain_text("process_request1")
    expect(other.locator(".source-place")).to_contain_text("order.py")
    comes_to(lambda: seen(other), here)
    expect(other.get_by_label("Speed")).to_have_value("0.1")


def test_playing_goes_to_the_end_and_the_stack_goes_along(
    stage: Stage, open_page: OpenPage
) -> None:
    screen = Screen(open_page(stage.address))
    page = screen.page
    screen.expect_connected()
    screen.run_sample("The order of hooks")
    page.keyboard.press("p")
    # From the middle on: a machine that stands still for a while may miss what is shown between.
    slider = page.get_by_role("slider", name="Position in the replay")
    slider.fill(str(int(slider.get_attribute("max") or 0) // 2))
    screen.expect_boxes(CONTEXTS)
    page.get_by_label("Speed").select_option("0.001")
    page.locator("body").press("Space")
    expect(page.get_by_test_id("position")).to_have_text(re.compile(r"event (\d+) of \1$"))
    expect(screen.button(re.compile("^Play$"))).to_be_visible()
    screen.expect_boxes([])
    page.keyboard.press("p")
    expect(page.get_by_test_id("position")).to_have_count(0)
