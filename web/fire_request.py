"""What a client asks to be fired, checked before anything is connected to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from .apps import AnnouncedApp
from .cookie_jars import OWN_PREFIX
from .problems import Problem

TRACE_HEADER: Final = "Flaskscope-Trace"
MAX_TARGET: Final = 8192
"""Characters of path and query."""
MAX_HEADERS: Final = 100
SAFE_METHODS: Final = ("GET", "HEAD")

_FIELDS: Final = frozenset(
    {"method", "path", "query", "headers", "body", "form", "json", "cookie_jar"}
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_RESERVED: Final = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        TRACE_HEADER.lower(),
    }
)
"""Headers that belong to the connection or to us."""

# What may stand in a request target unquoted; "%" too, so that quoted text stays as it is.
PATH_SAFE: Final = "/%:@!$&'()*+,;=-._~"
_QUERY_SAFE: Final = PATH_SAFE + "?"


@dataclass(frozen=True, slots=True)
class FireRequest:
    """A request ready to be sent, below the application's own address."""

    method: str
    target: str
    """Quoted path and query, starting with exactly one slash."""
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    cookie_jar: str | None

    @classmethod
    def from_json(cls, asked: object, app: AnnouncedApp) -> FireRequest:
        """Check *asked* for *app*; a 400 or 403 :class:`Problem` says what cannot be fired."""
        if not isinstance(asked, dict):
            raise _bad("a JSON object with method and path", type(asked).__name__)
        unknown = sorted(map(str, asked.keys() - _FIELDS))
        if unknown:
            raise _bad(f"the fields {', '.join(sorted(_FIELDS))}", ", ".join(unknown))
        body, content_type = _body(asked)
        headers = _headers(asked.get("headers"))
        if content_type and "content-type" not in {name.lower() for name, _ in headers}:
            headers.append(("Content-Type", content_type))
        jar = asked.get("cookie_jar")
        if jar is not None and not isinstance(jar, str):
            raise _bad("cookie_jar: the name of a jar", jar)
        return cls(
            method=_method(asked.get("method", "GET"), app),
            target=_target(asked.get("path"), asked.get("query")),
            headers=tuple(headers),
            body=body,
            cookie_jar=jar,
        )


def _method(method: object, app: AnnouncedApp) -> str:
    if not isinstance(method, str) or not _TOKEN.fullmatch(method):
        raise _bad("method: a word such as GET", method)
    if method.upper() in app.allow_methods:
        return method.upper()
    raise Problem(
        403,
        "Method not allowed for this application",
        "{app} allows the dashboard to fire {allowed}; other methods "
        "may change its data, so it has to allow them itself.",
        values={
            "app": app.key,
            "allowed": ", ".join(app.allow_methods),
            "method": method.upper(),
        },
        asked=method.upper(),
        found=", ".join(app.allow_methods),
        todo='Attach the tracer with Tracer(app, allow_methods=["{method}"]).',
    )


def _target(path: object, query: object) -> str:
    if not isinstance(path, str) or not path.startswith("/"):
        raise _bad("path: a path that starts with one slash, never an address", path)
    if path.startswith("//") or "\\" in path or "#" in path or _CONTROL.search(path):
        raise _bad("path: one slash at the start; no backslash, no #, no control characters", path)
    bare, mark, inline = path.partition("?")
    target = quote(bare, safe=PATH_SAFE)
    queries = [quote(inline, safe=_QUERY_SAFE)] if mark else []
    if query:
        queries.append(_query(query))
    target += "?" + "&".join(queries) if queries else ""
    if len(target) > MAX_TARGET:
        raise _bad(f"path and query of at most {MAX_TARGET} characters", f"{len(target)}")
    return target


def _query(query: object) -> str:
    if isinstance(query, str):
        if "#" in query or _CONTROL.search(query):
            raise _bad("query: no # and no control characters", query)
        return quote(query.removeprefix("?"), safe=_QUERY_SAFE)
    if isinstance(query, dict):
        return _encoded_pairs("query", query)
    raise _bad("query: an object or a string", query)


def _headers(headers: object) -> list[tuple[str, str]]:
    if headers is None:
        return []
    if not isinstance(headers, dict) or len(headers) > MAX_HEADERS:
        raise _bad(f"headers: an object of at most {MAX_HEADERS} names and texts", headers)
    checked: list[tuple[str, str]] = []
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _RESERVED:
            raise _bad(
                "headers: no names that belong to the connection "
                f"({', '.join(sorted(_RESERVED))})", name,
            )  # fmt: skip
        if not isinstance(value, str) or _CONTROL.search(value) or not _is_latin(value):
            raise _bad(f"headers: {name} as a text without control characters", value)
        if name.lower() == "cookie":
            value = _without_own_cookies(value)
        checked.append((name, value))
    return checked


def _is_latin(value: str) -> bool:
    return all(ord(character) < 256 for character in value)


def _without_own_cookies(value: str) -> str:
    parts = [part.strip() for part in value.split(";")]
    return "; ".join(part for part in parts if part and not part.startswith(OWN_PREFIX))


def _body(asked: Mapping[str, Any]) -> tuple[bytes | None, str | None]:
    """The bytes of the body, and its content type unless the client names another."""
    given = [name for name in ("body", "form", "json") if asked.get(name) is not None]
    if len(given) > 1:
        raise _bad("one of body, form and json", " and ".join(given))
    if not given:
        return None, None
    value = asked[given[0]]
    if given == ["json"]:
        return json.dumps(value).encode(), "application/json"
    if given == ["form"]:
        if not isinstance(value, dict):
            raise _bad("form: an object of names and texts", value)
        return _encoded_pairs("form", value).encode(), "application/x-www-form-urlencoded"
    if not isinstance(value, str):
        raise _bad("body: a text", value)
    return value.encode("utf-8", "replace"), "text/plain; charset=utf-8"


def _encoded_pairs(field: str, pairs: Mapping[str, Any]) -> str:
    flat: list[tuple[str, str]] = []
    for name, value in pairs.items():
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, str | int | float | None):
                raise _bad(f"{field}: texts, numbers or lists of them", one)
            flat.append((name, _text(one)))
    return urlencode(flat, errors="replace")


def _text(value: str | float | None) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bad(expected: str, found: object) -> Problem:
    return Problem(
        400,
        "Cannot be fired",
        "The dashboard fires paths of connected applications only.",
        asked=ascii(found)[:300],
        found=f"expected {expected}",
        todo="See POST /api/apps/{id}/fire in /api/openapi.json.",
    )
