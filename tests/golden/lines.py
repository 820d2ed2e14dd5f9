"""Events as lines that a person can check: ``> kind name`` begin, ``<`` end, ``·`` instant."""

from __future__ import annotations

from collections.abc import Iterable

from tracer.events import Event

QUIET = {
    "make_response",
    "template.load",
    "url_for",
    "response.chunk",
    "response.close",
    "thread.start",
    "context.copied",
    "get_flashed_messages",
}


def lines(events: Iterable[Event], *, without: Iterable[str] = ()) -> list[str]:
    """One line an event; a span in which nothing happened is one line, ``kind name``."""
    hidden = set(without)
    result: list[str] = []
    for event in events:
        if event.kind in hidden or event.attributes.get("framework"):
            continue
        text = f"{event.kind} {event.name}"
        if event.phase == "instant":
            result.append(f"· {text}")
        elif event.phase == "begin":
            result.append(f"> {text}")
        elif result and result[-1] == f"> {text}":
            result[-1] = text + left(event)
        else:
            result.append(f"< {text}{left(event)}")
    return without_framework(result)


def left(event: Event) -> str:
    error = event.attributes.get("left_by")
    return f" !{error}" if error else ""


def without_framework(found: list[str]) -> list[str]:
    """Flask's own functions carry ``framework`` at their begin only: their ends go as well."""
    opened: list[str] = []
    result = []
    for line in found:
        if line.startswith("> "):
            opened.append(line[2:])
        elif line.startswith("< "):
            name = line[2:].partition(" !")[0]
            if name not in opened:
                continue
            opened.remove(name)
        result.append(line)
    return result
