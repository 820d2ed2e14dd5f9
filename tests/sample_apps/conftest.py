"""The lessons behind a real threaded HTTP server, without anybody watching."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from browser import Browser
from cheroot import wsgi

from sample_apps.catalog import LESSONS
from sample_apps.site import build_site
from sample_apps.stores import MARIADB, REDIS, clean, database


@pytest.fixture(scope="session", autouse=True)
def lessons_are_imported() -> Iterator[None]:
    """What they connect to signals as they are imported is nothing that a test leaves behind.

    None looks for a server: what happens to listen on this machine is not part of a test.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARIADB, "")
        patch.setenv(REDIS, "")
        build_site(LESSONS)
        database()
    yield
    clean()


@pytest.fixture(scope="session")
def samples_port() -> Iterator[int]:
    server = wsgi.Server(("127.0.0.1", 0), build_site(LESSONS), numthreads=2, max=2)
    server.prepare()
    serving = threading.Thread(target=server.serve, name="serving")
    serving.start()
    yield server.bind_addr[1]
    server.stop()
    serving.join()


@pytest.fixture
def browser(samples_port: int) -> Browser:
    return Browser(samples_port)
