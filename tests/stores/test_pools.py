"""PyMySQL and DBUtils on a real MariaDB: connections, statements, pools, waiting, reconnecting."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymysql
import pytest
from dbutils.persistent_db import PersistentDB
from dbutils.pooled_db import PooledDB, TooManyConnectionsError
from flask import Flask, copy_current_request_context

from tests.stores.conftest import run
from tests.stores.lines import in_request, lines
from tracer.testing import capture_trace

SELECT = "db.query SELECT user statement=SELECT name FROM user WHERE id = %s driver=pymysql rows=1"


def test_every_way_to_run_a_statement_on_mysql_is_one_event(mysql: dict[str, Any]) -> None:
    def work() -> None:
        connection = pymysql.connect(**mysql)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT name FROM user WHERE id = %s", (1,))
            assert cursor.fetchall() == (("ada",),)
            cursor.executemany("INSERT INTO user VALUES (%s, %s)", [(3, "cyd"), (4, "dan")])
            connection.rollback()
            cursor.executemany("UPDATE user SET name = %s WHERE id = %s", [("x", 1), ("y", 2)])
            connection.commit()
            assert connection.query("DELETE FROM user WHERE name = 'x'") == 1
            with pytest.raises(pymysql.err.ProgrammingError):
                cursor.execute("SELECT * FROM nowhere")

    assert lines(in_request(work)) == [
        "db.connect shop driver=pymysql",
        SELECT,
        "db.query INSERT user statement=INSERT INTO user VALUES (%s, %s) driver=pymysql rows=2",
        "db.rollback ROLLBACK driver=pymysql",
        "db.query UPDATE user"
        " statement=UPDATE user SET name = %s WHERE id = %s driver=pymysql rows=2",
        "db.commit COMMIT driver=pymysql",
        "db.query DELETE user statement=DELETE FROM user WHERE name = ? driver=pymysql",
        "db.query SELECT nowhere"
        " statement=SELECT * FROM nowhere driver=pymysql left_by=ProgrammingError",
    ]


def test_a_connection_that_fails_is_left_by_its_exception(mysql: dict[str, Any]) -> None:
    def work() -> None:
        with pytest.raises(pymysql.err.OperationalError):
            pymysql.connect(**{**mysql, "database": "nowhere"})

    assert lines(in_request(work)) == ["db.connect nowhere driver=pymysql left_by=OperationalError"]


def test_a_pool_shows_what_is_idle_and_used(mysql: dict[str, Any]) -> None:
    pool = PooledDB(pymysql, mincached=1, maxcached=2, maxconnections=2, **mysql)

    def work() -> None:
        connection = pool.connection()
        cursor = connection.cursor()
        cursor.execute("SELECT name FROM user WHERE id = %s", (1,))
        second = pool.connection()
        second.commit()
        cursor.close()
        connection.close()
        second.close()

    captured = in_request(work)
    pool.close()
    assert lines(captured) == [
        "db.acquire PooledDB driver=pymysql idle=0 used=1",
        SELECT,
        "db.acquire PooledDB driver=pymysql idle=0 used=2",
        "  db.connect shop driver=pymysql",
        "db.commit COMMIT driver=pymysql",
        "db.release PooledDB driver=pymysql idle=1 used=1",
        "  db.rollback ROLLBACK driver=pymysql",
        "db.release PooledDB driver=pymysql idle=2 used=0",
        "  db.rollback ROLLBACK driver=pymysql",
    ]
    acquired = [e for e in captured.events if e.kind == "db.acquire" and e.phase == "begin"]
    assert [(e.attributes["idle"], e.attributes["used"]) for e in acquired] == [(1, 0), (0, 1)]


def test_a_pool_that_does_not_wait_says_what_it_was_left_by(mysql: dict[str, Any]) -> None:
    pool = PooledDB(pymysql, maxconnections=1, blocking=False, **mysql)

    def work() -> None:
        held = pool.connection()
        with pytest.raises(TooManyConnectionsError):
            pool.connection()
        held.close()

    captured = in_request(work)
    pool.close()
    assert lines(captured) == [
        "db.acquire PooledDB driver=pymysql idle=0 used=1",
        "  db.connect shop driver=pymysql",
        "db.acquire PooledDB driver=pymysql idle=0 used=1 left_by=TooManyConnectionsError",
        "  db.wait PooledDB driver=pymysql idle=0 used=1 left_by=TooManyConnectionsError",
        "db.release PooledDB driver=pymysql idle=1 used=0",
        "  db.rollback ROLLBACK driver=pymysql",
    ]


def test_waiting_for_a_connection_is_seen_in_the_thread_that_waits(mysql: dict[str, Any]) -> None:
    pool = PooledDB(pymysql, maxconnections=1, blocking=True, **mysql)
    app = Flask("shop")
    waits = threading.Event()
    # Told by the pool itself that somebody waits for it.
    wait = pool._lock.wait
    pool._lock.wait = lambda *args: (waits.set(), wait(*args))[1]

    @app.get("/")
    def view() -> str:
        held = pool.connection()

        @copy_current_request_context
        def second() -> None:
            pool.connection().close()

        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(20)
        held.close()
        thread.join()
        return ""

    with capture_trace() as captured:
        assert app.test_client().get("/").status_code == 200
    pool.close()
    assert len(captured.traces) == 1
    events = [e for e in captured.events if e.kind in ("db.acquire", "db.wait", "db.release")]
    main = events[0].lane
    assert [(e.kind, e.phase, e.lane == main) for e in events] == [
        ("db.acquire", "begin", True),
        ("db.acquire", "end", True),
        ("db.acquire", "begin", False),
        ("db.wait", "begin", False),
        ("db.release", "begin", True),
        ("db.release", "end", True),
        ("db.wait", "end", False),
        ("db.acquire", "end", False),
        ("db.release", "begin", False),
        ("db.release", "end", False),
    ]


def test_a_killed_connection_is_made_anew_inside_the_statement(mysql: dict[str, Any]) -> None:
    pool = PooledDB(pymysql, maxconnections=1, ping=0, **mysql)

    def work() -> None:
        connection = pool.connection()
        cursor = connection.cursor()
        cursor.execute("SELECT CONNECTION_ID()")
        run(mysql, f"KILL {cursor.fetchone()[0]}")
        cursor.execute("SELECT name FROM user WHERE id = %s", (1,))
        assert cursor.fetchall() == (("ada",),)
        cursor.close()
        connection.close()

    captured = in_request(work)
    pool.close()
    found = lines(captured)
    again = found.index(SELECT)
    assert found[again : again + 2] == [SELECT, "  db.connect shop driver=pymysql"]


def test_persistent_connections_are_acquired_and_not_released(mysql: dict[str, Any]) -> None:
    persistent = PersistentDB(pymysql, closeable=True, **mysql)

    def work() -> None:
        persistent.connection().commit()
        persistent.connection().close()

    assert lines(in_request(work)) == [
        "db.acquire PersistentDB driver=pymysql",
        "  db.connect shop driver=pymysql",
        "db.commit COMMIT driver=pymysql",
        "db.acquire PersistentDB driver=pymysql",
    ]


def test_a_pool_of_shared_sqlite_connections(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    pool = PooledDB(sqlite3, maxshared=1, database=str(file), check_same_thread=False)

    def work() -> None:
        connection = pool.connection()
        connection.cursor().execute("SELECT 1")
        connection.close()

    captured = in_request(work)
    pool.close()
    assert lines(captured) == [
        "db.acquire PooledDB driver=sqlite3 idle=0 used=1",
        "  db.connect shop.db driver=sqlite3",
        "db.query SELECT statement=SELECT ? driver=sqlite3",
        "db.release PooledDB driver=sqlite3 idle=1 used=0",
        "  db.rollback ROLLBACK driver=sqlite3",
    ]


# --- the same with and without -------------------------------------------------------------------


def everything(connection: Any) -> list[Any]:
    """Results, and types and texts of errors, of one connection."""
    cursor = connection.cursor()
    actions = [
        lambda: cursor.execute("SELECT * FROM user ORDER BY id"),
        lambda: (cursor.rowcount, cursor.fetchall()),
        lambda: cursor.execute("INSERT INTO user VALUES (9, %(name)s)", {"name": "zoe"}),
        lambda: cursor.execute("INSERT INTO user VALUES (9, 'again')"),
        lambda: cursor.executemany("SELECT %s", [(1,), (2,)]),
        lambda: cursor.executemany("SELECT 1", []),
        lambda: cursor.execute("SELECT %s"),
        lambda: cursor.execute("SELECT %s", object()),
        lambda: cursor.execute(),
        lambda: cursor.callproc("nothing", (1, 2)),
        lambda: cursor.execute("nonsense"),
        lambda: connection.rollback(),
        lambda: cursor.mogrify("SELECT %s", ("x",)),
        lambda: cursor.close(),
        lambda: connection.commit(),
        lambda: connection.close(),
        lambda: connection.commit(),
    ]
    return [outcome(action) for action in actions]


def outcome(action: Callable[[], Any]) -> str:
    try:
        found = repr(action())
    except Exception as error:
        found = f"{type(error).__name__} {error}"
    return found.partition(" at 0x")[0]


@pytest.mark.parametrize("is_pooled", [False, True], ids=["alone", "pooled"])
def test_traced_is_untraced(mysql: dict[str, Any], is_pooled: bool) -> None:
    pools: list[Any] = []

    def connect() -> Any:
        if not is_pooled:
            return pymysql.connect(**mysql)
        pools.append(PooledDB(pymysql, maxconnections=1, **mysql))
        return pools[-1].connection()

    plain = everything(connect())
    traced: list[Any] = []
    in_request(lambda: traced.extend(everything(connect())))
    for pool in pools:
        pool.close()
    assert traced == plain
