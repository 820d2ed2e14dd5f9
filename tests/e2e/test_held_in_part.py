"""A recording that the page never holds whole: what it says is of all of it, or says of what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.benchmarks.many_requests import batches
from tests.e2e.conftest import OpenPage, Watched
from tests.e2e.screen import Screen, address_of, comes_to
from tests.e2e.test_large import BARS, INKED, Held, choose_bar, go, opened
from tests.processes import DashboardProcess, start_dashboard
from tests.web_data.agents import Agent
from tracer.wire import encode_batch

EVENTS = 1_550_000
"""More than `LIMITS.whole` of web/frontend/src/state/large.ts."""
PART = re.compile(r"/api/recordings/\d+/events\.bin\?start=")
FIND = re.compile(r"/api/recordings/\d+/find\?q=")
FIRST = "/once-upon-a-time"
TRACE = "f" * 32
"""Path and trace of the first request of all, which no list of the latest ones has."""


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """With one recording, number 1."""
    started = start_dashboard(tmp_path_factory.mktemp("part"))
    started.request("POST", "/api/recordings", {"name": "in part"})
    first = Agent()
    first.request(TRACE, FIRST)
    for body in (first.body(), *map(encode_batch, batches(EVENTS))):
        headers = {"Content-Type": "application/json"}
        answer = started.request("POST", "/ingest", body, key=started.ingest_key, headers=headers)
        assert answer.status == 204
    started.request("POST", "/api/recordings/1/stop")
    yield started
    started.stop()


@pytest.fixture(scope="module")
def recorded(dashboard: DashboardProcess) -> list[dict[str, Any]]:
    """The items of all its requests."""
    found: list[dict[str, Any]] = dashboard.request("GET", "/api/recordings/1/traces").json["items"]
    return found


@pytest.fixture(autouse=True)
def sources_are_gone(watched: Watched) -> None:
    """The events are made up of recorded ones, whose source texts are nowhere."""
    watched.expected.append("404.*/api/sources/")


def opened_at(open_page: OpenPage, dashboard: DashboardProcess, address: str) -> Page:
    page = opened(open_page, dashboard)
    go(page, address)
    expect(Screen(page).story).to_be_visible()
    return page


def held(page: Page) -> int:
    """How many events are in the page."""
    text = page.get_by_test_id("position").inner_text()
    found = re.search(r"of ([\d,]+) that are loaded", text)
    return int(found[1].replace(",", "")) if found else 0


def place_of_selected(page: Page, dashboard: DashboardProcess) -> float:
    """Where in the recording the selected request begins: 0 at its start, 1 at its end."""
    trace = re.search(r"trace=([0-9a-f]{32})", address_of(page))
    if trace is None:
        return 0
    began = dashboard.request("GET", f"/api/traces/{trace[1]}").json["start_ts"]
    recording = dashboard.request("GET", "/api/recordings/1").json
    length: int = recording["end_ts"] - recording["start_ts"]
    return float(began - recording["start_ts"]) / length


def finding(page: Page) -> Locator:
    return page.get_by_test_id("find-result")


def find(page: Page, text: str) -> None:
    page.keyboard.press("/")
    page.get_by_label("Find requests").fill(text)


def test_it_says_how_much_of_it_is_here_and_how_much_there_is(
    open_page: OpenPage, dashboard: DashboardProcess, recorded: list[dict[str, Any]]
) -> None:
    page = opened_at(open_page, dashboard, "/recordings/1")
    count = f"{len(recorded):,}"
    expect(page.get_by_test_id("position")).to_contain_text(
        re.compile(r"event 1 of [\d,]+ that are loaded, 1,5\d\d,\d{3} in all")
    )
    assert 0 < held(page) < 100_000
    failed = sum(1 for item in recorded if (item["status"] or 0) >= 500)
    expect(page.locator(".overview-label")).to_contain_text(f"{count} requests")
    expect(page.locator(".overview-label")).to_contain_text(f"{failed:,} errors")
    expect(page.get_by_text(f"newest 500 of {count}")).to_be_visible()


def test_what_is_at_its_far_end_comes_when_one_goes_there(
    open_page: OpenPage, dashboard: DashboardProcess
) -> None:
    page = opened_at(open_page, dashboard, "/recordings/1")
    bars = page.locator(BARS)
    page.keyboard.press("x")
    overview = page.locator(".overview").bounding_box()
    assert overview is not None
    with Held(page, PART) as part:
        page.mouse.click(overview["x"] + overview["width"] * 0.97, overview["y"] + 10)
        part.expect_one()
        expect(page.get_by_text("Loading the events…")).to_be_visible()
        comes_to(lambda: bars.evaluate(INKED, 0)["count"] > 0, True)
        outlined = bars.evaluate(INKED, 0)["count"]
    expect(page.get_by_text("Loading the events…")).to_have_count(0)
    comes_to(lambda: bars.evaluate(INKED, 0)["count"] > outlined * 1.5, True)
    choose_bar(page, 0.5)
    comes_to(lambda: place_of_selected(page, dashboard) > 0.9, True)


def test_find_searches_all_of_it_and_leads_to_what_it_found(
    open_page: OpenPage, dashboard: DashboardProcess, recorded: list[dict[str, Any]]
) -> None:
    page = opened_at(open_page, dashboard, "/recordings/1")
    screen = Screen(page)
    find(page, "status:5xx")
    failed = sum(1 for item in recorded if (item["status"] or 0) >= 500)
    expect(finding(page)).to_have_text(f"{failed:,} of {len(recorded):,} requests")
    expect(page.get_by_text(f"newest 500 of {failed:,}")).to_be_visible()
    find(page, "once-upon")
    expect(finding(page)).to_have_text(f"1 of {len(recorded):,} requests")
    expect(page.get_by_text("newest first")).to_be_visible()
    # From the far end, where nothing of it is loaded.
    overview = page.locator(".overview").bounding_box()
    assert overview is not None
    page.mouse.click(overview["x"] + overview["width"] * 0.97, overview["y"] + 10)
    comes_to(lambda: held(page) > 0, True)
    screen.requests.focus()
    page.keyboard.press("ArrowDown")
    expect(screen.story).to_contain_text(f"GET {FIRST}")
    expect(screen.button("Compare")).to_be_visible()
    assert f"trace={TRACE}" in address_of(page)
    # Its surroundings come as well.
    comes_to(lambda: held(page) > 1_000, True)
    screen.show_table()
    comes_to(lambda: [row.kind for row in screen.rows()], ["request", "view"])


def test_what_is_unusual_is_told_from_all_requests(
    open_page: OpenPage, dashboard: DashboardProcess, recorded: list[dict[str, Any]]
) -> None:
    page = opened_at(
        open_page, dashboard, f"/recordings/1?trace={recorded[-1]['id']}&q=is%3Aunusual"
    )
    page.get_by_label("Find requests").focus()
    expect(page.get_by_role("progressbar", name="Searching the whole recording")).to_be_visible()
    expect(finding(page)).to_contain_text(f"0 of {len(recorded):,} requests")
    expect(finding(page)).to_contain_text("most requests of a route took in the whole recording")
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_a_search_can_be_stopped_and_says_so(
    open_page: OpenPage, dashboard: DashboardProcess, recorded: list[dict[str, Any]]
) -> None:
    page = opened_at(open_page, dashboard, "/recordings/1")
    with Held(page, FIND) as search:
        find(page, "nowhere")
        search.expect_one()
        expect(page.get_by_text("0 so far")).to_be_visible()
        expect(page.get_by_text("No request matches")).to_have_count(0)
        page.keyboard.press("Tab")
        stop = page.get_by_role("button", name="Stop")
        expect(stop).to_be_focused()
        page.keyboard.press("Enter")
        page.get_by_label("Find requests").focus()
        expect(finding(page)).to_have_text(
            f"Stopped: 0 found so far, of {len(recorded):,} requests"
        )


def test_a_link_to_a_request_that_no_list_has_shows_it(
    open_page: OpenPage, dashboard: DashboardProcess
) -> None:
    address = f"/recordings/1?trace={TRACE}&table=1"
    page = opened_at(open_page, dashboard, address)
    screen = Screen(page)
    expect(screen.story).to_contain_text(f"GET {FIRST}")
    comes_to(lambda: [row.kind for row in screen.rows()], ["request", "view"])
    expect(screen.button("Compare")).to_be_visible()
    assert address_of(page).endswith(address) or f"trace={TRACE}" in address_of(page)


def test_hooks_are_counted_in_all_of_it(
    open_page: OpenPage, dashboard: DashboardProcess, recorded: list[dict[str, Any]]
) -> None:
    page = opened_at(open_page, dashboard, "/recordings/1")
    counted, whole = page.get_by_test_id("counted"), re.compile(r"/events\.bin$")
    with Held(page, whole) as events:
        page.get_by_role("link", name="Hooks & signals").click()
        events.expect_one()
        expect(counted).to_have_text(re.compile(rf"^Counted in \d+ of the {len(recorded):,} req"))
        expect(page.get_by_role("progressbar", name="Counting the whole recording")).to_be_visible()
        page.get_by_role("button", name="Stop counting").click()
        expect(page.get_by_role("progressbar")).to_have_count(0)
        page.get_by_role("button", name="Count all").click()
    requests = sum(1 for item in recorded if item["kind"] == "request")
    expect(counted).to_have_text(f"Counted in the {requests:,} requests of this recording")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    row = page.get_by_role("row").filter(has_text="require_login")
    expect(row).to_contain_text(re.compile(r"\d,\d{3} returned"))
    row.click()
    expect(page.get_by_test_id("hook-title")).to_have_text("require_login")
    # What is loaded of its runs can be gone to.
    page.locator(".hooks-details .run").first.click()
    expect(Screen(page).story).to_contain_text("/login-guard/")


def test_the_map_is_lit_by_all_requests_of_it(
    open_page: OpenPage, dashboard: DashboardProcess, recorded: list[dict[str, Any]]
) -> None:
    guarded = [item for item in recorded if (item["path"] or "").startswith("/login-guard/")]
    address = f"/recordings/1?trace={guarded[-1]['id']}"
    page = opened_at(open_page, dashboard, address)
    page.keyboard.press("m")
    with Held(page, re.compile(r"/events\.bin$")) as events:
        page.get_by_role("button", name="All requests").click()
        events.expect_one()
        expect(page.get_by_role("progressbar", name="Counting the whole recording")).to_be_visible()
        loaded = page.get_by_role("heading", name=re.compile(r"^In \d+ loaded requests"))
        expect(loaded).to_be_visible()
        page.get_by_role("button", name="Stop counting").click()
        expect(page.get_by_role("progressbar")).to_have_count(0)
        page.get_by_role("button", name="Count all").click()
    count = f"{len(guarded):,}"
    whole = f"In all {count} requests of this recording"
    expect(page.get_by_role("heading", name=whole)).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("count", re.I))).to_have_count(0)
    expect(page.get_by_role("group", name="RequestContext")).to_be_visible()
    request = page.get_by_role("option").filter(has_text="wsgi_app")
    expect(request).to_contain_text(f"ran {count} of {count}")
