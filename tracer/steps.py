"""Steps of a request by their names, and what is wrong with their order, for people to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

from .events import Event

_END = "end"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is expected to happen: a begin or an instant, or an end."""

    kind: str
    name: str | None = None
    """None: whatever its name."""
    is_end: bool = False

    @classmethod
    def parse(cls, text: str) -> Step:
        """``kind``, ``kind name``, ``end kind`` or ``end kind name``; a name may hold blanks."""
        words = text.split(None, 1) if isinstance(text, str) else []
        is_end = len(words) == 2 and words[0] == _END
        if is_end:
            words = words[1].split(None, 1)
        if not words:
            raise TypeError(
                f"A step is a text such as 'view' or 'before_request load_user', found {text!r}."
            )
        return cls(words[0], words[1].strip() if len(words) == 2 else None, is_end)

    def __str__(self) -> str:
        return " ".join([*([_END] if self.is_end else []), self.kind, *([self.name or ""])]).strip()

    def fits(self, happened: Step) -> bool:
        """Whether *happened*, which has a name, is this."""
        return (
            self.kind == happened.kind
            and self.is_end == happened.is_end
            and self.name in (None, happened.name)
        )


def order_problem(events: Sequence[Event], expected: Sequence[Step], exact: bool) -> str:
    """What stands against *expected* having happened in this order; "" if nothing does."""
    happened = [
        (Step(event.kind, event.name, event.phase == "end"), depth)
        for event, depth in _with_depths(events)
    ]
    if exact:
        return _difference([step for step, _ in happened], expected)
    found: list[int] = []
    for step in expected:
        start = found[-1] + 1 if found else 0
        at = next((i for i in range(start, len(happened)) if step.fits(happened[i][0])), None)
        if at is None:
            return _missing(happened, expected, found)
        found.append(at)
    return ""


def _with_depths(events: Sequence[Event]) -> list[tuple[Event, int]]:
    """*events*, each with the number of spans around it."""
    depths: dict[str | None, int] = {}
    result = []
    for event in events:
        if event.phase == "begin":
            depths[event.span_id] = depths.get(event.parent_id, -1) + 1
            depth = depths[event.span_id]
        elif event.phase == "end":
            depth = depths.get(event.span_id, 0)
        else:
            depth = depths.get(event.parent_id, -1) + 1
        result.append((event, depth))
    return result


def _missing(
    happened: Sequence[tuple[Step, int]], expected: Sequence[Step], found: Sequence[int]
) -> str:
    """Which step did not come, and where the others were."""
    step = expected[len(found)]
    start = found[-1] + 1 if found else 0
    after = f" after {str(expected[len(found) - 1])!r}" if found else ""
    lines = [f"Step {len(found) + 1} of {len(expected)}, {str(step)!r}, did not happen{after}."]
    if any(step.fits(one) for one, _ in happened[:start]):
        lines[0] = lines[0][:-1] + ", but before it."
    else:
        names = [str(one) for one, _ in happened]
        close = get_close_matches(str(step), names, 1)
        lines += [f"Did you mean {close[0]!r}?"] if close else []
    # Ends only where somebody asks for them: they double the length.
    with_ends = any(one.is_end for one in expected)
    lines += ["", "What happened (numbers: your steps, in their order):"]
    for index, (one, depth) in enumerate(happened):
        if index == start:
            lines.append(f"{len(found) + 1:>4} ✗ {'  ' * depth}{step}    ← expected from here on")
        if one.is_end and not with_ends and index not in found:
            continue
        mark = f"{found.index(index) + 1:>4} ✓" if index in found else " " * 6
        lines.append(f"{mark} {'  ' * depth}{one}")
    if start == len(happened):
        lines.append(f"{len(found) + 1:>4} ✗ {step}    ← expected here")
    return "\n".join(lines)


def _difference(happened: Sequence[Step], expected: Sequence[Step]) -> str:
    """How all steps of the kinds in *expected* differ from *expected*."""
    kinds = {(step.kind, step.is_end) for step in expected}
    steps = [step for step in happened if (step.kind, step.is_end) in kinds]
    if len(steps) == len(expected) and all(
        one.fits(other) for one, other in zip(expected, steps, strict=True)
    ):
        return ""
    nameless = {(step.kind, step.is_end) for step in expected if step.name is None}
    wanted = [str(step) for step in expected]
    got = [
        str(Step(s.kind, None, s.is_end) if (s.kind, s.is_end) in nameless else s) for s in steps
    ]
    lines = ["These are not the steps of these kinds (- expected, + happened):", ""]
    for tag, i, j, k, end in SequenceMatcher(None, wanted, got, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [f"    {text}" for text in wanted[i:j]]
        else:
            lines += [f"  - {text}" for text in wanted[i:j]]
            lines += [f"  + {text}" for text in got[k:end]]
    return "\n".join(lines)
