"""An exported HTML file in a browser without any network: it shows everything and runs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.e2e.payloads import PAYLOADS
from tests.e2e.screen import Screen, address_of, comes_to, golden_rows, stop_recording
from tests.e2e.test_accessibility import AXE, violations
from tests.web_data.agents import START, trace_id
from tracer.events import Event, Lane
from tracer.json_lines import dump_lines

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

SOURCE = "0123456789abcdef"


def html_of(stage: Stage, path: str, target: Path) -> str:
    """The address of the file that the export at *path* becomes."""
    answer = stage.dashboard.request("GET", f"{path}/export?format=html")
    assert answer.status == 200
    target.write_bytes(answer.body)
    return target.as_uri()


def opened(open_page: OpenPage, address: str, **options: object) -> tuple[Screen, list[str]]:
    """The file in a browser that is offline, and the addresses that it asked for."""
    page = open_page("about:blank", offline=True, **options)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    return Screen(page), asked


IS_DRAWN = """() => {
  const canvas = document.querySelector(".stage canvas");
  if (canvas === null || canvas.width === 0) return false;
  const copy = document.createElement("canvas").getContext("2d");
  copy.canvas.width = canvas.width;
  copy.canvas.height = canvas.height;
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size > 10;
}"""
"""Whether the timeline's canvas shows more than its background."""


def recorded(stage: Stage, page: Page) -> str:
    """The id of a recording of one request, made in the page."""
    screen = Screen(page)
    screen.expect_connected()
    screen.button(re.compile("^Record")).click()
    screen.run_sample("The order of hooks")
    stop_recording(screen)
    (item,) = stage.dashboard.request("GET", "/api/recordings").json["items"]
    return str(item["id"])


def test_a_recording_is_one_file_that_works_without_network(
    stage: Stage, open_page: OpenPage, tmp_path: Path
) -> None:
    recording = recorded(stage, open_page(stage.address))
    address = html_of(stage, f"/api/recordings/{recording}", tmp_path / "r.html")
    screen, asked = opened(open_page, address)
    expect(screen.story).to_contain_text("/hook-order/")
    expect(screen.page).to_have_title(re.compile("^Recording .* – Flaskscope$"))
    screen.page.wait_for_function(IS_DRAWN)
    screen.show_table()
    screen.expect_rows(golden_rows("hook-order"))
    expect(screen.page).to_have_url(re.compile(r"event=\d+.*&table=1"))
    before = re.search(r"event=(\d+)", address_of(screen.page))
    assert before is not None
    screen.row("view", "index").click()
    expect(screen.page.get_by_role("region", name="Source of index")).to_contain_text("def index")
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [address]

    # What is looked at stands in the address, and comes back with it.
    # The view may still be settling: it is the event that must have come.
    expect(screen.page).not_to_have_url(re.compile(rf"event={before[1]}\b"))
    expect(screen.page).to_have_url(re.compile(r"#trace=.*&event=\d+.*&table=1"))
    again, _ = opened(open_page, address_of(screen.page))
    again.expect_rows(golden_rows("hook-order"))
    expect(again.row("view", "index")).to_have_attribute("aria-selected", "true")


def test_map_and_hooks_stand_in_the_file_and_a_link_leads_to_them(
    stage: Stage, open_page: OpenPage, tmp_path: Path
) -> None:
    stage.clear()
    recording = recorded(stage, open_page(stage.address))
    address = html_of(stage, f"/api/recordings/{recording}", tmp_path / "r.html")
    screen, asked = opened(open_page, address)
    page = screen.page
    expect(screen.story).to_contain_text("/hook-order/")

    page.keyboard.press("m")
    rows = page.get_by_test_id("lifecycle")
    expect(rows.locator('[data-step="before_request"]').first).to_contain_text("process_request1")
    expect(page).to_have_url(re.compile("#screen=map&trace="))
    again, _ = opened(open_page, address_of(page))
    lit = again.page.get_by_test_id("lifecycle").locator('[data-step="view"]')
    expect(lit).to_have_attribute("data-state", "ran")

    page.get_by_role("link", name="Hooks & signals").click()
    hook = page.locator('[data-app="hook_order"][data-name="process_request1"]')
    expect(hook).to_have_attribute("data-runs", "1")
    expect(page.get_by_role("button", name="Those of the running applications")).to_have_count(0)
    expect(page).to_have_url(re.compile("#screen=hooks&recording=file"))
    page.get_by_role("link", name="Recording", exact=True).click()
    expect(screen.story).to_contain_text("/hook-order/")
    # There is no dashboard that could be asked for anything.
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [address]
    for missing in ("Live", "Learn", "Compare"):
        expect(page.get_by_role("link", name=missing, exact=True)).to_have_count(0)


def test_two_requests_of_the_file_are_compared(
    stage: Stage, open_page: OpenPage, tmp_path: Path
) -> None:
    stage.clear()
    live = open_page(stage.address)
    screen = Screen(live)
    screen.expect_connected()
    screen.button(re.compile("^Record")).click()
    screen.run_sample("The order of hooks")
    screen.run_sample("A hook that answers: Without a ticket")
    screen.button(re.compile(r"^Stop · [1-9]\d* events")).click()
    live.keyboard.press("Enter")
    (item,) = stage.dashboard.request("GET", "/api/recordings").json["items"]
    address = html_of(stage, f"/api/recordings/{item['id']}", tmp_path / "r.html")

    file, _ = opened(open_page, address)
    options = file.requests.get_by_role("option")
    expect(options).to_have_count(2)
    options.nth(1).click()
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    options.nth(0).click(modifiers=["Control"])
    table = file.page.get_by_test_id("compare")
    expect(table).to_contain_text("process_request1")


def test_a_single_request_is_a_file_too(stage: Stage, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample("The order of hooks")
    trace = screen.selected_trace()
    address = html_of(stage, f"/api/traces/{trace}", tmp_path / "t.html")
    offline, _ = opened(open_page, address)
    offline.show_table()
    offline.expect_rows(golden_rows("hook-order"))
    comes_to(offline.selected_trace, trace)


def test_the_file_has_no_accessibility_violation(
    stage: Stage, open_page: OpenPage, tmp_path: Path
) -> None:
    recording = recorded(stage, open_page(stage.address))
    address = html_of(stage, f"/api/recordings/{recording}", tmp_path / "r.html")
    for theme in ("light", "dark"):
        screen, _ = opened(open_page, address, color_scheme=theme, bypass_csp=True)
        screen.page.add_script_tag(content=AXE.read_text())
        expect(screen.story).to_contain_text("/hook-order/")
        found = {"timeline": violations(screen.page)}
        screen.page.keyboard.press("m")
        expect(screen.page.get_by_test_id("lifecycle")).to_be_visible()
        found["map"] = violations(screen.page)
        screen.page.get_by_role("link", name="Hooks & signals").click()
        expect(screen.page.get_by_test_id("hooks")).to_be_visible()
        found["hooks"] = violations(screen.page)
        assert {place: lines for place, lines in found.items() if lines} == {}


def hostile_events() -> Iterator[Event]:
    """A request for each payload, which stands in every text that it has."""
    seq = 0
    for number, text in enumerate(PAYLOADS, 1):
        lane = Lane(4711, number, text, None, text)
        root, view = f"{'a' * 8}{number * 2:08x}", f"{'a' * 8}{number * 2 + 1:08x}"
        attributes = {"method": text, "path": text, "file": text, "line": 1, "source": SOURCE}
        common = {"app": text, "trace_id": trace_id(number), "lane": lane}
        for phase, kind, span, parent, given in (
            ("begin", "request", root, None, attributes),
            ("instant", text, None, root, {text: text}),
            ("begin", "view", view, root, {**attributes, "arguments": {text: text}}),
            ("instant", "exception", None, view, {"message": text, "handled_by": text}),
            ("end", "view", view, root, {"left_by": text}),
            ("end", "request", root, None, {"status": text}),
        ):
            seq += 1
            yield Event(
                seq=seq, ts=START + seq * 1000, phase=phase, kind=kind, name=text,
                span_id=span, parent_id=parent, attributes=given, **common,
            )  # fmt: skip


def test_nothing_that_was_traced_runs(stage: Stage, open_page: OpenPage, tmp_path: Path) -> None:
    assert len(PAYLOADS) >= 150
    everything = "".join(PAYLOADS)
    source = {"id": SOURCE, "file": everything[:4000], "line": 1, "name": everything[:4000]}
    app = {"key": PAYLOADS[0], "name": everything, "routes": [{"rule": everything}]}
    agent = {"id": "a" * 32, "pid": 4711, "command": everything, "span_prefixes": ["a" * 8]}
    lines = dump_lines(
        hostile_events(), [{**source, "text": everything}],
        name="</title></script>" + PAYLOADS[2], agents=[agent], apps=[{**app, "agent": "a" * 32}],
    )  # fmt: skip
    recording = stage.dashboard.request(
        "POST", "/api/recordings/import", "".join(lines).encode()
    ).json["id"]
    address = html_of(stage, f"/api/recordings/{recording}", tmp_path / "hostile.html")

    page = open_page("about:blank", offline=True)
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.add_init_script("globalThis.ran = []")
    page.goto(address)
    screen = Screen(page)
    expect(screen.requests.get_by_role("option").first).to_be_visible()
    screen.requests.focus()
    page.keyboard.press("Home")
    selected = screen.requests.locator("[role=option][aria-selected=true]")
    for place in range(1, len(PAYLOADS) + 1):
        expect(selected).to_have_attribute("aria-posinset", str(place))
        expect(screen.story).to_be_visible()
        page.keyboard.press("ArrowDown")
    page.keyboard.press("t")
    expect(screen.table).to_be_visible()
    assert page.evaluate("ran") == []
    # The elements of the page, and none that a text could have made.
    assert page.locator("script:not([type]), iframe, object, embed, img, base").count() == 0
    # It would have been heard of.
    page.evaluate("() => ran.push(2)")
    assert page.evaluate("ran") == [2]
