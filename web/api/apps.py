"""``/api/apps``: who is connected, what can be fired, what is registered."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from web.services import services

apps = Blueprint("apps", __name__, url_prefix="/api/apps")


@apps.get("")
def list_apps() -> dict[str, Any]:
    return {"items": services().apps.items()}


@apps.get("/registry")
def list_registered() -> dict[str, Any]:
    """Everything registered in every application that the list of applications names."""
    return {"items": services().apps.registered()}


@apps.get("/<app_id>/routes")
def list_routes(app_id: str) -> dict[str, Any]:
    return {"items": services().apps.get(app_id).routes()}


@apps.get("/<app_id>/registry")
def list_registry(app_id: str) -> dict[str, Any]:
    return {"items": services().apps.get(app_id).registry()}
