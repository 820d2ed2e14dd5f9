"""Resolve ``requirements/*.lock``: every version pinned, every file hashed.

``run`` and ``dev`` come from pyproject.toml; ``flask-*`` is one Flask each, of those that the
tracer is tested on (see matrix.py), beside the test tools of ``dev``; ``webpy`` goes into a folder
of its own (see bootstrap.py); ``suites`` is what ``make suites`` runs. The locks name no package
index: they install from whichever the machine is configured for.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.suites.catalog import FLASK, PYTEST, SUITES  # noqa: E402

DEV = ROOT / "requirements" / "dev.lock"
EVERYBODY = ("--extra", "dashboard", "--extra", "samples", "--group", "run")
LOCKS = {
    "dev": (*EVERYBODY, "--group", "dev"),
    # A subset of dev.lock, held to the same versions.
    "run": (*EVERYBODY, "--constraint", "requirements/dev.lock"),
    # Goes into the same environment as dev.lock.
    "bench": ("--group", "bench", "--constraint", "requirements/dev.lock"),
}
# The newest of each line, with the newest Werkzeug on which Flask's own test suite passes: left to
# itself, an installer gives the old ones a Werkzeug that they cannot even import.
FLASKS = {
    "1.1.4": ("werkzeug==1.0.1", "jinja2<3", "markupsafe<2.1", "itsdangerous<2", "click<8"),
    "2.0.3": ("werkzeug==2.0.3", "jinja2<3.1", "click<8.1"),
    "2.1.3": ("werkzeug==2.2.3",),
    "2.2.5": ("werkzeug==3.0.6",),
    "2.3.3": ("werkzeug==3.1.6",),
    "3.0.3": ("werkzeug==3.1.6",),
    "3.1.3": ("werkzeug==3.1.6",),
}
TEST_TOOLS = (
    "asgiref",
    "blinker",
    "greenlet",
    "hypothesis",
    "pytest",
    "pytest-timeout",
    "pytest-randomly",
)


def main() -> None:
    for name, what in LOCKS.items():
        resolve(name, ["pyproject.toml", *what])
    resolve("webpy", ["-"], "web.py>=0.62")
    tools = [line for name in TEST_TOOLS for line in pinned(name)]
    for flask, others in FLASKS.items():
        wanted = "\n".join([f"flask=={flask}", *others, *tools])
        resolve(f"flask-{flask}", ["-"], wanted)
    wanted = "\n".join([FLASK, PYTEST, *(line for s in SUITES for line in (s.pin, *s.needs))])
    resolve("suites", ["-"], wanted, oldest="3.11")  # Flask-Caching wants that


def resolve(name: str, what: list[str], stdin: str | None = None, oldest: str = "3.10") -> None:
    command = [sys.executable, "-m", "uv", "pip", "compile", *what]
    command += ["--universal", "--python-version", oldest, "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header"]
    command += ["--quiet", "--output-file", f"requirements/{name}.lock"]
    subprocess.run([*command, *sys.argv[1:]], cwd=ROOT, check=True, input=stdin, text=True)


def pinned(package: str) -> list[str]:
    """The lines of dev.lock about *package*, without their hashes."""
    found = re.findall(rf"^{package}==[^\\\n]*", DEV.read_text(encoding="utf-8"), re.MULTILINE)
    return [line.strip() for line in found]


if __name__ == "__main__":
    main()
