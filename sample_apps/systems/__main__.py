"""``python -m sample_apps.systems MODULE FUNCTION SYSTEM``: one system of a lesson, traced.

Standard output gets one line, JSON: the port where it listens, or the module that is missing.
Standard input brings a line for each connection before it is made, JSON as well; where it ends,
so does this process, whatever became of the one that started it.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

from sample_apps.packages import WEBPY
from tracer import Tracer
from tracer.programs import Program

from .seams import SYSTEMS, Expected, Seams

PATIENCE = 1.0
"""Seconds to wait for what is expected of a connection: it is said before the connection is made,
so only somebody who comes by himself is waited for."""


class Announced:
    """What is expected of connections, by the port that they come from. Read by a thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._expected: dict[int, Expected] = {}

    def read(self) -> None:
        for line in sys.stdin:
            port, *expected = json.loads(line)
            with self._changed:
                self._expected[port] = Expected(*expected)
                self._changed.notify_all()
        os._exit(0)

    def of(self, port: int) -> Expected:
        with self._changed:
            self._changed.wait_for(lambda: port in self._expected, PATIENCE)
            return self._expected.pop(port, Expected("?", "?", None))


def report_listening(tell: Callable[[int], None]) -> None:
    """*tell* the port of each socket of this process that listens from now on."""
    listen = socket.socket.listen

    def listening(self: socket.socket, *args: Any) -> None:
        listen(self, *args)
        tell(self.getsockname()[1])

    socket.socket.listen = listening  # type: ignore[method-assign]


def prepare(name: str, function: str, system: str, ask: Callable[[int], Expected]) -> Any:
    """The function of a lesson's module, to be called with a port; its system is watched."""
    if system == "webpy":
        if not WEBPY.exists():
            raise ModuleNotFoundError(name="webpy")
        sys.path.insert(0, str(WEBPY))
    seams = Seams(Program(system, system), ask)
    SYSTEMS[system](seams)
    module = import_module(name)
    vars(module).update(seams.replaced)
    return getattr(module, function)


def main(name: str, function: str, system: str) -> None:
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever the systems print is no line of ours
    announced = Announced()
    Tracer().instrument_all()
    report_listening(lambda port: print(json.dumps({"port": port}), file=told))
    try:
        serve = prepare(name, function, system, announced.of)
    except ModuleNotFoundError as error:
        print(json.dumps({"missing": error.name}), file=told)
        return
    threading.Thread(target=announced.read, name="announced", daemon=True).start()
    serve(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
