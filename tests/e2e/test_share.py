"""What is taken along from the page: files, a link, a command and a test that do what they say."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from sample_apps.catalog import LESSONS
from tests.e2e.screen import Screen, golden_rows, save_download, stop_recording
from tests.e2e.test_accessibility import AXE, violations
from tests.processes import ROOT

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}

CONFTEST = """
import importlib
import pytest

@pytest.fixture
def client(lifecycle):
    module = importlib.import_module("{module}")
    return getattr(module, "{variable}").test_client()
"""


def menu(screen: Screen) -> Locator:
    screen.button(re.compile("^Share")).click()
    opened = screen.page.get_by_role("region", name="Share", exact=True)
    expect(opened.get_by_role("button", name="Copy link")).to_be_visible()
    return opened


def copied(screen: Screen, button: str, said: str) -> str:
    menu(screen).get_by_role("button", name=button).click()
    expect(screen.page.locator(".banner")).to_contain_text(said)
    text: str = screen.page.evaluate("navigator.clipboard.readText()")
    return text


def with_sample(page: Page, sample: str) -> Screen:
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample(sample)
    return screen


def test_the_selected_request_is_saved_in_every_format(
    stage: Stage, open_page: OpenPage, tmp_path: Path
) -> None:
    screen = with_sample(open_page(stage.address), "The order of hooks")
    trace = screen.selected_trace()
    opened = menu(screen)
    names = {}
    for label in ("HTML file", "Chrome trace", "OTLP JSON", "JSON Lines"):
        button = opened.get_by_role("button", name=label, exact=True)
        expect(button).to_be_enabled()
        file = save_download(screen, button, tmp_path)
        names[label] = file.name
        assert trace in file.read_text() or label == "HTML file"
    assert names == {
        "HTML file": "GET-hook-order.html",
        "Chrome trace": "GET-hook-order.trace.json",
        "OTLP JSON": "GET-hook-order.otlp.json",
        "JSON Lines": "GET-hook-order.jsonl",
    }
    # Escape closes, and the focus is where it was.
    screen.page.keyboard.press("Escape")
    expect(opened).to_have_count(0)
    expect(screen.button("Share")).to_be_focused()

    alone = Screen(open_page((tmp_path / names["HTML file"]).as_uri(), offline=True))
    alone.show_table()
    alone.expect_rows(golden_rows("hook-order"))


def test_a_file_that_cannot_be_written_is_told(
    stage: Stage, open_page: OpenPage, watched: object
) -> None:
    watched.expected.append("404")  # type: ignore[attr-defined]
    screen = with_sample(open_page(stage.address), "The order of hooks")
    opened = menu(screen)
    stage.dashboard.request("DELETE", "/api/traces")
    opened.get_by_role("button", name="Chrome trace", exact=True).click()
    expect(screen.page.get_by_role("alert")).to_contain_text(
        "This dashboard does not have the request"
    )


def test_an_opened_recording_is_saved_whole(
    stage: Stage, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    screen.button(re.compile("^Record")).click()
    screen.run_sample("The order of hooks")
    screen.run_sample("The order of hooks")
    stop_recording(screen)
    (item,) = stage.dashboard.request("GET", "/api/recordings").json["items"]
    page.goto(f"{stage.dashboard.url}/recordings/{item['id']}")
    opened = menu(screen)
    expect(opened.get_by_role("heading")).to_have_text(["This request", "The whole recording"])
    button = opened.get_by_role("button", name="JSON Lines", exact=True).last
    lines = save_download(screen, button, tmp_path).read_text().splitlines()
    assert json.loads(lines[-1]) == {"end": True, "events": item["events"]}


def test_a_link_shows_the_same_request_to_who_follows_it(stage: Stage, open_page: OpenPage) -> None:
    screen = with_sample(open_page(stage.address, **CLIPBOARD), "The order of hooks")
    trace = screen.selected_trace()
    link = copied(screen, "Copy link", "The link is in the clipboard")
    screen.run_sample("The order of hooks")
    assert screen.selected_trace() != trace
    screen.page.goto(link)
    expect(screen.story).to_contain_text("/hook-order/")
    expect(screen.page.locator("[role=option][aria-selected=true]")).to_have_attribute(
        "data-trace", trace
    )


def test_the_copied_command_sends_the_same_request(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address, **CLIPBOARD)
    screen = with_sample(page, "The order of hooks")
    command = copied(screen, "Copy as curl", "Headers and body are not recorded")
    words = shlex.split(command)
    assert words[:-1] == ["curl", "--include", "--globoff", "--path-as-is"]
    assert words[-1] == f"{stage.samples.url}/hook-order/"


@pytest.mark.parametrize(
    ("slug", "number"),
    [("hook-order", 0), ("intercept", 0), ("not-found", 0), ("unhandled", 0), ("templates", 0),
     ("blueprints", 0), ("multi-app", 0), ("multi-app", 1), ("nested-contexts", 1)],
)  # fmt: skip
def test_the_copied_test_passes_against_its_application(
    stage: Stage, open_page: OpenPage, tmp_path: Path, slug: str, number: int
) -> None:
    lesson = next(one for one in LESSONS if one.slug == slug)
    sample = lesson.samples[number]
    title = lesson.title.en
    if len(lesson.samples) > 1:
        title = f"{title}: {sample.label.en}"
    screen = with_sample(open_page(stage.address, **CLIPBOARD), title)
    text = copied(screen, "Copy as pytest test", "The test is in the clipboard")
    variable = sample.app or lesson.mounts[0].variable
    module = f"sample_apps.{lesson.module}"
    (tmp_path / "conftest.py").write_text(CONFTEST.format(module=module, variable=variable))

    assert pytest_says(tmp_path, text) == "1 passed"
    # It does not pass whatever happens: neither backwards nor with another step.
    steps = re.findall(r"^            (.*),$", text, re.MULTILINE)
    assert steps != []
    assert pytest_says(tmp_path, text.replace(steps[0], '"view nobody"')) == "1 failed"


def pytest_says(folder: Path, test: str) -> str:
    """How a run of pytest with this *test* ends, with the plugin that is installed here."""
    (folder / "test_copied.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        [*command, "-c", "/dev/null", "--rootdir", folder, folder],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ended.stdout.splitlines()[-1].split(" in ")[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_menu_has_no_accessibility_violation(
    stage: Stage, open_page: OpenPage, theme: str
) -> None:
    page = open_page(stage.address, color_scheme=theme, bypass_csp=True)
    page.add_script_tag(content=AXE.read_text())
    screen = with_sample(page, "The order of hooks")
    menu(screen)
    assert violations(page) == []
