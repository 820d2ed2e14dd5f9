"""One request as a tree of steps, to be laid beside another: no labels, no absolute times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tracer.events import Event, Lane

from .stacks import Stacks, is_change

_LEFT_OUT: Final = frozenset({"state"})
"""Told by other means, or of the tracer's doing."""


@dataclass(slots=True)
class Step:
    """A span, an instant, or several alike that follow each other."""

    kind: str
    name: str
    app: str | None
    seq: int
    """Of the begin event, or of the instant; of the first of several."""
    start: int
    """Nanoseconds from the trace's first event."""
    open: bool
    """True for a span whose end is missing."""
    failed: bool
    attributes: Mapping[str, Any]
    """Of begin and end; of the first, when there are several."""
    contexts: str
    """Types and applications of the contexts on the stack, bottom to top."""
    lane: Lane
    count: int = 1
    """How many alike, one after the other, this stands for."""
    duration: int | None = None
    """Nanoseconds, of all that it stands for together; None for instants and while it is open."""
    own: int = 0
    """Of these, nanoseconds in no step below it on the same lane."""
    children: list[Step] = field(default_factory=list)

    def item(self) -> dict[str, Any]:
        """One side of a step of ``GET /api/compare``."""
        return {
            "seq": self.seq,
            "name": self.name,
            "app": self.app,
            "contexts": self.contexts,
            "count": self.count,
            "start_ns": self.start,
            "duration_ns": self.duration,
            "own_ns": self.own,
            "open": self.open,
            "failed": self.failed,
        }


def steps_of(events: Iterable[Event]) -> list[Step]:
    """The steps of a trace's *events* that have no parent: as a rule one, the request."""
    tree = _Tree()
    for event in events:
        tree.take(event)
    return tree.finished()


class _Tree:
    def __init__(self) -> None:
        self._stacks = Stacks()
        self._structure: dict[Lane, str] = {}
        self._spans: dict[str | None, tuple[Step, int]] = {}
        self._roots: list[Step] = []
        self._zero: int | None = None

    def take(self, event: Event) -> None:
        if event.kind in _LEFT_OUT:
            return
        if self._zero is None:
            self._zero = event.ts
        if event.phase == "end":
            if event.span_id in self._spans:
                _close(*self._spans[event.span_id], event)
            return
        self._stacks.take(event)
        if is_change(event.kind) or event.lane not in self._structure:
            self._structure[event.lane] = self._stacks.structure(event.lane)
        step = _begun(event, self._zero, self._structure[event.lane])
        parent = self._spans.get(event.parent_id)
        (self._roots if parent is None else parent[0].children).append(step)
        if event.span_id is not None:
            self._spans[event.span_id] = step, event.ts

    def finished(self) -> list[Step]:
        for step, _ in self._spans.values():
            for child in step.children:
                if child.lane == step.lane:
                    step.own -= child.duration or 0
            step.own = max(0, step.own)
            step.children = _folded(step.children)
        return _folded(self._roots)


def _begun(event: Event, zero: int, contexts: str) -> Step:
    return Step(
        kind=event.kind,
        name=_name(event),
        app=event.app,
        seq=event.seq,
        start=event.ts - zero,
        open=event.phase == "begin",
        failed=event.kind == "exception",
        attributes=event.attributes,
        contexts=contexts,
        lane=event.lane,
    )


def _name(event: Event) -> str:
    """The name as people say it: a view by its endpoint."""
    endpoint = event.attributes.get("endpoint")
    return endpoint if event.kind == "view" and isinstance(endpoint, str) else event.name


def _close(step: Step, begun: int, end: Event) -> None:
    step.duration = step.own = end.ts - begun
    step.open = False
    step.attributes = {**step.attributes, **end.attributes}
    step.failed = step.failed or "left_by" in step.attributes


def _folded(steps: Iterable[Step]) -> list[Step]:
    """Neighbours that are alike and have nothing below them become one step, ``×n``."""
    kept: list[Step] = []
    for step in steps:
        if kept and _are_alike(kept[-1], step):
            kept[-1] = _together(kept[-1], step)
        else:
            kept.append(step)
    return kept


def _are_alike(one: Step, other: Step) -> bool:
    return (
        not one.children
        and not other.children
        and _identity(one) == _identity(other)
        and not is_change(one.kind)
    )


def _identity(step: Step) -> tuple[object, ...]:
    return step.kind, step.name, step.app, step.contexts, step.failed


def _together(one: Step, other: Step) -> Step:
    timed = one.duration is not None or other.duration is not None
    return replace(
        one,
        count=one.count + other.count,
        duration=(one.duration or 0) + (other.duration or 0) if timed else None,
        own=one.own + other.own,
        open=one.open or other.open,
    )
