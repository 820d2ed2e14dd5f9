"""A database that is killed while a request waits for it: the page says what happened."""

from __future__ import annotations

import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.e2e.screen import Screen
from tests.processes import traced_program
from tests.stores.servers import postgres_server

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

WAITING_SHOP = Path(__file__).with_name("waiting_shop.py")


@pytest.fixture
def postgres() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A PostgreSQL, and how SQLAlchemy finds it."""
    with (
        tempfile.TemporaryDirectory(prefix="stores-") as folder,
        postgres_server(Path(folder)) as process,
    ):
        yield process, f"postgresql+psycopg2://postgres@/postgres?host={folder}"


def status_of(address: str) -> int:
    try:
        with urlopen(address, timeout=60) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_a_postgresql_that_is_killed_in_mid_request_is_named(
    stage: Stage, open_page: OpenPage, postgres: tuple[subprocess.Popen[str], str]
) -> None:
    server, database = postgres
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    details = page.locator(".details")
    shop = traced_program(stage.dashboard, WAITING_SHOP, SHOP_DATABASE=database)
    with shop as address, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(status_of, f"{address}/stock")
        request = screen.requests.get_by_role("option").filter(has_text="/stock")
        expect(request).to_contain_text("running")
        screen.show_table()
        query = screen.row("db.query", "SELECT pg_database")
        expect(query).to_be_visible()
        server.send_signal(signal.SIGKILL)
        assert answer.result() == 500

        expect(request).to_contain_text("✕ 500")
        expect(screen.story).to_contain_text("OperationalError → 500")
        query.click()
        expect(details).to_contain_text(re.compile(r"Exception\s*OperationalError"))
        screen.row("exception", "OperationalError").click()
        expect(details).to_contain_text("server closed the connection unexpectedly")
        # Nothing else of the request is lost: it ends as any other that failed.
        expect(screen.row("response.close", "response.close")).to_be_visible()
        expect(screen.row("app_context.pop", "waiting_shop")).to_be_visible()
