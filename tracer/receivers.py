"""Who listened to a signal and is gone: blinker, which holds it weakly, forgets it at once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from types import MethodType
from typing import Any, Final
from weakref import ref

MAX_CONNECTED: Final = 1_000
"""Receivers that are watched; of one that is connected beyond, nobody learns that it died."""
MAX_DIED: Final = 500
"""Kept of those that died, the last ones; like ones are one."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One receiver of one signal, as it was when it was connected."""

    signal: str
    app: str | None
    """Key of the application whose sends it heard; None for the sends of all."""
    name: str
    file: str | None
    line: int | None
    package: str | None
    """The installed package that it comes from, None for the user's own."""


class Receivers:
    """Connected receivers, by weak references without callbacks, and those found dead since.

    Any thread, no lock: each change is one operation of a dict. Nothing runs where a receiver is
    collected: who asks for the dead looks for them, at most ``MAX_CONNECTED`` references.
    """

    def __init__(self) -> None:
        self._connected: dict[Hashable, _Watched] = {}
        self._died: dict[Connection, int] = {}
        self._deaths = 0

    def connected(self, signal: object, receiver: Any, connection: Connection) -> None:
        """Watch *receiver*; :class:`TypeError` for an object that cannot be referred to weakly."""
        key = _key(signal, receiver)
        known = self._connected.get(key)
        if known is not None and not known.is_alive():
            # Its place in memory, by which it was known, is another one's by now.
            self._bury(key, known)
            known = None
        if known is not None:
            known.connections.add(connection)
        elif len(self._connected) < MAX_CONNECTED:
            self._connected[key] = _Watched(_references(receiver), {connection})

    def disconnected(self, signal: object, receiver: Any) -> None:
        """It went on purpose: whatever becomes of it, it did not die while it listened."""
        self._connected.pop(_key(signal, receiver), None)

    def died(self, app: str) -> dict[Connection, int]:
        """Those that heard sends of the application *app*, and how many like them."""
        self._look()
        died = self._died.copy()
        return {one: count for one, count in died.items() if one.app in (None, app)}

    def deaths(self) -> int:
        """A number that rises with each one."""
        self._look()
        return self._deaths

    def clear(self) -> None:
        self._connected.clear()
        self._died.clear()

    def _look(self) -> None:
        for key, watched in self._connected.copy().items():
            if not watched.is_alive():
                self._bury(key, watched)

    def _bury(self, key: Hashable, watched: _Watched) -> None:
        if self._connected.get(key) is not watched:
            return  # another thread was quicker
        self._connected.pop(key, None)
        for connection in watched.connections:
            self._died[connection] = self._died.pop(connection, 0) + 1
        while len(self._died) > MAX_DIED:
            self._died.pop(next(iter(self._died)), None)
        self._deaths += 1


@dataclass(frozen=True, slots=True)
class _Watched:
    references: tuple[ref[Any], ...]
    connections: set[Connection]

    def is_alive(self) -> bool:
        return all(reference() is not None for reference in self.references)


RECEIVERS: Final = Receivers()
"""Of this process, as blinker's own signals are."""


def _references(receiver: Any) -> tuple[ref[Any], ...]:
    """A method lives as long as its object; the method itself is made anew at each look."""
    if type(receiver) is MethodType:
        return ref(receiver.__func__), ref(receiver.__self__)
    return (ref(receiver),)


def _key(signal: object, receiver: Any) -> Hashable:
    """As blinker tells receivers apart: each look at a method makes a new object of it."""
    if type(receiver) is MethodType:
        return id(signal), id(receiver.__func__), id(receiver.__self__)
    return id(signal), id(receiver)
