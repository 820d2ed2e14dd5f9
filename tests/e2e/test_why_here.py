"""Why here? In the details: who registered what ran, and how a handler was chosen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.screen import Screen
from tests.e2e.test_accessibility import AXE, violations

if TYPE_CHECKING:
    from conftest import OpenPage, Stage


def ask(page: Page, screen: Screen, kind: str, name: str) -> None:
    screen.show_table()
    screen.row(kind, name).click()
    page.get_by_role("tab", name="Why here?").click()
    expect(page.get_by_test_id("why")).to_be_visible()


def asked_in(stage: Stage, open_page: OpenPage, sample: str, kind: str, name: str) -> Page:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample(sample)
    ask(page, screen, kind, name)
    return page


def test_a_hook_says_who_registered_it_and_its_place_among_the_others(
    stage: Stage, open_page: OpenPage
) -> None:
    sample = "A hook that answers: Without a ticket"
    page = asked_in(stage, open_page, sample, "before_request", "process_request1")

    why = page.get_by_test_id("why")
    expect(why).to_contain_text("It is for every request of the application.")
    expect(why).to_contain_text("It is number 1 of the 2 before_request functions")
    expect(why.get_by_role("listitem")).to_have_text(
        [
            re.compile(r"^1process_request1 application .*intercept\.py:\d+"),
            re.compile(r"^2process_request2 application .*intercept\.py:\d+skipped$"),
        ]
    )

    # From event to event the question stays the same.
    page.keyboard.press(".")
    page.keyboard.press(".")
    page.keyboard.press(".")
    expect(page.get_by_test_id("event-title")).to_contain_text("make_response")
    expect(why).to_have_text(re.compile("Flask takes this step by itself"))
    page.get_by_role("button", name="Show on the lifecycle map").click()
    expect(page.get_by_test_id("step-title")).to_have_text("make_response")


def test_a_function_that_runs_in_reverse_says_when_it_was_registered_and_when_it_ran(
    stage: Stage, open_page: OpenPage
) -> None:
    page = asked_in(stage, open_page, "The order of hooks", "after_request", "process_response1")
    expect(page.get_by_test_id("why")).to_contain_text(
        "It was registered as number 1 of 2; after_request functions run in reverse order, "
        "so this request calls it as number 2."
    )
    expect(page.locator(".details")).to_contain_text("registered as number 1 of its kind there")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_handler_says_why_it_was_chosen_among_the_candidates(
    stage: Stage, open_page: OpenPage, theme: str
) -> None:
    page = open_page(stage.address, color_scheme=theme, bypass_csp=True)
    page.add_script_tag(content=AXE.read_text())
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample("Your own 404 page: A page that does not exist")
    screen.show_table()
    handlers = screen.table.locator('[role=row][data-kind="error_handler"]')
    handlers.first.click()
    page.get_by_role("tab", name="Why here?").click()

    why = page.get_by_test_id("why")
    expect(why).to_contain_text(re.compile(r"was chosen for NotFound: registered in the"))
    expect(why.get_by_role("listitem").filter(has_text="✓ chosen")).to_have_count(1)
    assert violations(page) == []
