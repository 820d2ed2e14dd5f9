"""What the probes of databases say: of a statement, of the end of a transaction, of a pool."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PosixPath, WindowsPath
from typing import Any, Final

from ..capture import FREE_TEXT
from ..hot_path import charge
from ..redaction import clean_text, redact_text
from .statements import MAX_TEXT, cut, described, described_with, name_of, parameters
from .stores import Begin, Prepare, StoreProbe

_COMMIT: Final = "COMMIT"
_ROLLBACK: Final = "ROLLBACK"
_DRIVERS: dict[str | None, Mapping[str, Any] | None] = {None: None}


def driver_said(driver: str | None) -> Mapping[str, Any] | None:
    """The attribute as a mapping that all events of a driver share."""
    said = _DRIVERS.get(driver)
    if said is None and driver is not None:
        said = _DRIVERS[driver] = {"driver": driver}
    return said


def statement(
    probe: StoreProbe, key: str | None, driver: str | None, sql: Any, values: Any
) -> Begin:
    """``db.query``: the statement's name and text are made late, its values are described now."""
    text = sql if type(sql) is str and len(sql) <= MAX_TEXT else cut(sql)
    if len(text) > FREE_TEXT:
        probe.recorder.buffer.charge(len(text))
    opted_in = probe.tools.parameters
    name = (name_of, text, driver)
    if not opted_in or (key not in opted_in and None not in opted_in):
        return name, None, (described, text, driver)
    shown = parameters(values)
    charge(probe.recorder.buffer, *_texts(shown))
    return name, None, (described_with, text, driver, shown)


def _texts(shown: Any) -> list[str]:
    if type(shown) is str:
        return [shown]
    values = shown.values() if type(shown) is dict else shown or ()
    return [text for value in values for text in _texts(value)]


def argument(args: tuple[Any, ...], kwargs: dict[str, Any], at: int, *names: str) -> Any:
    """An argument that may stand at a place or under one of several names."""
    if len(args) > at:
        return args[at]
    for name in names:
        if name in kwargs:
            return kwargs[name]
    return None


def transaction(name: str, driver: str | None) -> Prepare:
    """``db.commit`` or ``db.rollback`` of a driver that is known beforehand."""
    said = driver_said(driver)

    def prepare(*_: Any) -> Begin:
        return name, said, None

    return prepare


def commit(driver: str | None) -> Prepare:
    return transaction(_COMMIT, driver)


def rollback(driver: str | None) -> Prepare:
    return transaction(_ROLLBACK, driver)


def ending(kind: str) -> str:
    """The name of ``db.commit`` and ``db.rollback``."""
    return _COMMIT if kind == "db.commit" else _ROLLBACK


def connection(driver: str | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Begin:
    """``db.connect``, from what a driver's ``connect`` is called with."""
    given = None
    for name in ("database", "db", "dbname"):
        given = given or kwargs.get(name)
    if given is None and args and driver in ("sqlite3", None):
        given = args[0]
    return database_name(given) or driver or "connect", driver_said(driver), None


def database_name(given: Any) -> str:
    """Of a file its own name: neither its folder nor what a URI says behind ``?``."""
    if type(given) in (PosixPath, WindowsPath):
        given = str(given)
    if type(given) is bytes:
        given = given[:400].decode("utf-8", "replace")
    if type(given) is not str:
        return ""
    name = given[:400].partition("?")[0].replace("\\", "/").rpartition("/")[2]
    return redact_text(clean_text(name))
