"""Requests and phases of a program that is no Flask application, as somebody reports them.

The words are those of ``framework.*`` in ``docs/events.md``. Nothing here raises into the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from .capture import text
from .engine import ENGINE
from .hot_path import OpenSpan
from .ids import parse_trace_id
from .redaction import clean_text, redact_path


class Program:
    """One such program; its requests and phases carry *key*, and *framework* as an attribute."""

    def __init__(self, key: str, framework: str) -> None:
        self._key: Final = key
        self._said: Final = {"framework": framework}

    def open_request(self, method: str, path: str, trace_id: str | None = None) -> OpenSpan | None:
        """The root of a trace, in the flow of control that calls; None when nothing is recorded.

        :param trace_id: 32 lower-case hex digits that its trace shall have; ignored otherwise.
        """
        with suppress(Exception):
            if ENGINE.is_on:
                shown = redact_path(text(path[:2048]))
                attributes = {"method": clean_text(method), "path": shown, "app": self._key}
                name = f"{clean_text(method)} {shown.partition('?')[0]}"
                identity = parse_trace_id(trace_id)
                return ENGINE.collector.open_root("request", name, self._key, attributes, identity)
        return None

    def close_request(self, request: OpenSpan | None, status: int | None = None) -> None:
        """End it, in whichever flow of control it ends."""
        if request is not None:
            with suppress(Exception):
                ENGINE.collector.close_root(request, {"app": self._key, "status": status})

    @contextmanager
    def phase(self, phase: str, name: str) -> Iterator[None]:
        """A span ``framework.<phase>`` around a block, called *name*."""
        span = None
        with suppress(Exception):
            if ENGINE.is_on:
                span = ENGINE.collector.begin(
                    f"framework.{phase}", clean_text(name), self._key, self._said
                )
        try:
            yield
        except BaseException as error:
            if span is not None:
                with suppress(Exception):
                    ENGINE.collector.left(span, error)
            raise
        if span is not None:
            with suppress(Exception):
                ENGINE.collector.end(span)
