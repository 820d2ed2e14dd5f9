"""``/api/settings`` and ``/api/snippet``: what can be changed, and what to paste."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from web.services import services

from .bodies import json_body

settings = Blueprint("settings", __name__, url_prefix="/api")


@settings.get("/settings")
def read_settings() -> dict[str, Any]:
    return services().settings.to_dict()


@settings.patch("/settings")
def change_settings() -> dict[str, Any]:
    return services().settings.change(json_body())


@settings.get("/snippet")
def read_snippet() -> dict[str, str]:
    """How an application sends here; the key in it can deliver events and nothing else."""
    parts = services()
    url, key = parts.config.url, parts.keys.ingest
    return {
        "url": url,
        "key": key,
        "python": f'from tracer import Tracer\n\nTracer(app, dashboard="{url}", token="{key}")\n',
        "environment": f"FLASKSCOPE_DASHBOARD={url}\nFLASKSCOPE_TOKEN={key}\n",
    }
