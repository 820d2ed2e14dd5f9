"""Ends a process with the one that started it, however that ended.

Alone in its module, and importing nothing that eventlet patches: it comes before the patching.
"""

from __future__ import annotations

import _thread
import os
import signal
from typing import Final

LIFELINE: Final = "FLASKSCOPE_LIFELINE"
"""Set by who starts us: our standard input is a pipe that ends when they do."""


def end_with_parent() -> None:
    """End when standard input does, which whoever started us holds open. Before eventlet patches.

    A thread of the system that waits in the system's read, however the runtime works.
    """
    read, kill = os.read, os.kill

    def wait() -> None:
        while read(0, 4096):
            pass
        kill(os.getpid(), signal.SIGTERM)

    _thread.start_new_thread(wait, ())
