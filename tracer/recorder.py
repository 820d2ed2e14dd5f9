"""What a probe sees of the collector.

Attributes come in two parts, so that little is done per event: *static* is a mapping that is made
once and shared by all events about one thing; *dynamic* is a fresh dict, or a tuple
``(function, *arguments)`` whose function makes the dict on the draining thread. Arguments of such
a tuple must not be able to change and must not hold anything of the application.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

from .current import Flow, OpenSpan, Plan
from .ring_buffer import RingBuffer

Static: TypeAlias = Mapping[str, Any] | None
Dynamic: TypeAlias = Mapping[str, Any] | tuple[Any, ...] | None


class Recorder(Protocol):
    """Safe to call on any thread, never blocks, does no I/O."""

    buffer: RingBuffer
    captures: int
    """How many record in memory now."""

    def begin(
        self, kind: str, name: Any, app: str | None, static: Static = None, dynamic: Dynamic = None
    ) -> OpenSpan | None:
        """Open a span inside the current one; None when nothing is recorded here."""
        ...

    def end(self, span: OpenSpan, dynamic: Dynamic = None) -> None:
        """Close *span*; what was current before is current again."""
        ...

    def left(self, span: OpenSpan, error: BaseException, dynamic: Dynamic = None) -> None:
        """Close *span*, which *error* leaves."""
        ...

    def instant(
        self, kind: str, name: Any, app: str | None, static: Static = None, dynamic: Dynamic = None
    ) -> None: ...

    def leaf(
        self, kind: str, name: Any, app: str | None, static: Static = None, dynamic: Dynamic = None
    ) -> None:
        """A span in which nothing can happen: its begin and its end, one after the other."""
        ...

    def site(self, flow: Flow, plan: Plan) -> Any:
        """A span for many calls of one function, which only stamp the time; None to refuse it."""
        ...

    def end_site(self, site: Any, error: BaseException | None = None) -> None:
        """A call of a function that is called again and again ends out of the ordinary."""
        ...

    def flow(self) -> Flow:
        """The flow of control that the caller runs in, and what is open there."""
        ...

    def open_root(
        self,
        kind: str,
        name: Any,
        app: str | None,
        dynamic: Dynamic = None,
        identity: str | None = None,
    ) -> OpenSpan | None:
        """Open a trace of its own; None when the buffer is full: it is dropped as a whole."""
        ...

    def close_root(self, span: OpenSpan, dynamic: Dynamic) -> None:
        """Close a trace's root; what was open before is open again."""
        ...

    def abandon_root(self, span: OpenSpan, dynamic: Dynamic) -> None:
        """The same where others may have been opened since, which stay open."""
        ...
