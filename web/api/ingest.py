"""``POST /ingest``: batches from applications. The gate has looked at the key."""

from __future__ import annotations

from flask import Blueprint, request

from tracer.wire import STORE_HEADER, STORE_LATER
from web.api.bodies import whole_body
from web.ingest import MAX_BODY
from web.services import services

ingest = Blueprint("ingest", __name__)


@ingest.post("/ingest")
def receive_batch() -> tuple[str, int]:
    # Whatever its Content-Type says: eventlet's server calls a body without one text/plain.
    services().ingest.accept(
        whole_body(MAX_BODY),
        request.headers.get("Content-Encoding"),
        later=request.headers.get(STORE_HEADER) == STORE_LATER,
    )
    return "", 204
