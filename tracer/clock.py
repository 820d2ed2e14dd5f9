"""Time: a monotonic clock, anchored once to the epoch.

Durations never suffer from somebody setting the wall clock, and all events of a process can be
compared with each other.
"""

from __future__ import annotations

import time
from typing import Final

now: Final = time.perf_counter_ns
"""Nanoseconds of the monotonic clock; what the hot path stamps."""

_ANCHOR: Final = time.time_ns() - time.perf_counter_ns()


def since_epoch(moment: int) -> int:
    """A stamp of :data:`now` as nanoseconds since the epoch."""
    return moment + _ANCHOR
