"""``make run``: start the Procfile on ``PORT``, if that port can be had.

What its processes print is all that is printed. They end with this one, however it ends: their
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

from web.lifeline import LIFELINE  # noqa: E402  (the checkout first has to be on the path)
from web.port_owner import describe_owner  # noqa: E402

PORT_STEP: Final = 100
"""From the port of one process to that of the next, as everybody who reads Procfiles has it."""
LAST_PORT: Final = 65535 - PORT_STEP
DASHBOARD: Final = "web"
"""Its name in the Procfile."""
MOST_STARTS: Final = 3
STARTS_WITHIN: Final = 30.0
"""Samples that were started so often in so many seconds cannot run here."""
STOP_PATIENCE: Final = 10.0
ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class EndedError(Exception):
    """Somebody wants us to end: Control-C, SIGTERM, a terminal that was closed."""


def main() -> None:
    port = chosen_port()
    os.chdir(ROOT)
    for number in ENDING:
        signal.signal(number, end)
    programs: list[Program] = []
    try:
        for number, (name, command) in enumerate(procfile().items()):
            programs.append(Program(name, command, port + number * PORT_STEP))
        code = watch(programs)
    except EndedError:
        code = 0
    finally:
        stop(programs)
    sys.exit(code)


def procfile() -> dict[str, str]:
    """What is to run: name → shell command."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(":") for line in lines if line.strip())
    return {name.strip(): command.strip() for name, _, command in pairs}


class Program:
    """One of the Procfile's, running; started again by :meth:`start`."""

    def __init__(self, name: str, command: str, port: int) -> None:
        self.name = name
        self.command = command
        self.port = port
        self.starts: list[float] = []
        self.start()

    def start(self) -> None:
        # In a session of its own: Control-C is for us to hear, and we tell it to end.
        self.process = subprocess.Popen(
            self.command,
            shell=True,
            env={**os.environ, "PORT": str(self.port), LIFELINE: "1"},
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self.starts.append(time.monotonic())

    @property
    def recent_starts(self) -> int:
        return sum(time.monotonic() - at < STARTS_WITHIN for at in self.starts)


def watch(programs: list[Program]) -> int:
    """Until the dashboard ends; its exit code."""
    while True:
        pid, status = os.wait()
        ended = next(one for one in programs if one.process.pid == pid)
        code = ended.process.returncode = os.waitstatus_to_exitcode(status)
        if ended.name == DASHBOARD:
            return abs(code)
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        if ended.recent_starts < MOST_STARTS:
            print(f"The {ended.name} have ended ({how}) and are started again.", file=sys.stderr)
            ended.start()
        else:
            told = f"The {ended.name} have ended ({how}), again and again: the dashboard goes on."
            print(told, file=sys.stderr)


def stop(programs: list[Program]) -> None:
    for number in ENDING:  # once more: they are ending
        signal.signal(number, signal.SIG_IGN)
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
