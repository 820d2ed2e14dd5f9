"""Recordings and single traces as files, one format a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from .chrome import chrome_trace
from .content import Content
from .html import html
from .jsonl import json_lines
from .otlp import otlp

__all__ = ["FORMATS", "Content", "Format"]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a recording."""

    write: Callable[[Content], Iterator[str]]
    """The file in pieces of text."""
    ending: str
    """Of the file's name."""
    media_type: str


FORMATS: Final = {
    "jsonl": Format(json_lines, ".jsonl", "application/x-ndjson"),
    "chrome": Format(chrome_trace, ".trace.json", "application/json"),
    "html": Format(html, ".html", "text/html; charset=utf-8"),
    "otlp": Format(otlp, ".otlp.json", "application/json"),
}
"""By the word that ``?format=`` and the command line know them by."""
