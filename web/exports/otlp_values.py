"""What our attributes are called in OpenTelemetry, and how OTLP writes values as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

OWN: Final = "flaskscope."
"""Before the names of what no convention has a word for."""
_FUNCTION: Final = {"file": "code.file.path", "line": "code.line.number"}
_SYSTEMS: Final = {
    "sqlite3": "sqlite",
    "pymysql": "mysql",
    "MySQLdb": "mysql",
    "psycopg": "postgresql",
    "psycopg2": "postgresql",
}
"""DB-API driver → the convention's name of the database."""

Pairs = Iterable[tuple[str, Any]]


def key_values(pairs: Pairs) -> list[dict[str, Any]]:
    """Attributes as OTLP writes them; of two with one name the later one."""
    return [{"key": key, "value": any_value(value)} for key, value in dict(pairs).items()]


def any_value(value: Any) -> dict[str, Any]:
    """An ``AnyValue``: 64-bit numbers are text, nothing is an empty object."""
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        # What 64 bits cannot hold is told as a text rather than wrongly.
        fits = -(1 << 63) <= value < 1 << 63
        return {"intValue": str(value)} if fits else {"stringValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value if math.isfinite(value) else _not_finite(value)}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": key_values((str(k), v) for k, v in value.items())}}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [any_value(one) for one in value]}}
    return {"stringValue": str(value)}


def span_pairs(kind: str, name: str, begun: Mapping[str, Any], ended: Mapping[str, Any]) -> Pairs:
    """A span's attributes: the words of the semantic conventions where there are some."""
    # Kind and name last: an attribute of somebody's own span does not take their place.
    yield from _named_by_convention(kind, name, {**begun, **ended})
    yield from own_pairs(begun)
    for key, value in ended.items():
        if key in begun and begun[key] != value:
            yield f"{OWN}end.{key}", value
        elif key not in _FUNCTION:
            yield OWN + key, value
    yield f"{OWN}kind", kind
    yield f"{OWN}name", name


def own_pairs(attributes: Mapping[str, Any]) -> Pairs:
    """Attributes under names of ours, but for place and line of a function."""
    for key, value in attributes.items():
        yield _FUNCTION.get(key, OWN + key), value


def error_of(kind: str, ended: Mapping[str, Any]) -> str | None:
    """What went wrong in a span, None if nothing did."""
    left_by = ended.get("left_by")
    if isinstance(left_by, str):
        return left_by
    status = ended.get("status")
    if kind == "request" and isinstance(status, int) and status >= 500:
        return str(status)
    return None


def event_pairs(kind: str, name: str, attributes: Mapping[str, Any]) -> Pairs:
    """An instant's attributes; an exception's and a log record's by convention."""
    if kind == "exception":
        yield "exception.type", name
        yield "exception.message", str(attributes.get("message", ""))
    yield from own_pairs(attributes)
    yield f"{OWN}kind", kind
    yield f"{OWN}name", name


def _named_by_convention(
    kind: str, name: str, known: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    if kind == "request":
        yield from _http(known)
    elif kind.startswith("db."):
        yield from _database(kind, name, known)
    elif kind == "redis.command":
        yield "db.system.name", "redis"
        yield "db.operation.name", name
    if "file" in known and kind not in ("request", "run"):
        yield "code.function.name", name


def _http(known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    path, _, query = str(known.get("path", "")).partition("?")
    yield "http.request.method", known.get("method")
    yield "url.path", path
    if query:
        yield "url.query", query
    if known.get("client"):
        yield "client.address", known["client"]
    status = known.get("status")
    if isinstance(status, int):
        yield "http.response.status_code", status
    if (error := error_of("request", known)) is not None:
        yield "error.type", error


def _database(kind: str, name: str, known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    driver = known.get("driver")
    if isinstance(driver, str):
        yield "db.system.name", _SYSTEMS.get(driver.partition(".")[0], "other_sql")
    if kind != "db.query":
        return
    if "statement" in known:
        yield "db.query.text", known["statement"]
    yield "db.query.summary", name
    yield "db.operation.name", name.partition(" ")[0]
    if isinstance(known.get("rows"), int):
        yield "db.response.returned_rows", known["rows"]


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def dumped(value: Any) -> str:
    """*value* as JSON in ASCII: half a UTF-16 pair in somebody's header must not break a file."""
    return json.dumps(value, separators=(",", ":"))
