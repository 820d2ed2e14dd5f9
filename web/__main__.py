"""``python -m web``: the same as ``flaskscope``."""

from __future__ import annotations

from .cli import main

if __name__ == "__main__":
    main(prog_name="flaskscope")
