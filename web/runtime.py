"""What the dashboard needs from its concurrency, whichever it runs on.

Everything in ``web/`` waits, sleeps and starts work through a :class:`Runtime`; only
``server.py`` knows whether that means eventlet's greenlets or threads.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Event(Protocol):
    """A flag that tasks of the runtime can wait for; like :class:`threading.Event`."""

    def set(self) -> None:
        """Wake everybody who waits. Call it from a task of the runtime, not inside ``run``."""

    def clear(self) -> None: ...

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool:
        """Whether the flag was set within *timeout* seconds; None waits for ever."""


class Runtime(Protocol):
    """Tasks, waiting, and the one worker thread that owns the store."""

    def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call *fn* on the store's worker thread and wait; what it raises is raised here.

        All calls run one after another on the same native thread, in order of asking, so what
        they share needs no lock. Other clients go on meanwhile. Never call it from inside *fn*:
        that would wait for itself. On that thread neither ``spawn`` nor ``event`` may be used.
        """

    def spawn(self, fn: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Start *fn* as a task of its own; it does not keep the process alive."""

    def sleep(self, seconds: float) -> None:
        """Let others run for *seconds*; 0 gives way once."""

    def event(self) -> Event: ...

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called: what goes round for ever asks before each round."""

    def close(self) -> None:
        """Wake whoever sleeps, and let the worker thread end behind what it was asked for."""

    def lock(self) -> AbstractContextManager[object]:
        """A lock, not reentrant, for tasks of the runtime."""

    def now(self) -> int:
        """Wall clock, nanoseconds since the epoch."""
