"""Everything that must hold before a change lands: ``make test`` (or ``make check`` for part one).

One line says what runs; a step's output follows it. All steps run, then the exit code tells: one
failure does not hide the next.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BUILD_FRONTEND = [PYTHON, "scripts/build_frontend.py"]
# In the order of the files, so that a build that fails says the same when it is run again; by hand
# `pytest` takes a random order.
PYTEST = [PYTHON, "-m", "pytest", "-q", "-p", "no:randomly"]

CHECKS: list[tuple[str, list[str]]] = [
    ("ruff format", [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."]),
    ("ruff check", [PYTHON, "-m", "ruff", "check", "--quiet", "."]),
    ("mypy --strict", [PYTHON, "-m", "mypy"]),
    ("npm packages", [*BUILD_FRONTEND, "--install"]),
    ("tsc and biome", [*BUILD_FRONTEND, "--run", "--silent", "check"]),
]
TESTS: list[tuple[str, list[str]]] = [
    ("vitest", [*BUILD_FRONTEND, "--run", "--silent", "test"]),
    ("every Flask", [PYTHON, "scripts/matrix.py", "--this-python"]),
    # Playwright leaves a loop and a greenlet in the thread that it ran in: nothing else runs there.
    ("pytest, the page", [*PYTEST, "--durations=10", "tests/e2e"]),
    ("pytest, all the rest", [*PYTEST, "--durations=10", "--ignore=tests/e2e"]),
]

PROGRAMS = (
    # Debian's package, the program that shows it is there, who needs it.
    ("chromium", "chromium", "The browser tests"),
    ("redis-server", "redis-server", "The tests with a real Redis"),
    ("mariadb-server-core", "mariadbd", "The tests with a real MariaDB"),
    ("mariadb-client-core", "my_print_defaults", "The tests with a real MariaDB"),
)


def main(arguments: list[str]) -> int:
    steps = CHECKS if arguments == ["check"] else [*CHECKS, *TESTS]
    if steps is not CHECKS:
        need_programs()
    failed = [name for name, command in steps if not step(name, command)]
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll of it passed.", flush=True)
    return 1 if failed else 0


def step(name: str, command: list[str]) -> bool:
    print(f"\n── {name}", flush=True)
    started = time.monotonic()
    passed = subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    print(f"── {name}: {'ok' if passed else 'FAILED'}, {time.monotonic() - started:.0f} s")
    return passed


def need_programs() -> None:
    """What the tests drive, from Debian: install it where we may, ask for it elsewhere."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    missing = {
        package: (program, purpose)
        for package, program, purpose in PROGRAMS
        if shutil.which(program, path=path) is None
    }
    if not missing:
        return
    install = ["install", "-y", "--no-install-recommends", *missing]
    if shutil.which("apt-get") and os.geteuid() == 0:
        print(f"Installing for the tests (apt-get {' '.join(install)}) …", flush=True)
        quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], install):
            subprocess.run([*quiet, *command], check=True, env=environment, stdout=sys.stderr)
        return
    for program, purpose in missing.values():
        print(f"{purpose} need `{program}`, which is not on the PATH.", file=sys.stderr)
    sys.exit(f"Install what is missing: apt-get {' '.join(install)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
