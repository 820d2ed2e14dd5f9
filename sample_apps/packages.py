"""What installs the package that a lesson misses."""

from __future__ import annotations

import sys
from pathlib import Path

WEBPY = Path(sys.prefix) / "webpy"
"""A folder for web.py alone: its module is called ``web``, as the dashboard's is, and only the
process of its lesson must find it."""


def how_to_install(module: str | None) -> str:
    """One sentence and one command for the module that could not be imported."""
    package = (module or "").partition(".")[0]
    if package == "webpy":
        return f"This lesson needs web.py: pip install --target {WEBPY} web.py\n"
    return f"This lesson needs {package}: pip install {package}\n"
