"""SQLAlchemy on sqlite3 and MariaDB: one statement is one event, whatever layers it passes."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy
from flask import Flask, copy_current_request_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import IntegrityError, OperationalError, TimeoutError
from sqlalchemy.pool import QueuePool

from tests.stores.lines import in_request, lines
from tracer.testing import capture_trace


def engine_of(options: dict[str, Any], **more: Any) -> Engine:
    url = f"mysql+pymysql://root@localhost/shop?unix_socket={quote(options['unix_socket'])}"
    return create_engine(url, **more)


def test_a_statement_on_mysql_is_reported_once(mysql: dict[str, Any]) -> None:
    engine = engine_of(mysql)
    with engine.connect() as warm:  # the first connection asks the server for its settings
        warm.execute(text("SELECT 1"))

    def work() -> None:
        with engine.begin() as connection:
            connection.execute(text("SELECT name FROM user WHERE id = :id"), {"id": 1})
            connection.execute(
                text("INSERT INTO user VALUES (:id, :name)"),
                [{"id": 3, "name": "cyd"}, {"id": 4, "name": "dan"}],
            )
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text("INSERT INTO user VALUES (1, 'again')"))

    captured = in_request(work)
    engine.dispose()
    insert = "db.query INSERT user statement=INSERT INTO user VALUES"
    assert lines(captured) == [
        "db.acquire QueuePool driver=pymysql idle=0 used=1",
        "db.query SELECT user statement=SELECT name FROM user WHERE id = %(id)s"
        " driver=pymysql rows=1",
        f"{insert} (%(id)s, %(name)s) driver=pymysql rows=2",
        "db.commit COMMIT driver=pymysql",
        "db.release QueuePool driver=pymysql idle=1 used=0",
        "  db.rollback ROLLBACK driver=pymysql",
        "db.acquire QueuePool driver=pymysql idle=0 used=1",
        f"{insert} (?, ?) driver=pymysql left_by=IntegrityError",
        "db.rollback ROLLBACK driver=pymysql",
        "db.release QueuePool driver=pymysql idle=1 used=0",
        "  db.rollback ROLLBACK driver=pymysql",
    ]


def test_an_engine_that_is_made_in_a_request_is_seen() -> None:
    def work() -> None:
        engine = create_engine("sqlite://")
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1
            connection.commit()
        engine.dispose()

    found = lines(in_request(work))
    assert found[:2] == [
        "db.acquire SingletonThreadPool driver=sqlite3",
        "  db.connect :memory: driver=sqlite3",
    ]
    assert found[-4:] == [
        "db.query SELECT statement=SELECT ? driver=sqlite3",
        "db.commit COMMIT driver=sqlite3",
        "db.release SingletonThreadPool driver=sqlite3",
        "  db.rollback ROLLBACK driver=sqlite3",
    ]


def test_waiting_for_the_pool_and_its_end() -> None:
    engine = create_engine(
        "sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01,
        connect_args={"check_same_thread": False},
    )  # fmt: skip
    engine.connect().close()

    def work() -> None:
        held = engine.connect()
        with pytest.raises(TimeoutError):
            engine.connect()
        held.close()

    captured = in_request(work)
    engine.dispose()
    assert lines(captured) == [
        "db.acquire QueuePool driver=sqlite3 idle=0 used=1",
        "db.acquire QueuePool driver=sqlite3 idle=0 used=1 left_by=TimeoutError",
        "  db.wait QueuePool idle=0 left_by=Empty",
        "db.release QueuePool driver=sqlite3 idle=1 used=0",
        "  db.rollback ROLLBACK driver=sqlite3",
    ]


def test_waiting_that_ends_well_is_seen_in_the_thread_that_waits() -> None:
    engine = create_engine(
        "sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0,
        connect_args={"check_same_thread": False},
    )  # fmt: skip
    engine.connect().close()
    condition: Any = engine.pool._pool.not_empty  # type: ignore[attr-defined]
    waits = threading.Event()
    wait = condition.wait
    condition.wait = lambda *args: (waits.set(), wait(*args))[1]
    app = Flask("shop")

    @app.get("/")
    def view() -> str:
        held = engine.connect()

        @copy_current_request_context
        def second() -> None:
            engine.connect().close()

        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(20)
        held.close()
        thread.join()
        return ""

    with capture_trace() as captured:
        assert app.test_client().get("/").status_code == 200
    engine.dispose()
    waited = [(e.phase, e.attributes) for e in captured.events if e.kind == "db.wait"]
    assert waited == [("begin", {"idle": 0}), ("end", {})]


class Shop:
    """Flask-SQLAlchemy as people use it."""

    def __init__(self, uri: str) -> None:
        self.app = app = Flask("shop")
        app.config["SQLALCHEMY_DATABASE_URI"] = uri
        db = self.db = SQLAlchemy(app)

        class User(db.Model):  # type: ignore[name-defined, misc]
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(50))

        with app.app_context():
            db.drop_all()
            db.create_all()
            db.session.merge(User(id=1, name="ada"))
            db.session.commit()

        @app.get("/<int:id>")
        def show(id: int) -> Any:
            return db.get_or_404(User, id).name

        @app.post("/")
        def add() -> str:
            db.session.add(User(name="zoe"))
            db.session.commit()
            return ""

        @app.post("/broken")
        def broken() -> str:
            db.session.add(User(id=1, name="again"))
            db.session.flush()
            return ""

    def answers(self) -> list[Any]:
        client = self.app.test_client()
        found = [
            client.get("/1"), client.get("/99"), client.post("/"), client.get("/2"),
            client.post("/broken"), client.get("/1"),
        ]  # fmt: skip
        return [(one.status, one.data) for one in found]

    def close(self) -> None:
        with self.app.app_context():
            self.db.session.remove()
            self.db.engine.dispose()


def test_flask_sqlalchemy_is_seen_from_the_view_to_the_teardown(tmp_path: Any) -> None:
    shop = Shop(f"sqlite:///{tmp_path / 'shop.db'}")
    with capture_trace() as captured:
        assert shop.app.test_client().get("/1").data == b"ada"
    shop.close()
    assert lines(captured, "db.", "view", "teardown_appcontext") == [
        "view show endpoint=show arguments={'id': 1} returned=str",
        "  db.acquire QueuePool driver=sqlite3 idle=0 used=1",
        "  db.query SELECT user statement=SELECT user.id, user.name \n"
        "FROM user \nWHERE user.id = ? driver=sqlite3",
        "teardown_appcontext _teardown_session returned=NoneType",
        "  db.rollback ROLLBACK driver=sqlite3",
        "  db.release QueuePool driver=sqlite3 idle=1 used=0",
        "    db.rollback ROLLBACK driver=sqlite3",
    ]


@pytest.mark.parametrize("place", ["sqlite", "mysql"])
def test_traced_is_untraced(place: str, tmp_path: Any, mysql: dict[str, Any]) -> None:
    found = []
    for is_traced in (False, True):
        uri = f"sqlite:///{tmp_path / f'{is_traced}.db'}"
        if place == "mysql":
            socket = quote(mysql["unix_socket"])
            uri = f"mysql+pymysql://root@localhost/shop?unix_socket={socket}"
        shop = Shop(uri)
        shop.app.logger.disabled = True
        if is_traced:
            with capture_trace():
                found.append(shop.answers())
        else:
            found.append(shop.answers())
        shop.close()
    assert found[0] == found[1]
    assert [status for status, _ in found[0]] == [
        "200 OK", "404 NOT FOUND", "200 OK", "200 OK", "500 INTERNAL SERVER ERROR", "200 OK",
    ]  # fmt: skip


def test_uninstalling_puts_the_very_same_methods_back() -> None:
    owners = [
        (DefaultDialect, ("__init__", "connect", "do_execute", "do_commit", "do_rollback")),
        (sqlalchemy.pool.Pool, ("connect",)),
        (sqlalchemy.pool.SingletonThreadPool, ("connect",)),
        (sqlalchemy.util.queue.Queue, ("get",)),
    ]
    pairs = [(cls, name) for cls, names in owners for name in names]
    before = [id(vars(cls)[name]) for cls, name in pairs]
    with capture_trace():
        patched = [id(vars(cls)[name]) for cls, name in pairs]
    assert set(patched).isdisjoint(before)
    assert [id(vars(cls)[name]) for cls, name in pairs] == before
    assert not Engine._has_events


def test_a_database_that_cannot_be_opened_raises_what_it_did() -> None:
    engine = create_engine("sqlite:////nowhere/at/all.db")

    def work() -> None:
        with pytest.raises(OperationalError, match="unable to open database file"):
            engine.connect()

    assert lines(in_request(work)) == [
        "db.acquire QueuePool driver=sqlite3 idle=0 used=0 left_by=OperationalError",
        "  db.connect all.db driver=sqlite3 left_by=OperationalError",
    ]
    engine.dispose()
