"""Statements that run for every batch, compiled once.

SQLAlchemy builds the parameters of a statement anew for each row, and a description of each
result, which costs more than SQLite needs to do the work. The text comes from SQLAlchemy all the
same, for whichever database this is; errors are the driver's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Dialect, Select, bindparam
from sqlalchemy.sql.dml import UpdateBase


class Prepared:
    """One INSERT or UPDATE; values must be what the driver takes, nothing converts them."""

    def __init__(self, statement: UpdateBase, dialect: Dialect, names: Sequence[str]) -> None:
        """*names* are the values that each row gives."""
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        self._text = str(compiled)
        order = getattr(compiled, "positiontup", None)
        self._pick = itemgetter(*order) if order else dict

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it for each of *rows*."""
        if rows:
            with closing(connection.connection.cursor()) as cursor:
                cursor.executemany(self._text, [self._pick(row) for row in rows])


class PreparedLookup:
    """A SELECT of the rows whose column holds one of some texts."""

    def __init__(self, query: Select[Any], column: ColumnElement[str], dialect: Dialect) -> None:
        self._query = query
        self._column = column
        self._dialect = dialect
        self._texts: dict[int, tuple[str, Sequence[str]]] = {}

    def rows(
        self, connection: Connection, wanted: Sequence[str], **values: Any
    ) -> Iterator[Sequence[Any]]:
        """The rows for *wanted* as the driver gives them; *values* are the query's own."""
        step = _STEPS[-1]
        for start in range(0, len(wanted), step):
            part = wanted[start : start + step]
            size = next(size for size in _STEPS if size >= len(part))
            text, order = self._text(size)
            given = {f"wanted_{i}": value for i, value in enumerate(part)}
            # Few lengths mean few texts to prepare: the rest asks for what is asked for already.
            given |= {f"wanted_{i}": part[0] for i in range(len(part), size)}
            given |= values
            chosen = tuple(given[name] for name in order) if order else given
            with closing(connection.connection.cursor()) as cursor:
                cursor.execute(text, chosen)
                yield from cursor.fetchall()

    def _text(self, size: int) -> tuple[str, Sequence[str]]:
        if size not in self._texts:
            names = [bindparam(f"wanted_{i}", type_=self._column.type) for i in range(size)]
            compiled = self._query.where(self._column.in_(names)).compile(dialect=self._dialect)
            self._texts[size] = (str(compiled), getattr(compiled, "positiontup", None) or ())
        return self._texts[size]


_STEPS: Final = (4, 32, 256)
