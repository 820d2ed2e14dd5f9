"""``GET /api/openapi.json``: every route, described."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Blueprint

from web.openapi import build_document

openapi = Blueprint("openapi", __name__)


@openapi.get("/api/openapi.json")
def read_openapi() -> dict[str, Any]:
    return _document()


@cache
def _document() -> dict[str, Any]:
    return build_document()
