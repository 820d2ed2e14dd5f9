"""What the pointer finds on the timeline beside the bars of the selected request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.screen import FITTED, Screen, comes_to

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

PHONE = {"width": 360, "height": 740}
NOTEBOOK = {"width": 1280, "height": 720}
FIRST_BAR = (400, 70)
"""Inside the uppermost bar of the lane in view, pixels from the timeline's corner."""


def corner(timeline: Locator) -> tuple[float, float]:
    box = timeline.bounding_box()
    assert box is not None
    return box["x"], box["y"]


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
