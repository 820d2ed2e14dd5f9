"""axe-core has no complaint, in both themes and languages; nothing leaves 360 pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.screen import Screen, address_of
from tests.processes import ROOT

if TYPE_CHECKING:
    from conftest import OpenPage, Stage, Watched

AXE = ROOT / "web" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"

END_ANIMATIONS = """() => {
  for (const animation of document.getAnimations()) {
    if (animation.effect.getComputedTiming().endTime === Infinity) animation.cancel();
    else animation.finish();
  }
}"""
"""Half faded in, everything has too little contrast."""


def violations(page: Page) -> list[str]:
    """What axe complains about, one line a place."""
    page.evaluate(END_ANIMATIONS)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def violations_in(language: str, page: Page) -> list[str]:
    """What axe says of the page as it stands, in *language*; it is driven by its English words."""
    if language == "en":
        return violations(page)
    page.locator(".language").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    found = violations(page)
    page.locator(".language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_live_and_recording_have_no_violation(
    stage: Stage, open_page: OpenPage, theme: str, language: str
) -> None:
    # The page's own policy lets nothing in, axe neither: in this context alone it is put aside.
    page = open_page(stage.address, color_scheme=theme, bypass_csp=True)
    page.add_script_tag(content=AXE.read_text())
    screen = Screen(page)
    screen.expect_connected()

    expect(screen.button("Send a sample request")).to_be_enabled()
    found = {"live, nothing yet": violations_in(language, page)}
    screen.run_sample("An error that nobody handles: Divide by zero")
    found["live, timeline"] = violations_in(language, page)
    composer = screen.open_composer()
    found["live, samples"] = violations_in(language, page)
    composer.get_by_role("tab", name="Compose").click()
    found["live, composer"] = violations_in(language, page)
    composer.get_by_role("button", name="Close", exact=True).click()
    screen.show_table()
    screen.row("view", "divide").click()
    found["live, table"] = violations_in(language, page)
    page.get_by_role("tab", name="State").click()
    found["live, state"] = violations_in(language, page)
    page.keyboard.press("p")
    expect(page.get_by_test_id("position")).to_be_visible()
    found["live, replay"] = violations_in(language, page)
    page.keyboard.press("p")
    page.keyboard.press("/")
    page.keyboard.type("stats:1 ")
    expect(page.get_by_role("listbox", name="What may be written here")).to_be_visible()
    found["live, find"] = violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(screen.button("Stop")).to_be_visible()
    screen.run_sample("What a template calls")
    found["live, recording"] = violations_in(language, page)
    page.keyboard.press("r")
    page.get_by_label("Name", exact=True).press("Enter")

    page.get_by_role("link", name="Recordings", exact=True).click()
    rows = page.locator("tr[data-recording]")
    expect(rows.first).to_be_visible()
    found["recordings"] = violations_in(language, page)
    rows.first.get_by_role("button", name="Open").click()
    expect(page.get_by_test_id("position")).to_be_visible()
    found["recording, timeline"] = violations_in(language, page)
    screen.show_table()
    found["recording, table"] = violations_in(language, page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    found["help"] = violations(page)

    assert {place: lines for place, lines in found.items() if lines} == {}


OVERFLOWING = """() => {
  const clips = (box) => box !== null && box !== document.body &&
    (getComputedStyle(box).overflowX !== "visible" || clips(box.parentElement));
  return [...document.body.querySelectorAll("*")]
    .filter((element) => element.getBoundingClientRect().width > 0)
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .filter((element) => !clips(element.parentElement))
    .map((element) => element.outerHTML.slice(0, 80));
}"""
"""What reaches beyond the right edge and lies in nothing that scrolls or shortens it."""


def overflowing(page: Page) -> list[str]:
    return page.evaluate(OVERFLOWING)


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_at_360_pixels_nothing_reaches_beyond_the_edge(
    stage: Stage, open_page: OpenPage, locale: str
) -> None:
    page = open_page(stage.address, viewport={"width": 360, "height": 740}, locale=locale)
    Screen(page).expect_connected()
    page.locator(".actions .btn").first.wait_for()
    found = {"start": overflowing(page)}
    page.keyboard.press("r")
    expect(page.locator(".rec-square")).to_be_visible()
    page.keyboard.press("r")
    page.locator("input.rec-name").press("Enter")
    found["after a recording"] = overflowing(page)
    page.keyboard.press("/")
    page.keyboard.type("stats:1 ")
    expect(page.get_by_test_id("find-result")).to_be_visible()
    found["find"] = overflowing(page)
    for link in page.locator(".nav a").all():
        link.click()
        found[link.inner_text()] = overflowing(page)
    assert {place: lines for place, lines in found.items() if lines} == {}
    assert page.evaluate("document.scrollingElement.scrollWidth") == 360


def test_an_address_without_a_page_is_read_on_a_phone(
    stage: Stage, open_page: OpenPage, watched: Watched
) -> None:
    watched.expected.append("status of 404")
    page = open_page(stage.address, viewport={"width": 360, "height": 740})
    page.goto(f"{stage.dashboard.url}/{'x' * 200}")
    expect(page.get_by_role("heading", name="No such page")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") == 360


def test_at_1024_pixels_the_story_the_stack_and_the_field_to_find_have_room(
    stage: Stage, open_page: OpenPage
) -> None:
    stage.clear()
    page = open_page(stage.address, viewport={"width": 1024, "height": 768})
    screen = Screen(page)
    screen.send_first_sample()
    lowest = screen.stack.locator(".context-box .name").last
    expect(lowest).to_have_text("1 AppContext")
    assert lowest.evaluate("name => name.scrollWidth - name.clientWidth") <= 0
    assert screen.story.evaluate("line => line.clientWidth") >= 240
    assert page.locator(".find").evaluate("field => field.clientWidth") >= 120


def test_with_forced_colors_and_reduced_motion_the_page_has_no_violation_and_moves_nothing(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(
        stage.address, forced_colors="active", reduced_motion="reduce", bypass_csp=True
    )
    page.add_script_tag(content=AXE.read_text())
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample("The order of hooks")
    assert page.evaluate("document.getAnimations().length") == 0
    # Colours are the reader's: what is selected has a line round it.
    selected = page.locator("[role=option][aria-selected=true]")
    for chosen in (selected, page.get_by_role("button", name="Steps", pressed=True)):
        assert chosen.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    assert violations(page) == []


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_address_without_a_page_leads_back(
    stage: Stage, open_page: OpenPage, watched: Watched, theme: str, language: str
) -> None:
    page = open_page(stage.address, color_scheme=theme, bypass_csp=True, locale=language)
    Screen(page).expect_connected()
    watched.expected.append("404")
    page.goto(f"{stage.dashboard.url}/nowhere")
    page.add_script_tag(content=AXE.read_text())
    assert violations(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    Screen(page).expect_connected()
    assert address_of(page) == f"{stage.dashboard.url}/"
