"""Random names: of agents, traces and of the spans of one process start."""

from __future__ import annotations

import random
import re
import secrets
from typing import Final

_TRACE_ID: Final = re.compile(r"[0-9a-f]{32}")
_NO_TRACE: Final = "0" * 32


class Ids:
    """A source of ids for one process start; a child after a fork needs one of its own.

    It has a generator of its own: an application's ``random.seed`` neither makes it repeat nor is
    disturbed by it. Any thread may ask, without a lock.
    """

    def __init__(self) -> None:
        self.agent = secrets.token_hex(16)
        self.span_prefix = secrets.token_hex(4)
        self._bits = random.Random(secrets.randbits(256)).getrandbits  # noqa: S311 - not a secret

    def trace(self) -> int:
        """128 random bits; :func:`trace_id` writes them as text, off the request's thread."""
        return self._bits(128)


def trace_id(number: int) -> str:
    """The public form of a trace's number: 32 hex digits."""
    return f"{number:032x}"


def parse_trace_id(text: object) -> str | None:
    """*text* if it is a usable trace id, else None."""
    if type(text) is not str or not _TRACE_ID.fullmatch(text) or text == _NO_TRACE:
        return None
    return text
