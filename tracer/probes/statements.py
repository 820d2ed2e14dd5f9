"""A SQL statement as it may be shown: by a short name, and with its literals taken out.

Both are made on the thread that drains; what waits until then is the beginning of the statement.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from ..redaction import REDACTED, clean_text, is_secret, redact_key, redact_text
from ..safe_repr import safe_repr

MAX_TEXT: Final = 2048
MAX_PARAMETERS: Final = 50
MYSQL: Final = frozenset({"pymysql", "MySQLdb", "mysql", "mariadb"})
"""Drivers whose server takes ``"text"`` for a text and ``#`` for a comment."""

_COMMENT: Final = r"--[^\n]*|/\*.*?(?:\*/|\Z)"
_TEXT: Final = r"(?:\b[xXbBnNeE])?'(?:[^'\\]|''|\\[^'])*'"
_DOUBLE: Final = r'"(?:[^"\\]|""|\\[^"])*"'
_WORD: Final = (
    r"(?P<word>`[^`]*`|[:@$%]\w+|\?\d+|[^\W\d][\w$]*)|(?P<number>\d[\w.]*)|(?P<open>['\"])"
)
_STANDARD: Final = re.compile(
    rf"(?P<comment>{_COMMENT})"
    rf"|(?P<text>{_TEXT}|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))"
    # In double quotes stands a name where a name must stand. SQLite may take others for texts.
    r"|(?P<name>(?:\.|\b(?:FROM|INTO|UPDATE|JOIN|TABLE|INDEX|VIEW|ON|AS|EXISTS)\s+)"
    rf"{_DOUBLE}|{_DOUBLE}(?=\.))"
    rf"|(?P<quoted>{_DOUBLE})|{_WORD}",
    re.IGNORECASE | re.DOTALL,
)
_MYSQL: Final = re.compile(
    rf"(?P<comment>{_COMMENT}|\#[^\n]*)|(?P<text>{_TEXT}|{_DOUBLE})|{_WORD}",
    re.IGNORECASE | re.DOTALL,
)
_NAME: Final = r"([\w$.\"`\[\]]+)"
_NOISE: Final = (
    r"(?:(?:OR\s+\w+|IGNORE|LOW_PRIORITY|DELAYED|HIGH_PRIORITY|QUICK|ONLY|TEMP|TEMPORARY|UNIQUE"
    r"|IF\s+NOT\s+EXISTS|IF\s+EXISTS|CONCURRENTLY|MATERIALIZED)\s+)*"
)
_OBJECTS: Final = {
    "SELECT": re.compile(rf"\bFROM\s+{_NAME}", re.IGNORECASE),
    "DELETE": re.compile(rf"\bFROM\s+{_NAME}", re.IGNORECASE),
    "INSERT": re.compile(rf"\bINTO\s+{_NAME}", re.IGNORECASE),
    "REPLACE": re.compile(rf"\bINTO\s+{_NAME}", re.IGNORECASE),
    "UPDATE": re.compile(rf"\AUPDATE\s+{_NOISE}{_NAME}", re.IGNORECASE),
    "CALL": re.compile(rf"\ACALL\s+{_NAME}", re.IGNORECASE),
    "PRAGMA": re.compile(rf"\APRAGMA\s+{_NAME}", re.IGNORECASE),
}
_DEFINES: Final = re.compile(
    rf"\A(?:CREATE|DROP|ALTER|TRUNCATE)\s+{_NOISE}(TABLE|INDEX|VIEW|TRIGGER|DATABASE|SCHEMA)\s+"
    rf"{_NOISE}{_NAME}",
    re.IGNORECASE,
)


def cut(statement: Any) -> str:
    """The beginning of *statement*, which may be anything; runs none of its class's code."""
    kind = type(statement)
    if kind is not str:
        if not issubclass(kind, str):
            return statement[:MAX_TEXT].decode("utf-8", "replace") if kind is bytes else ""
        statement = str.__getitem__(statement, slice(None))
    if len(statement) <= MAX_TEXT:
        return statement  # type: ignore[no-any-return]
    return f"{statement[:MAX_TEXT]}… ({len(statement)} characters)"


@lru_cache(maxsize=256)
def name_of(statement: str, driver: str | None) -> str:
    """``SELECT user`` for ``select * from "user" where …``: what it does, and to which table."""
    text = " ".join(shown(statement, driver).split())
    verb = re.match(r"[(\s]*([A-Za-z]+)", text)
    if verb is None:
        return "statement"
    word = verb[1].upper()
    text = text[verb.start(1) :]
    if word in ("CREATE", "DROP", "ALTER", "TRUNCATE"):
        found = _DEFINES.match(text)
        return f"{word} {found[1].upper()} {_bare(found[2])}" if found else word
    pattern = _OBJECTS.get(word)
    found = pattern.search(text) if pattern is not None else None
    return f"{word} {_bare(found[1])}" if found is not None else word


@lru_cache(maxsize=256)
def shown(statement: str, driver: str | None) -> str:
    """*statement* with ``?`` in place of every literal, and without its comments.

    Where it is not certain which quotes belong together, all that follows is left out.
    """
    parts = []
    at = 0
    for piece in (_MYSQL if driver in MYSQL else _STANDARD).finditer(statement):
        parts.append(statement[at : piece.start()])
        at = piece.end()
        kind = piece.lastgroup
        if kind == "open":
            return clean_text("".join(parts)) + "?…"
        if kind in ("word", "name"):
            parts.append(piece[0])
        elif kind != "comment":
            parts.append('"?"' if kind == "quoted" else "?")
    return clean_text("".join([*parts, statement[at:]]))


def described(statement: str, driver: str | None) -> dict[str, Any]:
    """Attributes of a query, made late."""
    attributes: dict[str, Any] = {"statement": shown(statement, driver)}
    if driver is not None:
        attributes["driver"] = driver
    return attributes


def described_with(statement: str, driver: str | None, parameters: Any) -> dict[str, Any]:
    """The same for those who want to see the values."""
    attributes: dict[str, Any] = {"statement": redact_text(clean_text(statement))}
    if driver is not None:
        attributes["driver"] = driver
    if parameters is not None:
        attributes["parameters"] = parameters
    return attributes


def parameters(given: Any) -> Any:
    """The values that go with a statement, described and redacted: a dict or a list of texts.

    Nothing is iterated but exact lists, tuples and dicts.
    """
    kind = type(given)
    if kind is dict:
        return {
            _plain(name): REDACTED if type(name) is str and is_secret(name) else _value(value)
            for name, value in list(given.items())[:MAX_PARAMETERS]
        }
    if kind is list or kind is tuple:
        values: list[Any] = [
            parameters(value) if type(value) in (dict, tuple, list) else _value(value)
            for value in given[:MAX_PARAMETERS]
        ]
        if len(given) > MAX_PARAMETERS:
            values.append(f"… {len(given)} items")
        return values
    return None if given is None else _value(given)


def _value(value: Any) -> str:
    if type(value) is str:
        value = redact_key(value)
    return redact_text(clean_text(safe_repr(value, 200)))


def _plain(name: Any) -> str:
    return clean_text(name[:200]) if type(name) is str else "?"


def _bare(name: str) -> str:
    return re.sub(r"[\"`\[\]]", "", name).rpartition(".")[2] or name
