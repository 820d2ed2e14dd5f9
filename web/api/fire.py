"""``POST /api/apps/<id>/fire`` and the cookie jars of fired requests."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from web.services import services

from .bodies import json_body

fire = Blueprint("fire", __name__, url_prefix="/api")


@fire.post("/apps/<app_id>/fire")
def fire_request(app_id: str) -> dict[str, Any]:
    return services().fire.fire(app_id, json_body())


@fire.delete("/cookie_jars/<name>")
def forget_jar(name: str) -> tuple[str, int]:
    services().jars.forget(name)
    return "", 204
