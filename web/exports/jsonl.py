"""JSON Lines, written by ``tracer.json_lines``.

The same recording gives the same bytes every time, and so does an import of them: nothing tells
when it was exported.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracer.json_lines import end_line, event_lines, header_line, source_line
from tracer.wire import Columns

from .content import Content


def json_lines(content: Content) -> Iterator[str]:
    """Pieces of text, each one line or many; every line ends in a newline."""
    survey = content.survey()
    yield header_line(**content.header(survey))
    for source in content.sources(survey):
        yield source_line(source)
    count = 0
    for number, text in content.each(_events):
        count += number
        yield text
    yield end_line(count)


def _events(_agent: str, columns: Columns) -> tuple[int, str]:
    return columns.count, "".join(event_lines(columns))
