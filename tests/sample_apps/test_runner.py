"""The samples as a process of their own: its port, its end, its words."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from sample_apps.catalog import LESSONS
from tests.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "http://127.0.0.1:9"

Start = "Callable[..., subprocess.Popen[str]]"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts ``python -m sample_apps`` with the given arguments and a data folder of its own."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "sample_apps", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "XDG_DATA_HOME": str(tmp_path),
                "TMPDIR": str(tmp_path),
                "FLASKSCOPE_TOKEN": "k" * 43,
                "FLASKSCOPE_SAMPLES_REDIS": "",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def address(process: subprocess.Popen[str]) -> str:
    """Where the samples answer, once they say so."""
    assert process.stdout
    for line in process.stdout:
        if found := re.match(r"Samples: (http://\S+)/ ", line):
            return found[1]
    raise AssertionError(f"The samples ended: {process.communicate()[1]}")


def get(url: str) -> str:
    with urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_lessons_are_served_while_nobody_answers_at_the_dashboard(start: Start) -> None:
    process = start("--dashboard", NOBODY, "--port", str(free_port()))
    assert get(address(process) + "/hook-order/").startswith("The view ran")


def test_only_the_chosen_lessons_are_served(start: Start) -> None:
    process = start("--dashboard", NOBODY, "--port", str(free_port()), "--only", "10B")
    page = get(address(process) + "/")
    assert [slug for slug in ("hook-order", "intercept") if f"/{slug}/" in page] == ["intercept"]


def test_a_taken_port_is_said_and_the_next_free_one_used(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start("--dashboard", NOBODY, "--port", str(port))
        assert process.stdout
        first = process.stdout.readline()
        used = int(address(process).rpartition(":")[2])
    assert used > port
    assert first == f"Port {port} is taken: the samples use {used}.\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_signal_ends_the_samples_at_once(
    start: Start, number: signal.Signals, tmp_path: Path
) -> None:
    process = start("--dashboard", NOBODY, "--port", str(free_port()))
    get(address(process) + "/hook-order/")
    assert len(list(tmp_path.glob("flaskscope-samples-*"))) == 1
    process.send_signal(number)
    assert process.wait(timeout=10) == 0
    assert "Traceback" not in process.communicate()[1]
    assert list(tmp_path.glob("flaskscope-samples-*")) == []


def test_an_unknown_lesson_is_one_sentence(start: Start) -> None:
    process = start("--dashboard", NOBODY, "--only", "nonsense")
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (1, "")
    assert errors == "No lesson is called nonsense. --list names them all.\n"


def test_the_list_has_a_line_a_lesson_that_begins_with_its_id(start: Start) -> None:
    output, errors = start("--list").communicate(timeout=30)
    assert (errors, [line.split()[0] for line in output.splitlines()]) == (
        "",
        [lesson.id for lesson in LESSONS],
    )
    assert "10B  intercept                Hooks: A hook that answers\n" in output


def test_an_address_of_another_machine_is_one_sentence(start: Start) -> None:
    process = start("--dashboard", NOBODY, "--host", "192.0.2.1", "--only", "10A")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.startswith("The samples cannot listen on 192.0.2.1:5100: ")
    assert errors.count("\n") == 1
