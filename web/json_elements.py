"""The elements of one long JSON array, read while it comes; memory stays at one element."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, Final

MAX_ELEMENT: Final = 16 << 20
"""Characters of one element."""
_BLANKS: Final = " \t\r\n"


class NotJson(ValueError):
    """The file is broken; the message says where, what was expected and what was found."""


class Elements:
    """The array in a file: all of it, or the member *name* of the object that it is.

    Iterate once. A file of an array may end without its bracket, as writers that were killed leave
    it.
    """

    def __init__(self, pieces: Iterator[bytes], name: str) -> None:
        self.others: dict[str, Any] = {}
        """The object's other members, as far as it was read."""
        self._pieces = pieces
        self._name = name
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._read = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0
        self._passed = 0
        self._is_over = False
        self._number = 0

    def __iter__(self) -> Iterator[Any]:
        start = self._next()
        if start == "[":
            yield from self._array(is_whole=True)
        elif start == "{":
            yield from self._object()
        else:
            raise self._bad("an array or an object")

    def _object(self) -> Iterator[Any]:
        found = False
        if self._next(peek=True) == "}":
            self._next()
        else:
            while True:
                self._next(peek=True)
                name = self._value()
                if not isinstance(name, str) or self._next() != ":":
                    raise self._bad("a name and a colon")
                if name == self._name and self._next(peek=True) == "[":
                    found = True
                    self._next()
                    yield from self._array(is_whole=False)
                else:
                    self._next(peek=True)
                    self.others[name] = self._value()
                sign = self._next()
                if sign == "}":
                    break
                if sign != ",":
                    raise self._bad("a comma or the end of the object")
        if not found:
            raise NotJson(f"expected an array {self._name!r}, found {sorted(self.others)[:20]}")

    def _array(self, *, is_whole: bool) -> Iterator[Any]:
        while True:
            sign = self._next(peek=True)
            if sign == "]":
                self._next()
                return
            if sign == "" and is_whole:
                return
            self._number += 1
            yield self._value()
            sign = self._next(peek=True)
            if sign == ",":
                self._next()
            elif sign != "]" and not (sign == "" and is_whole):
                raise self._bad("a comma or the end of the array")

    def _next(self, *, peek: bool = False) -> str:
        """The next character that is no blank, "" at the end."""
        while True:
            while self._at < len(self._text):
                character = self._text[self._at]
                if character not in _BLANKS:
                    self._at += not peek
                    return character
                self._at += 1
            if not self._more():
                return ""

    def _value(self) -> Any:
        while True:
            try:
                value, end = self._read(self._text, self._at)
            except RecursionError:
                raise self._bad("JSON that is not nested so deeply") from None
            except json.JSONDecodeError as error:
                # Twice as much each time, or a long element would be read again and again.
                if not self._more(len(self._text) - self._at):
                    raise self._bad(f"JSON ({error.msg})") from error
                continue
            if end == len(self._text) and self._more():
                continue  # a number may go on
            self._at = end
            return value

    def _more(self, wanted: int = 1) -> bool:
        """Read *wanted* more characters, if there are any."""
        if self._is_over:
            return False
        parts = [self._text[self._at :]]
        self._passed += self._at
        self._at = 0
        size = 0
        while size < wanted and not self._is_over:
            piece = next(self._pieces, b"")
            self._is_over = not piece
            try:
                parts.append(self._decode(piece, final=self._is_over))
            except UnicodeDecodeError as error:
                raise NotJson(f"expected UTF-8, found {error}") from error
            size += len(parts[-1])
        self._text = "".join(parts)
        if len(self._text) > 4 * MAX_ELEMENT:
            raise self._bad(f"elements of at most {MAX_ELEMENT} characters")
        return size > 0

    def _bad(self, expected: str) -> NotJson:
        found = ascii(self._text[self._at : self._at + 60]) if self._at < len(self._text) else ""
        where = f"at character {self._passed + self._at}, element {self._number}"
        return NotJson(f"{where}: expected {expected}, found {found or 'the end of the file'}")
