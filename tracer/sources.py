"""Where a function was written, and its text.

The reference (file, line, id) is made on the request's thread: no file is touched and none of the
application's code runs. The text is read later, by the exporter's thread.
"""

from __future__ import annotations

import inspect
import linecache
import marshal
import os
import sys
import types
from collections.abc import Iterator, Mapping
from functools import _lru_cache_wrapper, partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple

from .events import word
from .native import Lock
from .redaction import clean_text, redact_value

MAX_TEXT: Final = 64 * 1024
"""Bytes of one function's text in UTF-8."""
MAX_FUNCTIONS: Final = 10_000
"""Functions remembered; those beyond it get file and line, but no text."""
MAX_WRAPPERS: Final = 32

_NOTHING: Final[Mapping[str, Any]] = types.MappingProxyType({})
_METHODS: Final = (
    "dispatch_request",
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "__call__",
    "__init__",
)
_mro_of: Final = type.__dict__["__mro__"].__get__
_dict_of: Final = type.__dict__["__dict__"].__get__


class _Known(NamedTuple):
    code: types.CodeType
    """Held, so that the id() under which this is kept stays its own."""
    name: str
    module: str | None
    reference: dict[str, Any]


class Sources:
    """References for functions, and the texts behind them, once each.

    :meth:`reference` may be called on any thread; :meth:`take_new` and :meth:`take_all` belong to
    the exporter's thread alone.
    """

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._order: list[_Known] = []
        self._taken = 0
        self._lock = Lock()
        self._cwd = _working_directory()

    def reference(self, function: object) -> Mapping[str, Any]:
        """``file``, ``line`` and ``source`` (an id) of *function*; empty if Python did not make it.

        Looks through partials, bound methods and ``functools.wraps``, and into classes and callable
        objects. The mapping is shared: read it, do not change it. About 0.3 µs once known.
        """
        plain = python_function(function)
        if plain is None:
            return _NOTHING
        known = self._known.get(id(plain.__code__))
        return known.reference if known is not None else self._remember(plain)

    def shown_file(self, code: types.CodeType) -> str:
        """The file of *code* as :meth:`reference` shows it."""
        return _shown(code, self._cwd)

    def take_new(self) -> list[dict[str, Any]]:
        """Texts of functions referred to since the last call: ``id, file, line, name, text``."""
        start, self._taken = self._taken, len(self._order)
        return list(self._items(start, self._taken))

    def take_all(self) -> list[dict[str, Any]]:
        """All texts again; nothing of them is new afterwards."""
        self._taken = len(self._order)
        return list(self._items(0, self._taken))

    def all(self) -> list[dict[str, Any]]:
        """All texts; what is new stays new."""
        return list(self._items(0, len(self._order)))

    def after_fork(self) -> None:
        """Call in the child: another thread may have held the lock while the process forked."""
        self._lock = Lock()

    def _remember(self, function: types.FunctionType) -> Mapping[str, Any]:
        code = function.__code__
        reference: dict[str, Any] = {"file": _shown(code, self._cwd), "line": code.co_firstlineno}
        identity = _identity(code)
        with self._lock:
            if len(self._known) >= MAX_FUNCTIONS:
                return reference
            if id(code) in self._known:
                return self._known[id(code)].reference
            reference["source"] = identity
            name, module = function.__qualname__, function.__module__
            known = _Known(
                code,
                name if type(name) is str else code.co_name,
                module if type(module) is str else None,
                reference,
            )
            self._known[id(code)] = known
            self._order.append(known)
        return reference

    def _items(self, start: int, stop: int) -> Iterator[dict[str, Any]]:
        seen: set[str] = set()
        for known in self._order[start:stop]:
            reference = known.reference
            text = "" if reference["source"] in seen else _text(known)
            if text:
                seen.add(reference["source"])
                yield {
                    "id": reference["source"],
                    "file": word(reference["file"]),
                    "line": reference["line"],
                    "name": word(clean_text(known.name)),
                    "text": text,
                }


def location(function: object) -> tuple[str, int] | None:
    """File and first line of *function* as :meth:`Sources.reference` gives them, not remembered."""
    plain = python_function(function)
    if plain is None:
        return None
    return _shown(plain.__code__, _working_directory()), plain.__code__.co_firstlineno


def _shown(code: types.CodeType, cwd: str) -> str:
    """The file below the longest of the import path's folders that holds it."""
    file = clean_text(code.co_filename)
    best = ""
    for folder in (cwd, *sys.path):
        if type(folder) is str and folder and len(folder) > len(best):
            start = folder if folder.endswith(os.sep) else folder + os.sep
            if len(start) > 1 and file.startswith(start):
                best = start
    return file[len(best) :].removeprefix("." + os.sep).replace("\\", "/")


def python_function(function: object) -> types.FunctionType | None:
    """The Python function behind *function*, found without running any of its code."""
    for _ in range(MAX_WRAPPERS):
        kind = type(function)
        if kind is types.FunctionType:
            inner = _behind(function.__dict__)
            if inner is None:
                return function  # type: ignore[return-value]
        elif kind is types.MethodType:
            inner = function.__func__  # type: ignore[attr-defined]
        elif kind is partial:
            inner = function.func  # type: ignore[attr-defined]
        elif kind is staticmethod or kind is classmethod:
            inner = function.__func__  # type: ignore[attr-defined]
        elif kind is _lru_cache_wrapper:
            inner = _behind(object.__getattribute__(function, "__dict__"))
        elif issubclass(kind, type):
            inner = _method_of(function, _METHODS)  # type: ignore[arg-type]
        else:
            inner = _method_of(kind, ("__call__",))
        if inner is None:
            return None
        function = inner
    return None


def _behind(attributes: dict[str, Any]) -> object | None:
    """What a function stands for: ``functools.wraps`` and ``View.as_view`` say it."""
    # dict.get and "is": the mapping and its values may be of classes of the application.
    # The class first: a decorator of a class view wraps only what `as_view` made of it.
    view = dict.get(attributes, "view_class")
    return view if view is not None else dict.get(attributes, "__wrapped__")


def _method_of(cls: type, names: tuple[str, ...]) -> object | None:
    """The first of *names* that a class in Python defines, the most derived class first."""
    for base in _mro_of(cls):
        attributes = _dict_of(base)
        for name in names:
            found = attributes.get(name)
            if type(found) in (types.FunctionType, staticmethod, classmethod):
                return found  # type: ignore[no-any-return]
    return None


def _identity(code: types.CodeType) -> str:
    """16 hex digits, the same in every process that runs this very code of this very file."""
    try:
        # Version 2 has no back references, so equal code gives equal bytes.
        content = marshal.dumps(code, 2)
    except ValueError:  # constants that only a generator of code could have put there
        content = code.co_code
    place = f"{code.co_filename}\0{code.co_firstlineno}\0{code.co_name}\0"
    return blake2b(place.encode("utf-8", "replace") + content, digest_size=8).hexdigest()


def _text(known: _Known) -> str:
    """The whole function with its decorators, as it stands in the file now; "" if it is gone."""
    try:
        lines = _lines(known)[known.code.co_firstlineno - 1 :]
        text = "".join(inspect.getblock(lines)) if lines else ""
    except Exception:  # noqa: BLE001 - a strange loader or file: the event goes without its text
        return ""
    return _bounded(redact_value(clean_text(text)))


def _lines(known: _Known) -> list[str]:
    filename = known.code.co_filename
    was_cached = filename in linecache.cache
    module = sys.modules.get(known.module) if known.module is not None else None
    names = vars(module) if type(module) is types.ModuleType else None
    if was_cached:
        linecache.checkcache(filename)
    lines = linecache.getlines(filename, names)
    if not was_cached:
        # The cache holds whole files for ever: leave the process as it was.
        linecache.cache.pop(filename, None)
    return lines


def _bounded(text: str) -> str:
    data = text.encode()
    if len(data) <= MAX_TEXT:
        return text
    kept = data[: MAX_TEXT - 100].decode("utf-8", "ignore").rpartition("\n")[0]
    return f"{kept}\n# … cut here: {len(data)} bytes in all\n"


def _working_directory() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was deleted under us
        return ""
