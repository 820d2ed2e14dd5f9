"""Where the lessons keep what they store: on MariaDB and Redis where they answer, else in files.

Which one it became, and why, is said in words (``said``), for a lesson to answer with. Both are
looked for once in a process, when the first lesson asks; an empty variable looks for none.
"""

from __future__ import annotations

import atexit
import os
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

MARIADB = "FLASKSCOPE_SAMPLES_MARIADB"
MARIADB_URL = "mysql://lessons:lessons@127.0.0.1:3306/lessons"
"""A user and a database of the lessons' own: nobody's other tables are looked for."""
REDIS = "FLASKSCOPE_SAMPLES_REDIS"
REDIS_URL = "redis://127.0.0.1:6379/0"
PATIENCE = 1
"""Seconds that a server gets to answer when it is looked for."""
READ_PATIENCE = 5
"""Seconds for one answer: the thread whose answer another one has read would wait for ever."""


@dataclass(frozen=True, slots=True)
class Database:
    """A driver as DB-API 2 describes it, and what its ``connect`` takes."""

    driver: Any
    said: str
    options: Mapping[str, Any]
    for_threads: Mapping[str, Any] = field(default_factory=dict)
    """Added to *options* where other threads will use the connection: sqlite3 must be told."""

    def connect(self, **more: Any) -> Any:
        return self.driver.connect(**self.options, **more)


@dataclass(frozen=True, slots=True)
class SessionStore:
    """A Redis client, or None and a folder for files."""

    client: Any
    folder: Path
    said: str


@cache
def database() -> Database:
    """MariaDB, through PyMySQL, where one lets us in; otherwise a file for sqlite3."""
    url = os.environ.get(MARIADB, MARIADB_URL)
    try:
        return looked_for(url, mariadb)
    except NotThere as reason:
        return Database(
            driver=sqlite3,
            said=f"sqlite3, in a file: {reason}",
            options={"database": folder() / "shop.sqlite3"},
            for_threads={"check_same_thread": False},
        )


@cache
def session_store() -> SessionStore:
    """Redis where one answers; otherwise a folder."""
    files = folder() / "sessions"
    url = os.environ.get(REDIS, REDIS_URL)
    try:
        client = looked_for(url, redis)
    except NotThere as reason:
        return SessionStore(None, files, f"Sessions are kept in files: {reason}")
    return SessionStore(client, files, f"Sessions are kept in Redis, at {without_login(url)}.")


class NotThere(Exception):
    """Why a server is not used, as the end of a sentence."""


def looked_for(url: str, connected: Callable[[str], Any]) -> Any:
    """What *connected* makes of *url*.

    :raises NotThere: when none is wanted, nobody answers, or the client's package is missing.
    """
    if not url:
        raise NotThere("no server was asked for.")
    try:
        return connected(url)
    except ModuleNotFoundError as error:
        raise NotThere(f"{error.name} is not installed. pip install {error.name}") from error
    except Exception as error:
        # The drivers' errors have nothing in common, and each is a reason.
        raise NotThere(f"nobody lets us in at {without_login(url)} ({error}).") from error


def mariadb(url: str) -> Database:
    import pymysql

    parts = urlsplit(url)
    options: dict[str, Any] = {
        "host": parts.hostname,
        "port": parts.port or 3306,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": parts.path.removeprefix("/"),
        "connect_timeout": PATIENCE,
        "read_timeout": READ_PATIENCE,
        **dict(parse_qsl(parts.query)),
    }
    found = Database(pymysql, f"PyMySQL, on MariaDB at {without_login(url)}.", options)
    found.connect().close()
    return found


def redis(url: str) -> Any:
    from redis import Redis

    client = Redis.from_url(url, socket_connect_timeout=PATIENCE)
    client.ping()
    return client


def without_login(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@cache
def folder() -> Path:
    """A folder of this process's own, which goes with it."""
    made = Path(mkdtemp(prefix="flaskscope-samples-"))
    atexit.register(rmtree, made, ignore_errors=True)
    return made


def clean() -> None:
    """Remove the folder now, if there is one: for an end that runs no exit functions."""
    if folder.cache_info().currsize:
        rmtree(folder(), ignore_errors=True)
