"""What an exporter sees of the collector, and what the extension sees of an exporter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..wire import Columns


class BatchSource(Protocol):
    """The collector as an exporter sees it.

    Every method is called on the exporter's own thread, never on a request's; none of them
    raises and none of them blocks on a request. Only one exporter drains a source.
    """

    def drain(self, max_events: int) -> Columns | None:
        """Up to *max_events* recorded events, oldest first, or None when there are none.

        They are removed: an exporter keeps what it could not send, within its own bound.
        """
        ...

    def take_apps(self) -> list[dict[str, Any]]:
        """Announcements of applications that are new or changed since the last call."""
        ...

    def take_all_apps(self) -> list[dict[str, Any]]:
        """All announcements again, after a reconnect; resets what :meth:`take_apps` calls new."""
        ...

    def take_sources(self) -> list[dict[str, Any]]:
        """Source texts (``id, file, line, name, text``) that were not taken before."""
        ...

    def take_all_sources(self) -> list[dict[str, Any]]:
        """All source texts again, after a reconnect."""
        ...

    def take_dropped(self) -> dict[str, int]:
        """Events lost since the last call, by reason (``buffer_full``, ``trace_cap``, …)."""
        ...

    def agent(self) -> Mapping[str, Any]:
        """Who sends, as ``docs/wire.md`` describes it; another one after a fork."""
        ...


class Exporter(Protocol):
    """What carries events away on a thread of its own."""

    def start(self) -> None:
        """Start the thread; a second call does nothing."""
        ...

    def stop(self, timeout: float = 0.4) -> None:
        """Send what can still be sent within *timeout* seconds, then end the thread."""
        ...

    def wake(self) -> None:
        """There is something to send. Called on request threads: returns at once, takes no lock."""
        ...
