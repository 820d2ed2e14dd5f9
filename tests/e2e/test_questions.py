"""Three questions about an application that the reader has never seen, and the page's answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

from playwright.sync_api import expect

from tests.e2e.screen import Screen

if TYPE_CHECKING:
    from conftest import OpenPage, Stage


def ask(stage: Stage, shop: str, path: str, open_page: OpenPage) -> Screen:
    """The page, after a request to *path*, which is selected."""
    try:
        urlopen(shop + path).close()
    except HTTPError as error:
        error.close()
    stage.wait_for_trace(path)
    screen = Screen(open_page(stage.address))
    screen.expect_connected()
    screen.requests.get_by_role("option").filter(has_text=path).click()
    expect(screen.story).to_contain_text(f"GET {path}")
    return screen


def test_why_did_my_view_not_run(stage: Stage, puzzled_shop: str, open_page: OpenPage) -> None:
    screen = ask(stage, puzzled_shop, "/account", open_page)
    expect(screen.story).to_contain_text("→ only_with_key → 302 (answered before the view)")
    screen.story.get_by_role("button", name="only_with_key").click()
    expect(screen.page.get_by_test_id("event-title")).to_have_text("before_request only_with_key")
    expect(screen.page.get_by_role("tabpanel")).to_contain_text('return redirect("/login")')
    screen.page.get_by_role("tab", name="Why here?").click()
    expect(screen.page.get_by_test_id("why")).to_contain_text(
        "It is number 1 of the 2 before_request functions for this request."
    )


def test_which_context_leaked(stage: Stage, puzzled_shop: str, open_page: OpenPage) -> None:
    screen = ask(stage, puzzled_shop, "/report", open_page)
    expect(screen.story).to_contain_text("200 (never sent) → AssertionError")
    expect(screen.story).to_contain_text(
        "✕ 3 AppContext puzzled_shop was never popped, pushed in prices (puzzled_shop.py:50)"
    )
    failed = screen.requests.locator("[role=option][aria-selected=true] .status")
    expect(failed).to_have_text("✕ ")
    # Among all requests it is found by what it did.
    screen.page.keyboard.press("/")
    screen.page.keyboard.type("is:leaking ")
    expect(screen.requests.get_by_role("option")).to_have_count(1)
    screen.story.get_by_role("button", name="3 AppContext puzzled_shop").click()
    expect(screen.page.get_by_test_id("event-title")).to_have_text("app_context.push puzzled_shop")
    expect(screen.page.locator(".facts").first).to_contain_text("never, though the request is over")
    screen.page.get_by_role("tab", name="Why here?").click()
    expect(screen.page.get_by_test_id("why")).to_contain_text(
        "It was pushed by prices at puzzled_shop.py:50."
    )


def test_who_set_this_cookie(stage: Stage, puzzled_shop: str, open_page: OpenPage) -> None:
    screen = ask(stage, puzzled_shop, "/basket", open_page)
    screen.show_table()
    screen.row("request", "GET /basket").click()
    screen.page.get_by_role("tab", name="State").click()
    rows = screen.page.get_by_test_id("state").get_by_role("row").filter(has_text="Set-Cookie")
    expect(rows).to_have_text(
        [
            "+ Set-Cookie basket=[redacted]; Path=/view basket",
            re.compile(
                r"^\+ Set-Cookie \(2\).*visitor=\[redacted\].*after_request remember_visitor$"
            ),
            "+ Set-Cookie (session) value not recordedsession.save SecureCookieSessionInterface",
        ]
    )
    rows.nth(1).get_by_role("button").click()
    expect(screen.page.get_by_test_id("event-title")).to_have_text("after_request remember_visitor")


def test_a_name_of_ten_thousand_characters_hides_nothing(
    stage: Stage, puzzled_shop: str, open_page: OpenPage
) -> None:
    screen = ask(stage, puzzled_shop, "/endless", open_page)
    page = screen.page
    expect(screen.story).to_have_text(re.compile(r"GET /endless → n{80}… → 200 in "))
    screen.story.get_by_role("button", name="nnn").click()
    expect(page.get_by_test_id("event-title")).to_contain_text("view nnn")
    for tab in ("Source", "Why here?", "Attributes"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel")).to_be_in_viewport()
