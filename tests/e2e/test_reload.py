"""A page that is loaded anew shows what the one before it showed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.screen import Screen, address_of, comes_to

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

LESSONS = ("What a template calls", "The order of hooks")

ONE_REQUEST = re.compile(r"view=-?\d{1,6}(\.\d+)?_\d{1,6}(\.\d+)?(&|$)")
"""A view in microseconds since the request's start; between two requests lies more than that."""


def view_in(address: str) -> tuple[float, float]:
    """The times that an address shows, in microseconds since the request's start."""
    found = re.search(r"view=(-?[\d.]+)_(-?[\d.]+)", address)
    assert found is not None
    return float(found[1]), float(found[2])


def hues(screen: Screen) -> dict[str, str]:
    """The class that colours each application's tile in the list, by the request's path."""
    found = screen.requests.locator("[role=option]").evaluate_all(
        "all => all.map(o => [o.querySelector('bdi').textContent,"
        " o.querySelector('.tile').className])"
    )
    return dict(found)


def test_an_older_request_is_shown_whole_in_a_fresh_page(stage: Stage, open_page: OpenPage) -> None:
    screen = Screen(open_page(stage.address))
    for title in LESSONS:
        screen.run_sample(title)
    stage.wait_for_trace("/hook-order/")

    # The address names the newest, whose events may come first: times before them are negative.
    screen.page.reload()
    expect(screen.story).to_contain_text("/hook-order/")
    screen.requests.get_by_text("/templates/").click()
    expect(screen.story).to_contain_text("/templates/")

    expect(screen.page).to_have_url(ONE_REQUEST)


def test_the_timeline_comes_back_from_the_table_as_it_was(
    stage: Stage, open_page: OpenPage
) -> None:
    screen = Screen(open_page(stage.address))
    for title in LESSONS:
        screen.run_sample(title)
    screen.requests.get_by_text("/templates/").click()
    expect(screen.page).to_have_url(ONE_REQUEST)
    screen.show_table()
    screen.page.keyboard.press("t")
    expect(screen.page.locator(".timeline canvas").first).to_be_visible()
    expect(screen.page).not_to_have_url(re.compile("table="))
    before = address_of(screen.page)
    screen.page.keyboard.press("w")
    expect(screen.page).not_to_have_url(before)
    (start, end), (nearer_start, nearer_end) = view_in(before), view_in(address_of(screen.page))
    assert start <= nearer_start < nearer_end <= end


def test_applications_keep_their_hues(stage: Stage, open_page: OpenPage) -> None:
    screen = Screen(open_page(stage.address))
    for title in LESSONS:
        screen.run_sample(title)
    before = hues(screen)
    assert len(set(before.values())) == 2

    screen = Screen(open_page(stage.address))
    expect(screen.requests.locator("[role=option]")).to_have_count(2)
    comes_to(lambda: hues(screen), before)
