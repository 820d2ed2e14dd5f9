"""Where in the application something was done: file, line and function of a frame."""

from __future__ import annotations

import dis
from collections.abc import Mapping
from types import CodeType, FrameType
from typing import Any, Final

from ..redaction import clean_text
from ..sources import Sources
from .functions import package_of

MAX_SITES: Final = 10_000
"""Beyond it the table starts anew."""
_OWN: Final = __name__.rpartition(".probes.")[0]
"""The tracer, whatever it is called here: its wrappers are nobody's place."""
_ATTRIBUTE_OPS: Final = frozenset(("LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "DELETE_ATTR"))


class Places:
    """Facts about places in code. Any thread, no lock: what is lost in a race is made again."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._known: dict[tuple[CodeType, int, Any], Any] = {}

    def of(self, frame: FrameType) -> dict[str, Any]:
        """``file``, ``line``, ``function`` and, of an installed package, ``package``."""
        code = frame.f_code
        found: dict[str, Any] = {
            "file": self._sources.shown_file(code),
            "line": frame.f_lineno,
            "function": clean_text(code.co_name),
        }
        package = package_of(frame.f_globals.get("__name__"))
        if package is not None:
            found["package"] = package
        if package == "flask":
            found["framework"] = True
        return found

    def beyond(self, frame: FrameType, modules: Modules) -> Mapping[str, Any] | None:
        """The place of the first frame from *frame* outwards that is neither ours nor below one of
        *modules*. The mapping is shared: read it, do not change it."""
        found = outside(frame, modules)
        return None if found is None else self.remembered(found, None, lambda place: place)

    def remembered(self, frame: FrameType, key: Any, make: Any) -> Any:
        """What ``make(place)`` said of this very instruction and *key* the first time."""
        site = frame.f_code, frame.f_lasti, key
        known = self._known.get(site)
        if known is None:
            if len(self._known) >= MAX_SITES:
                self._known.clear()
            known = self._known[site] = make(self.of(frame))
        return known


class Modules(dict[str, bool]):
    """Modules by name → whether they are ours, among *names* or below one of them. It is asked for
    each frame of a stack, so it remembers."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self._names = (_OWN, *names)

    def __missing__(self, name: str) -> bool:
        if len(self) >= MAX_SITES:
            self.clear()
        found = any(name == module or name.startswith(f"{module}.") for module in self._names)
        self[name] = found
        return found


def outside(frame: FrameType | None, modules: Modules) -> FrameType | None:
    """The first frame from *frame* outwards that is neither ours nor below one of *modules*."""
    while frame is not None:
        name = frame.f_globals.get("__name__")
        if type(name) is not str or not modules[name]:
            return frame
        frame = frame.f_back
    return None


def attribute_at(frame: FrameType) -> str | None:
    """The attribute that *frame*'s current instruction is about; None when it is another one."""
    for instruction in dis.get_instructions(frame.f_code):
        if instruction.offset == frame.f_lasti:
            if instruction.opname in _ATTRIBUTE_OPS and type(instruction.argval) is str:
                return clean_text(instruction.argval)
            return None
    return None


def name_of(value: Any, names: Mapping[str, Any]) -> str | None:
    """Under which of *names* somebody holds *value*; compared by identity."""
    for name, found in list(names.items()):
        if found is value and type(name) is str:
            return clean_text(name)
    return None
