"""JSON request bodies, bounded."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import request

from web.problems import Problem

MAX_JSON: Final = 2 << 20
"""Bytes of a JSON body; imports and batches have limits of their own."""


def json_body(*, empty: Any = None) -> Any:
    """The request's JSON; a 400 or 413 :class:`Problem` if there is none.

    *empty*, unless None, stands for no body at all.
    """
    text = whole_body(MAX_JSON)
    if not text and empty is not None:
        return empty
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Problem(
            400,
            "Not JSON",
            "The body of this request has to be JSON.",
            asked=f"{request.method} {request.path}",
            found=str(error)[:300] if text else "no body",
            todo="GET /api/openapi.json shows what it has to hold.",
        ) from error


def whole_body(limit: int) -> bytes:
    """The request's body; 413 beyond *limit* bytes, announced or not."""
    request.max_content_length = limit
    body = request.get_data(cache=False)
    # Werkzeug cuts a body without a length at the limit, and complains at the next byte only.
    request.stream.read(1)
    return body
