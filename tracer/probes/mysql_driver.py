"""PyMySQL: connections, statements, and the ends of transactions."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

from .databases import argument, commit, connection, rollback, statement
from .patching import Patches
from .stores import Begin, StoreProbe, fields, rows, watched

DRIVER: Final = "pymysql"


class PyMysqlProbe(StoreProbe):
    name = "pymysql"
    kinds = ("db.connect", "db.query", "db.commit", "db.rollback")
    modules = ("pymysql",)

    def adopt(self, module: ModuleType, patches: Patches) -> None:
        connection = vars(module)["connections"].Connection
        cursor = vars(module)["cursors"].Cursor
        for owner, name, kind, prepare, finish in (
            (connection, "connect", "db.connect", _connecting, None),
            (connection, "query", "db.query", _sending, None),
            (connection, "commit", "db.commit", commit(DRIVER), None),
            (connection, "rollback", "db.rollback", rollback(DRIVER), None),
            (cursor, "execute", "db.query", _querying, _found),
            (cursor, "executemany", "db.query", _querying, _found),
        ):
            patches.replace(owner, name, _watched(kind, prepare, finish))


def _watched(kind: str, prepare: Any, finish: Any) -> Any:
    return lambda original: watched(PyMysqlProbe, original, kind, prepare, finish)


def _connecting(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    return connection(DRIVER, (), fields(args[0]))


def _querying(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    sql = argument(args, kwargs, 1, "query")
    return statement(probe, key, DRIVER, sql, argument(args, kwargs, 2, "args"))


def _sending(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    """A statement without a cursor, or of ``callproc``."""
    return statement(probe, key, DRIVER, argument(args, kwargs, 1, "sql"), None)


def _found(result: Any, args: Any, kwargs: Any) -> Any:
    return rows(args[0])
