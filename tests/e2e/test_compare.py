"""Compare: two requests over one merged tree, chosen from the list by keys, pointer or route."""

from __future__ import annotations

import re
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple
from urllib.request import urlopen

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.screen import Screen, comes_to
from tests.e2e.test_accessibility import AXE, violations

if TYPE_CHECKING:
    from conftest import OpenPage, Stage, Watched

WITHOUT = "A hook that answers: Without a ticket"
WITH = "A hook that answers: With a ticket"


class Line(NamedTuple):
    """One row of the merged tree."""

    difference: str
    kind: str
    name: str


def table(page: Page) -> Locator:
    return page.get_by_test_id("compare")


def hooks_and_view(page: Page) -> list[Line]:
    """The rows of the merged tree that stand for the application's own functions."""
    found = (
        table(page)
        .locator("[role=row][data-kind]")
        .evaluate_all(
            "rows => rows.map(r => [r.dataset.difference, r.dataset.kind, r.dataset.name])"
        )
    )
    kinds = ("before_request", "view", "after_request")
    return [line for row in found if (line := Line(*row)).kind in kinds]


def row(page: Page, kind: str, name: str) -> Locator:
    return table(page).locator(f'[role=row][data-kind="{kind}"][data-name="{name}"]')


def send_two(page: Page) -> Screen:
    """A request that a hook answered, and the same one with a ticket, which is selected then."""
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample(WITHOUT)
    screen.run_sample(WITH)
    return screen


def compare_by_keys(page: Page) -> Screen:
    """A is the request without a ticket, B the one with."""
    screen = send_two(page)
    screen.requests.focus()
    page.keyboard.press("ArrowDown")
    expect(screen.story).to_contain_text("403")
    page.keyboard.press("c")
    expect(page.get_by_test_id("marked")).to_contain_text("Compare GET /intercept/ with")
    page.keyboard.press("ArrowUp")
    expect(screen.story).to_contain_text("200")
    page.keyboard.press("c")
    expect(table(page)).to_be_visible()
    return screen


HOOKS_AND_VIEW = [
    Line("changed", "before_request", "process_request1"),
    Line("onlyB", "before_request", "process_request2"),
    Line("onlyB", "view", "index"),
    Line("same", "after_request", "process_response2"),
    Line("same", "after_request", "process_response1"),
]


def test_two_requests_chosen_by_keys_stand_beside_each_other(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address)
    compare_by_keys(page)
    comes_to(lambda: hooks_and_view(page), HOOKS_AND_VIEW)
    expect(row(page, "before_request", "process_request1")).to_contain_text(
        "returned tuple → NoneType"
    )
    counts = page.locator(".compare-counts li")
    expect(counts).to_have_text([r"+ 2 only in B", "− 0 only in A", re.compile("~ [0-9]+ changed"),
                                 re.compile("= [0-9]+ same")])  # fmt: skip
    expect(page.get_by_test_id("contexts")).to_contain_text("Both pushed the same contexts")

    # The link shows what its sender saw.
    page.keyboard.press("u")
    expect(row(page, "after_request", "process_response1")).to_have_count(0)
    row(page, "view", "index").click()
    expect(page).to_have_url(
        re.compile(r"/compare\?a=\w{32}&b=\w{32}&step=\d+&same=0&scale=steps$")
    )
    page.reload()
    expect(page.get_by_test_id("compare-title")).to_have_text("view index")
    expect(row(page, "after_request", "process_response1")).to_have_count(0)


def test_swapped_and_stepped_through_without_a_mouse(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    compare_by_keys(page)
    title = page.get_by_test_id("compare-title")
    page.keyboard.type("sn")
    expect(title).to_have_text("request GET /intercept/")
    expect(row(page, "view", "index")).to_have_attribute("data-difference", "onlyA")
    page.keyboard.press("n")
    expect(title).to_have_text("before_request process_request1")
    expect(page.get_by_role("region", name="The selected step")).to_contain_text("short_circuit")
    page.keyboard.press("n")
    expect(title).to_have_text("before_request process_request2")
    expect(page.locator(".compare-bar.selected")).to_have_count(1)

    table(page).locator("[role=row][tabindex='0']").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    expect(table(page).locator("[role=row][data-kind]")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(row(page, "view", "index")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(title).to_have_text("wsgi_app intercept")

    picture = page.get_by_test_id("picture")
    expect(picture).to_have_attribute("data-scale", "steps")
    page.keyboard.press("x")
    expect(picture).to_have_attribute("data-scale", "time")


def test_by_pointer_with_the_last_one_of_the_route_and_with_ctrl(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address)
    screen = send_two(page)
    screen.button(re.compile("^Compare")).click()
    page.get_by_role("button", name="The last one of this route").click()
    comes_to(lambda: hooks_and_view(page), HOOKS_AND_VIEW)

    page.go_back()
    expect(screen.story).to_be_visible()
    screen.requests.get_by_role("option").nth(1).click(modifiers=["Control"])
    expect(row(page, "view", "index")).to_have_attribute("data-difference", "onlyA")

    # A bar leads to its row.
    page.locator(".compare-bar", has_text="view index").click()
    expect(page.get_by_test_id("compare-title")).to_have_text("view index")
    page.get_by_role("button", name="Show A").click()
    expect(screen.story).to_contain_text("200")


def test_a_recorded_request_beside_a_live_one(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample("The order of hooks")
    page.keyboard.press("r")
    expect(screen.button("Stop")).to_be_visible()
    screen.run_sample(WITHOUT)
    expect(screen.button(re.compile(r"^Stop · [1-9]\d+ events"))).to_be_visible()
    page.keyboard.press("r")
    page.get_by_label("Name", exact=True).press("Enter")
    screen.run_sample(WITH)
    page.get_by_role("link", name="Recordings", exact=True).click()
    page.locator("tr[data-recording]").get_by_role("button", name="Open").click()
    expect(page.get_by_test_id("position")).to_be_visible()
    expect(screen.story).to_contain_text("403")
    page.keyboard.press("c")
    page.get_by_role("link", name="Live", exact=True).click()
    expect(screen.story).to_contain_text("200")
    page.keyboard.press("c")
    comes_to(lambda: hooks_and_view(page), HOOKS_AND_VIEW)


def test_a_trace_that_has_gone_is_said_so_and_another_can_be_chosen(
    stage: Stage, open_page: OpenPage, watched: Watched
) -> None:
    watched.expected.append("404")
    page = open_page(stage.address)
    screen = send_two(page)
    known = screen.selected_trace()
    page.goto(f"{stage.dashboard.url}/compare?a={'0' * 32}&b={known}")
    expect(page.get_by_text("Request A cannot be shown.")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("This dashboard does not have the request")
    choice = page.get_by_label("Request A")
    # The list comes with the connection.
    expect(choice.locator("option")).to_have_count(3)
    choice.select_option(index=2)
    expect(table(page)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_with_nothing_to_compare_it_says_what_to_do(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_text("Two requests are needed")).to_be_visible()
    screen = Screen(page)
    page.get_by_role("link", name="Live", exact=True).click()
    screen.expect_connected()
    screen.run_sample(WITHOUT)
    screen.run_sample(WITH)
    # Who comes without a choice finds the selected request and the last of its route.
    page.get_by_role("link", name="Compare", exact=True).click()
    comes_to(lambda: hooks_and_view(page), HOOKS_AND_VIEW)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_compare_has_no_violation(
    stage: Stage, open_page: OpenPage, theme: str, width: int
) -> None:
    page = open_page(
        stage.address,
        color_scheme=theme,
        bypass_csp=True,
        viewport={"width": width, "height": 900},
    )
    send_two(page)
    page.add_script_tag(content=AXE.read_text())
    page.keyboard.press("c")
    expect(page.get_by_test_id("marked")).to_be_visible()
    found = {"marked": violations(page)}
    page.get_by_role("button", name="The last one of this route").click()
    expect(table(page)).to_be_visible()
    found["compared"] = violations(page)
    row(page, "before_request", "process_request1").click()
    expect(page.get_by_test_id("compare-title")).to_be_visible()
    page.keyboard.press("x")
    found["selected, time"] = violations(page)
    assert {place: lines for place, lines in found.items() if lines} == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_request_that_ran_is_fetched_again_when_it_ends(
    stage: Stage, puzzled_shop: str, open_page: OpenPage
) -> None:
    urlopen(f"{puzzled_shop}/basket").close()
    waiting = Thread(target=lambda: urlopen(f"{puzzled_shop}/queue").close(), daemon=True)
    waiting.start()
    stage.wait_for_trace("/basket")
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    items = {
        path: screen.requests.locator("[role=option]").filter(has_text=path)
        for path in ("/basket", "/queue")
    }
    ids = [item.get_attribute("data-trace") for item in items.values()]
    page.goto(f"{stage.dashboard.url}/compare?a={ids[0]}&b={ids[1]}")
    expect(page.get_by_role("status").filter(has_text="Request B has not ended")).to_be_visible()
    expect(row(page, "after_request", "remember_visitor")).to_have_attribute(
        "data-difference", "onlyA"
    )

    urlopen(f"{puzzled_shop}/open").close()
    expect(page.get_by_role("status").filter(has_text="Request B has not ended")).to_have_count(0)
    expect(row(page, "after_request", "remember_visitor")).to_have_attribute(
        "data-difference", "same"
    )
