"""``flaskscope run``: a command, with every Flask application in it and below it traced."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final

import click

from tracer.bootstrap import is_disabled, traced_environment, traced_processes
from tracer.config import checked_address

from .companion import NoDashboard, dashboard_for

_FORWARDED: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_FROM_TERMINAL: Final = ("SIGINT", "SIGQUIT", "SIGHUP")
"""Sent by a terminal to all who run in it, the command included."""


class CannotRun(click.ClickException):
    """The command does not start: one sentence. Exit codes are those of every shell."""

    exit_code = 2


class NotExecutable(CannotRun):
    exit_code = 126


class NotFound(CannotRun):
    exit_code = 127


def run(command: Sequence[str], url: str | None) -> int:
    """Run *command* to its end; its return code, negative for the signal that killed it.

    *url* is the dashboard's, None for whichever is there or can be started.
    ``FLASKSCOPE_DISABLED=1`` runs the command and does nothing else. :class:`CannotRun` if there
    is no such command, or nothing can be sent to *url*. On the main thread.
    """
    program = _program(command)
    if is_disabled(os.environ):
        return _run(program, command, dict(os.environ))
    if url is not None:
        try:
            checked_address(url)
        except ValueError as error:
            raise CannotRun(str(error)) from None
    try:
        with dashboard_for(url) as dashboard:
            return _run_traced(program, command, dashboard)
    except NoDashboard as error:
        click.echo(f"Flaskscope: the command runs untraced. {error}", err=True)
        return _run(program, command, dict(os.environ))


def end_like(code: int) -> None:
    """End this process as the command ended: with its exit code, or of the same signal."""
    if code >= 0:
        sys.exit(code)
    if -code in _numbers(_FORWARDED) or -code == getattr(signal, "SIGKILL", None):
        with suppress(OSError):  # SIGKILL has no handler to take back
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(128 - code)  # a crash: no second core file


def _program(command: Sequence[str]) -> str:
    """The file to run; :class:`CannotRun` tells what is wrong with it."""
    if not command:
        raise CannotRun("Say what to run: flaskscope run -- flask --app shop run")
    name = command[0]
    found = shutil.which(name)
    if found is not None:
        return found
    place = Path(name) if os.path.dirname(name) else None  # noqa: PTH120
    if place is not None and place.is_dir():
        raise NotExecutable(f"{name} is a folder, not a command.")
    if (place is not None and place.exists()) or shutil.which(name, os.F_OK):
        raise NotExecutable(f"{name} may not be executed: chmod +x makes it a command.")
    raise NotFound(f"There is no command {name!r}.")


def _run_traced(program: str, command: Sequence[str], dashboard: str) -> int:
    with tempfile.TemporaryDirectory(prefix="flaskscope-run-", ignore_cleanup_errors=True) as word:
        code = _run(program, command, traced_environment(os.environ, dashboard, word))
        if not traced_processes(word):
            click.echo(
                f"Flaskscope: nothing was traced, for no process of {command[0]!r} imported Flask, "
                "or Python was told to ignore PYTHONPATH (-E, -I, -S).",
                err=True,
            )
        return code


def _run(program: str, command: Sequence[str], environment: dict[str, str]) -> int:
    with _Forwarding() as forwarding:
        try:
            process = subprocess.Popen(  # noqa: S603 - whoever types it runs it
                list(command), executable=program, env=environment
            )
        except OSError as error:
            raise NotExecutable(
                f"{command[0]} cannot be executed: {error.strerror or error}."
            ) from error
        forwarding.to(process)
        return process.wait()


class _Forwarding:
    """Signals that come within the block go to the command. On the main thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._before: dict[int, Any] = {}

    def to(self, process: subprocess.Popen[bytes]) -> None:
        """This is it; it also gets what came while it was being started."""
        self._process = process
        for number in self._early:
            self._send(number)

    def __enter__(self) -> _Forwarding:
        for number in _numbers(_FORWARDED):
            # What we were told to ignore (nohup), the command ignores, too.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if number in _numbers(_FROM_TERMINAL) and _is_in_foreground():
            return  # it has got it already
        if self._process is None:
            self._early.append(number)
        else:
            self._send(number)

    def _send(self, number: int) -> None:
        assert self._process is not None
        with suppress(OSError):  # it may have become somebody else's
            self._process.send_signal(number)


def _is_in_foreground() -> bool:
    """Whether a terminal sends us its Ctrl-C."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except (OSError, AttributeError):
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _numbers(names: Sequence[str]) -> list[int]:
    """Those of *names* that this system has."""
    return [int(getattr(signal, name)) for name in names if hasattr(signal, name)]
