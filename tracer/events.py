"""What travels: one frozen :class:`Event` per thing that Python did, and what they make up.

The vocabulary (kinds, names, attributes) is documented in ``docs/events.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

Phase = Literal["begin", "end", "instant"]
PHASES: tuple[Phase, ...] = ("begin", "end", "instant")
"""The order is the wire's: a phase travels as its index here."""


MAX_WORD: Final = 4_000
"""Characters of a name that stands by itself in a batch: an application's, a lane's, a function's.
A dashboard refuses a batch with names beyond 4,096, and with it all the others in it."""


def word(text: str) -> str:
    """*text* as such a name; one that was cut ends with an ellipsis."""
    return text if len(text) <= MAX_WORD else f"{text[:MAX_WORD]}…"


class Lane(NamedTuple):
    """Where an event ran: hashable, unique within one process start."""

    pid: int
    thread: int
    """``threading.get_ident()``; the operating system reuses it, so read it with the name."""
    thread_name: str
    greenlet: int | None = None
    """A number per greenlet, counted from 1 in this process; None in a thread's main greenlet."""
    task: str | None = None
    """The name of the asyncio task, None outside an event loop."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, in the words of ``docs/events.md``."""

    seq: int
    """Strictly rising within one process; in one lane the order in which Python did the things."""
    ts: int
    """Nanoseconds since the epoch, taken from a monotonic clock anchored once per process."""
    phase: Phase
    kind: str
    name: str
    app: str | None
    """The application's name; a second application of the same name in a process is ``name#2``."""
    trace_id: str | None
    """32 hex digits, new for every request; None outside requests and script runs."""
    span_id: str | None
    """16 hex digits; the begin and the end of one span carry the same. None for instants."""
    parent_id: str | None
    """The span that was open in the same flow of control when this began; None at a root."""
    lane: Lane
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The event as JSON Lines and the HTTP API show it: these fields, the lane as an object."""
        return {
            "seq": self.seq,
            "ts": self.ts,
            "phase": self.phase,
            "kind": self.kind,
            "name": self.name,
            "app": self.app,
            "trace_id": self.trace_id,
            "span_id": self.span_id,
            "parent_id": self.parent_id,
            "lane": self.lane._asdict(),
            "attributes": dict(self.attributes),
        }


@dataclass(frozen=True, slots=True)
class Span:
    """A begin, its end, and what happened between them."""

    begin: Event
    end: Event | None
    """None while the span is open."""
    children: tuple[Span, ...]
    """Spans that began directly inside this one, in order."""
    instants: tuple[Event, ...]
    """Instants directly inside this span, in order."""

    @property
    def kind(self) -> str:
        """That of both events, a word of ``docs/events.md``."""
        return self.begin.kind

    @property
    def name(self) -> str:
        """What the span is about."""
        return self.begin.name

    @property
    def duration(self) -> int | None:
        """Nanoseconds from begin to end, None while the span is open."""
        return None if self.end is None else self.end.ts - self.begin.ts

    def walk(self) -> Iterator[Span]:
        """This span and everything below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that one request, or one script run, caused."""

    id: str
    events: tuple[Event, ...]
    app: str | None
    dropped: int = 0
    """Events of this trace that were cut off at its cap."""

    @property
    def root(self) -> Span | None:
        """The tree of spans below the trace's first span, None if that one was not recorded."""
        roots = build_spans(self.events)
        return roots[0] if roots else None


def build_spans(events: tuple[Event, ...]) -> list[Span]:
    """The forest of spans in *events*, which stand in order of ``seq``.

    A span whose parent is not among *events* is a root. Source of the tree is ``parent_id`` alone:
    work in another thread hangs below the span that handed it over.
    """
    ends = {e.span_id: e for e in events if e.phase == "end"}
    begun = {e.span_id for e in events if e.phase == "begin"}
    children: dict[str | None, list[Event]] = {}
    instants: dict[str | None, list[Event]] = {}
    for event in events:
        if event.phase == "end":
            continue
        parent = event.parent_id if event.parent_id in begun else None
        group = children if event.phase == "begin" else instants
        group.setdefault(parent, []).append(event)

    # Built from the leaves up and without recursion: a trace may nest deeper than Python's stack.
    built: dict[str | None, Span] = {}
    for event in reversed([e for e in events if e.phase == "begin"]):
        built[event.span_id] = Span(
            begin=event,
            end=ends.get(event.span_id),
            children=tuple(built[c.span_id] for c in children.get(event.span_id, ())),
            instants=tuple(instants.get(event.span_id, ())),
        )
    return [built[e.span_id] for e in children.get(None, ())]
