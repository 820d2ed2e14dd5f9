"""What a person may change while the dashboard runs; kept in the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from .problems import Problem
from .runtime import Runtime
from .store import Store

DEFAULT_IGNORED_PATHS: Final = ("/static/*", "/favicon.ico")
DEFAULT_SIZE_CAP: Final = 512 << 20
MIN_SIZE_CAP: Final = 16 << 20
MAX_SIZE_CAP: Final = 1 << 40
MAX_PATTERNS: Final = 100
MAX_PATTERN_LENGTH: Final = 200
_KEY: Final = "settings"


class Settings:
    """Read by every batch, so kept in memory; written through to the store on change."""

    def __init__(self, runtime: Runtime, store: Store) -> None:
        """Load what is stored; the caller is a task of the runtime."""
        self._runtime = runtime
        self._store = store
        self._ignored: tuple[str, ...] = DEFAULT_IGNORED_PATHS
        self._size_cap = DEFAULT_SIZE_CAP
        stored = runtime.run(store.get_setting, _KEY)
        if stored is not None:
            self._take(_checked(json.loads(stored)))

    @property
    def size_cap(self) -> int:
        """Bytes of events that no recording holds, beyond which the oldest go."""
        return self._size_cap

    @property
    def ignored_paths(self) -> tuple[str, ...]:
        """Patterns of request paths that are not kept (unless the dashboard fired them)."""
        return self._ignored

    def to_dict(self) -> dict[str, Any]:
        return {"ignored_paths": list(self._ignored), "size_cap": self._size_cap}

    def change(self, changes: object) -> dict[str, Any]:
        """Take over *changes*, all or nothing; a 422 :class:`Problem` if one is unusable."""
        self._take(_checked(changes))
        self._runtime.run(self._store.set_setting, _KEY, json.dumps(self.to_dict()))
        return self.to_dict()

    def _take(self, changes: Mapping[str, Any]) -> None:
        self._ignored = tuple(changes.get("ignored_paths", self._ignored))
        size_cap = changes.get("size_cap", self._size_cap)
        if size_cap != self._size_cap:
            self._store.size_cap = size_cap
        self._size_cap = size_cap


def _checked(changes: object) -> Mapping[str, Any]:
    if not isinstance(changes, dict) or not changes.keys() <= {"ignored_paths", "size_cap"}:
        raise _unusable('an object with "ignored_paths", "size_cap" or both', changes)
    if "ignored_paths" in changes:
        _check_patterns(changes["ignored_paths"])
    if "size_cap" in changes:
        _check_size_cap(changes["size_cap"])
    return changes


def _check_patterns(patterns: object) -> None:
    expected = (
        f"ignored_paths: at most {MAX_PATTERNS} patterns of at most {MAX_PATTERN_LENGTH} "
        "characters that start with / or *"
    )
    if not isinstance(patterns, list) or len(patterns) > MAX_PATTERNS:
        raise _unusable(expected, patterns)
    for pattern in patterns:
        if (
            not isinstance(pattern, str)
            or not pattern.startswith(("/", "*"))
            or len(pattern) > MAX_PATTERN_LENGTH
        ):
            raise _unusable(expected, pattern)


def _check_size_cap(size_cap: object) -> None:
    # True is an int in Python and nobody's idea of a size.
    if type(size_cap) is not int or not MIN_SIZE_CAP <= size_cap <= MAX_SIZE_CAP:
        raise _unusable(
            f"size_cap: a whole number of bytes from {MIN_SIZE_CAP} to {MAX_SIZE_CAP}", size_cap
        )


def _unusable(expected: str, found: object) -> Problem:
    return Problem(
        422,
        "Setting not usable",
        "Nothing was changed.",
        asked=expected,
        found=ascii(found)[:200],
        todo="GET /api/settings shows what is set.",
    )
