"""Which flow of control runs, what is open in it, and in which trace."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Final, NamedTuple, TypeAlias
from weakref import ReferenceType, WeakValueDictionary

from ..events import Lane, word
from ..ids import trace_id
from ..native import Local, get_ident

__all__ = [
    "FLOWS", "HANDED", "INNER", "NOWHERE", "NO_NUMBERS", "OF_THREADS", "REQUESTED", "SILENCE",
    "SITE", "Dynamic", "Flow", "OpenSpan", "Plan", "Static", "TraceState", "flow_here",
    "function_of", "handed_here", "take_requested",
]  # fmt: skip

NO_NUMBERS: Final[Iterator[int]] = iter(())
"""What :attr:`Flow.numbers` is where nothing may be recorded without asking first."""


class TraceState:  # compiled: cdef class TraceState:
    """One trace while it is being recorded.

    Owned by the flow of control that opened it. Flows that it handed work to change the same
    object without a lock: ``spent`` may then be off by a few, which its cap tolerates.
    """

    # Slots, all of them set: to find that an instance has not got what its class has takes four
    # times as long as to look, and most of these are looked at several times.
    __slots__ = (
        "app", "dropped", "environ", "id", "is_collected", "is_entered", "is_silent",
        "last_exception", "last_left", "layers", "outside", "refused", "spent", "turns",
    )  # fmt: skip
    # compiled: cdef public object app, dropped, environ, id, is_collected, is_entered, is_silent
    # compiled: cdef public object last_exception, last_left, layers, outside, refused, spent, turns

    def __init__(self, identity: int | str | None) -> None:
        self.id = identity
        """A number of 128 bits, or the text that came from outside; None outside all traces."""
        self.spent = 0
        """Spans and instants that were granted so far."""
        self.dropped = 0
        self.refused: str | None = None
        """Why nothing more is recorded: a reason of ``dropped`` in wire.md."""
        self.is_silent = False
        """Recorded nowhere and counted nowhere: the tracer's own doings."""
        self.is_collected = False
        """Whether it ends because somebody gave it up: perhaps while Python collects garbage, when
        no context variable may be set. Up to Python 3.11 that can be in the middle of setting one,
        of which nothing is left then, and the process dies."""
        self.is_entered = False
        """Whether Flask's own part of the request has begun."""
        self.last_left: str | None = None
        """Kind of the span that an exception left last."""
        self.last_exception: tuple[int, int] | None = None
        """id() of the exception that was reported last, and of the request that it arrived in."""
        self.app: str | None = None
        """The application that began first: it answers, when a dispatcher was called."""
        self.layers: list[Any] | None = None
        """Middleware that the request is inside of, outermost first; the WSGI probe's."""
        self.environ = 0
        """id() of the WSGI environ that the root was called with; 0 in a script."""
        self.outside: Iterator[int] = NO_NUMBERS
        """The numbers that the flow had when the root opened; it has them again when it closes."""
        self.turns: dict[tuple[int, int], int] | None = None
        """Of hooks that are registered twice, how often each was called; the hooks probe's."""

    def public_id(self) -> str | None:
        identity = self.id
        return trace_id(identity) if type(identity) is int else identity  # type: ignore[return-value]


class Flow:  # compiled: cdef class Flow:
    """One flow of control. Only that flow writes it."""

    __slots__ = (
        "__weakref__", "app_popped", "greenlet", "lane", "numbers", "open", "request_popped",
        "reserve", "reserved_for", "task",
    )  # fmt: skip
    # compiled: cdef object __weakref__
    # compiled: cdef public object app_popped, greenlet, lane, numbers, open, request_popped
    # compiled: cdef public object reserve, reserved_for, task

    def __init__(self, lane: Lane, greenlet: int | None = None, task: Any = None) -> None:
        self.lane = lane
        self.open: Any = NOWHERE
        """The span that is open here."""
        self.numbers: Iterator[int] = NO_NUMBERS
        """One for each span or instant that may be recorded now, and the spans' numbers as well.
        Where it ends, the collector is asked for more: that one end is what all the exceptions to
        the hot path share (bounds, other flows inside this one, a silent trace, an open site)."""
        self.reserve: Iterator[int] = NO_NUMBERS
        """The same, where the collector is to be asked each time."""
        self.reserved_for: TraceState | None = None
        self.app_popped: Any = None
        """When, in which trace and under which label an application context was popped here last.
        Nothing that leads back here: what the compiled form keeps from the garbage collector may
        be on that way."""
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


Static: TypeAlias = Mapping[str, Any] | None
Dynamic: TypeAlias = Mapping[str, Any] | tuple[Any, ...] | None
SITE: Final = 9
"""Length of an open span that is a site: many calls of one function, see the collector."""

Plan: TypeAlias = tuple[str, Any, "str | None", Any]
"""Kind, name, application and static attributes: what is known before, made once if possible."""

NOWHERE: Final = OpenSpan(0, None, TraceState(None), 0, None, ("", "", None, None))
"""What is open where no trace is."""
SILENCE: Final = OpenSpan(0, None, TraceState(None), 0, None, ("", "", None, None))
SILENCE.trace.is_silent = True

HANDED: Final[ContextVar[OpenSpan | None]] = ContextVar("flaskscope_handed", default=None)
"""A span of the trace in which this context, or the one it was copied from, was made."""


def function_of(module: str, name: str) -> Any:
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
        # compiled: _forget_thread()
        ident = get_ident()
        getcurrent = function_of("greenlet", "getcurrent")
        main = None if getcurrent is None else _main_greenlet(getcurrent)
        # Not current_thread(): it would register a thread that threading does not know. Where
        # threads are green, it knows a thread by its greenlet.
        known = threading._active  # type: ignore[attr-defined]
        thread = known.get(ident) or known.get(id(main))
        name = getattr(thread, "_name", None) or f"thread {ident}"
        lane = Lane(os.getpid(), ident, word(str(name)))
        self.flow = Flow(lane, None if main is None else id(main))
        OF_THREADS[ident] = self.flow


OF_THREADS: Final[WeakValueDictionary[int, Flow]] = WeakValueDictionary()
"""The flow of each thread that lives and has one, by its ident."""
FLOWS: Final = Flows()


class Inner:  # compiled: cdef class Inner:
    """What finds flows inside threads: greenlets and asyncio tasks; see :mod:`..current`."""

    __slots__ = ("flow_of", "look")
    # compiled: cdef public object flow_of, look

    def __init__(self) -> None:
        self.flow_of: Callable[[Flow], Flow] | None = None
        """From a thread's flow to the one inside it that is running; None while there are only
        threads."""
        self.look: Callable[[], None] = _do_nothing
        """Sets it when such flows have become possible; called before each trace."""


def _do_nothing() -> None: ...


INNER: Final = Inner()


def flow_here() -> Flow:
    """The flow of control that the caller runs in."""
    found: Flow = FLOWS.flow  # compiled: found = _flow_of_thread()
    return found if INNER.flow_of is None else INNER.flow_of(found)


def handed_here(here: Flow) -> OpenSpan | None:
    """The span that the context was handed, unless it is one of the process that forked us."""
    handed = HANDED.get()
    if handed is None or handed[1].lane[0] != here.lane[0]:
        return None
    # What a trace left that could not take it back, here or in what was copied from here since.
    return None if handed[2].is_collected else handed


REQUESTED: Final[ContextVar[list[str] | None]] = ContextVar("flaskscope_requested", default=None)


def take_requested() -> str | None:
    """The id that :func:`requested_trace` asked for, once."""
    requested = REQUESTED.get()
    return requested.pop() if requested else None
