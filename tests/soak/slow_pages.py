"""The browser tests with pages as on a busy machine, and as far from the dashboard."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable

from tests.processes import ROOT


def slow_pages(slowness: str, say: Callable[[str], None]) -> str:
    """What pytest says of all of them with ``FLASKSCOPE_SLOW_PAGE=slowness``."""
    say(f"tests/e2e, {slowness} come late")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/e2e"],
        cwd=ROOT,
        env={**os.environ, "FLASKSCOPE_SLOW_PAGE": slowness},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    passed = re.search(r"\d+ passed", ran.stdout)
    assert passed, ran.stdout
    return f"{passed[0]}, {slowness} came late"
