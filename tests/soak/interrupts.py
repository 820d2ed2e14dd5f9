"""A2: what is no ``Exception`` is raised at random lines, and always reaches the server."""

from __future__ import annotations

import asyncio
import contextvars
import random
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import flask
import greenlet
from werkzeug.test import EnvironBuilder

import tracer
from tests.tracer.test_unnoticed import REQUESTS, awkward
from tracer import Tracer
from tracer.testing import capture_trace


class Timeout(BaseException):
    """As eventlet and gevent have one."""


KINDS = (
    KeyboardInterrupt,
    SystemExit,
    greenlet.GreenletExit,
    asyncio.CancelledError,
    Timeout,
)
OURS = str(Path(tracer.__file__).parent)
PLACES = (OURS, str(Path(flask.__file__).parent), str(Path(__file__).parents[1]))


NAMES = [name for name in REQUESTS if name not in ("file", "range")]
"""Not those that open a file: it stays open when Werkzeug is interrupted, which pytest tells."""


def lines(see: Callable[[], None], action: Callable[[], None]) -> None:
    """Run *action*; *see* is called at each line of the tracer, of Flask and of the application."""

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(PLACES):
            return None
        frame.f_trace_lines = True
        if event == "line":
            see()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)


def serve(app: Any, options: dict[str, Any]) -> None:
    """As a server would: call, iterate, close whatever happened."""
    body = app(EnvironBuilder(**options).get_environ(), lambda *started: lambda data: None)
    try:
        for _ in body:
            pass
    finally:
        if hasattr(body, "close"):
            body.close()


def chain(error: BaseException | None) -> list[BaseException]:
    """*error* and what was being handled when it was raised."""
    found = []
    while error is not None:
        found.append(error)
        error = error.__context__
    return found


def alone(action: Callable[[], None]) -> None:
    """In a context of its own: what Flask itself left pushed must not stay."""
    contextvars.copy_context().run(action)


def interrupts(times: int, seed: int, say: Callable[[str], None]) -> dict[str, int]:
    """Raise *times* times; how many of each kind reached the server, by name.

    On a thread of its own, as of a server: what is left open there goes with it.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_interrupts, times, seed, say).result()


def _interrupts(times: int, seed: int, say: Callable[[str], None]) -> dict[str, int]:
    chosen = random.Random(seed)
    app = awkward([])
    reached: dict[str, int] = {}
    one = Tracer(app, enabled=True)
    try:
        for name in NAMES:
            serve(app, REQUESTS[name])
        whole = _recorded(app)
        for number in range(times):
            name, kind = chosen.choice(NAMES), chosen.choice(KINDS)
            at = _interrupt(app, REQUESTS[name], kind, chosen, (name, seed, number))
            where = (name, seed, number, at)
            assert _recorded(app, where) == whole, where
            reached[kind.__name__] = reached.get(kind.__name__, 0) + 1
            if number % 500 == 499:
                say(f"{number + 1} of {times} interrupts")
    finally:
        one.uninstall()
    return reached


def _recorded(app: Any, where: Any = None) -> list[tuple[str, str]]:
    """What is told of the next request on this thread: all of it, in a trace of its own."""
    with capture_trace() as captured:
        alone(lambda: serve(app, {"path": "/after"}))
    traces = [trace for trace in captured.traces if trace.root is not None]
    names = [trace.root.name for trace in traces if trace.root]
    assert names == ["GET /after"], (where, names)
    return [(event.phase, event.kind) for event in traces[0].events]


def _came_to(app: Any, options: dict[str, Any], fail: Callable[[], None]) -> BaseException | None:
    """What reached the server, or Python's own hook for what cannot be raised."""
    dropped: list[BaseException | None] = [None]
    hook, sys.unraisablehook = sys.unraisablehook, lambda found: dropped.append(found.exc_value)
    try:
        alone(lambda: lines(fail, lambda: serve(app, options)))
    except BaseException as reached:
        return reached
    finally:
        sys.unraisablehook = hook
    return dropped[-1]


def _interrupt(
    app: Any, options: dict[str, Any], kind: type[BaseException], chosen: random.Random, where: Any
) -> list[Any]:
    """Where *kind* was raised while *app* answered once."""
    count = [0]

    def step() -> None:
        count[0] += 1

    alone(lambda: lines(step, lambda: serve(app, options)))
    left = [chosen.randrange(count[0])]
    error = kind()
    at: list[Any] = []

    def fail() -> None:
        left[0] -= 1
        if left[0] == -1:
            frame = sys._getframe(2)
            at.append((frame.f_code.co_filename[-30:], frame.f_lineno))
            raise error

    came = _came_to(app, options, fail)
    # Python itself drops what is raised while it frees something. Inside a push, Flask's own pop
    # fails then, and Python keeps what it was doing meanwhile.
    assert error in chain(came) or left[0] >= 0, (where, at)
    return at
