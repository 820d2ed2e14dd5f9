"""Recordings as JSON Lines, for people and for files: the one writer of what can be imported again.

A header, source texts, one event a line, an end line that tells a cut file; ``docs/wire.md``
explains it. Lines are put together from columns, without an object per event: 1M events go out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from .events import PHASES, Event, Lane
from .wire import COLUMN_NAMES, VERSION, Columns, ColumnsBuilder, span_id

_ESCAPED: Final = re.compile(r"[^\x00-\x7e]")


def dump_lines(
    events: Iterable[Event], sources: Iterable[Mapping[str, Any]] = (), **header: Any
) -> Iterator[str]:
    """A whole recording, line by line. Each line ends in a newline."""
    yield header_line(**header)
    for source in sources:
        yield _line({"source": source})
    count = 0
    for columns in columns_of(events):
        yield from event_lines(columns)
        count += columns.count
    yield end_line(count)


def header_line(**fields: Any) -> str:
    """The first line: ``name``, ``agents``, ``apps``."""
    return _line({"flaskscope": VERSION, **fields})


def source_line(text: str) -> str:
    """A source text's line; *text* is the item as JSON."""
    return f'{{"source":{text}}}\n'


def event_lines(columns: Columns) -> Iterator[str]:
    """One line per event, with the fields of ``Event.to_dict``."""
    texts = [json.dumps(text) for text in columns.strings]
    lanes = [_lane(Lane(*lane)) for lane in columns.lanes]
    attributes = [ascii_json(text) for text in columns.attributes]
    phases = [json.dumps(phase) for phase in PHASES]
    none_for_empty = ["null" if i == 0 else text for i, text in enumerate(texts)]
    seq, ts = columns.base_seq, columns.base_ts
    prefix = columns.span_prefix
    for row in zip(*(columns.data[name] for name in COLUMN_NAMES), strict=True):
        dseq, dts, phase, kind, name, app, trace, span, parent, lane, attrs = row
        seq += int(dseq)
        ts += int(dts)
        yield (
            f'{{"seq":{seq},"ts":{ts},"phase":{phases[phase]},"kind":{texts[kind]},'
            f'"name":{texts[name]},"app":{none_for_empty[app]},'
            f'"trace_id":{none_for_empty[trace]},"span_id":{_span(prefix, span)},'
            f'"parent_id":{_span(prefix, parent)},"lane":{lanes[lane]},'
            f'"attributes":{attributes[attrs]}}}\n'
        )


def end_line(count: int) -> str:
    """The last line of a recording of *count* events."""
    return _line({"end": True, "events": count})


def columns_of(events: Iterable[Event]) -> Iterator[Columns]:
    """*events* as columns, as long as they come from one process start."""
    builder: ColumnsBuilder | None = None
    for event in events:
        prefix = (event.span_id or event.parent_id or "")[:8]
        if builder is None or (prefix and prefix != builder.span_prefix):
            if builder is not None:
                yield builder.build()
            builder = ColumnsBuilder(event.seq, event.ts, prefix)
        builder.add_event(event)
    if builder is not None:
        yield builder.build()


def _span(prefix: str, number: int) -> str:
    return f'"{span_id(prefix, int(number))}"' if number else "null"


def _lane(lane: Lane) -> str:
    return json.dumps(lane._asdict(), separators=(",", ":"))


def ascii_json(text: str) -> str:
    """JSON *text* with everything beyond printable ASCII escaped, as ``json.dumps`` does it."""
    if text.isascii() and "\x7f" not in text:
        return text
    # Such characters stand inside JSON strings only, so they can be escaped where they are.
    return _ESCAPED.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _line(value: Mapping[str, Any]) -> str:
    # ASCII only: a lone surrogate in somebody's header must not make the file unreadable.
    return json.dumps(value, separators=(",", ":")) + "\n"
