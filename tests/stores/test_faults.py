"""A fault of ours, at any point of any of these probes, changes nothing for the application."""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
from dbutils.pooled_db import PooledDB
from flask import Flask, session
from flask_session import Session
from sqlalchemy import create_engine, text
from sqlalchemy.exc import TimeoutError
from sqlalchemy.pool import QueuePool

from tests.tracer.test_faults import Call, every_step
from tracer.engine import ENGINE
from tracer.probes.base import Tools
from tracer.probes.catalog import CATALOG
from tracer.probes.logs import LogsProbe
from tracer.probes.stores import StoreProbe
from tracer.testing import capture_trace

PROBES = [probe for probe in CATALOG if issubclass(probe, StoreProbe) or probe is LogsProbe]
POINTS = sorted({kind for probe in PROBES for kind in probe.kinds})
ENTRANCES = ("begin", "end", "left", "instant")
ERRORS = (ValueError, RecursionError, MemoryError, UnicodeError, RuntimeError)


@pytest.fixture
def shop(tmp_path: Path, mysql: dict[str, Any], client: Callable[..., Any]) -> Iterator[Flask]:
    """An application that comes by every point in each request."""
    app = Flask("shop")
    store = client()
    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=store, PROPAGATE_EXCEPTIONS=True)
    Session(app)
    pool = PooledDB(pymysql, maxconnections=1, **mysql)
    engine = create_engine(
        f"sqlite:///{tmp_path / 'engine.db'}", poolclass=QueuePool, pool_size=1, max_overflow=0,
        pool_timeout=0.001,
    )  # fmt: skip

    @app.get("/")
    def everything() -> Any:
        found: list[Any] = []
        file = sqlite3.connect(tmp_path / "plain.db")
        with file:
            found.append(file.execute("SELECT 1").fetchall())
        file.rollback()
        file.commit()
        file.close()
        connection = pool.connection()
        cursor = connection.cursor()
        found.append((cursor.execute("SELECT * FROM user ORDER BY id"), cursor.fetchall()))
        cursor.close()
        connection.close()
        with engine.begin() as held:
            found.append(held.execute(text("SELECT 2")).scalar())
            with pytest.raises(TimeoutError):
                engine.connect()
        session["visits"] = session.get("visits", 0) + 1
        app.logger.warning("visit %d", session["visits"])
        found.append(store.get("nothing"))
        return found.__repr__()

    @app.get("/broken")
    def broken() -> str:
        with pool.dedicated_connection() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT * FROM nowhere")
        return ""

    logger = logging.getLogger("shop")
    logger.handlers[:] = [logging.NullHandler()]
    logger.disabled = False  # other tests' applications of this name are silenced
    yield app
    pool.close()
    engine.dispose()


def answers(app: Flask) -> list[Any]:
    """What a browser gets, and what is raised."""
    browser = app.test_client()
    found: list[Any] = [(one.status, one.data) for one in (browser.get("/"), browser.get("/"))]
    with pytest.raises(pymysql.err.ProgrammingError) as raised:
        browser.get("/broken")
    return [*found, raised.value.args]


def test_every_point_is_passed(shop: Flask) -> None:
    with capture_trace() as captured:
        answers(shop)
    assert set(POINTS) - {event.kind for event in captured.events} == set()
    assert [probe.faults for probe in ENGINE.probes] == []


def test_no_probe_fails_on_the_way(shop: Flask) -> None:
    with capture_trace():
        answers(shop)
        assert {probe.name: probe.faults for probe in ENGINE.probes if probe.faults} == {}


@pytest.mark.parametrize("error", ERRORS)
def test_a_fault_at_any_point_never_changes_an_answer(
    shop: Flask,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "flaskscope")
    plain = answers(shop)
    for kind in POINTS:
        with monkeypatch.context() as patch:
            for entrance in ENTRANCES:
                original = getattr(ENGINE.collector, entrance)
                patch.setattr(ENGINE.collector, entrance, _faulty(original, kind, error))
            with capture_trace():
                assert answers(shop) == plain, kind
                faults = sum(probe.faults for probe in ENGINE.probes)
            assert faults > 0, f"no fault at {kind}"


def _faulty(original: Any, kind: str, error: type[Exception]) -> Any:
    def fails(*args: Any, **kwargs: Any) -> Any:
        subject = args[0] if type(args[0]) is str else args[0][5][0]
        if subject == kind:
            raise error("a fault of ours")
        return original(*args, **kwargs)

    return fails


@pytest.mark.parametrize("error", ERRORS)
def test_a_fault_before_any_point_never_changes_an_answer(
    shop: Flask,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "flaskscope")
    plain = answers(shop)

    def inside(tools: Tools) -> Any:
        raise error("a fault of ours")

    monkeypatch.setattr(Tools, "inside", inside)
    with capture_trace():
        assert answers(shop) == plain


FORWARDS = {("stores.py", "call"), ("sqlite_driver.py", "__call__"), ("libraries.py", "patch")}
"""These call the library: failing in front of that is the same as not calling it."""
GUARDED = {("stores.py", "begin"), ("stores.py", "end"), ("stores.py", "left")}


def test_a_call_that_fails_inside_these_probes_changes_nothing(
    shop: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "flaskscope")
    files = {Path(sys.modules[probe.__module__].__file__ or "").name for probe in PROBES}
    files |= {"stores.py", "databases.py"}
    plain = answers(shop)
    calls: set[Call] = set()

    def once(see: Callable[[Call], None]) -> list[Any]:
        with capture_trace(), every_step(see):
            return answers(shop)

    assert once(calls.add) == plain
    chosen = {call for call in calls if call[0] in files and call[2:] not in FORWARDS | GUARDED}
    assert len(chosen) > 30
    for one in sorted(chosen):

        def fail(call: Call, one: Call = one) -> None:
            if call == one:
                raise RuntimeError("a fault of ours")

        assert once(fail) == plain, one


class Stops(BaseException):
    """As gevent.Timeout and GreenletExit are."""


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, Stops])
def test_what_stops_a_request_passes_and_closes_its_spans(stop: type[BaseException]) -> None:
    app = Flask("shop")

    class Interrupted(sqlite3.Cursor):
        def execute(self, *args: Any) -> Any:
            raise stop

    @app.get("/")
    def view() -> str:
        connection = sqlite3.connect(":memory:")
        try:
            connection.cursor(Interrupted).execute("SELECT 1")
        finally:
            connection.close()
        return ""

    with capture_trace() as captured:
        with pytest.raises(stop):
            app.test_client().get("/")
        assert app.test_client().get("/nowhere").status_code == 404
    ends = [e for e in captured.events if e.kind == "db.query" and e.phase == "end"]
    assert [end.attributes["left_by"] for end in ends] == [stop.__name__]
    begun = [event.span_id for event in captured.events if event.phase == "begin"]
    ended = [event.span_id for event in captured.events if event.phase == "end"]
    assert sorted(begun) == sorted(ended)
