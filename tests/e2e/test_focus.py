"""Where the focus is when what had it goes: never nowhere, for whoever has no mouse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.screen import Screen, answer_of, save_download, stop_recording
from tests.e2e.test_keyboard import tab_to

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

FOCUS_RING = """() => {
  const [focused, { outlineStyle, outlineWidth }] =
    [document.activeElement, getComputedStyle(document.activeElement)];
  const ring = outlineStyle === "none" ? "none" : outlineWidth;
  return focused === document.body ? null : `${focused.outerHTML.slice(0, 80)}: ${ring}`;
}"""


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def timeline_of(page: Page) -> Locator:
    return page.get_by_role("application", name=re.compile("^Timeline"))


def test_whoever_sent_the_first_request_stands_in_its_timeline(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    press(page, screen.button("Send a sample request"))
    expect(screen.story).to_be_visible()
    expect(timeline_of(page)).to_be_focused()
    press(page, screen.button("Got it"))
    expect(timeline_of(page)).to_be_focused()


def test_the_map_is_entered_and_left_by_keys(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.send_first_sample()
    diagram = page.get_by_test_id("lifecycle")
    tab_to(page, timeline_of(page))

    page.keyboard.press("m")
    expect(diagram).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(timeline_of(page)).to_be_focused()

    page.keyboard.press("t")
    expect(screen.table.locator("[role=row][tabindex='0']")).to_be_focused()
    page.keyboard.press("m")
    expect(diagram).to_be_focused()
    press(page, screen.button("Show in timeline"))
    expect(screen.table.locator("[role=row][tabindex='0']")).to_be_focused()


def test_the_composer_takes_the_focus_and_gives_it_back(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.send_first_sample()
    press(page, screen.button("New request"))
    composer = page.get_by_role("region", name="New request")
    samples = composer.get_by_role("tab", name="Samples")
    expect(samples).to_be_focused()

    run = composer.get_by_role("button", name="Run: The order of hooks")
    press(page, run)
    expect(answer_of(composer)).to_be_visible()
    expect(run).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(composer.get_by_role("button", name="Run: Converters: int")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(run).to_be_focused()
    # One stop for all samples, however many there are.
    page.keyboard.press("Tab")
    again = answer_of(composer).get_by_role("button", name="Send again")
    expect(again).to_be_focused()
    page.keyboard.press("Enter")
    expect(again).to_have_attribute("aria-disabled", "false")
    expect(again).to_be_focused()
    page.keyboard.press("Escape")
    expect(screen.button("New request")).to_be_focused()


def test_recording_naming_and_keeping_needs_one_place(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.send_first_sample()
    press(page, screen.button(re.compile("^Record")))
    expect(screen.button(re.compile("^Stop"))).to_be_focused()
    urlopen(f"{stage.samples.url}/hook-order/").close()
    expect(screen.button(re.compile(r"^Stop · [1-9]"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(screen.button(re.compile("^Record"))).to_be_focused()


def test_recordings_are_renamed_brought_in_opened_and_deleted(
    stage: Stage, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(stage.address)
    # Said long before: Chromium hears of it at its leisure, and would open a window of its own.
    page.on("filechooser", lambda chooser: None)
    screen = Screen(page)
    screen.send_first_sample()
    page.keyboard.press("r")
    expect(screen.button(re.compile("^Stop"))).to_be_visible()
    urlopen(f"{stage.samples.url}/hook-order/").close()
    stop_recording(screen)
    press(page, page.get_by_role("link", name="Recordings", exact=True))
    row = page.locator("tr[data-recording]")

    press(page, row.get_by_role("button", name=re.compile("^Rename")))
    expect(row.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("By hand")
    page.keyboard.press("Enter")
    expect(row.get_by_role("link", name="By hand", exact=True)).to_be_focused()

    press(page, row.get_by_role("button", name="Delete By hand"))
    press(page, row.get_by_role("button", name="No", exact=True))
    expect(row.get_by_role("button", name="Open By hand")).to_be_focused()

    file = save_download(screen, row.get_by_role("link", name=re.compile("^Export")), tmp_path)
    importing = screen.button("Import…")
    tab_to(page, importing)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(file)
    expect(row).to_have_count(2)
    expect(importing).to_be_focused()

    press(page, row.first.get_by_role("button", name="Open By hand"))
    expect(timeline_of(page)).to_be_focused()

    press(page, page.get_by_role("link", name="Recordings", exact=True))
    for left in (1, 0):
        press(page, row.first.get_by_role("button", name="Delete By hand"))
        expect(row.first.get_by_role("button", name="Yes", exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        expect(row).to_have_count(left)
        expect(page.locator(":focus")).to_have_count(1)


def test_whoever_is_done_with_finding_goes_on_in_the_timeline(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.send_first_sample()
    page.keyboard.press("/")
    page.keyboard.type("is:error")
    expect(page.get_by_label("Find requests")).to_be_focused()
    page.keyboard.press("Escape")
    expect(timeline_of(page)).to_be_focused()
    # Who presses on nothing wants the focus nowhere.
    page.keyboard.press("/")
    page.locator(".foot").click()
    expect(page.locator(":focus")).to_have_count(0)


def test_what_opens_below_a_button_closes_behind_the_focus(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.send_first_sample()
    settings = page.get_by_role("region", name="What is kept")
    press(page, screen.button("Settings"))
    tab_to(page, settings.get_by_role("checkbox").last)
    expect(settings).to_be_visible()
    page.keyboard.press("Tab")
    expect(settings).to_have_count(0)
    expect(screen.button("Keys and help")).to_be_focused()


SCREENS = ("/", "/map", "/compare", "/hooks", "/learn", "/learn?lesson=10A", "/recordings")
STOPS = 45


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_stop_of_the_tab_key_is_seen(stage: Stage, open_page: OpenPage, theme: str) -> None:
    page = open_page(stage.address, color_scheme=theme)
    screen = Screen(page)
    screen.send_first_sample()
    rings = set()
    for path in SCREENS:
        page.goto(stage.dashboard.url + path)
        screen.expect_connected()
        for _ in range(STOPS):
            page.keyboard.press("Tab")
            rings.add(page.evaluate(FOCUS_RING))
    rings.discard(None)  # between the last stop and the first
    assert len(rings) > STOPS
    assert [ring for ring in sorted(rings) if not ring.endswith(": 2px")] == []
