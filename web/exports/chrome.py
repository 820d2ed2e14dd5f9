"""Chrome's trace JSON, for Perfetto; written by ``tracer.chrome_trace``."""

from __future__ import annotations

from collections.abc import Iterator

from tracer.chrome_trace import ChromeTrace

from .content import Content


def chrome_trace(content: Content) -> Iterator[str]:
    """The file in pieces."""
    survey = content.survey()
    trace = ChromeTrace(survey.start_ts)
    yield trace.head(**content.header(survey))
    yield from content.each(trace.add)
    yield trace.tail()
