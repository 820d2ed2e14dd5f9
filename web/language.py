"""Which language a person reads: by the address, else by an earlier choice, else by the browser."""

from __future__ import annotations

from typing import Final, Literal

from flask import Request

Language = Literal["en", "zh"]

TAGS: Final[dict[Language, str]] = {"en": "en", "zh": "zh-Hans"}
"""For the document's ``lang``; the page reads there what was chosen."""
COOKIE: Final = "flaskscope_language"
"""Written here and by the page's own switch; it says nothing but ``en`` or ``zh``."""
YEAR: Final = 365 * 24 * 3600


def named_language(tag: str | None) -> Language | None:
    """The language that a tag such as ``zh-CN`` means, None for one that is not spoken here."""
    base = (tag or "").lower().replace("_", "-").split("-")[0]
    return "zh" if base == "zh" else "en" if base == "en" else None


def language_of(request: Request) -> Language:
    """English where nothing else is said."""
    wished = [request.args.get("lang"), request.cookies.get(COOKIE)]
    wished += [tag for tag, quality in request.accept_languages if quality > 0]
    return next((found for tag in wished if (found := named_language(tag))), "en")
