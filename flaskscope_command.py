"""What the command ``flaskscope`` starts.

A module of its own, because ``PYTHONPATH=.`` puts a project in front of all that is installed, and
it may have a ``web`` and a ``tracer`` that are not ours. The commands under ``flaskscope run`` find
what they would find without it: their path comes from the environment.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parent))
    from web.cli import main

    main()
