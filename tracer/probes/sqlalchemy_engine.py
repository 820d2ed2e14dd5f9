"""SQLAlchemy: statements and transactions of its engines, and its pools.

Seen at the dialect, where every statement of Core and ORM passes, and at the pool. SQLAlchemy's
own events would do for most of it, but not for a span: a commit has no event at its end, waiting
for the pool has none at all, and a listener that was once there leaves flags on engines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from ..capture import class_name
from .databases import argument, connection, driver_said, ending, statement
from .patching import Patches
from .stores import Begin, StoreProbe, field, fields, module_name, rows, watched, with_subclasses


class SqlalchemyProbe(StoreProbe):
    name = "sqlalchemy"
    kinds = (
        "db.acquire", "db.wait", "db.release", "db.connect", "db.query", "db.commit", "db.rollback",
    )  # fmt: skip
    modules = ("sqlalchemy",)

    def adopt(self, module: ModuleType, patches: Patches) -> None:
        dialect = sys.modules["sqlalchemy.engine.default"].DefaultDialect
        pools = sys.modules["sqlalchemy.pool.base"]
        waiting = sys.modules["sqlalchemy.util.queue"].Queue
        self._seen: set[type] = set()
        for cls in with_subclasses(dialect):
            self._see(cls, _DIALECT, patches)
        patches.replace(dialect, "__init__", self._watch_dialects)
        for cls in with_subclasses(pools.Pool):
            self._see(cls, {"connect": _ACQUIRE}, patches)
        patches.replace(pools._ConnectionFairy, "_checkin", _RELEASE)
        patches.replace(waiting, "get", _WAIT)

    def _see(self, cls: type, methods: dict[str, Any], patches: Patches) -> None:
        """Patch *cls* where it defines the methods itself."""
        if cls not in self._seen:
            self._seen.add(cls)
            for name in methods.keys() & vars(cls).keys():
                patches.replace(cls, name, methods[name])

    def _watch_dialects(self, original: Any) -> Any:
        """Dialects are modules that an engine's URL loads."""

        def __init__(dialect: Any, /, *args: Any, **kwargs: Any) -> None:
            if self.is_on:
                try:
                    self.tools.libraries.patch(lambda patches: self._see_all(dialect, patches))
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            original(dialect, *args, **kwargs)

        __init__.__wrapped__ = original  # type: ignore[attr-defined]
        return __init__

    def _see_all(self, dialect: Any, patches: Patches) -> None:
        for cls in type(dialect).__mro__:
            self._see(cls, _DIALECT, patches)


def _watched(kind: str, prepare: Any, finish: Any = None) -> Callable[[Any], Any]:
    return lambda original: watched(SqlalchemyProbe, original, kind, prepare, finish)


def _driver(dialect: Any) -> str | None:
    return module_name(fields(dialect).get("dbapi"))


def _connecting(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    return connection(_driver(args[0]), args[1:], kwargs)


def _querying(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    sql = argument(args, kwargs, 2, "statement")
    values = argument(args, kwargs, 3, "parameters")
    return statement(probe, key, _driver(args[0]), sql, values)


def _querying_plainly(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    sql = argument(args, kwargs, 2, "statement")
    return statement(probe, key, _driver(args[0]), sql, None)


def _found(result: Any, args: Any, kwargs: Any) -> Any:
    return rows(argument(args, kwargs, 1, "cursor"))


def _ending(kind: str) -> Any:
    name = ending(kind)

    def prepare(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
        return name, driver_said(_driver(args[0])), None

    return prepare


def _acquiring(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    return _of_pool(args[0])


def _acquired(result: Any, args: Any, kwargs: Any) -> Any:
    return _counts(fields(args[0]))


def _releasing(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    return _of_pool(field(args[0], "_pool"))


def _released(result: Any, args: Any, kwargs: Any) -> Any:
    return _counts(fields(field(args[0], "_pool")))


def _of_pool(pool: Any) -> Begin:
    own = fields(pool)
    return class_name(type(pool)), driver_said(_driver(own.get("_dialect"))), _counts(own)


def _counts(own: dict[str, Any]) -> dict[str, int] | None:
    """Only pools with a queue count their connections."""
    waiting = fields(own.get("_pool"))
    idle, size, overflow = waiting.get("queue"), waiting.get("maxsize"), own.get("_overflow")
    if idle is None or type(size) is not int or type(overflow) is not int:
        return None
    return {"idle": len(idle), "used": max(size - len(idle) + overflow, 0)}


def _waiting(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    """Only where a call can block, and will."""
    blocks = argument(args, kwargs, 1, "block")
    if (blocks is None or blocks) and not fields(args[0]).get("queue"):
        return "QueuePool", None, {"idle": 0}
    return None


_ACQUIRE: Final = _watched("db.acquire", _acquiring, _acquired)
_RELEASE: Final = _watched("db.release", _releasing, _released)
_WAIT: Final = _watched("db.wait", _waiting)
_DIALECT: Final[dict[str, Any]] = {
    "connect": _watched("db.connect", _connecting),
    "do_execute": _watched("db.query", _querying, _found),
    "do_executemany": _watched("db.query", _querying, _found),
    "do_execute_no_params": _watched("db.query", _querying_plainly, _found),
    "do_commit": _watched("db.commit", _ending("db.commit")),
    "do_rollback": _watched("db.rollback", _ending("db.rollback")),
}
