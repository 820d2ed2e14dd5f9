"""A folder for each suite: its source archive, and an environment that holds what it needs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

from .catalog import FLASK, PYTEST, Suite

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".suites"
LOCK = ROOT / "requirements" / "suites.lock"
UV = (sys.executable, "-m", "uv", "--quiet", "pip", "install")


class CannotInstall(Exception):
    """A suite cannot be had; the message is the installer's own."""


class Environment(NamedTuple):
    """Where one suite is installed."""

    python: Path
    source: Path
    """What the archive holds; pytest's working folder."""


def environment(suite: Suite) -> Environment:
    """*suite*, installed on this Python; what was installed before for the same pins is kept.

    :class:`CannotInstall` if the index does not answer or something cannot be built.
    """
    folder = KEPT / f"{suite.name}-{suite.version}"
    wanted = f"{sys.version}\n{suite}\n{LOCK.read_text(encoding='utf-8')}"
    stamp = folder / "installed"
    made = Environment(folder / "venv" / "bin" / "python", folder / "source")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return made
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # For archives that bring no configuration: pytest would go on upwards and take ours.
    (folder / "pytest.ini").touch()
    _unpack(suite, folder, made.source)
    _call(sys.executable, "-m", "venv", "--without-pip", str(folder / "venv"))
    packages = (suite.pin, *suite.needs, FLASK, PYTEST)
    _call(*UV, "--python", str(made.python), "--constraint", str(LOCK), *packages)
    stamp.write_text(wanted, encoding="utf-8")
    return made


def _unpack(suite: Suite, folder: Path, source: Path) -> None:
    pin = folder / "archive.txt"
    pin.write_text(_locked(suite), encoding="utf-8")
    download = (sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder))
    only_source = ("--no-deps", "--no-binary", suite.name, "--require-hashes")
    _call(*download, *only_source, "--requirement", str(pin))
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    unpacked.rename(source)


def _locked(suite: Suite) -> str:
    """The lines of the lock file about *suite*: its version and the hashes of its files."""
    lock = LOCK.read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(suite.pin)} (?:.*\\\n)*.*\n", lock, re.MULTILINE)
    if found is None:
        raise CannotInstall(f"{suite.pin} is not in {LOCK.name}: make lock")
    return found[0]


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotInstall(done.stderr.strip() or f"{command[0]} ended with {done.returncode}")
