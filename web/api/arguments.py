"""Arguments in a query string, checked."""

from __future__ import annotations

from typing import Final

from flask import request

from web.problems import Problem

LARGEST: Final = (1 << 63) - 1


def whole_number(name: str, default: int | None, *, largest: int = LARGEST) -> int | None:
    """The argument *name* as a number from 0 to *largest*; a 400 :class:`Problem` if it is none."""
    text = request.args.get(name, "")
    if not text:
        return default
    if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= largest:
        return int(text)
    raise bad_argument(name, f"a whole number from 0 to {largest}", text)


def status_range(name: str) -> range | None:
    """``404`` or ``4xx`` as the statuses that it means."""
    text = request.args.get(name, "")
    if not text:
        return None
    digits = text.isascii() and text[:1] in "12345" and len(text) == 3
    if digits and text[1:].lower() == "xx":
        return range(int(text[0]) * 100, int(text[0]) * 100 + 100)
    if digits and text.isdigit():
        return range(int(text), int(text) + 1)
    raise bad_argument(name, "a status such as 404, or a class such as 4xx", text)


def bad_argument(name: str, expected: str, found: str) -> Problem:
    """What is answered for an argument that cannot be used."""
    return Problem(
        400,
        "Argument not usable",
        "The argument {name} cannot be used.",
        values={"name": name},
        asked=f"{name}: {expected}",
        found=ascii(found)[:200],
    )
