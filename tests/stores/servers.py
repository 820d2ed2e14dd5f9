"""MariaDB, PostgreSQL and Redis from Debian, each a process of its own on a socket in a folder."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PATIENCE = 60.0


@contextmanager
def redis_server(folder: Path) -> Iterator[Path]:
    """The socket of a Redis that keeps nothing."""
    socket = folder / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--dir", str(folder)]
    with _running([*command, "--save", "", "--daemonize", "no"], "ready to accept connections"):
        yield socket


@contextmanager
def mariadb_server(folder: Path) -> Iterator[Path]:
    """The socket of a MariaDB with an empty database ``shop``; ``root`` needs no password."""
    data, socket = folder / "data", folder / "mariadb.sock"
    user = getpass.getuser()
    install = ["mariadb-install-db", "--no-defaults", f"--user={user}", f"--datadir={data}"]
    install += ["--auth-root-authentication-method=normal", "--skip-test-db"]
    made = subprocess.run(install, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    first = folder / "first.sql"
    first.write_text("CREATE DATABASE shop;\n")
    # Debian keeps it off the PATH of everybody but root.
    program = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None
    command = [program, "--no-defaults", f"--user={user}", f"--datadir={data}"]
    command += [f"--socket={socket}", "--skip-networking", f"--pid-file={folder / 'pid'}"]
    command += [f"--init-file={first}", "--innodb-flush-log-at-trx-commit=0"]
    with _running(command, "ready for connections"):
        yield socket


@contextmanager
def postgres_server(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A PostgreSQL whose socket is in *folder*; ``postgres`` needs no password.

    It refuses to run as root, who runs it as Debian's user for it.
    """
    user = "postgres" if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"
    install = [_postgres("initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync"]
    made = subprocess.run(
        install, capture_output=True, text=True, check=False, user=user, cwd=folder
    )
    assert made.returncode == 0, made.stdout + made.stderr
    command = [_postgres("postgres"), "-D", str(data), "-k", str(folder), "-h", "", "-F"]
    with _running(command, "ready to accept connections", user) as process:
        yield process


def _postgres(program: str) -> str:
    """Debian keeps those of each version in a folder of its own."""
    folders = map(str, Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which(program, path=":".join([os.environ["PATH"], *folders]))
    assert found is not None
    return found


@contextmanager
def _running(
    command: list[str], ready: str, user: str | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Until *command* has said *ready*, and then as long as the block runs."""
    said: list[str] = []
    told = threading.Event()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        user=user,
    )

    def listen(output: IO[str]) -> None:
        """All of it: a full pipe would stop the server."""
        for line in output:
            said.append(line)
            if ready in line.lower():
                told.set()
        told.set()

    assert process.stdout is not None
    with process.stdout as output:
        listener = threading.Thread(target=listen, args=(output,), daemon=True)
        listener.start()
        try:
            assert told.wait(PATIENCE), f"{command[0]} is not ready:\n{''.join(said)}"
            assert process.poll() is None, f"{command[0]} ended:\n{''.join(said)}"
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)
            listener.join()
