"""Source texts as tokens that the page can colour without trusting any markup."""

from __future__ import annotations

from typing import Final

from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]
from pygments.token import STANDARD_TYPES, _TokenType  # type: ignore[import-untyped]

MAX_TEXT: Final = 256 * 1024
"""Characters coloured; a longer text travels plain, line by line."""

Line = list[tuple[str, str]]
"""Tokens as (Pygments' short class name, text)."""


def token_lines(text: str) -> list[Line]:
    """*text* line by line, without the line ends; joined again it is the same text."""
    if len(text) > MAX_TEXT:
        return [[("", line)] for line in text.split("\n")]
    lexer = PythonLexer(stripnl=False, stripall=False, ensurenl=False)
    lines: list[Line] = [[]]
    for token_type, value in lexer.get_tokens(text):
        name = _short_name(token_type)
        first, *more = value.split("\n")
        _append(lines[-1], name, first)
        for part in more:
            lines.append([])
            _append(lines[-1], name, part)
    return lines


def _append(line: Line, name: str, text: str) -> None:
    if not text:
        return
    if line and line[-1][0] == name:
        line[-1] = (name, line[-1][1] + text)
    else:
        line.append((name, text))


def _short_name(token_type: _TokenType) -> str:
    """The class name of the nearest standard type; Python's lexer has a few of its own."""
    kind: _TokenType | None = token_type
    while kind is not None:
        if kind in STANDARD_TYPES:
            return str(STANDARD_TYPES[kind])
        kind = kind.parent
    return ""
