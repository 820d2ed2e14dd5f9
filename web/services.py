"""The dashboard's parts, built once by ``app.create_app`` and reached from every request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from flask import current_app

if TYPE_CHECKING:
    from .apps import Apps
    from .config import Config
    from .cookie_jars import CookieJars
    from .fire import Fire
    from .ingest import IngestService
    from .keys import Keys
    from .live import LiveHub
    from .recordings import Recordings
    from .runtime import Runtime
    from .settings import Settings
    from .store import Store

EXTENSION: Final = "flaskscope"
"""Where Flask's ``app.extensions`` keeps the services."""


@dataclass(slots=True)
class Services:
    """One of each; every field lives as long as the process."""

    config: Config
    keys: Keys
    runtime: Runtime
    store: Store
    ingest: IngestService
    live: LiveHub
    recordings: Recordings
    apps: Apps
    settings: Settings
    fire: Fire
    jars: CookieJars


def services() -> Services:
    """The services of the dashboard that handles this request or socket event."""
    return cast(Services, current_app.extensions[EXTENSION])
