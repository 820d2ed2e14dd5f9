"""What the browser tests look through is itself to be relied upon."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.screen import address_of, comes_to

if TYPE_CHECKING:
    from conftest import OpenPage

HEARD = re.compile(r"\bpage\.url\b")


def test_an_address_that_comes_after_the_last_word_of_the_browser_is_seen(
    open_page: OpenPage,
) -> None:
    page = open_page("about:blank")
    page.evaluate("() => { setTimeout(() => { location.hash = 'late'; }, 300); }")
    comes_to(lambda: address_of(page), "about:blank#late")


def test_no_test_goes_by_the_address_that_was_last_heard_of() -> None:
    tests = Path(__file__).parent.glob("*.py")
    assert [test.name for test in tests if HEARD.search(test.read_text(encoding="utf-8"))] == []
