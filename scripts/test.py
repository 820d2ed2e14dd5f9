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

import compile_tracer

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
# Where the tests above ran the compiled form of the tracer's hot path. "every Flask" runs this one.
AS_PLAIN_PYTHON = (
    "pytest, the tracer once more as plain Python",
    ["env", "FLASKSCOPE_COMPILED=0", *PYTEST, "tests/golden", "tests/tracer", "tests/lanes"],
)

PROGRAMS = (
    # Debian's package, the program that shows it is there, who needs it.
    ("chromium", "chromium", "The browser tests"),
    ("redis-server", "redis-server", "The tests with a real Redis"),
    ("mariadb-server-core", "mariadbd", "The tests with a real MariaDB"),
    ("mariadb-client-core", "my_print_defaults", "The tests with a real MariaDB"),
    ("postgresql", "initdb", "The test with a real PostgreSQL"),
)


def main(arguments: list[str]) -> int:
    steps = CHECKS if arguments == ["check"] else [*CHECKS, *TESTS]
    if steps is not CHECKS:
        need_programs()
        if can_compile():
            steps.append(AS_PLAIN_PYTHON)
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
    # Debian keeps each PostgreSQL in a folder of its own.
    postgres = map(str, Path("/usr/lib/postgresql").glob("*/bin"))
    path = ":".join([os.environ.get("PATH", ""), "/usr/sbin", *postgres])
    missing = {
        package: (program, purpose)
        for package, program, purpose in PROGRAMS
        if shutil.which(program, path=path) is None
    }
    if not missing:
        return
    if may_install():
        install(*missing)
        return
    for program, purpose in missing.values():
        print(f"{purpose} need `{program}`, which is not on the PATH.", file=sys.stderr)
    sys.exit(f"Install what is missing: apt-get install {' '.join(missing)}")


def can_compile() -> bool:
    """Whether there is a compiled form to test; a compiler for it is installed where we may.

    The tracer needs none, so its tests are content with plain Python elsewhere.
    """
    if os.environ.get("FLASKSCOPE_COMPILED") == "0":
        return False
    python = compile_tracer.facts()
    if compile_tracer.obstacle(python) and not python.unfit and may_install():
        # An interpreter of Debian's has its headers there, too; any other brought its own, or not.
        headers = ["python3-dev"] if sys.base_prefix == "/usr" else []
        install("gcc", "libc6-dev", *headers, check=False)
    if compile_tracer.bring_up_to_date():
        return True
    obstacle = compile_tracer.obstacle(compile_tracer.facts()) or "It does not compile here"
    print(f"{obstacle}: the tracer is tested as plain Python alone.", flush=True)
    return False


def may_install() -> bool:
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def install(*packages: str, check: bool = True) -> None:
    """Debian's *packages*; what apt-get says goes to standard error."""
    command = ["install", "-y", "--no-install-recommends", *packages]
    print(f"Installing for the tests (apt-get {' '.join(command)}) …", flush=True)
    quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for what in (["update"], command):
        subprocess.run([*quiet, *what], check=check, env=environment, stdout=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
