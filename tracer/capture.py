"""Values as they may be recorded: bounded, redacted, and without running the application's code."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from .redaction import REDACTED, clean_text, is_secret, redact_text, redact_value
from .safe_repr import safe_repr

MAX_TEXT: Final = 2048
FREE_TEXT: Final = 256
"""Characters in one row that its share of the buffer has room for."""
SHORT_TEXT: Final = 64
MAX_KNOWN: Final = 500
"""Short texts that are kept as they may be shown."""
MAX_NAMES: Final = 50
"""Names that one event lists."""
MAX_VALUE: Final = 200
"""Characters of one of many values."""
_NUMBERS: Final = frozenset((int, float, bool, type(None)))


def describe(value: Any) -> Any:
    """*value* as JSON can carry it: numbers as they are, texts bounded, the rest described."""
    kind = type(value)
    if kind in _NUMBERS:
        return value if kind is not int or -(1 << 53) < value < 1 << 53 else str(value)[:MAX_TEXT]
    if kind is str:
        return text(value)
    return redact_value(clean_text(safe_repr(value, MAX_TEXT)))


def describe_named(name: Any, value: Any, limit: int = MAX_TEXT) -> str:
    """*value* as a bounded description, unless *name* says that it is a secret."""
    if type(name) is str and is_secret(name):
        return REDACTED
    return redact_value(clean_text(safe_repr(value, limit, is_secret)))


def described_values(values: dict[Any, Any]) -> dict[str, str]:
    """Name → description of what an exact dict, or a subclass's own storage, holds."""
    shown: dict[str, str] = {}
    for name, value in list(dict.items(values))[:MAX_NAMES]:
        if type(name) is str:
            shown[text(name)] = describe_named(name, value, MAX_VALUE)
    size = dict.__len__(values)
    if size > MAX_NAMES:
        shown["…"] = f"{size} names"
    return shown


def size_of(shown: dict[str, str]) -> int:
    """About how many bytes *shown* takes."""
    return sum(len(name) + len(value) for name, value in shown.items())


def text(value: str) -> str:
    """A text of the application's, bounded and without secrets."""
    if len(value) > MAX_TEXT:
        value = f"{value[:MAX_TEXT]}… ({len(value)} characters)"
    return redact_value(clean_text(value))


def short_text(value: str) -> str:
    """The same of a name that comes again and again: one that is short is worked out once."""
    return _known(value) if len(value) <= SHORT_TEXT else text(value)


_known: Final = lru_cache(MAX_KNOWN)(text)


def message_of(error: BaseException) -> str:
    """What an exception says; its ``__str__`` is not asked."""
    arguments = BaseException.args.__get__(error)  # type: ignore[attr-defined]
    if len(arguments) == 1 and type(arguments[0]) is str:
        shown = arguments[0]
    else:
        shown = ", ".join(safe_repr(argument, 200) for argument in arguments[:5])
    if not shown:
        description = getattr(type(error), "description", None)
        shown = description if type(description) is str else ""
    return redact_text(clean_text(shown[:MAX_TEXT]))


def wsgi_text(value: Any) -> str:
    """A text of a WSGI environ: bytes in disguise, which are UTF-8 as a rule."""
    if type(value) is not str:
        return ""
    if value.isascii():
        return value
    return clean_text(value.encode("latin-1", "replace").decode("utf-8", "replace"))


def class_name(cls: type) -> str:
    name = type.__dict__["__name__"].__get__(cls)
    return clean_text(name)
