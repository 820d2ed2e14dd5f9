"""Fires without a browser: applications that say of themselves whatever a test wants."""

from __future__ import annotations

from typing import Any

import pytest

from web.apps import Apps
from web.config import Config
from web.cookie_jars import CookieJars
from web.fire import Fire
from web.problems import Problem
from web.runtime import Runtime

AGENT = {"id": "a" * 32, "pid": 4711, "command": "flask run", "host": "box", "python": "3.11.7"}


def announce(apps: Apps, base_url: str | None, **fields: Any) -> str:
    """Announce the application ``shop`` at *base_url*; its id."""
    announcement = {"key": "shop", "name": "shop", "base_url": base_url, **fields}
    apps.seen(AGENT, [announcement], bye=False)
    return str(apps.items()[0]["id"])


class Cannon:
    """A :class:`Fire` and the application that it is aimed at."""

    def __init__(
        self, runtime: Runtime, base_url: str | None, config: Config | None = None, **fields: Any
    ) -> None:
        self.apps = Apps(runtime)
        self.jars = CookieJars()
        self.fire = Fire(config or Config(port=5000), runtime, self.apps, self.jars)
        self.app_id = announce(self.apps, base_url, **fields)

    def __call__(self, path: object = "/", **asked: Any) -> dict[str, Any]:
        return self.fire.fire(self.app_id, {"path": path, **asked})

    def refused(self, path: object = "/", **asked: Any) -> Problem:
        """The problem that firing this ends in."""
        with pytest.raises(Problem) as caught:
            self(path, **asked)
        return caught.value
