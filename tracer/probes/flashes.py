"""Flashed messages taken out by Python code.

Flashing itself is seen through its signal, and the call in a template where templates are.
"""

from __future__ import annotations

from typing import Any

import flask
import flask.helpers

from .base import Probe
from .patching import Patches


class FlashesProbe(Probe):
    name = "flashes"
    kinds = ("get_flashed_messages",)

    def install(self, patches: Patches) -> None:
        patches.replace(flask, "get_flashed_messages", self._get)
        patches.replace(flask.helpers, "get_flashed_messages", self._get)

    def _get(self, original: Any) -> Any:
        def get_flashed_messages(*args: Any, **kwargs: Any) -> Any:
            messages = original(*args, **kwargs) if args or kwargs else original()
            if self.is_on:
                try:
                    key = self.tools.current_key()
                    if key is not None:
                        self.recorder.instant(
                            "get_flashed_messages", "get_flashed_messages", key, None,
                            {"count": len(messages)},
                        )  # fmt: skip
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return messages

        return get_flashed_messages
