"""``sqlite3``, whose classes cannot be patched.

``sqlite3.connect`` makes a subclass of ``sqlite3.Connection`` while we are installed, which makes
a subclass of ``sqlite3.Cursor``. A class that the application brings along is patched itself, so
that its objects stay of exactly that class. ``set_trace_callback`` would have changed no type, but
a connection has one only, it has no end, and the application may want it.
"""

from __future__ import annotations

import sys
from types import BuiltinFunctionType, ModuleType
from typing import Any, ClassVar, Final

from .databases import argument, commit, connection, rollback, statement
from .patching import Patches
from .stores import Begin, Prepare, StoreProbe, watched

DRIVER: Final = "sqlite3"
MAX_CLASSES: Final = 100
"""Classes of the application's that are patched; those made per request must not pile up."""
_STATEMENTS: Final = ("execute", "executemany", "executescript")
_FACTORY: Final = 5
"""Place of the factory among the arguments of ``connect``."""


class SqliteProbe(StoreProbe):
    name = "sqlite"
    kinds = ("db.connect", "db.query", "db.commit", "db.rollback")
    modules = ("sqlite3",)
    classes: ClassVar[tuple[type, type] | None] = None
    """Our connection and our cursor, made once a process: connections outlive installations."""

    def install(self, patches: Patches) -> None:
        self._seen: set[int] = set()
        super().install(patches)

    def adopt(self, module: ModuleType, patches: Patches) -> None:
        if SqliteProbe.classes is None:
            SqliteProbe.classes = _make_classes(module)
        original = vars(sys.modules["_sqlite3"])["connect"]
        if type(original) is not BuiltinFunctionType:
            return  # somebody's replacement, which need not know what a factory is
        connect = _Connect(original, vars(module)["Connection"])
        for name in ("_sqlite3", "sqlite3.dbapi2", "sqlite3"):
            owner = sys.modules.get(name)
            if owner is not None and vars(owner).get("connect") is original:
                patches.replace(owner, "connect", lambda _: connect)

    def see(self, cls: type, base: type, methods: dict[str, Any]) -> None:
        """Patch *cls*, the application's own subclass of *base*."""
        if id(cls) in self._seen or len(self._seen) >= MAX_CLASSES or cls in _ours():
            return
        self._seen.add(id(cls))
        self.tools.libraries.patch(lambda patches: _cover(patches, cls, base, methods))


class _Connect:
    """In place of ``sqlite3.connect``. Not a function: one in a class would become a method."""

    def __init__(self, original: Any, base: type) -> None:
        self.__wrapped__ = original
        self.__name__ = self.__qualname__ = "connect"
        self.__module__ = original.__module__
        self.__doc__ = original.__doc__
        self._base = base
        self._watched = watched(SqliteProbe, original, "db.connect", _connecting)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        probe = SqliteProbe.active
        if not isinstance(probe, SqliteProbe) or not probe.is_on:
            return self.__wrapped__(*args, **kwargs)
        try:
            args, kwargs = self._with_our_factory(probe, args, kwargs)
        except Exception as error:  # noqa: BLE001
            probe.fault(error)
        return self._watched(*args, **kwargs)

    def _with_our_factory(self, probe: SqliteProbe, args: Any, kwargs: Any) -> tuple[Any, Any]:
        base, ours = self._base, _ours()[0]
        factory = argument(args, kwargs, _FACTORY, "factory")
        if factory is None and len(args) <= _FACTORY and "factory" not in kwargs:
            return args, {**kwargs, "factory": ours}
        if factory is base:
            if len(args) > _FACTORY:
                return (*args[:_FACTORY], ours, *args[_FACTORY + 1 :]), kwargs
            return args, {**kwargs, "factory": ours}
        if _derives(factory, base):
            probe.see(factory, base, _METHODS)
        return args, kwargs


def _derives(factory: Any, base: Any) -> bool:
    return issubclass(type(factory), type) and base in type.__dict__["__mro__"].__get__(factory)


def _ours() -> tuple[type, type]:
    assert SqliteProbe.classes is not None
    return SqliteProbe.classes


def _make_classes(module: ModuleType) -> tuple[type, type]:
    names = vars(module)
    return _subclass(names["Connection"], _METHODS), _subclass(names["Cursor"], _CURSOR_METHODS)


def _subclass(base: type, methods: dict[str, Any]) -> type:
    """It looks like *base* in a ``repr``, and its instances have no ``__dict__`` either."""
    members = {name: make(getattr(base, name)) for name, make in methods.items()}
    module = base.__module__
    return type(base.__name__, (base,), {"__slots__": (), "__module__": module, **members})


def _cover(patches: Patches, cls: type, base: type, methods: dict[str, Any]) -> None:
    for name, make in methods.items():
        found = getattr(cls, name)
        # A cursor() of the application's own makes what it makes.
        if name != "cursor" or found is getattr(base, name):
            patches.replace(cls, name, make)


def _cursor(original: Any) -> Any:
    """``connection.cursor()`` makes a cursor of ours, unless it is asked for another one."""

    def cursor(connection: Any, /, *args: Any, **kwargs: Any) -> Any:
        probe = SqliteProbe.active
        if isinstance(probe, SqliteProbe) and probe.is_on:
            try:
                ours = _ours()[1]
                factory = argument(args, kwargs, 0, "factory")
                if factory is ours.__base__ or (not args and not kwargs):
                    args, kwargs = (ours,), {}
                elif ours.__base__ is not None and _derives(factory, ours.__base__):
                    probe.see(factory, ours.__base__, _CURSOR_METHODS)
            except Exception as error:  # noqa: BLE001
                probe.fault(error)
        return original(connection, *args, **kwargs)

    return cursor


def _exit(original: Any) -> Any:
    """``with connection:`` ends in a commit or a rollback when a transaction is open."""
    committing = watched(SqliteProbe, original, "db.commit", _if_open(commit(DRIVER)))
    rolling_back = watched(SqliteProbe, original, "db.rollback", _if_open(rollback(DRIVER)))

    def __exit__(connection: Any, /, *args: Any, **kwargs: Any) -> Any:
        is_clean = not args or args[0] is None  # taken by place only
        return (committing if is_clean else rolling_back)(connection, *args, **kwargs)

    return __exit__


def _if_open(prepare: Prepare) -> Prepare:
    def said(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
        sqlite3 = sys.modules["sqlite3"]
        try:
            is_open = sqlite3.Connection.in_transaction.__get__(args[0])
        except sqlite3.Error:  # it is closed
            return None
        return prepare(probe, key, args, kwargs) if is_open else None

    return said


def _querying(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    # sqlite3 takes neither by name.
    count = len(args)
    sql, values = args[1] if count > 1 else None, args[2] if count > 2 else None
    return statement(probe, key, DRIVER, sql, values)


def _connecting(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    return connection(DRIVER, args, kwargs)


def _watched(kind: str, prepare: Prepare, finish: Any = None) -> Any:
    return lambda original: watched(SqliteProbe, original, kind, prepare, finish)


def _found(result: Any, args: Any, kwargs: Any) -> Any:
    """Asked after every query, so it looks straight into the cursor, if it is one."""
    base = _ours()[1].__base__
    if base is None or not issubclass(type(result), base):
        return None
    count = base.rowcount.__get__(result)  # type: ignore[attr-defined]
    return {"rows": count} if count >= 0 else None


_CURSOR_METHODS: Final[dict[str, Any]] = {
    name: _watched("db.query", _querying, _found) for name in _STATEMENTS
}
_METHODS: Final[dict[str, Any]] = {
    **_CURSOR_METHODS,
    "cursor": _cursor,
    "commit": _watched("db.commit", commit(DRIVER)),
    "rollback": _watched("db.rollback", rollback(DRIVER)),
    "__exit__": _exit,
}
