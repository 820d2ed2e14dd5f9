"""A short description of any value, made without running a line of the application's code.

``repr()`` is not safe inside somebody else's process: it may raise, block, query a database, touch
the session, or never end. This looks at exact builtin types only (``type(x) is``, never
``isinstance``, which believes an object's ``__class__``) and names the class of all the rest.
"""

from __future__ import annotations

import datetime
import types
import uuid
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Final

LIMIT: Final = 2048
"""Characters of one description, markers not counted (SAFETY A12)."""
MAX_ITEMS: Final = 50
MAX_DEPTH: Final = 6
MAX_INT_BITS: Final = 256
HIDDEN: Final = "'[redacted]'"

# The metatype's own getters: an attribute of a class can be overridden by its metaclass.
_qualname_of: Final = type.__dict__["__qualname__"].__get__
_module_of: Final = type.__dict__["__module__"].__get__
_uuid_int: Final = uuid.UUID.__dict__["int"].__get__

# By id, not by class: looking a class up in a dict calls its metaclass's __hash__ and __eq__.
_CONTAINERS: Final = {
    id(list): ("[", "]"),
    id(tuple): ("(", ")"),
    id(dict): ("{", "}"),
    id(set): ("{", "}"),
    id(frozenset): ("frozenset({", "})"),
}


def safe_repr(value: object, limit: int = LIMIT, hide: Callable[[str], bool] | None = None) -> str:
    """Describe *value* in about *limit* characters; never raises, runs no code of its class.

    What is cut says so and carries the original length: ``'aaa…' (90000 characters)``,
    ``[1, 2, … 1000 items]``. Values of dict keys for which *hide* is true are not described.
    Any thread; a container that another thread changes meanwhile is described by its size.
    """
    try:
        atom = _ATOMS.get(id(type(value)))
        return _Description(limit, hide).of(value) if atom is None else atom(value, limit)
    except Exception:  # noqa: BLE001 - RecursionError or MemoryError: nothing may reach the host
        return "<not described>"


def type_name(cls: type) -> str:
    """``module.Class`` of a real class, without asking its metaclass; builtins by bare name."""
    name, module = _qualname_of(cls), _module_of(cls)
    if type(name) is not str:
        return "?"
    return f"{module}.{name}" if type(module) is str and module != "builtins" else name


class _Description:
    """One call's budget of characters and the containers that are open on the way down."""

    def __init__(self, limit: int, hide: Callable[[str], bool] | None) -> None:
        self.left = limit
        self.hide = hide
        self.open: list[int] = []

    def of(self, value: Any) -> str:
        kind = type(value)
        if id(kind) in _CONTAINERS:
            return self._container(value, kind)
        atom = _ATOMS.get(id(kind))
        text = atom(value, self.left) if atom is not None else _other(value, kind)
        self.left -= len(text)
        return text

    def _container(self, value: Any, kind: type) -> str:
        size = len(value)
        if id(value) in self.open:
            return self._spend(f"<cycle: {kind.__name__} of {size} items>")
        if size and (len(self.open) >= MAX_DEPTH or self.left <= 0):
            return self._spend(f"<{kind.__name__} of {size} items>")
        self.open.append(id(value))
        try:
            items = _first_items(value.items() if kind is dict else value)
            if items is None:
                return self._spend(f"<{kind.__name__} of about {size} items, changing>")
            return self._joined(items, size, kind)
        finally:
            self.open.pop()

    def _joined(self, items: list[Any], size: int, kind: type) -> str:
        if not size and kind in (set, frozenset):
            return self._spend(f"{kind.__name__}()")
        before, after = _CONTAINERS[id(kind)]
        self.left -= len(before) + len(after)
        parts: list[str] = []
        for item in items:
            if self.left <= 0:
                break
            parts.append(self._pair(*item) if kind is dict else self.of(item))
            self.left -= 2
        if len(parts) < size:
            parts.append(f"… {size} items")
        elif size == 1 and kind is tuple:
            after = ",)"
        return f"{before}{', '.join(parts)}{after}"

    def _pair(self, key: Any, value: Any) -> str:
        name = self.of(key)
        if self.hide is not None and type(key) is str and self.hide(key):
            return f"{name}: {self._spend(HIDDEN)}"
        return f"{name}: {self.of(value)}"

    def _spend(self, text: str) -> str:
        self.left -= len(text)
        return text


def _first_items(iterable: Iterable[Any]) -> list[Any] | None:
    """The first items of an exact builtin container; None if it never stands still."""
    for _ in range(3):
        try:
            return list(islice(iterable, MAX_ITEMS))
        except RuntimeError:  # changed size during iteration, by another thread
            continue
    return None


def _text(value: str, left: int) -> str:
    keep = max(left, 16)
    return _quoted(value[:keep], len(value), keep, "characters")


def _bytes(value: bytes | bytearray, left: int) -> str:
    keep = max(left, 16)
    return _quoted(bytes(value[:keep]), len(value), keep, "bytes")


def _bytearray(value: bytearray, left: int) -> str:
    return f"bytearray({_bytes(value, left)})"


def _quoted(start: str | bytes, size: int, keep: int, unit: str) -> str:
    text = repr(start)
    if size <= keep and len(text) <= 2 * keep + 3:
        return text
    # Escapes lengthen a repr up to tenfold, so the finished text is cut as well.
    return f"{text[: 2 * keep + 2][: len(text) - 1]}…{text[-1]} ({size} {unit})"


def _int(value: int, left: int) -> str:
    bits = value.bit_length()
    # Python refuses, or takes seconds, to write very large numbers in decimals.
    return repr(value) if bits <= MAX_INT_BITS else f"<int of {bits} bits>"


def _plain(value: object, left: int) -> str:
    return repr(value)


def _range(value: range, left: int) -> str:
    return f"range({_int(value.start, left)}, {_int(value.stop, left)}, {_int(value.step, left)})"


def _uuid(value: uuid.UUID, left: int) -> str:
    number = _uuid_int(value)
    if type(number) is not int:
        return "<uuid.UUID>"
    digits = f"{number:032x}"
    groups = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return f"UUID('{'-'.join(groups)}')"


def _moment(value: datetime.datetime, left: int) -> str:
    # Only the standard library's own time zone: another tzinfo is somebody's code.
    safe = value.tzinfo is None or type(value.tzinfo) is datetime.timezone
    return repr(value.isoformat()) if safe else "<datetime.datetime>"


def _day(value: datetime.date, left: int) -> str:
    return repr(value.isoformat())


def _function(value: Any, left: int) -> str:
    name, module = value.__qualname__, value.__module__
    shown = name if type(name) is str else "?"
    return f"<function {module}.{shown}>" if type(module) is str else f"<function {shown}>"


def _method(value: types.MethodType, left: int) -> str:
    function = value.__func__
    return _function(function, left) if type(function) is types.FunctionType else "<method>"


def _other(value: object, kind: type) -> str:
    is_class = issubclass(kind, type)
    text = f"<class {type_name(value)}>" if is_class else f"<{type_name(kind)}>"  # type: ignore[arg-type]
    return text if len(text) <= 256 else f"{text[:255]}…> ({len(text)} characters)"


_ATOMS: Final[dict[int, Callable[[Any, int], str]]] = {
    id(type(None)): _plain,
    id(bool): _plain,
    id(float): _plain,
    id(complex): _plain,
    id(type(...)): _plain,
    id(type(NotImplemented)): _plain,
    id(int): _int,
    id(str): _text,
    id(bytes): _bytes,
    id(bytearray): _bytearray,
    id(range): _range,
    id(uuid.UUID): _uuid,
    id(datetime.datetime): _moment,
    id(datetime.date): _day,
    id(types.FunctionType): _function,
    id(types.MethodType): _method,
}
