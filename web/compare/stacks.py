"""Which contexts are on the stack of each lane, told from a trace's own events.

The page reads the same from all events that it holds (``src/model/contexts.ts``). A context that
was pushed before the trace began is known here from the first stack that an event of its kind
reports.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tracer.events import Event, Lane

_TYPES: Final = {
    "app_context": "AppContext",
    "request_context": "RequestContext",
    "local_stack": "LocalStack",
}
_CHANGE: Final = re.compile(r"(app_context|request_context|local_stack)\.(push|pop)")
_FLASK_STACKS: Final = frozenset({"_request_ctx_stack", "_app_ctx_stack"})
"""Flask ≤ 2.1 keeps its contexts in these; their own events tell the same thing better."""


def is_change(kind: str) -> bool:
    """Whether events of *kind* push to a stack or pop from one."""
    return _CHANGE.fullmatch(kind) is not None


@dataclass(frozen=True, slots=True)
class _Frame:
    label: str
    type: str
    app: str | None


class Stacks:
    """Takes a trace's events in order. Not thread-safe: one trace, one of these."""

    def __init__(self) -> None:
        self._frames: dict[Lane, list[_Frame]] = {}

    def take(self, event: Event) -> None:
        """Do what *event*, no end of a span, does to the stack of its lane."""
        change = _CHANGE.fullmatch(event.kind)
        if change is None or (change[1] == "local_stack" and event.name in _FLASK_STACKS):
            return
        frames = self._frames.get(event.lane, [])
        label = _label(event)
        own = _TYPES[change[1]]
        if change[2] == "push":
            frames = [*frames, _Frame(label, own, event.app)]
        else:
            frames = _without_last(frames, label)
        self._frames[event.lane] = _as_reported(frames, event, own)

    def structure(self, lane: Lane) -> str:
        """Types and applications of the contexts on a lane's stack, bottom to top."""
        frames = self._frames.get(lane, ())
        return " › ".join(f"{frame.type} {frame.app or ''}" for frame in frames)


def _label(event: Event) -> str:
    for key in ("context", "value"):
        if event.attributes.get(key) is not None:
            return str(event.attributes[key])
    return event.name


def _without_last(frames: list[_Frame], label: str) -> list[_Frame]:
    for position in range(len(frames) - 1, -1, -1):
        if frames[position].label == label:
            return frames[:position] + frames[position + 1 :]
    return frames


def _as_reported(frames: list[_Frame], event: Event, own: str) -> list[_Frame]:
    """*frames* in line with the stack that the event reports, where it reports one.

    It is taken at its word for contexts of its own kind only: Flask has one stack for each.
    """
    reported = event.attributes.get("stack")
    if not isinstance(reported, list):
        return frames
    labels = [str(label) for label in reported]
    if [frame.label for frame in frames if frame.type == own] == labels:
        return frames
    kept = [frame for frame in frames if frame.type != own or frame.label in labels]
    known = {frame.label for frame in kept}
    return [_Frame(label, own, event.app) for label in labels if label not in known] + kept
