"""What the page shows in its status line; the same for the socket's event and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .services import Services


def build_status(parts: Services) -> dict[str, Any]:
    """The ``status`` of ``docs/wire.md``. Cheap: reads memory only, any task may call it."""
    return {
        "apps": parts.apps.items(),
        "awaited": parts.apps.awaited(),
        "recording": parts.recordings.active(),
        "store": {"ok": parts.store.problem is None, "problem": parts.store.problem},
        "dropped": dict(parts.ingest.dropped),
        "rate": parts.live.rate(),
        "newest_seq": parts.store.newest,
    }
