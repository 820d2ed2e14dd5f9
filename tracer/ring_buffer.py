"""The bounded queue between the threads that record and the one that carries away."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

MAX_BYTES: Final = 4 * 1024 * 1024
"""With what the exporter keeps unsent the tracer holds twice as much at most."""
ROW_BYTES: Final = 300
"""What one row takes with its numbers and small attributes, measured and rounded up."""
MAX_ROWS: Final = MAX_BYTES // ROW_BYTES


class RingBuffer:
    """Rows in the order in which they happened; a number among them weighs the row behind it.

    Any thread may append: that is ``deque.append``, atomic, without a lock and without a bound of
    its own. The bound is kept by asking :meth:`is_full` before a trace is admitted and again
    every few events, and, where nobody takes rows out, by :meth:`trim`.
    """

    __slots__ = ("append", "max_rows", "rows", "weight")

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self.rows: deque[Any] = deque()
        self.append = self.rows.append
        self.max_rows = max_rows
        self.weight = 0
        """Bytes of long texts, beyond what every row takes; about right, never locked."""

    def is_full(self) -> bool:
        return len(self.rows) + self.weight // ROW_BYTES >= self.max_rows

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
            while len(self.rows) + self.weight // ROW_BYTES > self.max_rows:
                self.take()
        except IndexError:  # another thread trimmed as well
            pass

    def take(self) -> Any:
        """The oldest row; :class:`IndexError` when there is none."""
        row = self.rows.popleft()
        if type(row) is int:
            self.weight -= row
        if not self.rows:
            self.weight = 0
        return row

    def clear(self) -> None:
        self.rows.clear()
        self.weight = 0
