"""Take docs/pictures again: the real dashboard, the real samples, a real browser.

Needs `chromium` on the PATH; `make pictures` runs it.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e.conftest import CHROMIUM  # noqa: E402  (the checkout first has to be on the path)
from tests.processes import DashboardProcess, start_dashboard  # noqa: E402
from tests.samples_process import SamplesProcess, start_samples  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
SHOWN = "/nested-contexts/fetch"
"""The request in the picture: one application sends another one a request from inside its view."""
SELECTED = ("view", "shelf")
"""Kind and name of the selected event: there four contexts lie on the stack."""
TRAFFIC_SECONDS = 58.0
"""How long the samples are used before, so that the overview shows an ordinary minute."""
THEMES = ("light", "dark")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        dashboard = start_dashboard(Path(folder))
        samples = start_samples(dashboard)
        try:
            shown = fire_everything(dashboard, samples)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=CHROMIUM
                )
                for theme in THEMES:
                    take(browser, theme, dashboard, shown)
                browser.close()
        finally:
            samples.kill()
            dashboard.stop()


def fire_everything(dashboard: DashboardProcess, samples: SamplesProcess) -> str:
    """Use the samples for a minute, at last each of them once; the trace id of the shown one."""
    apps = samples.apps.values()
    requests = [(app["id"], sample) for app in apps for sample in app["samples"]]
    requests.sort(key=lambda pair: SHOWN.endswith(pair[1]["path"]) and len(pair[1]["path"]) > 1)
    chance = random.Random(3)
    until = time.monotonic() + TRAFFIC_SECONDS
    while time.monotonic() < until:
        request = chance.choice(requests)
        for _ in range(chance.choice((1, 1, 2, 2, 4))):
            fire(dashboard, *request)
        time.sleep(chance.uniform(0.05, 0.3))
    shown = ""
    for request in requests:
        shown = fire(dashboard, *request)
        time.sleep(0.15)
    return shown


def fire(dashboard: DashboardProcess, app_id: str, sample: dict[str, Any]) -> str:
    """Send one sample request; its trace id."""
    keys = ("method", "path", "query", "headers", "body", "form", "json", "cookie_jar")
    body = {key: sample[key] for key in keys if key in sample}
    return str(dashboard.request("POST", f"/api/apps/{app_id}/fire", body).json["trace_id"])


def take(browser: Browser, theme: str, dashboard: DashboardProcess, trace_id: str) -> None:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{dashboard.url}/?token={dashboard.token}")
    page.goto(f"{dashboard.url}/?trace={trace_id}")
    got_it = page.get_by_role("button", name="Got it")
    got_it.click()
    kind, name = SELECTED
    page.keyboard.press("t")
    page.locator(f'[role=row][data-kind="{kind}"][data-name="{name}"]').click()
    page.keyboard.press("t")
    expect(page.get_by_role("application").first).to_be_visible()
    expect(page.locator(".details")).to_contain_text(f"{kind} {name}")
    expect(page.get_by_role("region", name=f"Source of {name}")).to_be_visible()
    page.keyboard.press("0")
    page.mouse.move(5, 5)
    picture = PICTURES / f"live-{theme}.png"
    page.screenshot(path=picture)
    context.close()
    print(picture.relative_to(ROOT))


if __name__ == "__main__":
    main()
