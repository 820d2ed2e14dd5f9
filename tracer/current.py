"""What is going on right now: the active trace, the open span, and the lane that we are in.

Each flow of control (a thread; where there are greenlets or asyncio tasks, each of those) has one
:class:`Flow`, which nothing else writes. A context variable is set only where a trace begins: it
lets a copied context, run in another flow, find the trace that it was copied in.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any, Final, NamedTuple, TypeAlias
from weakref import ReferenceType, WeakValueDictionary, ref

from .events import Lane, word
from .ids import parse_trace_id, trace_id
from .native import Local, get_ident

NO_NUMBERS: Final[Iterator[int]] = iter(())
"""What :attr:`Flow.numbers` is where nothing may be recorded without asking first."""


class TraceState:
    """One trace while it is being recorded.

    Owned by the flow of control that opened it. Flows that it handed work to change the same
    object without a lock: ``spent`` may then be off by a few, which its cap tolerates.
    """

    __slots__ = (
        "app",
        "dropped",
        "environ",
        "id",
        "is_entered",
        "is_silent",
        "last_exception",
        "last_left",
        "layers",
        "outside",
        "refused",
        "spent",
        "turns",
    )

    def __init__(self, identity: int | str | None) -> None:
        # Slots, all of them set: to find that an instance has not got what its class has takes
        # four times as long as to look, and most of these are looked at several times.
        self.id = identity
        """A number of 128 bits, or the text that came from outside; None outside all traces."""
        self.spent = self.dropped = self.environ = 0
        self.is_silent = self.is_entered = False
        self.refused = self.app = self.last_left = self.layers = None
        self.last_exception = self.turns = None
        self.outside = NO_NUMBERS

    spent: int
    """Spans and instants that were granted so far."""
    dropped: int
    refused: str | None
    """Why nothing more is recorded: a reason of ``dropped`` in wire.md."""
    is_silent: bool
    """Recorded nowhere and counted nowhere: the tracer's own doings."""
    is_entered: bool
    """Whether Flask's own part of the request has begun."""
    last_left: str | None
    """Kind of the span that an exception left last."""
    last_exception: tuple[int, int] | None
    """id() of the exception that was reported last, and of the request that it arrived in."""
    app: str | None
    """The application that began first: it answers, when a dispatcher was called."""
    layers: list[Any] | None
    """Middleware that the request is inside of, outermost first; the WSGI probe's."""
    environ: int
    """id() of the WSGI environ that the root was called with; 0 in a script."""
    outside: Iterator[int]
    """The numbers that the flow had when the root opened; it has them again when it closes."""
    turns: dict[tuple[int, int], int] | None
    """Of hooks that are registered twice, how often each was called; the hooks probe's."""

    def public_id(self) -> str | None:
        identity = self.id
        return trace_id(identity) if type(identity) is int else identity  # type: ignore[return-value]


class Flow:
    """One flow of control. Only that flow writes it."""

    __slots__ = (
        "__weakref__",
        "app_popped",
        "greenlet",
        "lane",
        "numbers",
        "open",
        "request_popped",
        "reserve",
        "reserved_for",
        "task",
    )

    def __init__(self, lane: Lane, greenlet: int | None = None, task: Any = None) -> None:
        self.lane = lane
        self.open: OpenSpan = NOWHERE
        """The span that is open here."""
        self.numbers: Iterator[int] = NO_NUMBERS
        """One for each span or instant that may be recorded now, and the spans' numbers as well.
        Where it ends, the collector is asked for more: that one end is what all the exceptions to
        the hot path share (bounds, other flows inside this one, a silent trace, an open site)."""
        self.reserve: Iterator[int] = NO_NUMBERS
        """The same, where the collector is to be asked each time."""
        self.reserved_for: TraceState | None = None
        self.app_popped: Any = None
        """The row of the application context that was popped here last."""
        self.request_popped: Any = None
        self.greenlet = greenlet
        """id() of the main greenlet, in the flow of a thread. Never the greenlet itself: when its
        thread has ended, greenlet takes a reference that the collector does not find for a leak,
        and gives it up. Other greenlets and tasks carry their flow, which must not keep them."""
        self.task: ReferenceType[Any] | None = task


class OpenSpan(NamedTuple):
    """A span that has begun, and the row of its begin. The hot path makes plain tuples of seven."""

    ts: float
    flow: Any
    trace: TraceState
    number: int
    """0 when it is not recorded."""
    restore: Any
    """The span that was open in its flow before, and its parent as a rule."""
    plan: Plan
    dynamic: Any = None
    parent: Any = None
    """Number of the parent where that is not ``restore``: of a root, or in a copied context."""


SITE: Final = 9
"""Length of an open span that is a site: many calls of one function, see the collector."""

Plan: TypeAlias = tuple[str, Any, "str | None", Any]
"""Kind, name, application and static attributes: what is known before, made once if possible."""

NOWHERE: Final = OpenSpan(0, None, TraceState(None), 0, None, ("", "", None, None))
"""What is open where no trace is."""
_SILENCE: Final = OpenSpan(0, None, TraceState(None), 0, None, ("", "", None, None))
_SILENCE.trace.is_silent = True

HANDED: Final[ContextVar[OpenSpan | None]] = ContextVar("flaskscope_handed", default=None)
"""A span of the trace in which this context, or the one it was copied from, was made."""


def _function_of(module: str, name: str) -> Any:
    """*name* of *module*; None where that is not loaded, or another thread is about to load it."""
    return getattr(sys.modules.get(module), name, None)


def _main_greenlet(getcurrent: Callable[[], Any]) -> Any:
    current = getcurrent()
    while current.parent is not None:
        current = current.parent
    return current


class Flows(Local):  # type: ignore[misc]
    """``.flow`` is the calling thread's: the operating system's, whatever is monkey-patched."""

    flow: Flow

    def __init__(self) -> None:
        ident = get_ident()
        getcurrent = _function_of("greenlet", "getcurrent")
        main = None if getcurrent is None else _main_greenlet(getcurrent)
        # Not current_thread(): it would register a thread that threading does not know. Where
        # threads are green, it knows a thread by its greenlet.
        known = threading._active  # type: ignore[attr-defined]
        thread = known.get(ident) or known.get(id(main))
        name = getattr(thread, "_name", None) or f"thread {ident}"
        lane = Lane(os.getpid(), ident, word(str(name)))
        self.flow = Flow(lane, None if main is None else id(main))
        _OF_THREADS[ident] = self.flow


_OF_THREADS: Final[WeakValueDictionary[int, Flow]] = WeakValueDictionary()
"""The flow of each thread that lives and has one, by its ident."""
FLOWS: Final = Flows()


def flow() -> Flow:
    """The flow of control that the caller runs in."""
    found = FLOWS.flow
    return found if green is None else green(found)


def current_app_key() -> str | None:
    """The key of the application that the open span belongs to, also in a copied context."""
    here = flow()
    opened = here.open
    if opened[2].id is None:
        opened = handed_here(here) or opened
    key: str | None = opened[5][2]
    return key


def handed_here(here: Flow) -> OpenSpan | None:
    """The span that the context was handed, unless it is one of the process that forked us."""
    handed = HANDED.get()
    return None if handed is None or handed[1].lane[0] != here.lane[0] else handed


# --- greenlets and asyncio tasks -----------------------------------------------------------------

green: Callable[[Flow], Flow] | None = None
"""From a thread's flow to the one inside it that is running; None while there are only threads."""

_numbers = count(1)
_ATTRIBUTE = "_flaskscope_flow"
"""Where a greenlet carries its flow."""
_TASK: Final[ContextVar[Flow | None]] = ContextVar("flaskscope_task", default=None)


def look_for_green() -> None:
    """Watch for flows inside threads from now on, if the modules that make them are loaded."""
    global green
    if green is None and ("greenlet" in sys.modules or "asyncio" in sys.modules):
        green = _inner_flow
        # What is being recorded without asking would be recorded so in greenlets and tasks, too.
        for reference in _OF_THREADS.valuerefs():
            found = reference()
            if found is not None:
                found.numbers = NO_NUMBERS


def _inner_flow(found: Flow) -> Flow:
    getcurrent = _function_of("greenlet", "getcurrent")
    if getcurrent is not None:
        current = getcurrent()
        if id(current) != found.greenlet:
            found = _greenlet_flow(found, current)
    # asyncio is not imported for its own sake: 20 ms.
    running = _function_of("asyncio", "_get_running_loop")
    loop = None if running is None else running()
    if loop is not None:
        return _task_flow(found, sys.modules["asyncio"].current_task(loop))
    return found


def _greenlet_flow(found: Flow, current: Any) -> Flow:
    if current.parent is None:
        found.greenlet = id(current)
        return found
    inner: Flow | None = current.__dict__.get(_ATTRIBUTE)
    if inner is None or inner.lane[0] != found.lane[0]:  # a greenlet goes on in a forked child
        return new_greenlet_flow(found, current)
    return inner


def new_greenlet_flow(found: Flow, greenlet: Any, opened: OpenSpan = NOWHERE) -> Flow:
    """The flow of *greenlet*, which runs in the thread whose flow is *found*, inside *opened*."""
    inner = Flow(found.lane._replace(greenlet=next(_numbers)))
    inner.open = opened
    greenlet.__dict__[_ATTRIBUTE] = inner
    return inner


def _task_flow(found: Flow, task: Any) -> Flow:
    if task is None:
        return found
    inner = _TASK.get()
    if inner is None or inner.task() is not task or inner.lane[0] != found.lane[0]:  # type: ignore[misc]
        inner = Flow(found.lane._replace(task=_task_name(task)), task=ref(task))
        # A task inherits what was open where it was made, as it inherits the context.
        inner.open = handed_here(found) or NOWHERE
        _TASK.set(inner)
    return inner


def _task_name(task: Any) -> str:
    """asyncio numbers its own names; tasks that somebody gives one name are still two lanes."""
    name = word(str(task.get_name()))
    return name if name.startswith("Task-") else f"{name} {next(_numbers)}"


# --- asked for by others -------------------------------------------------------------------------


@contextmanager
def suppressed() -> Iterator[None]:
    """Nothing that happens inside, in this flow, is recorded or counted."""
    here = flow()
    previous, numbers = here.open, here.numbers
    here.open, here.numbers = _SILENCE, NO_NUMBERS
    try:
        yield
    finally:
        here.open, here.numbers = previous, numbers


_REQUESTED: Final[ContextVar[list[str] | None]] = ContextVar("flaskscope_requested", default=None)


@contextmanager
def requested_trace(identity: str) -> Iterator[None]:
    """The first trace whose root opens inside, in this flow of control, takes this id.

    Raises :class:`ValueError` if *identity* is not 32 lower-case hex digits.
    """
    if parse_trace_id(identity) is None:
        raise ValueError(
            f"A trace id is 32 lower-case hex digits, not all zero; found {identity!r}."
        )
    token = _REQUESTED.set([identity])
    try:
        yield
    finally:
        _REQUESTED.reset(token)


def take_requested() -> str | None:
    """The id that :func:`requested_trace` asked for, once."""
    requested = _REQUESTED.get()
    return requested.pop() if requested else None
