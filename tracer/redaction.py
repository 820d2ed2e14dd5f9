"""Secrets are taken out here, in the application, before anything enters the queue.

Two kinds of rules: by **name** (:func:`is_secret`: headers, cookies, query, form, JSON, session,
SQL parameters) and by **shape** of the value (:func:`redact_value`: keys and numbers that are
secret whatever they are called). What is taken out leaves :data:`REDACTED`, never a hash of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote_plus

from .secret_names import is_clear_secret, is_secret

__all__ = [
    "REDACTED",
    "clean_text",
    "is_secret",
    "redact_headers",
    "redact_key",
    "redact_mapping",
    "redact_path",
    "redact_text",
    "redact_value",
]

REDACTED: Final = "[redacted]"
DASHBOARD_COOKIE: Final = "flaskscope"
"""Cookies ignore ports, so the traced application receives the dashboard's: it is left out."""
MAX_ITEMS: Final = 50
MAX_DEPTH: Final = 6

_SHAPES: Final = re.compile(
    r"(?P<scheme>\b(?i:Bearer|Basic|Digest|Negotiate|ApiKey|Token)[ ]+)[\w\-.~+/]{8,}=*"
    r"|\beyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)*"  # JWT: header.payload.signature
    r"|-----BEGIN [A-Z0-9 ]*-----.*?(?:-----END [A-Z0-9 ]*-----|\Z)"  # PEM, also when cut off
    r"|\b(?:gh[a-z]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}"
    r"|(?:sk|pk|rk)[-_](?:live|test|proj|ant)[-_][\w-]{8,}|sk-\w{20,}|AIza[\w-]{30,}"
    r"|(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{12,})"
    r"|(?P<url>[a-zA-Z][\w+.-]*://)[^\s/?#@\"'<>]+@"
    r"|(?<![\w.])(?P<card>[2-6]\d{3}(?:[ -]?\d){9,15})(?![\w])",
    re.DOTALL,
)
_MAYBE: Final = re.compile(
    r"eyJ|-----BEGIN|gh[a-z]_|github_pat_|glpat-|xox[a-z]-|sk[_-]|pk[_-]|rk[_-]|AIza|://"
    r"|AKIA|ASIA|AGPA|AIDA|AROA|ANPA"
)
_MAYBE_CARD: Final = re.compile(r"\d\d\d\d[ -]?\d\d\d\d[ -]?\d")
_MAYBE_SCHEME: Final = re.compile(
    r"[Bb]earer |[Bb]asic |[Dd]igest |[Nn]egotiate |[Aa]pi[Kk]ey |[Tt]oken |BEARER |BASIC "
)
"""Cheap looks that let nearly every text pass by: each branch starts with a plain character."""
_PAIRS: Final = re.compile(
    r"(?P<name>[A-Za-z_][\w.\-]{1,63})(?P<sep>[\"']\s*[:=]\s*|\s?=\s?|:\s+)"
    r"(?P<value>\"[^\"]*\"?|'[^']*'?|[^\s&;,)}\]]+)"
)
_NO_WORD: Final = re.compile(r"[\"']?(?=\S*\d)(?=\S*[A-Za-z])\S{6,}")
"""Letters and digits mixed, at least six of them."""


def redact_value(text: str) -> str:
    """*text* without what is secret by its shape.

    Bearer and Basic credentials, JWTs, PEM blocks, GitHub, AWS, Slack, Stripe and Google keys,
    a URL's user information, and card numbers that pass Luhn's check.
    """
    return _SHAPES.sub(_shape, text) if _may_be_secret(text) else text


def redact_text(text: str) -> str:
    """Free text (a log line, an exception's message): shapes, and values after secret names.

    ``login with password=hunter2`` → ``login with password=[redacted]``.
    """
    if ":" in text or "=" in text:
        text = _PAIRS.sub(_pair, text)
    return redact_value(text)


def redact_path(path_with_query: str) -> str:
    """A path or URL with its secret query values, user information and tokens taken out.

    Names stay, as do order and encoding of everything that is shown.
    """
    if "?" not in path_with_query:
        return redact_value(path_with_query)
    path, mark, rest = path_with_query.partition("?")
    query, hash_mark, fragment = rest.partition("#")
    shown = "&".join(_parameter(part) for part in query.split("&"))
    return f"{redact_value(path)}{mark}{shown}{hash_mark}{_fragment(fragment)}"


def redact_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Header pairs as they may be shown, in order; the dashboard's own cookie is left out.

    Every cookie's value is taken out, since an application names its session cookie as it likes;
    names and the attributes of ``Set-Cookie`` stay.
    """
    shown = []
    for name, value in headers:
        text = _header(name.lower(), value)
        if text is not None:
            shown.append((name, text))
    return shown


def redact_key(key: str) -> str:
    """The key of a store without the part that opens something.

    ``session:PYx3…`` → ``session:[redacted]``: what stands behind a secret name, and any part that
    is long and looks drawn by lot, such as a session id behind a prefix of somebody's own.
    """
    parts, name = _KEY_PARTS.split(key), ""
    for at in range(0, len(parts), 2):  # what separates them stands in between
        part = parts[at]
        if part and (is_secret(name) or _DRAWN.search(part)):
            parts[at] = REDACTED
        name = part
    return redact_value("".join(parts))


def redact_mapping(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of *mapping* without secrets: by name, in every depth, and by shape in its texts.

    Only exact dicts, lists and tuples are entered (nothing of the application runs); other values
    are handed on as they are. At most 50 items of each and 6 levels; the rest is counted in text.
    """
    return _mapping(mapping, 1)


def clean_text(text: str) -> str:
    """*text* that can be written as UTF-8: a lone surrogate becomes U+FFFD."""
    if text.isascii():
        return text
    return _SURROGATES.sub("�", text)


_KEY_PARTS: Final = re.compile(r"([:/.|{}@\s]+)")
_DRAWN: Final = re.compile(
    r"(?=[\w\-=+]*[A-Za-z])(?=[\w\-=+]*(?:\d|[a-z][A-Z]|[A-Z][a-z]+[A-Z]))[\w\-=+]{20,}"
)
"""Twenty letters and digits or more, mixed."""
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def _may_be_secret(text: str) -> bool:
    return bool(
        _MAYBE.search(text)
        or (len(text) > 12 and _MAYBE_CARD.search(text))
        or (" " in text and _MAYBE_SCHEME.search(text))
    )


def _shape(match: re.Match[str]) -> str:
    kept = match["scheme"] or match["url"]
    if match["url"]:
        return f"{kept}{REDACTED}@"
    if match["card"] and not _passes_luhn(match["card"]):
        return match[0]
    return f"{kept or ''}{REDACTED}"


def _pair(match: re.Match[str]) -> str:
    name, separator, value = match["name"], match["sep"], match["value"]
    # In prose a colon often follows a plain word ("key: 5"), so there only the clear names count,
    # or a value that is no word.
    clear = is_clear_secret(name) or not separator.startswith(":") or bool(_NO_WORD.match(value))
    if not clear or not is_secret(name) or value.lower() in ("bearer", "basic", "none", "null"):
        return match[0]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{name}{separator}{quote}{REDACTED}{quote}"


def _parameter(part: str) -> str:
    name, mark, value = part.partition("=")
    if not mark:
        return redact_value(name)
    if is_secret(unquote_plus(name)):
        return f"{name}={REDACTED}"
    plain = unquote_plus(value)
    shown = redact_text(plain)
    return part if shown == plain else f"{name}={shown}"


def _fragment(fragment: str) -> str:
    return "&".join(_parameter(part) for part in fragment.split("&")) if fragment else ""


def _header(name: str, value: str) -> str | None:
    if name in _HARMLESS_HEADERS:
        return redact_value(value)
    if name == "cookie":
        crumbs = [c.partition("=")[0].strip() for c in value.split(";") if c.strip()]
        kept = [c for c in crumbs if not c.startswith(DASHBOARD_COOKIE)]
        return "; ".join(f"{crumb}={REDACTED}" for crumb in kept) if kept else None
    if name == "set-cookie":
        pair, mark, rest = value.partition(";")
        crumb = pair.partition("=")[0].strip()
        return None if crumb.startswith(DASHBOARD_COOKIE) else f"{crumb}={REDACTED}{mark}{rest}"
    if name in ("authorization", "proxy-authorization"):
        scheme, space, _ = value.strip().partition(" ")
        return f"{scheme} {REDACTED}" if space else REDACTED
    if name not in _PLAIN_HEADERS and is_secret(name):
        return REDACTED
    return redact_path(value) if "?" in value else redact_text(value)


_HARMLESS_HEADERS: Final = frozenset(
    {"host", "user-agent", "accept", "accept-encoding", "accept-language", "connection", "date"}
    | {"content-type", "content-length", "cache-control", "etag", "vary", "server", "upgrade"}
)
_PLAIN_HEADERS: Final = frozenset(
    {"www-authenticate", "proxy-authenticate", "access-control-allow-credentials", "sec-fetch-site"}
)


def _mapping(mapping: Mapping[str, Any], depth: int) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in mapping.items():
        if len(shown) >= MAX_ITEMS:
            shown["…"] = f"{len(mapping)} items"
            break
        secret = type(name) is str and is_secret(name)
        shown[name] = REDACTED if secret else _nested(value, depth)
    return shown


def _nested(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        return redact_value(value)
    if kind is dict:
        return _mapping(value, depth + 1) if depth < MAX_DEPTH else f"<dict of {len(value)} items>"
    if kind is list or kind is tuple:
        if depth >= MAX_DEPTH:
            return f"<{kind.__name__} of {len(value)} items>"
        shown = [_nested(item, depth + 1) for item in value[:MAX_ITEMS]]
        return shown if len(value) <= MAX_ITEMS else [*shown, f"… {len(value)} items"]
    return value


def _passes_luhn(number: str) -> bool:
    digits = [int(c) for c in number if c.isdigit()]
    if not 13 <= len(digits) <= 19:
        return False
    doubled = (sum(divmod(2 * d, 10)) for d in digits[-2::-2])
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0
