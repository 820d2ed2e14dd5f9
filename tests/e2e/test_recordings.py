"""A recording is taken, outlives its dashboard, is replayed, leaves as a file and comes back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.e2e.screen import (
    WHILE_IT_IS_DEAD,
    Screen,
    comes_to,
    golden_rows,
    save_download,
    stop_recording,
)

if TYPE_CHECKING:
    from conftest import OpenPage, Stage, Watched


def record_a_request(screen: Screen, name: str) -> None:
    screen.button(re.compile("^Record")).click()
    expect(screen.button(re.compile("^Stop"))).to_be_visible()
    screen.run_sample("The order of hooks")
    stop_recording(screen, name)


def recordings(screen: Screen) -> Locator:
    screen.page.get_by_role("link", name="Recordings", exact=True).click()
    expect(screen.page.get_by_role("heading", name="Recordings", level=1)).to_be_visible()
    return screen.page.locator("tr[data-recording]")


def events_of(export: Path) -> list[dict[str, object]]:
    """The events of an exported file; its first and last line say that it is whole."""
    lines = [json.loads(line) for line in export.read_text().splitlines()]
    assert lines[0]["flaskscope"] == 1
    events = [line for line in lines if "kind" in line]
    assert lines[-1] == {"end": True, "events": len(events)}
    return events


def test_a_recording_outlives_its_dashboard_and_travels_as_a_file(
    own_stage: Stage, open_page: OpenPage, watched: Watched, tmp_path: Path
) -> None:
    first = Screen(open_page(own_stage.address))
    first.send_first_sample()
    record_a_request(first, "Hooks, recorded")

    # The dashboard dies; the application goes on and keeps what happens meanwhile.
    watched.expected += WHILE_IT_IS_DEAD
    own_stage.kill_dashboard()
    expect(first.page.get_by_role("alert")).to_contain_text("does not answer")
    with urlopen(f"{own_stage.samples.url}/hook-order/?while=dead", timeout=10) as answer:
        assert answer.status == 200

    # It comes back: the page goes on by itself and says what it missed.
    own_stage.dashboard.start()
    own_stage.wait_for_trace("/hook-order/?while=dead")
    # Whoever reconnects first, page or application, decides in which words.
    expect(first.page.locator(".banner")).to_have_text(
        re.compile(r"events? passed while you were away|The dashboard is back")
    )
    expect(first.page.get_by_role("option").first).to_contain_text("while=dead")

    # The application has found the dashboard by itself.
    first.expect_connected()
    first.run_sample("The order of hooks")

    # Open and replay.
    row = recordings(first).filter(has_text="Hooks, recorded")
    expect(row).to_contain_text("complete")
    row.get_by_role("button", name="Open Hooks, recorded").click()
    replays_step_by_step(first)
    first.show_table()
    first.expect_rows(golden_rows("hook-order"))

    # Rename, export, delete, import: the same events.
    row = recordings(first).filter(has_text="Hooks, recorded")
    row.get_by_role("button", name="Rename").click()
    first.page.get_by_label("Name", exact=True).fill("Two before, two after")
    first.button("Keep name").click()
    row = recordings(first).filter(has_text="Two before, two after")
    exported = save_download(first, row.get_by_role("link", name="Export"), tmp_path)
    row.get_by_role("button", name="Delete").click()
    row.get_by_role("button", name="Yes").click()
    expect(recordings(first)).to_have_count(0)
    first.page.get_by_label("JSON Lines file or Chrome trace to import").set_input_files(exported)
    row = recordings(first).filter(has_text="Two before, two after")
    expect(row).to_contain_text("imported")
    again = save_download(first, row.get_by_role("link", name="Export"), tmp_path / "again")
    assert events_of(again) == events_of(exported)
    row.get_by_role("button", name="Open").click()
    first.show_table()
    first.expect_rows(golden_rows("hook-order"))


def replays_step_by_step(screen: Screen) -> None:
    position = screen.page.get_by_test_id("position")
    expect(position).to_contain_text(re.compile(r"event 1 of [1-9]"))
    screen.button("Next event").click()
    screen.button("Next event").click()
    expect(position).to_contain_text("event 3 of")
    screen.button("Previous event").click()
    expect(position).to_contain_text("event 2 of")
    screen.button("Play").click()
    expect(position).not_to_contain_text("event 2 of")
    last = re.search(r"of (\d+)$", position.inner_text())
    assert last
    expect(position).to_contain_text(f"event {last[1]} of {last[1]}")
    expect(screen.button("Play")).to_be_visible()


def test_a_recording_that_runs_while_the_dashboard_is_killed_is_kept_as_interrupted(
    own_stage: Stage, open_page: OpenPage, watched: Watched
) -> None:
    screen = Screen(open_page(own_stage.address))
    screen.send_first_sample()
    screen.button(re.compile("^Record")).click()
    screen.run_sample("The order of hooks")
    expect(screen.button(re.compile(r"^Stop · [1-9]\d* events"))).to_be_visible()

    watched.expected += WHILE_IT_IS_DEAD
    own_stage.kill_dashboard()
    own_stage.dashboard.start()

    # The page that saw it says so, and leads there; one that comes later shows it in its list.
    banner = screen.page.locator(".banner:not(.bad-news)")
    expect(banner).to_contain_text(
        re.compile(r"was interrupted when the dashboard ended: it holds [1-9]\d* events, until \d")
    )
    banner.get_by_role("button", name="Go to the recordings").click()
    expect(screen.page.get_by_role("heading", name="Recordings", level=1)).to_be_visible()
    expect(banner).to_have_count(0)
    screen.page.goto(own_stage.address)
    expect(screen.page.locator(".recent-recordings")).to_contain_text("· interrupted")

    row = recordings(screen)
    expect(row).to_contain_text("interrupted: the dashboard ended meanwhile")
    row.get_by_role("button", name="Open").click()
    screen.show_table()
    screen.expect_rows(golden_rows("hook-order"))


@pytest.mark.parametrize("to", ["", "trace=5e1ec7ed&event=7&"], ids=["whole", "request"])
def test_a_link_to_a_recording_that_has_gone_says_which_one_why_and_what_to_do(
    stage: Stage, open_page: OpenPage, watched: Watched, to: str
) -> None:
    watched.expected.append("404")
    dashboard = stage.dashboard
    gone = dashboard.request("POST", "/api/recordings", {"name": "gone"}).json["id"]
    dashboard.request("DELETE", f"/api/recordings/{gone}")
    page = open_page(f"{dashboard.url}/recordings/{gone}?{to}token={dashboard.token}")
    expect(page.get_by_role("alert")).to_have_text(
        f"This dashboard has no recording {gone}: it was deleted, or the link is another "
        "dashboard's. Choose among those that there are (GET /api/recordings), or ask whoever has "
        "it for its file, which can be imported."
    )
    page.get_by_role("button", name="Go to the recordings").click()
    expect(page.get_by_role("heading", name="Recordings", level=1)).to_be_visible()


def test_the_last_line_of_the_page_is_at_its_end_before_the_screen_is_there(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address)
    held: list[Route] = []
    page.route("**/assets/recordings-*.js", lambda route: held.append(route))
    page.goto(f"{stage.dashboard.url}/recordings", wait_until="commit")
    foot = page.get_by_role("contentinfo")
    expect(foot).to_be_visible()
    # Whoever asks the browser nothing hears nothing of it.
    comes_to(lambda: page.evaluate("1") and len(held), 1)
    box, size = foot.bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    assert box["y"] + box["height"] == size["height"]
    for route in held:
        route.continue_()
    expect(page.get_by_role("heading", name="Recordings", level=1)).to_be_visible()
