"""The lessons of databases and stores on real servers, and where one of them is missing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from test_traced import steps_found
from werkzeug.test import Client

from sample_apps.catalog import LESSONS, Lesson, Point, select
from sample_apps.site import build_site
from sample_apps.stores import MARIADB, REDIS
from tests.stores.servers import mariadb_server, redis_server

HERE = Path(__file__).parent
ON_MARIADB = ("16B", "16C", "16D", "16E", "16F")
ON_REDIS = ("19C",)
NO_MARIADB = "mysql://lessons@127.0.0.1:1/shop"
CLAIMS = [(x, point) for x in LESSONS if x.id in ON_MARIADB + ON_REDIS for point in x.points]


def pictures(mariadb: str, redis: str, *ids: str) -> dict[str, list[list[str]]]:
    """The lines of each request of the lessons, with these servers to be looked for."""
    run = subprocess.run(
        [sys.executable, str(HERE / "pictures.py"), "--json", *ids],
        cwd=HERE.parents[1],
        env={
            "PYTHONPATH": str(HERE.parents[1]), "PYTHONWARNINGS": "error",
            MARIADB: mariadb, REDIS: redis,
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return {id: requests(picture) for id, picture in json.loads(run.stdout).items()}


def requests(picture: str) -> list[list[str]]:
    return [part.rstrip().splitlines() for part in re.split("^== ", picture, flags=re.M)[1:]]


@pytest.fixture(scope="module")
def on_servers() -> Iterator[dict[str, list[list[str]]]]:
    with tempfile.TemporaryDirectory(prefix="lessons-") as name:
        folder = Path(name)
        with mariadb_server(folder) as mariadb, redis_server(folder) as redis:
            yield pictures(
                f"mysql://root@localhost/shop?unix_socket={mariadb}",
                f"unix://{redis}",
                *ON_MARIADB,
                *ON_REDIS,
            )


def by_claim(value: Lesson | Point) -> str:
    return value.id if isinstance(value, Lesson) else str(value.request)


@pytest.mark.parametrize(("lesson", "point"), CLAIMS, ids=by_claim)
def test_what_a_text_says_is_true_on_a_server_as_well(
    lesson: Lesson, point: Point, on_servers: dict[str, list[list[str]]]
) -> None:
    lines = on_servers[lesson.id][point.request]
    assert list(steps_found(point.steps, lines)) == list(point.steps), "\n".join(lines)


@pytest.mark.parametrize("lesson", ON_MARIADB)
def test_each_request_says_that_it_used_mariadb(
    lesson: str, on_servers: dict[str, list[list[str]]]
) -> None:
    said = [[line for line in lines if "PyMySQL" in line] for lines in on_servers[lesson]]
    assert said == [["   | PyMySQL, on MariaDB at mysql://localhost/shop."]] * len(said)


def test_five_threads_at_once_reach_mariadb_over_one_connection(
    on_servers: dict[str, list[list[str]]],
) -> None:
    lines = on_servers["16B"][0]
    in_threads = "\n".join(lines).partition("-- one-connection in order-1")[2]
    assert "> db.connect" not in in_threads
    asked = [line for line in lines if "> db.query SELECT" in line]
    answered = [line for line in lines if re.match(r"   \| thread \d ", line)]
    assert (len(asked), len(answered)) == (5, 5)


def test_each_request_with_a_cookie_reads_and_writes_redis(
    on_servers: dict[str, list[list[str]]],
) -> None:
    commands = [
        [line.split()[2] for line in lines if "> redis.command" in line]
        for lines in on_servers["19C"]
    ]
    assert commands == [[], ["SET"], ["GET", "SET"], ["GET", "DEL"]]
    assert on_servers["19C"][1][-1].startswith("   | Sessions are kept in Redis, at unix:///")


def test_where_nobody_answers_the_lesson_says_so_and_uses_a_file() -> None:
    found = pictures(NO_MARIADB, "redis://127.0.0.1:1/0", "16F", "19C")
    database, store = found["16F"][0][-3], found["19C"][1][-1]
    at = "127.0.0.1:PORT"
    assert database.startswith(f"   | sqlite3, in a file: nobody lets us in at mysql://{at}/shop (")
    assert store.startswith(
        f"   | Sessions are kept in files: nobody lets us in at redis://{at}/0 ("
    )


WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None
from werkzeug.test import Client
from sample_apps.catalog import select
from sample_apps.site import build_site
answer = Client(build_site(select([sys.argv[2]]))).get(sys.argv[3])
print(answer.status_code, answer.text, end="")
"""


def answer_without(package: str, lesson: str, target: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT, package, lesson, target],
        cwd=HERE.parents[1],
        env={**os.environ, MARIADB: NO_MARIADB, REDIS: ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


@pytest.mark.parametrize(
    ("package", "lesson", "target"),
    [
        ("dbutils", "16C", "/pool/"),
        ("flask_sqlalchemy", "16G", "/orm/count"),
        ("asgiref", "6F", "/async-view/"),
        ("greenlet", "12J", "/greenlets/plain"),
        ("flask_session", "19C", "/server-side/"),
        ("redis", "19D", "/redis-down/add"),
    ],
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    package: str, lesson: str, target: str
) -> None:
    assert answer_without(package, lesson, target) == (
        f"501 This lesson needs {package}: pip install {package}\n"
    )


def test_a_script_whose_module_cannot_be_imported_says_so_too() -> None:
    (lesson,) = select(["12Q"])
    site = build_site([replace(lesson, needs=("no_such_package",))])
    answer = Client(site).post("/_scripts/local-stack")
    assert (answer.status_code, answer.text) == (
        501,
        "This lesson needs no_such_package: pip install no_such_package\n",
    )


def test_without_its_driver_a_lesson_uses_a_file_and_says_what_to_install() -> None:
    assert answer_without("pymysql", "16F", "/exhausted-pool/refused").startswith(
        "200 sqlite3, in a file: pymysql is not installed. pip install pymysql\n"
    )
