"""The axis of steps: in the fitted view of a request each hook can be read by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.e2e.screen import Screen

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

HOOKS = [
    "process_request1",
    "process_request2",
    "index",
    "process_response2",
    "process_response1",
]

# Notes what is written on each canvas since it was last emptied, from left to right.
NOTE_TEXTS = """
const { fillText, clearRect, putImageData } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.clearRect = function (...box) {
  this.written = [];
  return clearRect.apply(this, box);
};
CanvasRenderingContext2D.prototype.putImageData = function (...pixels) {
  this.written = [];
  return putImageData.apply(this, pixels);
};
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
  this.written?.push([x, text]);
  return fillText.call(this, text, x, y, ...rest);
};
"""
WRITTEN = """() => [...document.querySelectorAll(".timeline canvas")]
    .flatMap(canvas => canvas.getContext("2d").written ?? [])
    .sort((a, b) => a[0] - b[0])
    .map(([x, text]) => text)"""


UNTIL_WRITTEN = f"""async texts => {{
    const written = () => ({WRITTEN})().map(text => text.replace(/^view /, ""));
    const isThere = text => written().includes(text);
    for (let frame = 0; frame < 600 && !texts.every(isThere); frame++) {{
        await new Promise(requestAnimationFrame);
    }}
    return written();
}}"""


def names_written(page: Page) -> list[str]:
    """What stands on the timeline, from left to right, as soon as all hooks do; while the page
    is still finding its size a name may have no room."""
    written: list[str] = page.evaluate(UNTIL_WRITTEN, HOOKS)
    return written


def test_every_hook_of_a_request_of_a_millisecond_is_drawn_with_its_name(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.run_sample("The order of hooks")
    page.add_init_script(NOTE_TEXTS)
    page.reload()
    expect(page.get_by_role("button", name="Steps", pressed=True)).to_be_visible()
    expect(screen.story).to_contain_text("GET /hook-order/")
    names = names_written(page)
    assert [name for name in names if name in HOOKS] == HOOKS, names


def test_x_shows_even_time_and_the_address_says_so(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address)
    Screen(page).run_sample("The order of hooks")
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Time", pressed=True)).to_be_visible()
    page.keyboard.press(".")
    page.wait_for_url("**scale=time**")
    page.reload()
    expect(page.get_by_role("button", name="Time", pressed=True)).to_be_visible()
    page.keyboard.press("x")
    page.wait_for_url("**scale=steps**")
