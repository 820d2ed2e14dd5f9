"""How a statement is named and shown: its values never are, unless somebody asked for them."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as some

from tests.stores.lines import in_request, lines
from tracer import Tracer
from tracer.probes.statements import name_of, shown
from tracer.testing import capture_trace


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("select * from user", "SELECT user"),
        ('SELECT "user".id FROM "user"', "SELECT user"),
        ("SELECT a FROM shop.cart AS c JOIN user", "SELECT cart"),
        ("SELECT a FROM `shop`.`cart`", "SELECT cart"),
        ("SELECT a FROM [cart]", "SELECT cart"),
        ("SELECT 1", "SELECT"),
        ("SELECT 'x FROM secrets'", "SELECT"),
        ("(SELECT 1 FROM a) UNION (SELECT 2 FROM b)", "SELECT a"),
        ("INSERT OR REPLACE INTO cart VALUES (1)", "INSERT cart"),
        ("replace into cart values (1)", "REPLACE cart"),
        ("UPDATE OR IGNORE cart SET a = 1", "UPDATE cart"),
        ("DELETE FROM cart WHERE id = 1", "DELETE cart"),
        ("CREATE TABLE IF NOT EXISTS cart (id)", "CREATE TABLE cart"),
        ("DROP INDEX by_name", "DROP INDEX by_name"),
        ("ALTER TABLE cart ADD x", "ALTER TABLE cart"),
        ("CREATE FUNCTION f()", "CREATE"),
        ("PRAGMA foreign_keys = ON", "PRAGMA foreign_keys"),
        ("CALL restock(3)", "CALL restock"),
        ("-- a comment\n/* another */ BEGIN", "BEGIN"),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "WITH"),
        ("", "statement"),
        ("…", "statement"),
    ],
)
def test_a_statement_goes_by_its_verb_and_its_table(statement: str, name: str) -> None:
    assert name_of(statement, None) == name


@pytest.mark.parametrize(
    ("statement", "driver", "text"),
    [
        ("WHERE a = 'x' AND b = 7 AND c = 1.5e3", None, "WHERE a = ? AND b = ? AND c = ?"),
        ("WHERE a = 'it''s' OR b = x'AB'", None, "WHERE a = ? OR b = ?"),
        ("WHERE a = %s AND b = :b AND c = $1 AND d = ?1 AND e = %(e)s", None,
         "WHERE a = %s AND b = :b AND c = $1 AND d = ?1 AND e = %(e)s"),
        ('WHERE "user"."name" = "maybe a text"', "sqlite3", 'WHERE "user"."name" = "?"'),
        ('FROM user WHERE a = "text"', "pymysql", "FROM user WHERE a = ?"),
        ("FROM a # it's a comment\nWHERE b = 'x'", "pymysql", "FROM a \nWHERE b = ?"),
        ("SELECT a #> 'k'", "psycopg", "SELECT a #> ?"),
        ("SELECT $$text$$, $q$it's$q$, 1", "psycopg", "SELECT ?, ?, ?"),
        ("a = 1 -- it's\n AND b = '2'", None, "a = ? \n AND b = ?"),
        ("a /* it's */ = '1'", None, "a  = ?"),
        # Which quote ends the text depends on the server: nothing after it is shown.
        (r"a = '\' OR b = 'secret' OR c = '", None, "a = ?…"),
        ("a = 'never closed", None, "a = ?…"),
        ("t1.c2 = tab3", None, "t1.c2 = tab3"),
    ],
)  # fmt: skip
def test_literals_are_taken_out(statement: str, driver: str | None, text: str) -> None:
    assert shown(statement, driver) == text


@given(value=some.text(min_size=1), driver=some.sampled_from([None, "sqlite3", "pymysql"]))
def test_a_quoted_value_is_never_shown_whatever_is_in_it(value: str, driver: str | None) -> None:
    canary = f"Kanarienvogel{value}Kanarienvogel"
    quoted = canary.replace("'", "''")
    text = shown(f"SELECT a FROM b WHERE c = '{quoted}' AND d = 1", driver)
    assert "Kanarienvogel" not in text


def queries(captured: Any) -> list[Any]:
    return [
        (event.attributes["statement"], event.attributes.get("parameters"))
        for event in captured.events
        if event.kind == "db.query" and event.phase == "begin"
    ]


def test_parameters_are_not_shown() -> None:
    def work() -> None:
        connection = sqlite3.connect(":memory:")
        connection.execute("SELECT ?", ("a secret",))
        connection.close()

    assert lines(in_request(work)) == [
        "db.connect :memory: driver=sqlite3",
        "db.query SELECT statement=SELECT ? driver=sqlite3",
    ]


def test_parameters_are_shown_to_those_who_ask_and_secrets_stay_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLASKSCOPE_RECORD", "sql")
    login = {"name": "ada", "password": "hunter2"}
    captured = in_request(lambda: _run("SELECT :name, :password, 5", login))
    assert queries(captured) == [
        ("SELECT :name, :password, 5", {"name": "'ada'", "password": "[redacted]"})
    ]
    captured = in_request(lambda: _run("SELECT ?, ?, ?", ("4111 1111 1111 1111", b"xyz", 7)))
    assert queries(captured) == [("SELECT ?, ?, ?", ["'[redacted]'", "b'xyz'", "7"])]


def _run(statement: str, values: Any) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(statement, values)
    connection.close()


def test_parameters_are_asked_for_one_application_at_a_time() -> None:
    apps = [Flask("open"), Flask("closed")]
    for app in apps:
        app.add_url_rule("/", view_func=lambda: (_run("SELECT ?", ("x",)), "")[1], endpoint="a")
    tracer = Tracer(apps[0], enabled=True, record="sql")
    with capture_trace() as captured:
        for app in apps:
            app.test_client().get("/")
    tracer.uninstall()
    assert queries(captured) == [("SELECT ?", ["'x'"]), ("SELECT ?", None)]


def test_values_that_only_go_by_once_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASKSCOPE_RECORD", "sql")
    found: list[Any] = []

    def work() -> None:
        connection = sqlite3.connect(":memory:")
        connection.execute("CREATE TABLE t (a)")
        connection.executemany("INSERT INTO t VALUES (?)", ((n,) for n in range(3)))
        found.extend(connection.execute("SELECT a FROM t"))
        connection.close()

    captured = in_request(work)
    assert found == [(0,), (1,), (2,)]
    assert queries(captured)[1] == ("INSERT INTO t VALUES (?)", "<generator>")
