"""Servers, one of each for all tests here, and their contents, new for each test."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
import redis

from tests.stores.servers import mariadb_server, redis_server


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    """Applications are called ``shop`` here, and logging keeps their loggers for ever."""
    yield
    for name in ("shop", "shop.cart"):
        logging.Logger.manager.loggerDict.pop(name, None)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """With a short name: that of a socket has 107 characters at most."""
    with tempfile.TemporaryDirectory(prefix="stores-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def mariadb_socket(folder: Path) -> Iterator[str]:
    with mariadb_server(folder) as socket:
        yield str(socket)


@pytest.fixture(scope="session")
def redis_socket(folder: Path) -> Iterator[str]:
    with redis_server(folder) as socket:
        yield str(socket)


@pytest.fixture
def mysql(mariadb_socket: str) -> dict[str, Any]:
    """What ``pymysql.connect`` needs; the database holds a table ``user`` with two rows."""
    options = {"unix_socket": mariadb_socket, "user": "root", "database": "shop"}
    run(options, "DROP DATABASE shop", "CREATE DATABASE shop", "USE shop")
    run(
        options,
        "CREATE TABLE user (id INTEGER PRIMARY KEY, name VARCHAR(50))",
        "INSERT INTO user VALUES (1, 'ada'), (2, 'bob')",
    )
    return options


def run(options: dict[str, Any], *statements: str) -> None:
    connection = pymysql.connect(**options, autocommit=True)
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def client(redis_socket: str) -> Iterator[Callable[..., Any]]:
    """Makes clients of an empty Redis, and closes them."""
    made: list[redis.Redis] = []

    def make(**options: Any) -> redis.Redis:
        made.append(redis.Redis(unix_socket_path=redis_socket, **options))
        return made[-1]

    make().flushall()
    yield make
    for one in made:
        one.close()
