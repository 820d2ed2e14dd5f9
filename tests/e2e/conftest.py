"""A real Chromium in front of a real dashboard with the real samples behind it.

Every page is watched: an error on its console, an uncaught exception or a report of its content
security policy fails the test that opened it, whatever else went well.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.e2e.slow_page import PATIENCE, SLOW_PAGE, slow_down
from tests.processes import ROOT, DashboardProcess, start_dashboard, traced_program
from tests.samples_process import SamplesProcess, start_samples

PUZZLED_SHOP = Path(__file__).with_name("puzzled_shop.py")
PICTURES = ROOT / "test-results"
CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`))
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            if SLOW_PAGE.script:
                item.add_marker(pytest.mark.timeout(600))


@dataclass
class Stage:
    """A dashboard and the samples that send to it."""

    dashboard: DashboardProcess
    samples: SamplesProcess

    @property
    def address(self) -> str:
        """What the dashboard printed: the page, with its key."""
        return f"{self.dashboard.url}/?token={self.dashboard.token}"

    def clear(self) -> None:
        """Nothing stored: no recording, no request, and none of before that is on its way.

        Before a page is opened: one that fetches a request while it is deleted is told 404.
        """
        self._ask_the_last()
        for item in self.dashboard.request("GET", "/api/recordings").json["items"]:
            self.dashboard.request("DELETE", f"/api/recordings/{item['id']}")
        self.dashboard.request("DELETE", "/api/traces")

    def _ask_the_last(self) -> None:
        """Events are sent in their order: with this request's, all before them are stored."""
        path = f"/hook-order/{uuid4()}"
        with pytest.raises(HTTPError):
            urlopen(self.samples.url + path, timeout=PATIENCE / 1000)
        self.wait_for_trace(path)

    def kill_dashboard(self) -> None:
        """End it as a power cut would: gunicorn's workers too, which outlive their master."""
        pid = self.dashboard.process.pid
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.dashboard.kill()
        for worker in workers:
            os.kill(int(worker), signal.SIGKILL)

    def wait_for_trace(self, path: str) -> None:
        """Return when the dashboard has stored the whole trace of a request to *path*."""
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline:
            items = self.dashboard.request("GET", "/api/traces").json["items"]
            if any(item["path"] == path and item["complete"] for item in items):
                return
            time.sleep(0.05)
        raise AssertionError(f"no trace of {path}: {[item['path'] for item in items]}")

    def wait_for_registered(self, name: str) -> None:
        """Return when an application has announced a function of this name."""
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline:
            items = self.dashboard.request("GET", "/api/apps/registry").json["items"]
            if any(entry["name"] == name for item in items for entry in item["registry"]):
                return
            time.sleep(0.05)
        raise AssertionError(f"{name} was not announced")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser a file: while it lives, its event loop runs in this thread, and other tests
    would find it there."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM
        )
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def leaks() -> None:
    """Nothing is traced in this process, and Playwright keeps the threads that it starts."""


def set_stage(folder: Path, mode: str, *lessons: str) -> Iterator[Stage]:
    dashboard = start_dashboard(folder, mode)
    samples = None
    try:
        samples = start_samples(dashboard, *lessons)
        yield Stage(dashboard, samples)
    finally:
        if samples is not None:
            samples.kill()
        dashboard.stop()


@pytest.fixture(scope="session")
def standing_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One stage with all lessons, for the scenarios that leave it standing."""
    yield from set_stage(tmp_path_factory.mktemp("stage"), "eventlet")


@pytest.fixture
def stage(standing_stage: Stage) -> Stage:
    """The one that stands, without what other scenarios left there."""
    standing_stage.clear()
    return standing_stage


@pytest.fixture(params=["eventlet", "gthread"])
def own_stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """A stage of the test's own, once on eventlet's server and once on gunicorn's threads."""
    yield from set_stage(tmp_path, request.param, "hook-order")


@pytest.fixture(scope="module")
def puzzled_shop(standing_stage: Stage) -> Iterator[str]:
    """Address of an application that is no sample: `flaskscope run`, with each step's state."""
    with traced_program(
        standing_stage.dashboard, PUZZLED_SHOP, FLASKSCOPE_RECORD="state"
    ) as address:
        yield address


@dataclass
class Watched:
    """What went wrong on the pages of one test."""

    errors: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Regular expressions of console errors that the scenario itself causes."""
    pages: list[Page] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self.on_console)
        page.on("pageerror", self.on_error)
        self.pages.append(page)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    def on_error(self, error: object) -> None:
        self.errors.append(f"uncaught: {error}")

    @property
    def unexpected(self) -> list[str]:
        return [e for e in self.errors if not any(re.search(x, e) for x in self.expected)]


OpenPage = Callable[..., Page]


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def open_page(chromium: Browser, watched: Watched) -> Iterator[OpenPage]:
    """Opens an address in a fresh profile; keyword arguments go to the browser's context."""
    contexts = []

    def open_at(address: str, **options: object) -> Page:
        options.setdefault("viewport", {"width": 1440, "height": 900})
        context = chromium.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(REPORT_VIOLATIONS + SLOW_PAGE.script)
        context.on("page", watched.watch)
        if SLOW_PAGE.script:
            context.on("page", slow_down)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert watched.unexpected == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    watched = getattr(item, "funcargs", {}).get("watched")
    if call.when == "call" and report.failed and watched is not None:
        PICTURES.mkdir(exist_ok=True)
        name = re.sub(r"\W+", "-", item.name).strip("-")
        for number, page in enumerate(watched.pages):
            if not page.is_closed():
                page.screenshot(path=PICTURES / f"{name}-{number}.png")
    return report
