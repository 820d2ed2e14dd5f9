"""What is going on right now: which trace, which span, and which flow of control we are in.

Each flow of control (a thread; where there are greenlets or asyncio tasks, each of those) has one
:class:`Flow`, which nothing else writes; a thread's is found by the hot path itself, those inside
threads here. A context variable is set only where a trace begins: it lets a copied context, run in
another flow, find the trace that it was copied in.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any, Final
from weakref import ref

from .events import word
from .hot_path import (
    INNER,
    NO_NUMBERS,
    NOWHERE,
    OF_THREADS,
    REQUESTED,
    SILENCE,
    Flow,
    OpenSpan,
    flow_here,
    function_of,
    handed_here,
)
from .ids import parse_trace_id


def current_app_key() -> str | None:
    """The key of the application that the open span belongs to, also in a copied context."""
    here = flow_here()
    opened = here.open
    if opened[2].id is None:
        opened = handed_here(here) or opened
    key: str | None = opened[5][2]
    return key


# --- greenlets and asyncio tasks -----------------------------------------------------------------

_numbers = count(1)
_ATTRIBUTE = "_flaskscope_flow"
"""Where a greenlet carries its flow."""
_TASK: Final[ContextVar[Flow | None]] = ContextVar("flaskscope_task", default=None)


def look_for_green() -> None:
    """Watch for flows inside threads from now on, if the modules that make them are loaded."""
    if INNER.flow_of is None and ("greenlet" in sys.modules or "asyncio" in sys.modules):
        INNER.flow_of = _inner_flow
        # What is being recorded without asking would be recorded so in greenlets and tasks, too.
        for reference in OF_THREADS.valuerefs():
            found = reference()
            if found is not None:
                found.numbers = NO_NUMBERS


INNER.look = look_for_green


def _inner_flow(found: Flow) -> Flow:
    getcurrent = function_of("greenlet", "getcurrent")
    if getcurrent is not None:
        current = getcurrent()
        if id(current) != found.greenlet:
            found = _greenlet_flow(found, current)
    # asyncio is not imported for its own sake: 20 ms.
    running = function_of("asyncio", "_get_running_loop")
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
    here = flow_here()
    previous, numbers = here.open, here.numbers
    here.open, here.numbers = SILENCE, NO_NUMBERS
    try:
        yield
    finally:
        here.open, here.numbers = previous, numbers


@contextmanager
def requested_trace(identity: str) -> Iterator[None]:
    """The first trace whose root opens inside, in this flow of control, takes this id.

    Raises :class:`ValueError` if *identity* is not 32 lower-case hex digits.
    """
    if parse_trace_id(identity) is None:
        raise ValueError(
            f"A trace id is 32 lower-case hex digits, not all zero; found {identity!r}."
        )
    token = REQUESTED.set([identity])
    try:
        yield
    finally:
        REQUESTED.reset(token)
