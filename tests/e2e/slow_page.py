"""Pages as on a busy machine or far from the dashboard: what a person could be too quick for.

``FLASKSCOPE_SLOW_PAGE=paint pytest tests/e2e`` draws late and computes slowly, ``=answers`` hears
late what the dashboard says. ``make soak`` runs both.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True)
class Slowness:
    """What every page of the tests is like."""

    script: str = ""
    """Runs before the page's own."""
    cpu: int = 1
    """How many times longer every computation takes."""
    latency: int = 0
    """Milliseconds that every answer over HTTP takes longer."""


LATE_PAINT = """{
  const later = setTimeout;
  window.requestAnimationFrame = (draw) => later(() => draw(performance.now()), 150);
  window.cancelAnimationFrame = (id) => clearTimeout(id);
  window.setTimeout = (run, ms = 0, ...given) => later(run, ms < 100 ? ms + 150 : ms, ...given);
}"""
LATE_FRAMES = """
window.WebSocket = class extends WebSocket {
  set onmessage(hear) { super.onmessage = (event) => setTimeout(() => hear(event), 300); }
};
"""
SLOWNESS = {
    "": Slowness(),
    "paint": Slowness(script=LATE_PAINT, cpu=4),
    "answers": Slowness(script=LATE_FRAMES, latency=300),
}
SLOW_PAGE = SLOWNESS[os.environ.get("FLASKSCOPE_SLOW_PAGE", "")]
PATIENCE = 60_000 if SLOW_PAGE.script else 30_000
"""Milliseconds that an expectation waits on a machine that is busy with other things."""


def slow_down(page: Page) -> None:
    """What no script in *page* could do."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_PAGE.cpu})
    session.send("Network.enable")
    conditions = {"offline": False, "latency": SLOW_PAGE.latency}
    unlimited = {"downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", conditions | unlimited)
