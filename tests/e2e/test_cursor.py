"""The cursor goes through a request, and the context stack beside it follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.screen import FITTED, Box, Screen, comes_to, golden_rows

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

DRAG_STEPS = 150
APP = Box("AppContext", "hook_order")
REQUEST = Box("RequestContext", "GET /hook-order/")


def test_the_stack_card_shows_what_is_pushed_at_every_step_of_a_request(
    stage: Stage, open_page: OpenPage
) -> None:
    screen = Screen(open_page(stage.address))
    screen.run_sample("The order of hooks")
    screen.show_table()
    rows = golden_rows("hook-order")
    screen.expect_rows(rows)

    screen.row("request", "GET /hook-order/").click()
    screen.expect_boxes([])
    seen = [screen.boxes()]
    # An end is an event too, so there are more steps than rows, but never more than two a row.
    for _ in range(2 * len(rows)):
        screen.page.keyboard.press(".")
        if screen.boxes() != seen[-1]:
            seen.append(screen.boxes())
    assert seen == [[], [APP], [REQUEST, APP], [APP], []]


def test_the_proxies_point_to_the_contexts_that_they_resolve_to(
    stage: Stage, open_page: OpenPage
) -> None:
    screen = Screen(open_page(stage.address))
    screen.run_sample("The order of hooks")
    screen.show_table()

    screen.row("view", "index").click()
    screen.expect_boxes([REQUEST, APP])
    bound = {
        "current_app": "hook_order",
        "g": "hook_order",
        "request": "GET /hook-order/",
        "session": "GET /hook-order/",
    }
    comes_to(screen.proxies, bound)
    screen.row("response.close", "response.close").click()
    screen.expect_boxes([])
    comes_to(screen.proxies, dict.fromkeys(bound, ""))


def test_dragging_the_cursor_over_the_timeline_moves_the_stack(
    stage: Stage, open_page: OpenPage
) -> None:
    screen = Screen(open_page(stage.address))
    screen.run_sample("The order of hooks")
    expect(screen.page).to_have_url(FITTED)
    timeline = screen.page.locator(".timeline").bounding_box()
    assert timeline
    left, right = timeline["x"] + 4, timeline["x"] + timeline["width"] - 4
    ruler = timeline["y"] + 8

    seen = []
    screen.page.mouse.move(left, ruler)
    screen.page.mouse.down()
    # Fine enough to come to rest inside the request context, however long the response took.
    for step in range(DRAG_STEPS + 1):
        screen.page.mouse.move(left + (right - left) * step / DRAG_STEPS, ruler)
        seen.append(screen.boxes())
    screen.page.mouse.up()
    assert [seen[0], seen[-1]] == [[], []]
    assert [REQUEST, APP] in seen
