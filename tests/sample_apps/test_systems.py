"""The processes of lessons about other systems: started on demand, restarted, ended, never left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client, EnvironBuilder

from sample_apps import site
from sample_apps.catalog import select
from sample_apps.packages import WEBPY, how_to_install
from sample_apps.systems import __main__ as program
from sample_apps.systems.processes import DiedError, MissingError, Process, Systems
from sample_apps.systems.seams import Expected

HERE = Path(__file__).parent
PATIENCE = 30.0
PYTHONPATH = {"PYTHONPATH": f"{HERE}:{HERE.parents[1]}"}


@pytest.fixture
def systems() -> Iterator[Systems]:
    made = Systems("dying_system", {"main": "wsgiref"}, {"main": ""}, "")
    for process in made.processes.values():
        process.environment = PYTHONPATH
    yield made
    for process in made.processes.values():
        process.end()


def get(process: Process, path: str = "/") -> bytes:
    return process.answer(EnvironBuilder(path).get_environ()).body


def wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_no_process_runs_before_its_lesson_gets_a_request(systems: Systems) -> None:
    (process,) = systems.processes.values()
    assert process.running is None
    assert Client(systems).get("/").status_code == 200
    assert process.running is not None


def test_the_next_request_goes_to_the_same_process(systems: Systems) -> None:
    (process,) = systems.processes.values()
    assert get(process) == get(process) == str(process.running.pid).encode()


def test_a_process_that_dies_while_it_answers_is_told_and_then_restarted(systems: Systems) -> None:
    client = Client(systems)
    first = client.get("/").text
    answer = client.get("/die")
    assert (answer.status_code, answer.text) == (
        502,
        "The process of wsgiref has ended (exit status 3). Send it again to restart it.\n",
    )
    assert client.get("/").text != first


def test_a_process_that_was_killed_meanwhile_is_started_again(systems: Systems) -> None:
    (process,) = systems.processes.values()
    first = get(process)
    os.kill(process.running.pid, signal.SIGKILL)
    process.running.wait()
    assert get(process) != first


def test_a_process_without_requests_is_ended(systems: Systems) -> None:
    (process,) = systems.processes.values()
    process.idle_seconds = 0.05
    get(process)
    wait_until(lambda: process.running is None)
    process.idle_seconds = 60.0
    assert get(process).isdigit()


def test_an_address_without_a_system_is_not_found() -> None:
    systems = Systems("nothing", {"main": "wsgiref"}, {"main": "/there"}, "")
    answer = Client(systems).get("/elsewhere")
    assert (answer.status_code, answer.text) == (404, "No system lives here.\n")


LEAVES = """
import sys, time
from werkzeug.test import EnvironBuilder
from sample_apps.systems.processes import Process
process = Process("dying_system", "main", "wsgiref", {})
process.answer(EnvironBuilder("/").get_environ())
print(process.running.pid, flush=True)
sys.stdin.read()
"""


def test_no_process_outlives_one_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", LEAVES],
        env={**os.environ, **PYTHONPATH},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    wait_until(lambda: not is_running(pid))


def is_running(pid: int) -> bool:
    """Nobody waits for an orphan here, so that it may stay as a zombie: that runs no more."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def without_bottle(tmp_path: Path) -> Process:
    program = "raise ModuleNotFoundError(name='bottle')\n"
    (tmp_path / "bottle.py").write_text(program)
    path = {"PYTHONPATH": f"{tmp_path}:{HERE.parents[1]}"}
    return Process("sample_apps.s01_systems.hello", "bottle", "bottle", path)


def test_a_system_that_is_not_installed_is_named_with_the_command(without_bottle: Process) -> None:
    with pytest.raises(MissingError, match="bottle"):
        get(without_bottle)
    systems = Systems("", {}, {}, "")
    systems.processes[""] = without_bottle
    answer = Client(systems).get("/")
    without_bottle.end()
    assert (answer.status_code, answer.text) == (
        501,
        "This lesson needs bottle: pip install bottle\n",
    )


def test_a_process_that_cannot_start_says_how_it_ended() -> None:
    process = Process("dying_system", "no_such_function", "wsgiref", PYTHONPATH)
    with pytest.raises(DiedError, match="exit status 1"):
        get(process)
    process.end()


def test_a_process_that_says_nothing_is_ended() -> None:
    process = Process("dying_system", "silent", "wsgiref", PYTHONPATH, start_seconds=1.0)
    with pytest.raises(DiedError, match="signal 9"):
        get(process)
    process.end()


def test_without_web_py_the_command_names_a_folder_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(program, "WEBPY", tmp_path / "nothing")
    with pytest.raises(ModuleNotFoundError) as missing:
        program.prepare("dying_system", "main", "webpy", lambda port: Expected("GET", "/", None))
    assert how_to_install(missing.value.name) == (
        f"This lesson needs web.py: pip install --target {WEBPY} web.py\n"
    )


@pytest.mark.parametrize("name", ["django", "webpy"])
def test_a_lesson_hands_requests_on_to_its_systems(name: str) -> None:
    (lesson,) = select(["1A"])
    made = site.systems(lesson, "")
    answer = Client(made).get(f"/{name}/?name=Ada")
    made.processes[f"/{name}"].end()
    assert (answer.status_code, answer.text[:10]) == (200, "Hello, Ada")
    assert answer.headers["Content-Length"] == str(len(answer.data))
