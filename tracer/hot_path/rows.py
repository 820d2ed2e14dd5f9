"""The bounded queue between the threads that record and the one that carries away.

``structures.pyx`` has the same classes for the compiled form.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import partial
from itertools import islice
from time import perf_counter as now  # compiled: # as in structures.pyx
from typing import Any, Final

from ..capture import FREE_TEXT, MAX_NAMES

__all__ = ["RingBuffer", "Stamps", "charge", "names_of"]

MAX_BYTES: Final = 4 * 1024 * 1024
"""With what the exporter keeps unsent and what it packs the tracer holds twice as much at most."""
ROW_BYTES: Final = 300
"""What one row takes with its numbers and small attributes, measured and rounded up."""
MAX_ROWS: Final = MAX_BYTES // ROW_BYTES
MAX_CALLS: Final = 64
"""Calls that a site stamps before they are written down, two times each."""


class RingBuffer:
    """Rows in the order in which they happened; a number among them weighs the row behind it.

    Any thread may append: that is ``deque.append``, atomic, without a lock and without a bound of
    its own. The bound is kept by asking :meth:`is_full` before a trace is admitted and again
    every few events, and, where nobody takes rows out, by :meth:`trim`.
    """

    __slots__ = ("_rows", "append", "max_rows", "weight")

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self._rows: deque[Any] = deque()
        self.append = self._rows.append
        self.max_rows = max_rows
        self.weight = 0
        """Bytes of long texts, beyond what every row takes; about right, never locked."""

    def __len__(self) -> int:
        return len(self._rows)

    def is_full(self) -> bool:
        return len(self._rows) + self.weight // ROW_BYTES >= self.max_rows

    def charge(self, size: int) -> None:
        """A row with *size* bytes of text is on its way: a row that only says so goes before it,
        so that what is taken out takes its weight along.

        When it is full that row will not come, but for the few that were granted before.
        """
        if not self.is_full():
            self.weight += size
            self.append(size)

    def trim(self) -> None:
        """Forget the oldest rows beyond the bound."""
        try:
            while len(self._rows) + self.weight // ROW_BYTES > self.max_rows:
                self.drop()
        except IndexError:  # another thread trimmed as well
            pass

    def oldest(self) -> Any:
        """The oldest row, which stays; :class:`IndexError` when there is none."""
        return self._rows[0]

    def drop(self) -> None:
        """Forget the oldest row; :class:`IndexError` when there is none."""
        row = self._rows.popleft()
        if type(row) is int:
            self.weight -= row
        if not self._rows:
            self.weight = 0

    def clear(self) -> None:
        self._rows.clear()
        self.weight = 0


class Stamps(list[float]):
    """Times, by turns of the begin and the end of a call."""

    __slots__ = ("stamp",)

    def __init__(self) -> None:
        super().__init__()
        self.stamp = partial(next, map(self.append, islice(iter(now, -1), 2 * MAX_CALLS)), True)
        """Adds one; True when there is no room for it."""

    def cut(self) -> Any:
        """All of them, which are gone here."""
        taken = tuple(self)
        self.clear()
        return taken


def charge(buffer: RingBuffer, *values: Any) -> None:
    """Before a row with *values* is recorded: long texts in it are counted against the bound."""
    size = sum([len(value) for value in values if type(value) is str])
    if size > FREE_TEXT:
        buffer.charge(size)


def names_of(buffer: RingBuffer, names: Iterable[Any]) -> tuple[Any, ...]:
    """*names* as they may wait in the row that follows: no more than are shown, and the length of
    those counted against the bound. Texts that are exactly that, or whatever else is among them."""
    kept = (*islice(names, MAX_NAMES),)
    try:
        size = len("".join(kept))  # four times as fast as asking each for its length
    except TypeError:
        size = sum([len(name) for name in kept if type(name) is str])
    if size > FREE_TEXT:
        buffer.charge(size)
    return kept
