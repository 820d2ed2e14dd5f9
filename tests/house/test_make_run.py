"""``make run``: one line is printed, and whatever ends it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.processes import bundle_folder, clean_environment, free_port

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[[Sequence[str]], "Running"]
PATIENCE = 120.0
"""Seconds that nobody should need, on the busiest machine."""


class Running:
    """The product as a person starts it, in a session of its own like a terminal's."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self.port = port_with_a_free_one_above()
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={
                **no_make_above(clean_environment(folder)),
                "PORT": str(self.port),
                "FLASKSCOPE_BUNDLE": str(bundle_folder(folder)),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.printed = self.process.stdout.readline()

    def wait_for_samples(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                urlopen(f"http://127.0.0.1:{self.port + 100}/", timeout=10).close()
            except OSError as error:
                if hasattr(error, "code"):  # it answers, if only with 404
                    return
                assert time.monotonic() < until, self.process.communicate()
                time.sleep(0.05)
            else:
                return

    def ended_by(self, number: int, *, group: bool = False) -> tuple[int, str, str]:
        """Return code, the rest of the output and the errors after that signal."""
        send = os.killpg if group else os.kill
        send(self.process.pid, number)
        rest, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, rest, errors

    def wait_until(self, what: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < until, self.process.args
            time.sleep(0.05)

    def kill_samples(self) -> str:
        """What is said of it, when it is."""
        os.kill(self.child("samples") or 0, signal.SIGKILL)
        assert self.process.stderr is not None
        return self.process.stderr.readline().rstrip("\n")

    def child(self, name: str) -> int | None:
        """The number of the process that runs ``flaskscope NAME``; None while there is none."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return next(
            (
                int(child)
                for child in children
                if f"\0{name}\0" in Path(f"/proc/{child}/cmdline").read_text()
            ),
            None,
        )

    def has_left_something(self) -> bool:
        for port in (self.port, self.port + 100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return True
        return False


def no_make_above(environment: dict[str, str]) -> dict[str, str]:
    """These tests may be run by ``make test``, and a make below another one says where it is."""
    return {k: v for k, v in environment.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}


def port_with_a_free_one_above() -> int:
    while True:
        port = free_port()
        try:
            socket.create_server(("127.0.0.1", port + 100)).close()
        except OSError:
            continue
        return port


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def run(command: Sequence[str]) -> Running:
        started.append(Running(command, tmp_path))
        started[-1].wait_for_samples()
        return started[-1]

    yield run
    for running in started:
        if running.process.poll() is None:
            running.process.terminate()
        running.process.communicate(timeout=PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_address_is_all_that_is_printed_and_a_signal_ends_everything(
    start: Start, number: int
) -> None:
    running = start([sys.executable, "scripts/run.py"])
    assert running.printed.startswith(f"Flaskscope: http://127.0.0.1:{running.port}/?token=")
    # As a terminal does it: Control-C and its closing reach the whole group.
    ended = running.ended_by(number, group=number != signal.SIGTERM)
    assert ended == (0, "", "")
    assert not running.has_left_something()


def test_a_make_that_is_told_to_end_takes_everything_with_it(start: Start) -> None:
    # Nothing to install: this very environment is what runs.
    running = start(["make", "run", "PYTHON=true"])
    assert running.printed.startswith("Flaskscope: http://127.0.0.1:")
    _, rest, _ = running.ended_by(signal.SIGTERM)
    assert rest == ""
    assert not running.has_left_something()


def test_nothing_outlives_it_when_it_is_killed(start: Start) -> None:
    running = start([sys.executable, "scripts/run.py"])
    running.process.kill()
    running.wait_until(lambda: not running.has_left_something())


def test_samples_that_die_are_started_again_and_it_is_said(start: Start) -> None:
    running = start([sys.executable, "scripts/run.py"])
    for _ in range(2):
        said = running.kill_samples()
        assert said == "The samples have ended (signal 9) and are started again."
        running.wait_for_samples()
    said = running.kill_samples()
    assert said == "The samples have ended (signal 9), again and again: the dashboard goes on."
    urlopen(f"http://127.0.0.1:{running.port}/healthz", timeout=10).close()
    assert running.ended_by(signal.SIGTERM) == (0, "", "")
    assert not running.has_left_something()


def test_the_samples_end_with_a_dashboard_that_is_killed(start: Start) -> None:
    running = start([sys.executable, "scripts/run.py"])
    os.kill(running.child("dashboard") or 0, signal.SIGKILL)
    running.process.communicate(timeout=PATIENCE)
    assert running.process.returncode == 9
    assert not running.has_left_something()
