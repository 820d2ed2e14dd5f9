"""Hooks & signals: everything that is registered, what ran it, and why the rest never ran."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.request import urlopen

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.screen import Screen, comes_to
from tests.e2e.test_accessibility import AXE, violations

if TYPE_CHECKING:
    from conftest import OpenPage, Stage, Watched


class Line(NamedTuple):
    """One row of the table."""

    kind: str
    name: str
    runs: int


def go_to_hooks(page: Page) -> Locator:
    page.get_by_role("link", name="Hooks & signals").click()
    expect(page.get_by_role("heading", name="Hooks & signals", level=1)).to_be_visible()
    table = page.get_by_test_id("hooks")
    expect(table).to_be_visible()
    return table


def lines(page: Page) -> list[Line]:
    """Every row that stands in the table now, from the top."""
    found = page.locator('[data-testid="hooks"] [role=row][data-kind]').evaluate_all(
        "rows => rows.map(r => [r.dataset.kind, r.dataset.name, +r.dataset.runs])"
    )
    return [Line(*row) for row in found]


def expect_lines(page: Page, expected: list[Line]) -> None:
    comes_to(lambda: lines(page), expected)


def row(page: Page, kind: str, name: str) -> Locator:
    return page.locator(f'[role=row][data-kind="{kind}"][data-name="{name}"]')


def cells(line: Locator) -> list[str]:
    return [
        text.replace("\u2068", "").strip()
        for text in line.get_by_role("gridcell").all_inner_texts()
    ]


def send_without_and_with_a_ticket(screen: Screen) -> None:
    screen.expect_connected()
    screen.run_sample("A hook that answers: Without a ticket")
    screen.run_sample("A hook that answers: With a ticket")


BOTH_REQUESTS = [
    Line("before_request", "process_request1", 2),
    Line("before_request", "process_request2", 1),
    Line("after_request", "process_response2", 2),
    Line("after_request", "process_response1", 2),
]


def test_what_is_registered_stands_in_the_order_of_a_request_with_its_runs(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    send_without_and_with_a_ticket(screen)
    go_to_hooks(page)
    page.get_by_label("Application").select_option("intercept")
    page.get_by_role("button", name=re.compile("^Hooks")).click()
    expect_lines(page, BOTH_REQUESTS)
    expect(page.get_by_test_id("counted")).to_have_text("Counted in the 2 requests loaded here")
    first_hook = row(page, "before_request", "process_request1")
    comes_to(lambda: cells(first_hook)[:6], [
        "1", "process_request1", "I\nall of intercept", "own code",
        "sample_apps/s10_hooks/intercept.py:9", "2",
    ])  # fmt: skip
    expect(first_hook).to_contain_text("⚑ 1 returned")

    # Sorted, the headings go; the address brings all of it back.
    page.get_by_role("columnheader", name="Runs", exact=True).get_by_role("button").click()
    expect(page.locator("[role=columnheader][aria-sort=descending]")).to_have_text("Runs▾")
    comes_to(lambda: [line.runs for line in lines(page)], [2, 2, 2, 1])
    expect(page).to_have_url(re.compile(r"/hooks\?show=hooks&app=intercept&sort=runs$"))
    page.reload()
    expect(page.locator("[role=columnheader][aria-sort=descending]")).to_have_text("Runs▾")
    expect(row(page, "before_request", "process_request2")).to_have_attribute("data-runs", "1")
    comes_to(lambda: [line.runs for line in lines(page)], [2, 2, 2, 1])


def test_a_row_says_why_it_runs_there_and_leads_to_the_requests_that_ran_it(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    send_without_and_with_a_ticket(screen)
    go_to_hooks(page)
    page.get_by_label("Find a function").fill("intercept process_request1")
    row(page, "before_request", "process_request1").click()
    details = page.get_by_role("region", name="The selected function")
    expect(details).to_contain_text("number 1 of 2: application first, then blueprint")
    expect(details.locator(".code-line.here")).to_contain_text("def process_request1")
    runs = details.get_by_role("region", name="Requests that ran it").get_by_role("button")
    expect(runs).to_have_count(2)
    runs.nth(1).click()
    expect(screen.story).to_contain_text("403")
    expect(page.get_by_test_id("event-title")).to_contain_text("before_request process_request1")

    # By the keys alone: down the rows, and Enter shows the latest run.
    page.go_back()
    table = page.get_by_test_id("hooks")
    table.locator("[role=row][tabindex='0']").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(screen.story).to_contain_text("200")
    expect(page.get_by_test_id("event-title")).to_contain_text("before_request process_request1")


def test_what_never_ran_says_why(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample("Blueprints in blueprints: No blueprint")
    go_to_hooks(page)
    page.get_by_role("button", name=re.compile("^Never ran")).click()
    page.get_by_label("Application").select_option("bookshop")
    expect(row(page, "before_request", "before_books")).to_contain_text(
        "no request here reached a view of shop.books"
    )
    page.get_by_label("Application").select_option("wrapped")
    expect(row(page, "before_request", "process_request")).to_contain_text(
        "no request of wrapped here"
    )
    page.get_by_label("Find a function").fill("nothing of this name")
    expect(page.get_by_text("Nothing that is registered matches.")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    page.get_by_role("button", name=re.compile("^Signals")).click()
    page.get_by_label("Application").select_option("bookshop")
    expect(row(page, "signal", "request_started")).to_contain_text("nobody listens")


def test_a_recording_has_its_own_figures(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample("The order of hooks")
    page.keyboard.press("r")
    expect(screen.button("Stop")).to_be_visible()
    send_without_and_with_a_ticket(screen)
    expect(screen.button(re.compile(r"^Stop · [1-9]\d+ events"))).to_be_visible()
    page.keyboard.press("r")
    page.get_by_label("Name", exact=True).press("Enter")
    page.get_by_role("link", name="Recordings", exact=True).click()
    page.locator("tr[data-recording]").get_by_role("button", name="Open").click()
    expect(page.get_by_test_id("position")).to_be_visible()
    go_to_hooks(page)
    expect(page.get_by_test_id("counted")).to_have_text(
        "Counted in the 2 requests of this recording"
    )
    page.get_by_role("button", name=re.compile("^Hooks")).click()
    page.get_by_label("Application").select_option("intercept")
    expect_lines(page, BOTH_REQUESTS)
    row(page, "before_request", "process_request2").dblclick()
    expect(page.get_by_test_id("position")).to_be_visible()
    expect(page.get_by_test_id("event-title")).to_contain_text("process_request2")


def test_a_recording_that_has_gone_is_said_so(
    stage: Stage, open_page: OpenPage, watched: Watched
) -> None:
    watched.expected.append("404")
    page = open_page(f"{stage.dashboard.url}/hooks?recording=9999&token={stage.dashboard.token}")
    expect(page.get_by_role("alert")).to_contain_text(
        "This dashboard has no recording 9999: it was deleted"
    )
    expect(page.get_by_test_id("counted")).to_have_count(0)
    expect(page.get_by_role("progressbar")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_hooks_have_no_violation(stage: Stage, open_page: OpenPage, theme: str, width: int) -> None:
    page = open_page(
        stage.address,
        color_scheme=theme,
        bypass_csp=True,
        viewport={"width": width, "height": 900},
    )
    page.add_script_tag(content=AXE.read_text())
    screen = Screen(page)
    send_without_and_with_a_ticket(screen)
    go_to_hooks(page)
    found = {"all": violations(page)}
    page.get_by_label("Application").select_option("intercept")
    row(page, "before_request", "process_request1").first.click()
    expect(page.get_by_test_id("hook-title")).to_be_visible()
    found["selected"] = violations(page)
    page.get_by_role("button", name=re.compile("^Other")).click()
    found["other"] = violations(page)
    assert {place: lines for place, lines in found.items() if lines} == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_receiver_that_died_is_listed_with_what_killed_it(
    stage: Stage, open_page: OpenPage
) -> None:
    with urlopen(f"{stage.samples.url}/_scripts/weak-receivers", data=b"", timeout=30) as answer:
        assert b"weakly: 0 receivers" in answer.read()
    stage.wait_for_registered("send_mail")
    page = open_page(stage.address)
    Screen(page).expect_connected()

    go_to_hooks(page)
    page.get_by_role("searchbox").fill("send_mail")
    gone = row(page, "signal_receiver", "send_mail").first
    expect(gone).to_contain_text("✕ died")
    gone.click()
    details = page.get_by_role("region", name="Why here?")
    expect(details).to_contain_text("with weak=False, or keep")
