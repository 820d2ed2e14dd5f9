"""DBUtils: its pools, and the steady connections and cursors in them, whatever driver is below."""

from __future__ import annotations

from functools import update_wrapper
from types import ModuleType
from typing import Any

from ..capture import class_name
from .databases import connection, driver_said, ending, statement
from .patching import Patches
from .stores import Begin, StoreProbe, fields, module_name, rows, watched


class DbutilsProbe(StoreProbe):
    name = "dbutils"
    kinds = (
        "db.acquire", "db.wait", "db.release", "db.connect", "db.query", "db.commit", "db.rollback",
    )  # fmt: skip
    modules = ("dbutils.pooled_db", "dbutils.persistent_db", "dbutils.steady_db")

    def adopt(self, module: ModuleType, patches: Patches) -> None:
        names = vars(module)
        if module.__name__ == "dbutils.pooled_db":
            pool = names["PooledDB"]
            patches.replace(pool, "connection", _watched("db.acquire", _of_pool, _counted))
            patches.replace(pool, "_wait_lock", _watched("db.wait", _of_pool, _counted))
            patches.replace(pool, "cache", _watched("db.release", _of_pool, _counted))
        elif module.__name__ == "dbutils.persistent_db":
            pool = names["PersistentDB"]
            patches.replace(pool, "connection", _watched("db.acquire", _of_pool))
        else:
            steady = names["SteadyDBConnection"]
            patches.replace(steady, "_create", _watched("db.connect", _connecting))
            patches.replace(steady, "commit", _watched("db.commit", _ending("db.commit")))
            patches.replace(steady, "rollback", _watched("db.rollback", _ending("db.rollback")))
            patches.replace(names["SteadyDBCursor"], "_get_tough_method", _tough)


def _watched(kind: str, prepare: Any, finish: Any = None) -> Any:
    return lambda original: watched(DbutilsProbe, original, kind, prepare, finish)


def _of_pool(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    pool = args[0]
    return class_name(type(pool)), driver_said(_driver_of_pool(fields(pool))), _counts(pool)


def _counted(result: Any, args: Any, kwargs: Any) -> Any:
    return _counts(args[0])


def _counts(pool: Any) -> dict[str, int] | None:
    own = fields(pool)
    idle, used = own.get("_idle_cache"), own.get("_connections")
    if type(idle) is not list or type(used) is not int:
        return None
    return {"idle": len(idle), "used": used}


def _driver_of_pool(own: dict[str, Any]) -> str | None:
    """Known where the pool was given the driver's module, or a connection's class."""
    creator = own.get("_creator")
    if issubclass(type(creator), type):
        module = type.__dict__["__module__"].__get__(creator)
        return module.partition(".")[0] if type(module) is str else None
    return module_name(creator)


def _driver_of(steady: Any) -> str | None:
    return module_name(fields(steady).get("_dbapi"))


def _connecting(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    own = fields(args[0])
    return connection(_driver_of(args[0]), own.get("_args", ()), own.get("_kwargs", {}))


def _ending(kind: str) -> Any:
    name = ending(kind)

    def prepare(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
        return name, driver_said(_driver_of(args[0])), None

    return prepare


def _tough(original: Any) -> Any:
    """What ``cursor.execute`` is: a new function at each look, which we put ours around."""

    def _get_tough_method(cursor: Any, /, *args: Any, **kwargs: Any) -> Any:
        method = original(cursor, *args, **kwargs)
        probe = DbutilsProbe.active
        name = args[0] if args else kwargs.get("name")
        if probe is None or not probe.is_on or name not in ("execute", "executemany"):
            return method

        def querying(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
            sql = args[0] if args else next(iter(kwargs.values()), None)
            values = args[1] if len(args) > 1 else None
            return statement(probe, key, _driver_of(fields(cursor).get("_con")), sql, values)

        def found(*_: Any) -> Any:
            return rows(fields(cursor).get("_cursor"))

        try:
            return watched(DbutilsProbe, method, "db.query", querying, found)
        except Exception as error:  # noqa: BLE001
            probe.fault(error)
            return method

    return update_wrapper(_get_tough_method, original)
