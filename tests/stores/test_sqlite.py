"""sqlite3: every way to run a statement is seen, and nothing behaves differently."""

from __future__ import annotations

import _sqlite3
import gc
import sqlite3
import sqlite3.dbapi2
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stores.lines import in_request, lines
from tracer.probes.sqlite_driver import SqliteProbe
from tracer.testing import capture_trace


def test_every_way_to_run_a_statement_is_one_event(tmp_path: Path) -> None:
    def work() -> None:
        connection = sqlite3.connect(tmp_path / "shop.db")
        connection.executescript("CREATE TABLE user (id, name); CREATE TABLE item (id);")
        with connection:
            connection.execute("INSERT INTO user VALUES (?, ?)", (1, "ada"))
        cursor = connection.cursor()
        cursor.executemany("INSERT INTO user VALUES (?, ?)", [(2, "bob"), (3, "cyd")])
        connection.rollback()
        cursor.execute("UPDATE user SET name = 'x' WHERE id = 1")
        connection.commit()
        cursor.execute("SELECT * FROM user")
        connection.close()

    assert lines(in_request(work)) == [
        "db.connect shop.db driver=sqlite3",
        "db.query CREATE TABLE user"
        " statement=CREATE TABLE user (id, name); CREATE TABLE item (id); driver=sqlite3",
        "db.query INSERT user statement=INSERT INTO user VALUES (?, ?) driver=sqlite3 rows=1",
        "db.commit COMMIT driver=sqlite3",
        "db.query INSERT user statement=INSERT INTO user VALUES (?, ?) driver=sqlite3 rows=2",
        "db.rollback ROLLBACK driver=sqlite3",
        "db.query UPDATE user"
        " statement=UPDATE user SET name = ? WHERE id = ? driver=sqlite3 rows=1",
        "db.commit COMMIT driver=sqlite3",
        "db.query SELECT user statement=SELECT * FROM user driver=sqlite3",
    ]


def test_a_statement_that_fails_is_left_by_its_exception() -> None:
    def work() -> None:
        connection = sqlite3.connect(":memory:")
        with pytest.raises(sqlite3.OperationalError, match="no such table: nowhere"):
            connection.execute("SELECT * FROM nowhere")
        connection.execute("CREATE TABLE t (a)")
        with pytest.raises(ZeroDivisionError), connection:
            connection.execute("INSERT INTO t VALUES (?)", (1 // 0,))
        connection.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(sqlite3.OperationalError), connection:
            connection.execute("SELECT * FROM nowhere")
        connection.close()

    assert lines(in_request(work)) == [
        "db.connect :memory: driver=sqlite3",
        "db.query SELECT nowhere"
        " statement=SELECT * FROM nowhere driver=sqlite3 left_by=OperationalError",
        "db.query CREATE TABLE t statement=CREATE TABLE t (a) driver=sqlite3",
        "db.query INSERT t statement=INSERT INTO t VALUES (?) driver=sqlite3 rows=1",
        "db.query SELECT nowhere"
        " statement=SELECT * FROM nowhere driver=sqlite3 left_by=OperationalError",
        "db.rollback ROLLBACK driver=sqlite3",
    ]


def test_nothing_is_reported_outside_a_trace() -> None:
    with capture_trace() as captured:
        connection = sqlite3.connect(":memory:")
        connection.execute("SELECT 1")
        connection.close()
    assert list(captured.events) == []


def test_a_connection_made_outside_a_trace_is_seen_inside() -> None:
    def work() -> None:
        shared.execute("SELECT 1")

    with capture_trace():
        shared = sqlite3.connect(":memory:")
    assert lines(in_request(work)) == ["db.query SELECT statement=SELECT ? driver=sqlite3"]
    shared.close()


class OwnConnection(sqlite3.Connection):
    def execute(self, *args: Any) -> sqlite3.Cursor:
        return super().execute(*args)


class OwnCursor(sqlite3.Cursor):
    """Of the application's own."""


def test_classes_of_the_application_stay_what_they_are_and_are_seen() -> None:
    def work() -> None:
        connection = sqlite3.connect(":memory:", factory=OwnConnection)
        assert type(connection) is OwnConnection
        connection.execute("SELECT 1")
        cursor = connection.cursor(OwnCursor)
        assert type(cursor) is OwnCursor
        cursor.execute("SELECT 2")
        connection.close()

    before = {cls: dict(vars(cls)) for cls in (OwnConnection, OwnCursor)}
    assert lines(in_request(work)) == [
        "db.connect :memory: driver=sqlite3",
        "db.query SELECT statement=SELECT ? driver=sqlite3",
        "db.query SELECT statement=SELECT ? driver=sqlite3",
    ]
    assert {cls: dict(vars(cls)) for cls in before} == before


class Forgetful(sqlite3.Connection):
    def execute(self, *args: Any) -> Any:
        super().execute(*args)


def test_what_an_own_execute_returns_is_its_own_affair() -> None:
    def work() -> None:
        connection = sqlite3.connect(":memory:", factory=Forgetful)
        assert connection.execute("SELECT 1") is None
        connection.close()

    found = lines(in_request(work))
    assert found[1:] == ["db.query SELECT statement=SELECT ? driver=sqlite3"]


def test_a_factory_that_is_a_function_is_called_as_it_was_given() -> None:
    made: list[Any] = []

    def factory(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        made.append(sqlite3.Connection(*args))
        return made[-1]

    def work() -> None:
        connection = sqlite3.connect(":memory:", factory=factory)
        assert type(connection) is sqlite3.Connection
        assert connection is made[0]
        connection.close()

    in_request(work)
    assert len(made) == 1


def test_the_classes_are_ours_only_in_type() -> None:
    def work() -> None:
        connection = sqlite3.connect(":memory:")
        assert isinstance(connection, sqlite3.Connection)
        assert isinstance(connection.cursor(), sqlite3.Cursor)
        assert repr(connection).startswith("<sqlite3.Connection object at ")
        assert not hasattr(connection, "__dict__")
        assert not hasattr(connection.cursor(), "__dict__")
        connection.close()

    in_request(work)


def test_connect_is_no_method_where_a_class_holds_it() -> None:
    def work() -> None:
        class Configuration:
            connect = sqlite3.connect

        Configuration().connect(":memory:").close()

    in_request(work)


def test_a_connect_of_the_applications_own_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    real = sqlite3.connect

    def connect(database: str) -> sqlite3.Connection:
        return real(database)

    for owner in (_sqlite3, sqlite3.dbapi2, sqlite3):
        monkeypatch.setattr(owner, "connect", connect)

    def work() -> None:
        assert sqlite3.connect is connect
        sqlite3.connect(":memory:").close()

    in_request(work)


def test_uninstalling_puts_the_very_same_function_back() -> None:
    owners = (_sqlite3, sqlite3, sqlite3.dbapi2)
    before = [owner.connect for owner in owners]
    for _ in range(3):
        with capture_trace():
            assert all(owner.connect is not before[0] for owner in owners)
    assert all(owner.connect is one for owner, one in zip(owners, before, strict=True))
    assert SqliteProbe.active is None


# --- the same with and without -------------------------------------------------------------------


def outcome(action: Callable[[], Any]) -> Any:
    """What *action* returned, or the type, text and arguments of what it raised."""
    try:
        return action()
    except Exception as error:
        return type(error), str(error), error.args


def everything(path: Path) -> list[Any]:
    """Results of every documented way to use the module, odd ones included."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(str(path), 5.0, sqlite3.PARSE_DECLTYPES)
    seen: list[Any] = []
    target = sqlite3.connect(":memory:")
    cursor = connection.cursor()
    for action in (
        lambda: cursor.execute("CREATE TABLE t (a INTEGER, b)") is cursor,
        lambda: (
            cursor.executemany("INSERT INTO t VALUES (?, ?)", iter([(1, "x"), (2, None)])) is cursor
        ),
        lambda: (cursor.rowcount, cursor.lastrowid, connection.total_changes),
        lambda: connection.in_transaction,
        lambda: connection.commit(),
        lambda: connection.execute("SELECT * FROM t WHERE a = :a", {"a": 1}).fetchall(),
        lambda: connection.executescript("INSERT INTO t VALUES (3, 'y');").fetchall(),
        lambda: list(connection.execute("SELECT b FROM t")),
        lambda: list(connection.iterdump()),
        lambda: cursor.description,
        lambda: connection.execute(),  # type: ignore[call-arg]
        lambda: connection.execute(1),  # type: ignore[arg-type]
        lambda: cursor.execute(None),  # type: ignore[arg-type]
        lambda: cursor.execute("SELECT ?", ()),
        lambda: cursor.execute("nonsense"),
        lambda: cursor.execute("SELECT * FROM t; SELECT 1"),
        lambda: cursor.executemany("SELECT 1", [()]),
        lambda: connection.cursor(str),  # type: ignore[type-var]
        lambda: connection.cursor(None),
        lambda: connection.cursor(factory=sqlite3.Cursor).execute("SELECT 1").fetchone(),
        lambda: connection.__exit__(None, None, None),
        lambda: connection.__exit__(),  # type: ignore[call-arg]
        lambda: connection.__enter__() is connection,
        lambda: sqlite3.connect(),  # type: ignore[call-arg]
        lambda: sqlite3.connect(":memory:", factory=int),
        lambda: sqlite3.connect(":memory:", factory=None),  # type: ignore[arg-type]
        lambda: sqlite3.connect("/nowhere/at/all.db"),
        lambda: sqlite3.connect(":memory:", nonsense=1),  # type: ignore[call-overload]
        lambda: connection.backup(target),
        lambda: connection.close(),
        lambda: cursor.execute("SELECT 1"),
        lambda: connection.commit(),
        lambda: connection.__exit__(None, None, None),
        lambda: sqlite3.Connection.__new__(type(connection)).__exit__(None, None, None),
    ):
        seen.append(outcome(action))
    target.close()
    gc.collect()  # what was left half made warns now, not in another test
    return seen


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_traced_is_untraced(tmp_path: Path) -> None:
    plain = everything(tmp_path / "t.db")
    traced: list[Any] = []
    in_request(lambda: traced.extend(everything(tmp_path / "t.db")))
    assert traced == plain


def test_row_factory_and_text_factory_hold() -> None:
    def work() -> None:
        connection = sqlite3.connect(":memory:")
        connection.row_factory = sqlite3.Row
        row = connection.execute("SELECT 1 AS one").fetchone()
        assert (row["one"], type(row)) == (1, sqlite3.Row)
        assert connection.cursor().row_factory is sqlite3.Row
        connection.close()

    in_request(work)
