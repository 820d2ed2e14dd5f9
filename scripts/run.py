"""``make run``: start dashboard and samples on ``PORT``, if that port can be had.

What the two print is all that is printed. They end with this process, however it ends: their
standard input is a pipe from here. Samples that die are started again; the dashboard is the
product, and what ends it ends everything.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from web.port_owner import describe_owner  # noqa: E402  (the checkout first has to be on the path)

LAST_PORT = 65435
"""The samples get the port a hundred above."""
LAUNCH: Final = (
    "import sys; from web.lifeline import end_with_parent; end_with_parent(); "
    "from web.cli import main; main(sys.argv[1:], prog_name='flaskscope')"
)
MOST_STARTS: Final = 3
STARTS_WITHIN: Final = 30.0
"""Samples that were started so often in so many seconds cannot run here."""
STOP_PATIENCE: Final = 10.0


class EndedError(Exception):
    """Somebody wants us to end: Control-C, SIGTERM, a terminal that was closed."""


def main() -> None:
    port = chosen_port()
    os.chdir(ROOT)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    programs: list[Program] = []
    try:
        programs.append(Program("dashboard", "--port", str(port)))
        dashboard = f"http://127.0.0.1:{port}"
        programs.append(
            Program("samples", "--quiet", "--port", str(port + 100), "--dashboard", dashboard)
        )
        code = watch(*programs)
    except EndedError:
        code = 0
    finally:
        stop(programs)
    sys.exit(code)


class Program:
    """One of ours, running; started again by :meth:`start`."""

    def __init__(self, *arguments: str) -> None:
        self.arguments = arguments
        self.starts: list[float] = []
        self.start()

    def start(self) -> None:
        # In a session of its own: Control-C is for us to hear, and we tell it to end.
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, *self.arguments],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self.starts.append(time.monotonic())

    @property
    def recent_starts(self) -> int:
        return sum(time.monotonic() - at < STARTS_WITHIN for at in self.starts)


def watch(dashboard: Program, samples: Program) -> int:
    """Until the dashboard ends; its exit code."""
    while True:
        pid, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        if pid == dashboard.process.pid:
            dashboard.process.returncode = code
            return abs(code)
        samples.process.returncode = code
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        if samples.recent_starts >= MOST_STARTS:
            told = f"The samples have ended ({how}), again and again: the dashboard goes on alone."
            print(told, file=sys.stderr)
        else:
            print(f"The samples have ended ({how}) and are started again.", file=sys.stderr)
            samples.start()


def stop(programs: list[Program]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # pressed once more: they are ending
    running = [one.process for one in programs if one.process.poll() is None]
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def chosen_port() -> int:
    """``PORT``, if it is free; otherwise one sentence and the end."""
    port = os.environ.get("PORT") or "5000"
    if not port.isascii() or not port.isdigit() or not 0 < int(port) <= LAST_PORT:
        sys.exit(f"PORT is {port!r}; it can be a number from 1 to {LAST_PORT}: PORT=7000 make run")
    try:
        socket.create_server(("127.0.0.1", int(port))).close()
    except OSError as error:
        sys.exit(describe_owner("127.0.0.1", int(port), error, "PORT=7000 make run"))
    return int(port)


def end(number: int, frame: FrameType | None) -> None:
    raise EndedError


if __name__ == "__main__":
    main()
