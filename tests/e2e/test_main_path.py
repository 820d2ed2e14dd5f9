"""The newcomer's way: open the printed address, press one button, read a request's whole life."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.screen import FITTED, Screen, golden_rows

if TYPE_CHECKING:
    from conftest import OpenPage, Stage


def test_one_button_shows_the_whole_life_of_a_request(
    own_stage: Stage, open_page: OpenPage
) -> None:
    screen = Screen(open_page(own_stage.address))
    screen.expect_connected()
    expect(screen.page.get_by_text("No request yet", exact=True)).to_be_visible()

    screen.send_first_sample()

    expect(screen.story).to_have_text(
        re.compile(r"GET /hook-order/ → index → 200 in \S+ \S+: 4 hooks")
    )
    screen.show_table()
    screen.expect_rows(golden_rows("hook-order"))


def test_the_newcomers_first_sample_is_the_order_of_hooks(
    stage: Stage, open_page: OpenPage
) -> None:
    screen = Screen(open_page(stage.address))
    screen.send_first_sample()
    expect(screen.story).to_contain_text("GET /hook-order/ → index → 200")


def test_a_fired_request_is_selected_and_brought_into_view(
    stage: Stage, open_page: OpenPage
) -> None:
    screen = Screen(open_page(stage.address))
    for title in ("What a template calls", "The order of hooks"):
        screen.run_sample(title)
        # Times are counted from the start of the selected request: it must lie inside the view.
        expect(screen.page).to_have_url(FITTED)
    expect(screen.story).to_contain_text("GET /hook-order/")
