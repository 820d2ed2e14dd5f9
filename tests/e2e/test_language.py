"""English and Chinese: chosen by the browser, by the address or by hand, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.e2e.screen import Screen, comes_to

if TYPE_CHECKING:
    from conftest import OpenPage, Stage


def catalogues(page: Page) -> list[str]:
    """Which texts the page has fetched, as `en`, `zh.later`."""
    urls = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    names = {url.rsplit("/", 1)[1].partition("-")[0] for url in urls}
    return sorted(name for name in names if name.partition(".")[0] in ("en", "zh"))


def test_a_chinese_browser_gets_chinese_alone(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.address, locale="zh-CN")
    expect(page.get_by_role("link", name="实时", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.get_by_role("button", name="新建请求")).to_be_visible()
    expect(page.locator(".details")).to_contain_text("上下文栈")
    page.wait_for_load_state("networkidle")
    # The welcome, the details and their map have texts of their own.
    comes_to(lambda: catalogues(page), ["zh", "zh.dashboard", "zh.details", "zh.map"])


def test_the_switch_changes_everything_that_is_shown_and_is_kept(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address, locale="en-GB")
    screen = Screen(page)
    screen.expect_connected()
    screen.run_sample("An error that nobody handles: Divide by zero")
    screen.show_table()
    expect(page.get_by_test_id("story")).to_contain_text(" in ")
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("treegrid")).to_have_accessible_name("所选请求的事件")
    expect(page.get_by_test_id("story")).to_contain_text("用时")
    expect(page.locator(".details .sentence").first).to_have_text(
        "Flask 调用了 URL 规则选中的函数。 Flask 文档"
    )
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")

    page.reload()
    expect(page.get_by_role("treegrid")).to_have_accessible_name("所选请求的事件")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("treegrid")).to_have_accessible_name("Events of the selected request")


def test_an_address_can_name_the_language_and_does_not_keep_it(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(f"{stage.address}&lang=zh", locale="en-GB")
    expect(page.get_by_role("link", name="实时", exact=True)).to_be_visible()
    expect(page).to_have_url(f"{stage.dashboard.url}/")
    page.get_by_role("link", name="录制", exact=True).click()
    expect(page).to_have_url(f"{stage.dashboard.url}/recordings")
    page.reload()
    expect(page.get_by_role("button", name="导入…")).to_be_visible()
