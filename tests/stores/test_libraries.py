"""Libraries are patched when the application imports them, whenever that is, and never by us."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

START = """
import sys
from flask import Flask
from tracer.testing import capture_trace
app = Flask("shop")
def kinds(captured):
    return [event.kind for event in captured.events if event.kind.startswith(("db.", "redis."))]
"""


def run(body: str) -> str:
    """Output of a fresh Python that runs *body*; warnings are errors there."""
    script = textwrap.dedent(START) + textwrap.dedent(body)
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


LIBRARIES = ("sqlite3", "pymysql", "dbutils", "sqlalchemy", "redis", "flask_session")


def test_the_tracer_imports_none_of_them() -> None:
    body = f"""
    with capture_trace():
        app.test_client().get("/")
    print([name for name in {LIBRARIES!r} if name in sys.modules])
    """
    assert run(body) == "[]\n"


def test_one_that_a_view_imports_is_seen_at_once_and_left_as_it_was() -> None:
    body = """
    @app.get("/")
    def view():
        import sqlite3
        sqlite3.connect(":memory:").close()
        return ""
    before = list(sys.meta_path)
    with capture_trace() as captured:
        app.test_client().get("/")
        import sqlite3
        print(type(sqlite3.connect).__name__)
    print(kinds(captured), type(sqlite3.connect).__name__, sys.meta_path == before)
    print(sqlite3.connect is sys.modules["_sqlite3"].connect, vars(sqlite3.__loader__).keys())
    """
    assert run(body) == (
        "_Connect\n"
        "['db.connect', 'db.connect'] builtin_function_or_method True\n"
        "True dict_keys(['name', 'path'])\n"
    )


@pytest.mark.parametrize(
    ("library", "probe"),
    [
        ("sqlite3", "sqlite3.connect"),
        ("pymysql", "pymysql.cursors.Cursor.execute"),
        ("dbutils.pooled_db", "dbutils.pooled_db.PooledDB.connection"),
        ("sqlalchemy", "sqlalchemy.pool.Pool.connect"),
        ("redis", "redis.Redis.execute_command"),
    ],
)
def test_each_one_is_patched_when_it_comes_before_and_when_it_comes_after(
    library: str, probe: str
) -> None:
    before = f"""
    import {library}
    original = {probe}
    with capture_trace():
        print({probe} is not original)
    print({probe} is original)
    """
    after = f"""
    with capture_trace():
        import {library}
        patched = {probe}
    print({probe} is not patched)
    original = {probe}
    with capture_trace():
        print({probe} is not original)
    print({probe} is original)
    """
    assert run(before) == "True\nTrue\n"
    assert run(after) == "True\nTrue\nTrue\n"


def test_an_import_that_fails_fails_as_it_did(tmp_path: object) -> None:
    body = f"""
    sys.path.insert(0, {str(tmp_path)!r})
    open({str(tmp_path)!r} + "/redis.py", "w").write("raise ImportError('broken')")
    with capture_trace():
        for _ in range(2):
            try:
                import redis
            except ImportError as error:
                print(error, "redis" in sys.modules)
    """
    assert run(body) == "broken False\nbroken False\n"


def test_one_that_is_not_there_is_not_found() -> None:
    body = """
    sys.path[:] = [path for path in sys.path if "site-packages" not in path]
    with capture_trace():
        try:
            import redis
        except ModuleNotFoundError as error:
            print(error)
    """
    assert run(body) == "No module named 'redis'\n"


def test_a_module_of_that_name_that_is_something_else_is_left_alone(tmp_path: object) -> None:
    body = f"""
    sys.path.insert(0, {str(tmp_path)!r})
    open({str(tmp_path)!r} + "/redis.py", "w").write("answer = 42")
    with capture_trace():
        import redis
        print(redis.answer, sorted(vars(redis))[-1])
    """
    assert run(body) == "42 answer\n"


def test_asking_where_a_library_is_does_not_disturb_its_import() -> None:
    body = """
    from importlib.util import find_spec
    with capture_trace() as captured:
        spec = find_spec("sqlite3")
        print(type(spec.loader).__name__, spec.name)
        import sqlite3
        print(type(sqlite3.connect).__name__)
    """
    assert run(body) == "SourceFileLoader sqlite3\n_Connect\n"
