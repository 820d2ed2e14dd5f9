"""What the pointer finds on the timeline beside the bars of the selected request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.screen import FITTED, Screen, address_of, comes_to

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

PHONE = {"width": 360, "height": 740}
NOTEBOOK = {"width": 1280, "height": 720}
FIRST_BAR = (400, 70)
"""Inside the uppermost bar of the lane in view, pixels from the timeline's corner."""
SECOND_BAR = (400, 94)
"""Inside the bar below it, which lies in it."""
RULER = 8
LATER = re.compile(r"view=\d")
"""The address when the view begins after the selected request did."""
DRAW_NO_MORE = "() => { window.requestAnimationFrame = () => 1; }"


def corner(timeline: Locator) -> tuple[float, float]:
    box = timeline.bounding_box()
    assert box is not None
    return box["x"], box["y"]


def cursor_in(page: Page) -> str:
    """Where the address says that the cursor stands."""
    found = re.search(r"cursor=(-?[\d.]+)", address_of(page))
    return found[1] if found else ""


def move_to_the_lowest_hand(screen: Screen, timeline: Locator) -> bool:
    """Whether the pointer stands now where it becomes a hand, as low on the timeline as it can."""
    left, top = corner(timeline)
    for y in range(650, 40, -12):
        screen.page.mouse.move(left + 300, top + y)
        if timeline.evaluate("element => element.style.cursor") == "pointer":
            return True
    return False


def test_a_line_of_an_idle_thread_leads_to_its_request(stage: Stage, open_page: OpenPage) -> None:
    screen = Screen(open_page(stage.address))
    screen.run_sample("A context inside a context")
    screen.run_sample("The order of hooks")
    expect(screen.story).to_contain_text("GET /hook-order/")
    timeline = screen.page.get_by_role("application")

    # The lines are drawn with the next frame.
    comes_to(lambda: move_to_the_lowest_hand(screen, timeline), True)
    screen.page.mouse.down()
    screen.page.mouse.up()

    expect(screen.story).to_contain_text("app2 ran outside a request")
    expect(screen.page.get_by_role("button", name="Show the newest")).to_be_visible()


def test_a_key_opens_the_idle_threads_and_folds_them(stage: Stage, open_page: OpenPage) -> None:
    screen = Screen(open_page(stage.address))
    screen.run_sample("A context inside a context")
    screen.run_sample("The order of hooks")
    page = screen.page
    page.keyboard.press("i")
    expect(page.get_by_text(re.compile(r"^\d+ idle threads?: folded$"))).to_be_attached()
    expect(page).to_have_url(re.compile("idle=0"))
    page.keyboard.press("i")
    expect(page.get_by_text(re.compile(r"^\d+ idle threads?: opened$"))).to_be_attached()
    expect(page).to_have_url(re.compile("idle=1"))


def order_of_hooks(stage: Stage, open_page: OpenPage) -> tuple[Page, Locator, tuple[float, float]]:
    """That sample's request with all of it in view: title of what is selected, and the corner."""
    screen = Screen(open_page(stage.address))
    screen.run_sample("The order of hooks")
    expect(screen.page).to_have_url(FITTED)
    title = screen.page.get_by_test_id("event-title")
    expect(title).to_contain_text("view index")
    return screen.page, title, corner(screen.page.get_by_role("application"))


def test_a_bar_says_what_it_is_and_where_flask_says_more(stage: Stage, open_page: OpenPage) -> None:
    screen = Screen(open_page(stage.address))
    screen.run_sample("The order of hooks")
    # A bar that comes under a pointer at rest is not pointed at: it has to be there before.
    expect(screen.page).to_have_url(FITTED)
    left, top = corner(screen.page.get_by_role("application"))
    tip = screen.page.get_by_role("tooltip")

    screen.page.mouse.move(left + FIRST_BAR[0], top + FIRST_BAR[1])
    expect(tip).to_contain_text("One request, from the server's call")
    link = tip.get_by_role("link", name="Flask docs")
    link.hover()
    expect(link).to_have_attribute(
        "href", "https://flask.palletsprojects.com/en/stable/lifecycle/#how-a-request-is-handled"
    )
    screen.page.mouse.move(5, 5)
    expect(tip).to_have_count(0)


def test_a_press_on_a_tip_is_for_what_lies_below_it(stage: Stage, open_page: OpenPage) -> None:
    page, title, (left, top) = order_of_hooks(stage, open_page)
    tip = page.get_by_role("tooltip")

    page.mouse.move(left + FIRST_BAR[0], top + FIRST_BAR[1])
    tip.get_by_text("One request, from the server's call").hover()
    box = tip.bounding_box()
    assert box is not None
    x, y = left + FIRST_BAR[0] + 30, top + SECOND_BAR[1]
    assert box["x"] < x < box["x"] + box["width"]
    assert box["y"] < y < box["y"] + box["height"]
    page.mouse.move(x, y)
    expect(tip).to_be_visible()
    page.mouse.down()
    page.mouse.up()
    expect(tip).to_have_count(0)
    expect(title).to_contain_text("wsgi_app")


def test_the_cursor_is_dragged_and_what_lies_below_it_is_clicked_at(
    stage: Stage, open_page: OpenPage
) -> None:
    page, title, (left, top) = order_of_hooks(stage, open_page)
    x, bar = left + FIRST_BAR[0], top + FIRST_BAR[1]

    at_the_view = cursor_in(page)
    page.mouse.click(x, top + RULER)
    comes_to(lambda: cursor_in(page) != at_the_view, True)
    by_the_ruler = cursor_in(page)
    page.mouse.move(x, bar)
    page.mouse.down()
    page.mouse.move(x + 60, bar)
    page.mouse.up()
    comes_to(lambda: cursor_in(page) != by_the_ruler, True)
    expect(title).to_contain_text("view index")

    page.mouse.click(x + 60, bar)
    expect(title).to_contain_text("request GET /hook-order/")


def test_a_click_is_for_what_is_seen_although_something_else_is_about_to_be_drawn(
    stage: Stage, open_page: OpenPage
) -> None:
    page, title, (left, top) = order_of_hooks(stage, open_page)

    page.evaluate(DRAW_NO_MORE)
    for _ in range(20):
        page.keyboard.press("d")
    expect(page).to_have_url(LATER)
    page.mouse.click(left + SECOND_BAR[0], top + SECOND_BAR[1])
    expect(title).to_contain_text("wsgi_app")


@pytest.mark.parametrize("size", [PHONE, NOTEBOOK], ids=["phone", "notebook"])
def test_the_first_button_and_the_line_to_paste_are_in_view_on_any_screen(
    stage: Stage, open_page: OpenPage, size: dict[str, int]
) -> None:
    screen = Screen(open_page(stage.address, viewport=size))
    screen.expect_connected()
    expect(screen.button("Send a sample request")).to_be_in_viewport(ratio=1)
    expect(screen.page.get_by_text("from tracer import Tracer")).to_be_in_viewport(ratio=0.3)


def test_the_newest_request_offers_no_way_to_the_newest(stage: Stage, open_page: OpenPage) -> None:
    screen = Screen(open_page(stage.address))
    screen.send_first_sample()
    expect(screen.page.get_by_text("newest first")).to_be_visible()
    screen.run_sample("What a template calls")
    expect(screen.page.get_by_text("newest first")).to_be_visible()
    screen.requests.get_by_role("option").nth(1).click()
    screen.button("Show the newest").click()
    expect(screen.story).to_contain_text("GET /templates/")
    expect(screen.page.get_by_text("newest first")).to_be_visible()
