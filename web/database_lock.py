"""One dashboard, one database: two that number events in the same file would spoil it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .config import Config, ConfigError

try:
    import fcntl
except ImportError:  # Windows has no such locks; there it is up to the person
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked_database(config: Config) -> Iterator[None]:
    """Hold the SQLite file's lock; :class:`ConfigError` if another dashboard holds it.

    The kernel gives the lock back however the process ends. Other databases have locks of their
    own, and nothing happens here.
    """
    path = config.database.removeprefix("sqlite:///")
    if fcntl is None or path == config.database:
        yield
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(
            f"The database {path} cannot be opened ({error.strerror}); see --db."
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.read(handle, 20).decode("ascii", "replace").strip()
            raise ConfigError(
                f"The database {path} is used by another dashboard (process {owner or 'unknown'}); "
                "end that, or choose another file with --db or FLASKSCOPE_DB."
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)
