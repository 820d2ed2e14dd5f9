"""Every Flask that the tracer supports, on every Python: ``make matrix``.

Each ``requirements/flask-*.lock`` is installed into an environment of its own below ``.matrix/``,
which is kept for the next time, and the tracer's tests run in it. Without arguments on every Python
from 3.10 to 3.13 that is found, twice: with the tracer's hot path compiled, and as plain Python.
``--this-python`` on this one alone, as plain Python, and without the Flask that is installed beside
this script: that is how ``make test`` calls it, whose pytest has that one anyway, compiled.
This short form holds the golden orders and the twin; the rest takes minutes each.
Versions, like ``2.1.3``, choose among the Flasks.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import compile_tracer

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".matrix"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
TESTS = ("tests/golden", "tests/tracer")
SINCE = {
    "tests/tracer/test_local_proxies.py": [2, 2],
    "tests/tracer/test_over_http.py": [2, 2],
    "tests/tracer/test_setup.py": [2, 2],
    "tests/tracer/test_state.py": [2, 2],
}
"""Tests that expect what older ones word or do in another way; see docs/architecture.md."""
QUIET = "-Wignore::DeprecationWarning"
"""For all but the newest Flask: what libraries say of their own age is not ours to mend."""
SHORT = ("tests/golden",)
"""The whole order of events in every situation, and what a dumb twin saw of it."""
PLAIN, COMPILED = "plain", "compiled"
FORMS = {PLAIN: "0", COMPILED: "1"}
"""The two forms of the hot path → ``FLASKSCOPE_COMPILED``."""
UV = (sys.executable, "-m", "uv", "--quiet")


class Cell(NamedTuple):
    """One Flask on one Python."""

    lock: Path
    flask: str
    python: str
    executable: str
    forms: list[str]
    is_newest: bool
    options: argparse.Namespace


class Result(NamedTuple):
    flask: str
    python: str
    form: str
    words: str
    """What pytest says in its last line, or what went wrong before."""
    seconds: float
    output: str
    """Empty when all is well."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("flasks", nargs="*", metavar="FLASK", help="only these, like 2.1.3")
    parser.add_argument("--this-python", action="store_true", help="short: one Python")
    parser.add_argument("--source", type=Path, help="a checkout of Flask, in place of the newest")
    options = parser.parse_args()
    locks = {path.stem.removeprefix("flask-"): path for path in ROOT.glob("requirements/flask-*")}
    unknown = set(options.flasks) - set(locks)
    if unknown:
        parser.error(f"no requirements/flask-….lock for {', '.join(sorted(unknown))}")
    chosen = sorted(options.flasks or locks, key=numbers)
    newest = max(locks, key=numbers)
    if options.source:
        chosen = [newest]
    elif options.this_python and not options.flasks:
        chosen = [flask for flask in chosen if flask != metadata.version("flask")]
    cells = [
        Cell(locks[flask], flask, version, path, forms, flask == newest, options)
        for version, path in pythons(options.this_python).items()
        for forms in [forms_on(path, options.this_python)]
        for flask in chosen
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = [result for of_cell in pool.map(run, cells) for result in of_cell]
    for result in results:
        if result.output:
            where = f"Flask {result.flask} on Python {result.python}, {result.form}"
            print(f"\n── {where}\n{result.output}")
    print(f"\n{'Flask':<8}{'Python':<8}{'form':<10}")
    for result in results:
        state = "FAILED" if result.output else "ok"
        print(f"{result.flask:<8}{result.python:<8}{result.form:<10}{state:<8}{result.words}")
    return 1 if any(result.output for result in results) else 0


def numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def pythons(only_this: bool) -> dict[str, str]:
    """Version → executable; this one first."""
    this = "{}.{}".format(*sys.version_info)
    found = {this: sys.executable}
    if not only_this:
        for version in PYTHONS:
            path = next(filter(works, installed(version)), None)
            if path and version != this:
                found[version] = str(path)
    return found


def installed(version: str) -> Iterator[Path]:
    """Where *version* of Python may be: on the path, and below pyenv, whose stand-ins on the path
    start nothing but the version that is chosen there."""
    path = shutil.which(f"python{version}")
    if path:
        yield Path(path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)


def forms_on(python: str, only_plain: bool) -> list[str]:
    """What can be tested on *python*; compiles for it."""
    if only_plain or compile_tracer.bring_up_to_date(python) is None:
        return [PLAIN]
    return [PLAIN, COMPILED]


def run(cell: Cell) -> list[Result]:
    lock, flask, python, executable, forms, is_newest, options = cell
    source: Path | None = options.source
    if source:
        flask, is_newest = source.resolve().name, False
    folder = KEPT / f"flask-{flask}-python-{python}"
    try:
        install(lock, executable, folder, source)
    except subprocess.CalledProcessError as error:
        output = f"{error}\n{error.stderr}"
        return [Result(flask, python, "", "could not be installed", 0, output)]
    # The short form is part of the build: it says the same when it is run again.
    tests = (*SHORT, "-p", "no:randomly") if options.this_python else TESTS
    command = [str(binary(folder)), "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    if not source:
        command += [f"--ignore={test}" for test, since in SINCE.items() if numbers(flask) < since]
    if not is_newest:
        command.append(QUIET)
    return [tested(command, flask, python, form) for form in forms]


def tested(command: list[str], flask: str, python: str, form: str) -> Result:
    """What comes of the tests with one form of the hot path."""
    started = time.monotonic()
    environment = {**os.environ, "FLASKSCOPE_COMPILED": FORMS[form]}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    found = re.findall(r"^=*\s*(\d+ .*? in [\d.]+s.*?)\s*=*$", output, re.MULTILINE)
    words = found[-1] if found else f"pytest ended with {done.returncode}"
    print(f"Flask {flask} on Python {python}, {form}: {words}", flush=True)
    return Result(
        flask, python, form, words, time.monotonic() - started, output if done.returncode else ""
    )


def install(lock: Path, python: str, folder: Path, source: Path | None) -> None:
    """Make *folder* an environment that holds *lock*, unless it does; *source* is put on top."""
    stamp = folder / "installed"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted and not source and works(binary(folder)):
        return
    print(f"Installing {folder.name} …", flush=True)
    quiet = {"check": True, "capture_output": True, "text": True}
    subprocess.run([*UV, "venv", "--clear", "--python", python, str(folder)], **quiet)
    sync = ("pip", "sync", "--require-hashes", "--python", str(binary(folder)), str(lock))
    subprocess.run([*UV, *sync], **quiet)
    if source:
        on_top = ("pip", "install", "--no-deps", "--python", str(binary(folder)), str(source))
        subprocess.run([*UV, *on_top], **quiet)
    stamp.write_text(wanted)


def binary(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def works(python: Path) -> bool:
    run = [python, "-c", ""]
    return python.exists() and not subprocess.run(run, capture_output=True, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
