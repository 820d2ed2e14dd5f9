"""Several applications: behind a dispatcher, in a script, inside a request, in a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.screen import Box, Screen, comes_to, golden_rows

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

SAMPLES = [
    ("A context inside a context", "nested-apps", 0),
    ("Werkzeug's LocalStack itself", "local-stack", 0),
    ("Two applications, one address: app01 answers", "multi-app", 0),
    ("Two applications, one address: app02 answers", "multi-app", 1),
    ("Another application inside a request: Step into the storeroom", "nested-contexts", 0),
    ("Another application inside a request: Send it a test request", "nested-contexts", 1),
    ("Work in another thread: With a copied context", "threads", 0),
    ("A streamed response with its request", "streaming-with-context", 0),
    ("A hook that answers: Without a ticket", "intercept", 0),
    ("An error that nobody handles: Divide by zero", "unhandled", 0),
    ("What a template calls", "templates", 0),
    ("Blueprints in blueprints: Three blueprints deep", "blueprints", 0),
]


@pytest.mark.parametrize(
    ("title", "slug", "sample"), SAMPLES, ids=[f"{s[1]}-{s[2]}" for s in SAMPLES]
)
def test_a_sample_is_shown_whole_and_in_order(
    stage: Stage, open_page: OpenPage, title: str, slug: str, sample: int
) -> None:
    screen = Screen(open_page(stage.address))
    screen.run_sample(title)
    screen.show_table()
    screen.expect_rows(golden_rows(slug, sample))


def test_both_applications_of_a_dispatcher_are_told_apart(
    stage: Stage, open_page: OpenPage
) -> None:
    screen = Screen(open_page(stage.address))
    screen.run_sample("Two applications, one address: app01 answers")
    expect(screen.story).to_contain_text("GET /multi-app/index")
    screen.show_table()
    comes_to(screen.apps, ["", "app01"])
    screen.run_sample("Two applications, one address: app02 answers")
    expect(screen.story).to_contain_text("GET /multi-app/sec/index2")
    comes_to(screen.apps, ["", "app02"])
    first, second = screen.requests.get_by_role("option").all()[:2]
    expect(first).to_contain_text("app02")
    expect(second).to_contain_text("app01")


def test_a_script_stacks_one_applications_context_on_the_others(
    stage: Stage, open_page: OpenPage
) -> None:
    screen = Screen(open_page(stage.address))
    screen.run_sample("A context inside a context")
    screen.show_table()
    screen.row("app_context.push", "app1").click()
    screen.expect_boxes([Box("AppContext", "app1"), Box("AppContext", "app2")])
    proxies = {"current_app": "app1", "g": "app1", "request": "", "session": ""}
    comes_to(screen.proxies, proxies)
    screen.row("app_context.pop", "app1").click()
    screen.expect_boxes([Box("AppContext", "app2")])
    comes_to(screen.proxies, {**proxies, "current_app": "app2", "g": "app2"})
