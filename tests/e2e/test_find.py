"""Find and filter: by keys, in the address, what differs from usual, the own steps alone."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.request import urlopen

from playwright.sync_api import Page, expect

from tests.e2e.screen import Row, Screen, address_of

if TYPE_CHECKING:
    from conftest import OpenPage, Stage


def listed(page: Page) -> list[str]:
    """The paths in the request list, newest first."""
    return page.locator("[role=option][data-trace] .path").all_text_contents()


def fire(stage: Stage, app: str, *requests: dict[str, object]) -> None:
    """Requests to a sample application; return when they are stored whole."""
    dashboard = stage.dashboard
    apps = dashboard.request("GET", "/api/apps").json["items"]
    found = next(item["id"] for item in apps if item["name"] == app)
    for request in requests:
        body = {"method": "GET", "path": "/", **request}
        assert dashboard.request("POST", f"/api/apps/{found}/fire", body).status == 200
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        items = dashboard.request("GET", "/api/traces").json["items"]
        if [item["complete"] for item in items] == [True] * len(requests):
            return
        time.sleep(0.05)
    raise AssertionError(f"not stored whole: {items}")


def test_requests_are_found_by_keys_and_a_link_finds_them_again(
    stage: Stage, open_page: OpenPage
) -> None:
    fire(stage, "hook_order", {"path": "/"}, {"path": "/nowhere"})
    page = open_page(stage.address)
    screen = Screen(page)
    expect(screen.requests.get_by_role("option")).to_have_count(2)

    page.keyboard.press("/")
    page.keyboard.type("stat")
    expect(page.get_by_role("listbox", name="What may be written here")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("4")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#find")).to_have_value("status:404 ")
    expect(page.get_by_test_id("find-result")).to_have_text("1 of 2 requests")
    expect(page).to_have_url(f"{stage.dashboard.url}/?q=status%3A404+")

    other = open_page(stage.address)
    other.goto(address_of(page))
    expect(other.locator("[role=option][data-trace]")).to_have_count(1)
    assert listed(other) == ["GET /hook-order/nowhere"]
    other.keyboard.press("/")
    other.keyboard.press("Escape")
    other.keyboard.press("Escape")
    expect(other.locator("[role=option][data-trace]")).to_have_count(2)


def test_a_cookie_is_found_by_its_name(
    stage: Stage, puzzled_shop: str, open_page: OpenPage
) -> None:
    fire(stage, "hook_order", {"path": "/"})
    urlopen(f"{puzzled_shop}/basket", timeout=10).close()
    stage.wait_for_trace("/basket")
    page = open_page(stage.address)
    expect(Screen(page).requests.get_by_role("option")).to_have_count(2)
    page.locator("#find").fill("visitor")
    expect(page.get_by_test_id("find-result")).to_have_text("1 of 2 requests")
    expect(page.locator("[role=option][data-trace] .path")).to_have_text(["GET /basket"])


def test_a_filter_that_cannot_be_read_says_what_is_wrong(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(f"{stage.address}&q=stats:404+duration:long")
    result = page.get_by_test_id("find-result")
    expect(result).to_contain_text("“stats:404”: there is no such field.")
    expect(result).to_contain_text("“duration:long”: a duration is >10ms, <=2s or 5ms..20ms.")


def test_the_one_that_differs_from_usual_is_found_and_says_in_what(
    stage: Stage, open_page: OpenPage
) -> None:
    with_ticket = {"query": {"ticket": "yes"}}
    fire(stage, "intercept", with_ticket, with_ticket, {}, with_ticket)
    page = open_page(f"{stage.address}&q=is:unusual")
    found = page.locator("[role=option][data-trace]")
    expect(found).to_have_count(1)
    expect(found.locator(".second")).to_have_text(
        "intercept · + ⚑ process_request1 + start_response 403 FORBIDDEN "
        "− before_request process_request2 − view index − start_response 200 OK"
    )


def test_the_table_without_framework_steps_holds_the_own_ones(
    stage: Stage, open_page: OpenPage
) -> None:
    fire(stage, "hook_order", {})
    page = open_page(f"{stage.address}&table=1")
    screen = Screen(page)
    screen.button("Your steps only").click()
    own = [
        Row(1, "request", "GET /hook-order/"),
        Row(2, "before_request", "process_request1"),
        Row(2, "before_request", "process_request2"),
        Row(2, "view", "index"),
        Row(2, "after_request", "process_response2"),
        Row(2, "after_request", "process_response1"),
    ]
    screen.expect_rows(own)
    expect(page).to_have_url(re.compile("own=1"))
    screen.row("view", "index").click()
    # To its end, and from there to the next step that is the application's.
    page.keyboard.press(".")
    page.keyboard.press(".")
    expect(page.get_by_test_id("event-title")).to_contain_text("process_response2")
    page.reload()
    screen.expect_rows(own)
