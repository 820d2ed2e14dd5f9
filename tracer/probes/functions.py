"""What is known about a function: its name and where it was written, found once."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from functools import lru_cache, partial
from types import FunctionType, MethodType
from typing import Any, Final
from weakref import ref

from ..capture import class_name
from ..redaction import clean_text
from ..sources import Sources, python_function

_CACHED: Final = type(lru_cache(len))
MAX_FUNCTIONS: Final = 10_000
"""Beyond it the table starts anew; functions made per request must not fill the memory."""


class Facts:
    """One function; shared by all events about it."""

    __slots__ = ("attributes", "is_async", "name", "package")

    def __init__(
        self, name: str, attributes: Mapping[str, Any], package: str | None, is_async: bool
    ) -> None:
        self.name = name
        self.attributes = attributes
        """``file, line, source`` and ``framework``."""
        self.package = package
        """The installed package that it comes from, None for the user's own."""
        self.is_async = is_async


class FunctionTable:
    """Facts by function. Held weakly; any thread, no lock."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._known: dict[int, tuple[Any, Facts]] = {}

    def of(self, function: Any) -> Facts:
        """Facts about *function*, also for partials, bound methods and callable objects."""
        if type(function) is MethodType:
            function = function.__func__
        entry = self._known.get(id(function))
        if entry is not None and entry[0]() is function:
            return entry[1]
        facts = self._make(function)
        try:
            reference = ref(function)
        except TypeError:
            return facts
        if len(self._known) >= MAX_FUNCTIONS:
            self._known.clear()
        self._known[id(function)] = (reference, facts)
        return facts

    def _make(self, function: Any) -> Facts:
        plain = python_function(function)
        attributes = dict(self._sources.reference(function))
        package = package_of(plain.__module__ if plain is not None else None)
        if package == "flask":
            attributes["framework"] = True
        return Facts(
            function_name(function), attributes, package, inspect.iscoroutinefunction(plain)
        )


def function_name(function: Any) -> str:
    """Its ``__name__``, also of one whose answers are cached; of a partial the inner one's, of an
    object its class's."""
    for _ in range(8):
        kind = type(function)
        if kind is FunctionType:
            name = function.__name__
            return clean_text(name) if type(name) is str else "?"
        if kind is partial:
            function = function.func
        elif kind is MethodType:
            function = function.__func__
        elif kind is _CACHED:
            name = dict.get(object.__getattribute__(function, "__dict__"), "__name__")
            return clean_text(name) if type(name) is str else class_name(kind)
        else:
            break
    if issubclass(type(function), type):
        return class_name(function)
    name = getattr(function, "__name__", None) if type(function).__module__ == "builtins" else None
    return name if type(name) is str else class_name(type(function))


def package_of(module: Any) -> str | None:
    """The installed package that *module*, a name, belongs to; None for the user's own."""
    if type(module) is not str:
        return None
    top = module.partition(".")[0]
    file = getattr(sys.modules.get(top), "__file__", None)
    is_installed = type(file) is str and ("site-packages" in file or "dist-packages" in file)
    return top if is_installed else None
