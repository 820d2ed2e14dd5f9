"""Of which files the hot path is made. ``scripts/compile_tracer.py`` reads this file as well."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

FILES: Final = (
    "structures.pyx",
    "rows.py",
    "flows.py",
    "threads.pyx",
    "recording.py",
    "calls.py",
    "templates.py",
    "signals.py",
    "contexts.py",
    "sessions.py",
    "responses.py",
    "running.py",
    "requests.py",
)
"""Each uses only those before it."""


def fingerprint() -> str:
    """Of all of them as they are now; changes with any of them."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()
