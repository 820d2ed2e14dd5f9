"""The engine, and what happens when the disk under it is full."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from . import schema

R = TypeVar("R")

BALLAST: Final = 16 << 20
"""Bytes kept beside the database and given back when the disk is full: deleting needs room too."""
_PAGES_AT_ONCE: Final = 2_000
RETRY_SECONDS: Final = 2.0
"""How often a full disk is looked at again."""


class StoreError(Exception):
    """The database cannot be opened at all; the message is one sentence for the terminal."""


class StoreUnavailable(Exception):
    """The store cannot write now. Whoever asked keeps what it has and tries again."""

    def __init__(self, problem: str, *, lasting: bool) -> None:
        super().__init__(problem)
        self.problem = problem
        """One sentence for the page."""
        self.lasting = lasting
        """False when waiting helps (somebody else holds the lock): a recording then goes on."""


class Duplicate(Exception):
    """A row of that key is stored already."""


class Database:
    """One engine; used on the store's worker thread alone, once it is open."""

    def __init__(self, engine: Engine, path: Path | None) -> None:
        self.engine = engine
        self.path = path
        """The SQLite file; None for anything else."""
        self._ballast = path.with_name(path.name + ".ballast") if path else None
        self._next_try = 0.0
        # Prepared statements ask the driver directly, whose errors SQLAlchemy does not wrap.
        self._driver: Any = engine.dialect.loaded_dbapi
        self.full: str | None = None
        """Why nothing is stored until the ballast is back; None when it lies there."""

    @classmethod
    def open(cls, url: str) -> Database:
        """Create or open the database behind *url*; :class:`StoreError` if that cannot be."""
        parsed = make_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        path = Path(parsed.database) if sqlite and parsed.database else None
        try:
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(parsed)
            if sqlite:
                event.listen(engine, "connect", _set_pragmas)
            database = cls(engine, path)
            try:
                database._create()
            except DBAPIError as error:
                if not database.give_up_ballast(_unavailable(error.orig).problem):
                    raise
                database._create()
        except (DBAPIError, OSError) as error:
            reason = getattr(error, "orig", None) or error
            raise StoreError(f"The database {parsed!r} cannot be opened: {reason}.") from error
        if database.full is None:
            with suppress(OSError):
                database._load_ballast()
        return database

    def close(self) -> None:
        """Give the file back; the ballast stays for the next start."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that is committed at the end; :class:`StoreUnavailable` if it cannot be."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except (IntegrityError, self._driver.IntegrityError) as error:
            raise Duplicate(str(error)) from error
        except DBAPIError as error:
            raise _unavailable(error.orig) from error
        except self._driver.Error as error:
            raise _unavailable(error) from error

    @contextmanager
    def growing(self) -> Iterator[Connection]:
        """A transaction that adds much; refused while there is no room, so that deleting has it."""
        if not self.has_room():
            raise StoreUnavailable(self.full or "", lasting=True)
        try:
            with self.transaction() as connection:
                yield connection
        except StoreUnavailable as error:
            if error.lasting:
                self.give_up_ballast(error.problem)
            raise

    def freeing(self, fn: Callable[[Connection], R]) -> R:
        """What *fn* returns, called in a transaction that deletes; the ballast makes room for it.

        *fn* is called a second time when the first was undone because the disk is full.
        """
        try:
            with self.transaction() as connection:
                return fn(connection)
        except StoreUnavailable as error:
            if not error.lasting or not self.give_up_ballast(error.problem):
                raise
        with self.transaction() as connection:
            return fn(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise _unavailable(error.orig) from error
        except self._driver.Error as error:
            raise _unavailable(error) from error

    def give_up_ballast(self, problem: str) -> bool:
        """Make room for deleting; nothing is stored until the ballast is back.

        *problem* says why. False if there was no ballast to give up.
        """
        self.full = problem
        self._next_try = time.monotonic() + RETRY_SECONDS
        if self._ballast is None or not self._ballast.exists():
            return False
        with suppress(OSError):
            self._ballast.unlink()
        return not self._ballast.exists()

    def has_room(self) -> bool:
        """Whether storing makes sense; looks at a full disk again every two seconds."""
        if self.full is None:
            return True
        if time.monotonic() < self._next_try:
            return False
        self._next_try = time.monotonic() + RETRY_SECONDS
        try:
            self._load_ballast()
        except OSError:
            return False
        self.full = None
        return True

    def shrink_some(self) -> bool:
        """One step of giving deleted space back to the disk; False when there is no more."""
        self._next_try = 0.0
        if self.path is None:
            return False
        with self.reading() as connection:
            driver = connection.connection.cursor()
            # SQLite frees one page a step; a script is stepped to its end, a query is not.
            driver.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")
            (free,) = driver.execute("PRAGMA freelist_count").fetchone() or (0,)
            if not free:
                driver.executescript("PRAGMA wal_checkpoint(TRUNCATE)")
            driver.close()
        return bool(free)

    def _create(self) -> None:
        with self.engine.begin() as connection:
            schema.metadata.create_all(connection)
            version = connection.scalar(
                select(schema.meta.c.value).where(schema.meta.c.key == "schema")
            )
            if version is None:
                connection.execute(
                    schema.meta.insert(), {"key": "schema", "value": str(schema.SCHEMA_VERSION)}
                )
        if version not in (None, str(schema.SCHEMA_VERSION)):
            raise StoreError(
                f"The database {self.engine.url!r} was written by another version of Flaskscope "
                f"(its tables are version {version}, this one knows {schema.SCHEMA_VERSION}): "
                "name another file in FLASKSCOPE_DB."
            )

    def _load_ballast(self) -> None:
        if self._ballast is None:
            return
        if self._ballast.exists() and self._ballast.stat().st_size >= BALLAST:
            return
        try:
            with self._ballast.open("wb") as file:
                _allocate(file.fileno(), BALLAST)
        except OSError:
            self._ballast.unlink(missing_ok=True)
            raise


def _allocate(descriptor: int, size: int) -> None:
    allocate = getattr(os, "posix_fallocate", None)
    if allocate is not None:
        allocate(descriptor, 0, size)
        return
    for _ in range(size >> 16):
        os.write(descriptor, bytes(1 << 16))


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # Must come before the first table, and lets deleted space go back to the disk.
    cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
    cursor.execute("PRAGMA journal_mode=WAL")
    # Survives a killed process; only a power cut may cost the last moments.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.execute("PRAGMA journal_size_limit=4194304")
    cursor.close()


_LASTING: Final = {
    "full": "The disk is full: nothing can be stored until recordings or traces are deleted.",
    "readonly": "The database is read-only: nothing can be stored.",
    "read-only": "The database is read-only: nothing can be stored.",
    "disk i/o error": "The disk fails (I/O error): nothing can be stored.",
    "unable to open": "The database file cannot be opened any more: nothing can be stored.",
    "malformed": "The database file is damaged: nothing can be stored.",
    "not a database": "The database file is damaged: nothing can be stored.",
}


def _unavailable(error: BaseException | None) -> StoreUnavailable:
    reason = str(error)
    for word, problem in _LASTING.items():
        if word in reason.lower():
            return StoreUnavailable(problem, lasting=True)
    return StoreUnavailable(f"The database cannot be used now: {reason}.", lasting=False)
