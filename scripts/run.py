"""``make run``: start the Procfile with honcho on ``PORT``, if that port can be had.

What the processes print is all that is printed: honcho's own words about them would only stand
around the one line that a person looks for.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

from honcho.environ import expand_processes, parse_procfile
from honcho.manager import SYSTEM_PRINTER_NAME, Manager
from honcho.printer import Message, Printer

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from web.port_owner import describe_owner  # noqa: E402  (the checkout first has to be on the path)

LAST_PORT = 65435
"""The samples get the port a hundred above."""
ENDED_BY_SIGNAL = (130, 143)
"""honcho's return codes for SIGINT and SIGTERM: somebody wanted it to end, nothing failed."""


class ProcessPrinter(Printer):  # type: ignore[misc]  # honcho has no types
    """Prints what the processes print, and nothing about them."""

    def write(self, message: Message) -> None:
        if message.name != SYSTEM_PRINTER_NAME:
            super().write(message)


def main() -> None:
    port = chosen_port()
    # honcho's helpers must inherit how a hangup is handled, which only forked ones do.
    multiprocessing.set_start_method("fork")
    signal.signal(signal.SIGHUP, end)
    os.chdir(ROOT)
    manager = Manager(ProcessPrinter(sys.stdout, colour=False, prefix=False))
    procfile = parse_procfile((ROOT / "Procfile").read_text())
    for process in expand_processes(procfile.processes, port=port):
        manager.add_process(process.name, process.cmd, env={**os.environ, **process.env})
    manager.loop()
    sys.exit(0 if manager.returncode in ENDED_BY_SIGNAL else manager.returncode)


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
    """The terminal was closed: end as for SIGTERM, or the processes would go on without it."""
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
