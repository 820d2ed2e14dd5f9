"""What runs for each event, on the request's thread.

Plain Python, which is also compiled to C; see :mod:`tracer.hot_path` and CONTRIBUTING.md.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter as now  # compiled: from cpython.time cimport perf_counter as now
from typing import Any

__all__ = ["Flow", "called"]


class Flow:
    """A place to record in."""

    __slots__ = ("began", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.began = now()


def called(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What *function* returns."""
    return function(*args, **kwargs)
