"""The first load stays small: the script, what it imports at once and the texts of one language."""

from __future__ import annotations

import gzip

import pytest

from tests.processes import BUILT_BUNDLE
from web.bundle import Bundle
from web.offline_page import OfflinePage

MOST_BYTES = 80_000
MOST_OFFLINE_BYTES = 500_000


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_first_script_is_at_most_80_kilobytes_compressed(language: str) -> None:
    bundle = Bundle.read(BUILT_BUNDLE)
    files = (bundle.script, *bundle.preloads, bundle.catalogues[language])
    sizes = [len(gzip.compress((BUILT_BUNDLE / file).read_bytes(), 6)) for file in files]
    assert sum(sizes) <= MOST_BYTES, dict(zip(files, sizes, strict=True))


def test_the_page_of_exported_files_stands_inside_of_html_and_is_not_much_of_them() -> None:
    page = OfflinePage.read(BUILT_BUNDLE)
    assert len(page.script) + len(page.style) <= MOST_OFFLINE_BYTES
