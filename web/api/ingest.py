"""``POST /ingest``: batches from applications. The gate has looked at the key."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, request

from tracer.wire import STORE_HEADER, STORE_LATER
from web.api.bodies import whole_body
from web.ingest import MAX_BODY
from web.problems import Problem
from web.services import services

ingest = Blueprint("ingest", __name__)

_JSON: Final = ("application/json", "application/octet-stream", "")


@ingest.post("/ingest")
def receive_batch() -> tuple[str, int]:
    if request.mimetype not in _JSON:
        raise Problem(
            415,
            "Not JSON",
            "A batch is JSON, compressed or not.",
            asked="Content-Type: application/json",
            found=request.mimetype[:100],
        )
    services().ingest.accept(
        whole_body(MAX_BODY),
        request.headers.get("Content-Encoding"),
        later=request.headers.get(STORE_HEADER) == STORE_LATER,
    )
    return "", 204
