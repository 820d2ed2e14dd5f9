"""Log records of the application, at the moment when they are handed to its handlers.

No handler is added and no level is changed: what the application's configuration lets through is
seen, after its loggers' filters. ``record.getMessage()`` is not asked, since it calls the
arguments' own ``__str__``; a message is put together late, from plain values alone.
"""

from __future__ import annotations

import logging
import re
from functools import update_wrapper
from typing import Any, Final

from ..capture import MAX_TEXT, class_name, message_of
from ..hot_path import charge
from ..redaction import REDACTED, clean_text, is_secret, redact_text
from ..safe_repr import safe_repr
from .base import Probe
from .patching import Patches
from .stores import fields

OURS: Final = "flaskscope"
MAX_NAME: Final = 200
MAX_ARGUMENTS: Final = 20
MAX_ARGUMENT: Final = 500
"""Characters of one argument."""
MAX_BITS: Final = 256
_PLAIN: Final = frozenset({int, float, bool, type(None)})
_WIDE: Final = re.compile(r"%[^a-zA-Z%]*(?:\d{4}|\*)")
"""A width that could make a message of any length."""


class LogsProbe(Probe):
    name = "logs"
    kinds = ("log",)

    def install(self, patches: Patches) -> None:
        patches.replace(logging.Logger, "callHandlers", self._watch)

    def _watch(self, original: Any) -> Any:
        def call(logger: Any, /, *args: Any, **kwargs: Any) -> Any:
            if self.is_on:
                try:
                    opened = self.tools.inside()
                    if opened is not None:
                        record = args[0] if args else kwargs.get("record")
                        self._see(opened[5][2], fields(record))
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return original(logger, *args, **kwargs)

        return update_wrapper(call, original)

    def _see(self, key: str | None, record: dict[str, Any]) -> None:
        name, level = record.get("name"), record.get("levelname")
        if type(name) is not str or type(level) is not str or name.partition(".")[0] == OURS:
            return
        template, arguments = _captured(record.get("msg"), record.get("args"))
        charge(self.recorder.buffer, template, *_values(arguments))
        said = (_said, name[:MAX_NAME], template, arguments, _raised(record.get("exc_info")))
        self.recorder.instant("log", clean_text(level[:MAX_NAME]), key, None, said)


def _captured(message: Any, arguments: Any) -> tuple[str, Any]:
    """The message, cut, and its arguments as values that do not change any more."""
    if type(message) is not str:
        return _described(message), None
    if len(message) > MAX_TEXT:
        return _cut(message, MAX_TEXT), None
    if type(arguments) is tuple and 0 < len(arguments) <= MAX_ARGUMENTS:
        return message, tuple(map(_described_unless_plain, arguments))
    if type(arguments) is dict and len(arguments) <= MAX_ARGUMENTS:
        # A single dict is for the names in the message.
        pairs = [(name, value) for name, value in arguments.items() if type(name) is str]
        return message, {
            name: REDACTED if is_secret(name) else _described_unless_plain(value)
            for name, value in pairs
        }
    return message, None


def _described_unless_plain(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return _cut(value, MAX_ARGUMENT)
    if kind in _PLAIN and (kind is not int or value.bit_length() <= MAX_BITS):
        return value
    return _described(value)


def _described(value: Any) -> str:
    if BaseException in type.__dict__["__mro__"].__get__(type(value)):
        return message_of(value) or class_name(type(value))
    return safe_repr(value, MAX_ARGUMENT)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def _values(arguments: Any) -> Any:
    return arguments.values() if type(arguments) is dict else arguments or ()


def _raised(info: Any) -> str | None:
    """The class of the exception that a record carries."""
    kind = info[0] if type(info) is tuple and info else None
    return class_name(kind) if kind is not None and issubclass(type(kind), type) else None


def _said(logger: str, template: str, arguments: Any, raised: str | None) -> dict[str, Any]:
    """Attributes, on the thread that drains."""
    message = template
    if arguments and not _WIDE.search(template):
        try:
            message = _cut(template % arguments, MAX_TEXT)
        except Exception:  # noqa: BLE001 - a mistake in the application's call; logging says so
            message = template
    said = {"logger": clean_text(logger), "message": redact_text(clean_text(message))}
    if raised is not None:
        said["exception"] = raised
    return said
