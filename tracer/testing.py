"""For tests: record what applications do, in memory, and give everything back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from flask import Flask

from .config import TracerConfig
from .engine import ENGINE
from .exporters.memory import Capture

__all__ = ["Capture", "capture_trace"]


@contextmanager
def capture_trace(
    app: Flask | None = None, *, record: str | Iterable[str] | None = None
) -> Iterator[Capture]:
    """Record *app*, or every application, those made later too, in all threads.

    ``captured.events`` and ``captured.traces`` may be read inside and after. On exit what is still
    open is closed and all patches are taken out, unless a :class:`~tracer.Tracer` needs them.
    *record* is that of :class:`~tracer.Tracer`.
    """
    config = TracerConfig.read(record=record)
    if config.disabled:
        yield Capture(ENGINE.collector, None)
        return
    capture, lease = ENGINE.capture(app, config.record)
    try:
        yield capture
    finally:
        ENGINE.end_capture(capture, lease)
