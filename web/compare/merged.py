"""Two trees of steps as one: first what happened in which order in which contexts, then how long.

Level by level, the steps below two that stand for each other are aligned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .alignment import Item, align
from .steps import Step

SAME, CHANGED, ONLY_A, ONLY_B = DIFFERENCES = ("same", "changed", "onlyA", "onlyB")
"""Time alone makes no difference here: it is never twice the same."""

ONE_OF_A_KIND: Final = frozenset(
    {
        "request",
        "run",
        "wsgi_app",
        "url_match",
        "session.open",
        "session.save",
        "session.null",
        "view",
        "make_response",
        "error_handler",
        "exception",
        "template.load",
        "template.render",
        "template.stream",
        "start_response",
        "response.close",
    }
)
"""Kinds of which a request has one, as a rule: two of them stand for each other by any name."""

MEANINGLESS: Final = frozenset(
    {
        "client",
        "context",
        "idle",
        "ident",
        "line",
        "local",
        "push_count",
        "removed",
        "removed_in",
        "removed_ms",
        "stack",
        "target",
        "thread",
        "traceparent",
        "used",
    }
)
"""Attributes that differ from request to request and mean nothing: labels, addresses, pools; and
the line, since a moved function is told once, by its source."""

_TOLD: Final = ("name", "app", "contexts", "count", "open")
"""What is told of a step beside its attributes."""
_CONTEXTS: Final = {"app_context.push": "AppContext", "request_context.push": "RequestContext"}


@dataclass(slots=True)
class MergedStep:
    """A step of one trace, of the other, or two that stand for each other."""

    id: int
    """Its place in the merged list."""
    parent: MergedStep | None
    depth: int
    """From 0."""
    a: Step | None
    b: Step | None
    difference: str
    """One of :data:`DIFFERENCES`."""
    changes: list[dict[str, Any]] = field(default_factory=list)
    """What is not the same: an attribute, or one of :data:`_TOLD`."""
    inside: int = 0
    """How many steps below it differ."""

    def item(self) -> dict[str, Any]:
        """A step of ``GET /api/compare``."""
        shown = self.b or self.a
        assert shown is not None
        return {
            "id": self.id,
            "parent": None if self.parent is None else self.parent.id,
            "depth": self.depth,
            "difference": self.difference,
            "kind": shown.kind,
            "name": shown.name,
            "a": None if self.a is None else self.a.item(),
            "b": None if self.b is None else self.b.item(),
            "delta_ns": self._delta(),
            "own_delta_ns": (self.b.own if self.b else 0) - (self.a.own if self.a else 0),
            "changes": self.changes,
            "inside": self.inside,
        }

    def _delta(self) -> int | None:
        """Nanoseconds that B took more; all of it, where only one has the step."""
        before = self.a.duration if self.a else None
        after = self.b.duration if self.b else None
        return None if before is None and after is None else (after or 0) - (before or 0)


def merge(a: Sequence[Step], b: Sequence[Step]) -> Iterator[MergedStep]:
    """Every step of both, in the order of both; a parent stands before what is below it.

    One at a time, so that who takes them can let others in between; then comes :func:`finish`.
    """
    numbers = _Numbers()
    count = 0
    # Without recursion: a trace may nest deeper than the interpreter's stack.
    open_levels: list[tuple[MergedStep | None, Iterator[_Sides]]] = [(None, numbers.paired(a, b))]
    while open_levels:
        parent, level = open_levels[-1]
        sides = next(level, None)
        if sides is None:
            open_levels.pop()
            continue
        step = _merged(*sides, parent, count)
        count += 1
        yield step
        below = numbers.paired(*(side.children if side else () for side in sides))
        open_levels.append((step, below))


def finish(steps: Sequence[MergedStep]) -> None:
    """Tell each step what differs below it: what stands further down is counted first."""
    for step in reversed(steps):
        if step.difference == SAME and step.inside:
            step.difference = CHANGED
        if step.parent is not None:
            step.parent.inside += step.inside + (step.difference != SAME)


def counts(steps: Iterable[MergedStep]) -> dict[str, int]:
    """How many steps there are of each difference."""
    found = dict.fromkeys(DIFFERENCES, 0)
    for step in steps:
        found[step.difference] += 1
    return found


def length(roots: Iterable[Step]) -> int:
    """Nanoseconds from the first event to the last end."""
    return max((step.start + (step.duration or 0) for step in roots), default=0)


def pushes(steps: Iterable[Step | None]) -> list[str]:
    """The contexts that were pushed, in order: types and applications."""
    return [
        f"{_CONTEXTS[step.kind]} {step.app or ''}".strip()
        for step in steps
        if step is not None and step.kind in _CONTEXTS
    ]


_Sides = tuple[Step | None, Step | None]


class _Numbers:
    """Gives equal texts equal numbers, so that an alignment compares numbers alone."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], int] = {}

    def paired(self, a: Sequence[Step], b: Sequence[Step]) -> Iterator[_Sides]:
        """The steps of one level that stand for each other, and those that stand alone."""
        if not a and not b:
            return
        pairs = align([self._item(step) for step in a], [self._item(step) for step in b])
        for i, j in pairs:
            yield None if i is None else a[i], None if j is None else b[j]

    def _item(self, step: Step) -> Item:
        named = step.kind, step.name
        return Item(
            exact=self._of(*named, step.app, step.contexts),
            named=self._of(*named),
            kind=self._of(step.kind) if step.kind in ONE_OF_A_KIND else self._of(*named),
        )

    def _of(self, *texts: str | None) -> int:
        return self._known.setdefault(texts, len(self._known))


def _merged(a: Step | None, b: Step | None, parent: MergedStep | None, number: int) -> MergedStep:
    changes = [] if a is None or b is None else list(_changes(a, b))
    return MergedStep(
        id=number,
        parent=parent,
        depth=0 if parent is None else parent.depth + 1,
        a=a,
        b=b,
        difference=ONLY_A if b is None else ONLY_B if a is None else CHANGED if changes else SAME,
        changes=changes,
    )


def _changes(a: Step, b: Step) -> Iterator[dict[str, Any]]:
    told = [(what, getattr(a, what), getattr(b, what)) for what in _TOLD]
    told += [
        (what, a.attributes.get(what), b.attributes.get(what))
        for what in {**a.attributes, **b.attributes}
        if what not in MEANINGLESS and not (what == "app" and a.app != b.app)
    ]
    for what, one, other in told:
        if not _is_equal(one, other):
            yield {"what": what, "a": one, "b": other}


def _is_equal(one: Any, other: Any) -> bool:
    """As JSON has them: 1 and 1.0 are one number, which ``true`` is not."""
    if _is_number(one) and _is_number(other):
        return bool(one == other)
    return json.dumps(one) == json.dumps(other)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
