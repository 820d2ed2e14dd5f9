"""Why a port cannot be had, in one sentence: who has it, and what to do."""

from __future__ import annotations

import errno
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_LISTENING: Final = "0A"
"""State in ``/proc/net/tcp``."""


def describe_owner(host: str, port: int, error: OSError, how: str = "--port") -> str:
    """What to tell a person who wanted to listen on *host* and *port* and got *error*.

    *how* is the way in which this person chooses another port.
    """
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken{_by_whom(port)}; end that, or choose another with {how}."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than you have; choose one above 1023 with {how}."
    return f"Cannot listen on {host} port {port} ({error.strerror or error}); see --host."


def _by_whom(port: int) -> str:
    owner = _listening_process(port)
    if owner is not None:
        return f" by process {owner[0]} ({owner[1]})"
    if sys.platform == "darwin" and port in {5000, 7000}:
        return ", on macOS mostly by the AirPlay receiver"
    return " by another program"


def _listening_process(port: int) -> tuple[int, str] | None:
    """Process id and command line of who listens on *port*, as far as Linux tells us."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for link in Path("/proc").glob("[0-9]*/fd/*") if inodes else ():
        # Processes end while one looks, and those of others are closed to us.
        with suppress(OSError):
            if str(link.readlink()) in inodes:
                process = link.parent.parent
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                return int(process.name), command.decode("utf-8", "replace").strip()[:80]
    return None


def _listening_inodes(port: int) -> list[str]:
    found: list[str] = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text("ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    found.append(fields[9])
    return found
