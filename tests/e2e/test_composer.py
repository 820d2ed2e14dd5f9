"""Requests made by hand: routes, forms, JSON, and cookies that last from one to the next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Locator, expect

from tests.e2e.screen import WHILE_IT_IS_DEAD, Screen, answer_of

if TYPE_CHECKING:
    from conftest import OpenPage, Stage, Watched


HAS_COMPOSER = """() => ["composer", "en.dashboard"].every((part) =>
  performance.getEntriesByType("resource").some(({ name }) => name.includes(`/${part}-`)))"""
"""Both came before anybody asked for them."""


def compose(screen: Screen, app: str, route: str, method: str) -> Locator:
    """The composer's form with *app*, its *route* and *method* chosen."""
    composer = screen.open_composer()
    composer.get_by_role("tab", name="Compose").click()
    # Methods that an application does not allow have that word in their label.
    apps = composer.get_by_role("combobox", name=re.compile("^Application"))
    apps.select_option(label=apps.locator("option", has_text=f"{app} · pid").inner_text())
    routes = composer.get_by_label("Route")
    routes.select_option(label=routes.locator("option", has_text=route).inner_text())
    composer.get_by_label("Method").select_option(method)
    return composer


def test_a_form_is_sent_and_the_session_lives_on_in_the_cookie_jar(
    stage: Stage, open_page: OpenPage
) -> None:
    screen = Screen(open_page(stage.address))
    screen.expect_connected()

    composer = compose(screen, "cart", "/add → add", "POST")
    composer.get_by_role("radio", name="Form").check()
    composer.get_by_role("button", name="Add Form fields").click()
    composer.get_by_label("Form fields, name 1").fill("item")
    composer.get_by_label("Form fields, value 1").fill("rice")
    composer.get_by_role("button", name="Send", exact=True).click()
    answer = answer_of(composer)
    expect(answer).to_contain_text("302")
    expect(screen.story).to_contain_text("POST /session/add → add → 302")
    composer.get_by_role("button", name="Close", exact=True).click()

    composer = compose(screen, "cart", "/ → show", "GET")
    composer.get_by_role("radio", name="None").check()
    composer.get_by_role("button", name="Send", exact=True).click()
    expect(answer).to_contain_text('{"cart":["rice"]}')

    composer.get_by_role("button", name="Empty the jar").click()
    composer.get_by_role("button", name="Send again").click()
    expect(answer).to_contain_text('{"cart":[]}')


def test_a_route_with_an_argument_asks_for_its_value(stage: Stage, open_page: OpenPage) -> None:
    screen = Screen(open_page(stage.address))
    screen.expect_connected()
    composer = compose(screen, "bookshop", "/shop/books/reviews/<int:number>", "GET")
    composer.get_by_role("button", name="Send", exact=True).click()
    expect(composer.get_by_role("alert")).to_contain_text("number")
    composer.get_by_label("number (int)").fill("2")
    composer.get_by_role("button", name="Send", exact=True).click()
    expect(answer_of(composer)).to_contain_text("I laughed")
    expect(screen.story).to_contain_text("GET /blueprints/shop/books/reviews/2")


def test_samples_of_one_lesson_share_a_session(stage: Stage, open_page: OpenPage) -> None:
    screen = Screen(open_page(stage.address))
    screen.run_sample("A login guard: Go in")
    expect(screen.story).to_contain_text("302")
    screen.run_sample("A login guard: Log in as Ada")
    expect(screen.story).to_contain_text("POST /login-guard/login")
    screen.run_sample("A login guard: Go in")
    expect(screen.story).to_contain_text("GET /login-guard/ → index → 200")


def test_new_request_says_at_once_that_the_dashboard_is_gone(
    own_stage: Stage, open_page: OpenPage, watched: Watched
) -> None:
    screen = Screen(open_page(own_stage.address))
    screen.send_first_sample()
    screen.page.wait_for_function(HAS_COMPOSER)
    watched.expected += WHILE_IT_IS_DEAD
    own_stage.kill_dashboard()
    expect(screen.page.locator(".banner.bad-news")).to_contain_text("does not answer")

    composer = screen.open_composer()
    gone = composer.get_by_text("The dashboard cannot be reached")
    expect(gone).to_be_visible()
    own_stage.dashboard.start()
    expect(gone).to_have_count(0)
    composer.get_by_role("button", name="Run: The order of hooks").click()
    expect(answer_of(composer)).to_contain_text("200")
