"""A recording of more events than one waits for: from afar first, then where the reader looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.benchmarks.many_requests import START, batches
from tests.e2e.conftest import OpenPage, Watched
from tests.e2e.screen import Screen, address_of, comes_to
from tests.processes import DashboardProcess, start_dashboard
from tracer.wire import encode_batch

EVENTS = 120_000
ALL = re.compile(r"/api/recordings/\d+/events\.bin$")
PART = re.compile(r"/api/recordings/\d+/events\.bin\?start=")
BARS = "[role=application] canvas:nth-of-type(2)"
INKED = """(canvas, from) => {
    const [RULER, SCROLLBAR, TALL] = [25, 10, 8];
    const { data, width, height } = canvas.getContext("2d").getImageData(
        0, 0, canvas.width, canvas.height);
    const left = Math.round(width * from);
    const isInked = (x, y) => data[4 * (y * width + x) + 3] > 0;
    const found = [];
    for (let y = RULER; y < height - TALL; y++) {
        for (let x = left; x < width - SCROLLBAR; x++) {
            let below = 0;
            while (below < TALL && isInked(x, y + below)) below++;
            if (below === TALL) found.push([x, y]);
        }
    }
    const box = canvas.getBoundingClientRect();
    const [x, y] = found[0] ?? [0, 0];
    return { count: found.length, x: box.x + x, y: box.y + y + 4 };
}"""
"""What is taller than text, right of a share of the bars' canvas: how much, and where it begins."""


def choose_bar(page: Page, share: float) -> None:
    """Click at the uppermost bar right of *share*."""
    place = page.locator(BARS).evaluate(INKED, share)
    page.mouse.click(place["x"], place["y"])


@dataclass
class Held:
    """Requests of the page that are answered when the test says so."""

    page: Page
    wanted: re.Pattern[str]
    routes: list[Route] = field(default_factory=list)
    is_over: bool = False

    def __enter__(self) -> Held:
        self.page.context.route(self.wanted, self._hold)
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over = True
        for route in self.routes:
            route.continue_()

    def _hold(self, route: Route) -> None:
        if self.is_over:
            route.continue_()
        else:
            self.routes.append(route)

    def expect_one(self) -> None:
        comes_to(lambda: self.page.evaluate("1") and bool(self.routes), True)


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """With one recording, number 1."""
    started = start_dashboard(tmp_path_factory.mktemp("large"))
    started.request("POST", "/api/recordings", {"name": "large"})
    headers = {"Content-Type": "application/json"}
    for batch in batches(EVENTS):
        body = encode_batch(batch)
        answer = started.request("POST", "/ingest", body, key=started.ingest_key, headers=headers)
        assert answer.status == 204
    started.request("POST", "/api/recordings/1/stop")
    yield started
    started.stop()


def a_request(dashboard: DashboardProcess, name: str) -> str:
    """The id of a request in the recording's last third."""
    items = dashboard.request("GET", "/api/recordings/1/traces?limit=500").json["items"]
    found: str = next(item["id"] for item in items if item["name"] == name)
    return found


def note_on(page: Page) -> Locator:
    """Why requests are drawn and not their steps."""
    return page.get_by_role("note").filter(has_text="events in view")


def is_far_from_the_start(address: str) -> bool:
    """Whether a request is selected in it that is not one of the recording's first."""
    return "trace=" in address and "trace=0000000000" not in address


@pytest.fixture(autouse=True)
def sources_are_gone(watched: Watched) -> None:
    """The events are made up of recorded ones, whose source texts are nowhere."""
    watched.expected.append("404.*/api/sources/")


def opened(open_page: OpenPage, dashboard: DashboardProcess) -> Page:
    page = open_page(f"{dashboard.url}/?token={dashboard.token}")
    expect(page.locator(".connection")).to_have_attribute("data-state", re.compile("ok|waiting"))
    return page


def go(page: Page, address: str) -> None:
    page.evaluate(
        "to => { history.pushState(null, '', to); dispatchEvent(new PopStateEvent('popstate')); }",
        address,
    )


def test_a_link_shows_its_request_before_all_is_here(
    open_page: OpenPage, dashboard: DashboardProcess
) -> None:
    trace = a_request(dashboard, "GET /hook-order/")
    page = opened(open_page, dashboard)
    screen, position = Screen(page), page.get_by_test_id("position")
    with Held(page, ALL) as rest:
        go(page, f"/recordings/1?trace={trace}")
        expect(screen.story).to_contain_text("GET /hook-order/")
        screen.show_table()
        events = dashboard.request("GET", f"/api/traces/{trace}/events").json["items"]
        steps = [event for event in events if event["phase"] != "end"]
        comes_to(lambda: len(screen.rows()), len(steps))
        rest.expect_one()
        expect(position).to_have_text("Loading the events: 0 %")
        page.keyboard.press("t")
    expect(position).to_contain_text(re.compile(r"event [\d,]+ of 12\d,\d{3}$"))
    assert f"trace={trace}" in address_of(page)
    screen.show_table()
    comes_to(lambda: len(screen.rows()), len(steps))


def test_what_is_looked_at_is_loaded_and_the_page_says_so(
    open_page: OpenPage, dashboard: DashboardProcess
) -> None:
    trace = a_request(dashboard, "GET /hook-order/")
    began = dashboard.request("GET", f"/api/traces/{trace}").json["start_ts"] - START
    page = opened(open_page, dashboard)
    bars, note = page.locator(BARS), note_on(page)
    with Held(page, ALL):
        with Held(page, PART) as part:
            # Two seconds before the request, where nothing is but what the dashboard counted.
            from_us, to_us = -2_000_000, -1_960_000
            go(page, f"/recordings/1?trace={trace}&view={from_us}_{to_us}&scale=time")
            part.expect_one()
            expect(page.get_by_text("Loading the events…")).to_be_visible()
            comes_to(lambda: bars.evaluate(INKED, 0)["count"] > 0, True)
            outlined = bars.evaluate(INKED, 0)["count"]
        expect(page.get_by_text("Loading the events…")).to_have_count(0)
        comes_to(lambda: bars.evaluate(INKED, 0)["count"] > outlined * 1.5, True)
        expect(note).to_have_count(0)
        assert f"view={from_us}_{to_us}" in address_of(page)
        # Far away: requests are drawn, their steps are not, and it says why.
        go(page, f"/recordings/1?trace={trace}&view={-began // 1000}_1000000&scale=time")
        expect(note).to_contain_text("events in view, drawn as requests until all are loaded")
    expect(note).to_have_count(0)


def test_a_request_that_is_only_drawn_from_afar_can_be_chosen(
    open_page: OpenPage, dashboard: DashboardProcess
) -> None:
    page = opened(open_page, dashboard)
    screen, bars = Screen(page), page.locator(BARS)
    with Held(page, ALL):
        go(page, "/recordings/1")
        expect(screen.story).to_be_visible()
        page.keyboard.press("x")
        first = address_of(page)
        page.get_by_role("application").hover()
        page.mouse.wheel(0, 20_000)
        comes_to(lambda: bars.evaluate(INKED, 0.9)["count"] > 0, True)
        expect(note_on(page)).to_be_visible()
        choose_bar(page, 0.9)
        comes_to(lambda: is_far_from_the_start(address_of(page)), True)
        assert address_of(page) != first
        screen.show_table()
        comes_to(lambda: len(screen.rows()) > 3, True)
