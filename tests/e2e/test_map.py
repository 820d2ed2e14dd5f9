"""The lifecycle map: what a request did at each step of Flask's sequence, and why not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.screen import Screen, comes_to
from tests.e2e.test_accessibility import AXE, violations

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

ANSWERED = "A hook that answers: Without a ticket"


KEEP_WHAT_IS_WRITTEN = """
window.written = [];
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
  window.written.push(text);
  return write.call(this, text, ...rest);
};
"""
"""What the timeline writes onto its canvas stands in no element."""


def diagram(page: Page) -> Locator:
    return page.get_by_test_id("lifecycle")


def states(page: Page, kinds: str) -> list[tuple[str, str]]:
    """Step and state of the rows whose step matches, top to bottom."""
    found = diagram(page).get_by_role("option").evaluate_all(
        "rows => rows.map(r => [r.dataset.step, r.dataset.state])"
    )  # fmt: skip
    return [(step, state) for step, state in found if re.fullmatch(kinds, step)]


def test_a_hook_that_answered_lights_its_own_way_through_flask(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample(ANSWERED)

    page.keyboard.press("m")

    expect(page).to_have_url(re.compile(r"/map\?trace=\w{32}"))
    selected = diagram(page).get_by_role("option", selected=True)
    expect(selected).to_contain_text("before_request process_request1")
    view = diagram(page).locator('[data-step="view"]')
    expect(view).to_contain_text("skipped: process_request1 returned a response · intercept.py:")
    expect(diagram(page).locator('[data-step="url_value_preprocessor"]')).to_contain_text(
        "none registered"
    )
    own_steps = "before_request|view|make_response|after_request|teardown_request"
    comes_to(lambda: states(page, own_steps), [
        ("before_request", "returned"),
        ("before_request", "skipped"),
        ("view", "skipped"),
        ("make_response", "ran"),
        ("after_request", "ran"),
        ("after_request", "ran"),
        ("teardown_request", "unregistered"),
    ])  # fmt: skip
    view.click()
    expect(page.get_by_test_id("step-title")).to_have_text("view index")
    expect(page).to_have_url(re.compile("step=view"))

    page.reload()
    expect(page.get_by_test_id("step-title")).to_have_text("view index")
    page.get_by_role("button", name="Show before_request process_request1").click()
    expect(page.get_by_role("region", name="Source of process_request1")).to_be_visible()

    page.get_by_role("button", name="Show in timeline").click()
    expect(page.get_by_role("application").first).to_be_visible()
    expect(page.get_by_test_id("event-title")).to_contain_text("before_request process_request1")


def test_steps_forward_and_back_light_the_map(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample("The order of hooks")
    page.get_by_role("link", name="Lifecycle").click()
    selected = diagram(page).get_by_role("option", selected=True)
    expect(selected).to_have_attribute("data-step", "view")

    page.keyboard.press(".")  # its end
    page.keyboard.press(".")  # the state that it left
    expect(selected).to_have_attribute("data-step", "view")
    page.keyboard.press(".")
    expect(selected).to_have_attribute("data-step", "make_response")

    diagram(page).focus()
    page.keyboard.press("ArrowDown")
    expect(selected).to_have_attribute("data-step", "after_this_request")
    page.keyboard.press("End")
    expect(selected).to_have_attribute("data-step", "response.close")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/\?trace="))


def test_all_loaded_requests_light_the_map(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample(ANSWERED)
    screen.run_sample("A hook that answers: With a ticket")
    page.keyboard.press("m")
    page.get_by_role("button", name="All requests").click()

    expect(diagram(page).locator('[data-step="view"]')).to_contain_text("ran 1 of 2 · skipped 1")
    expect(page).to_have_url(re.compile("all=1"))


def test_a_recording_has_its_map(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    page.keyboard.press("r")
    expect(screen.button("Stop")).to_be_visible()
    screen.run_sample("An error that nobody handles: Divide by zero")
    page.keyboard.press("r")
    page.get_by_label("Name", exact=True).press("Enter")
    page.get_by_role("link", name="Recordings", exact=True).click()
    page.locator("tr[data-recording]").first.get_by_role("button", name="Open").click()
    expect(page.get_by_test_id("position")).to_be_visible()

    page.keyboard.press("m")

    expect(page).to_have_url(re.compile(r"/map\?.*recording="))
    exception = diagram(page).locator('[data-step="exception"]')
    expect(exception).to_contain_text("division by zero")
    page.reload()
    expect(exception).to_contain_text("division by zero")
    page.keyboard.press("m")
    expect(page.get_by_test_id("position")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_map_has_no_violation(stage: Stage, open_page: OpenPage, theme: str) -> None:
    page = open_page(stage.address, color_scheme=theme, bypass_csp=True)
    page.add_script_tag(content=AXE.read_text())
    screen = Screen(page)
    screen.expect_connected()
    page.get_by_role("link", name="Lifecycle").click()
    found = {}
    page.get_by_role("link", name="Live", exact=True).click()
    screen.run_sample("An error that nobody handles: Divide by zero")
    page.keyboard.press("m")
    expect(diagram(page).locator('[data-step="exception"]')).to_be_visible()
    found["an error"] = violations(page)
    diagram(page).locator('[data-step="session.null"]').click()
    expect(page.get_by_test_id("step-title")).to_have_text("session.null")
    found["a step without an event"] = violations(page)
    page.get_by_role("button", name="All requests").click()
    expect(page.get_by_text(re.compile("^In .* loaded requests"))).to_be_visible()
    found["all requests"] = violations(page)
    assert {place: lines for place, lines in found.items() if lines} == {}


def test_the_map_can_be_read_at_360_pixels(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample(ANSWERED)
    page.keyboard.press("m")
    expect(diagram(page)).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 800})
    reason = diagram(page).locator('[data-step="view"] .map-remark')
    reason.scroll_into_view_if_needed()
    expect(reason).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(
    ("sample", "texts"),
    [
        (
            ANSWERED,
            [
                "process_request2",
                "view index",
                "skipped: process_request1 returned a response · intercept.py:",
            ],
        ),
        (
            "An error in a before hook: A token that is no number",
            ["start_timer", "view index", "skipped: check_token raised ValueError before · "],
        ),
    ],
    ids=["a hook that answered", "a hook that raised"],
)
def test_the_timeline_draws_what_was_skipped_with_the_reason(
    stage: Stage, open_page: OpenPage, sample: str, texts: list[str]
) -> None:
    page = open_page(stage.address)
    page.context.add_init_script(KEEP_WHAT_IS_WRITTEN)
    page.reload()
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample(sample)

    for text in texts:
        page.wait_for_function("text => written.some(t => t.startsWith(text))", arg=text)
