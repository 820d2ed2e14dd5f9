"""``GET /api/status`` and ``GET /healthz``."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from web.services import services
from web.status import build_status

status = Blueprint("status", __name__)


@status.get("/api/status")
def read_status() -> dict[str, Any]:
    return build_status(services())


@status.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}
