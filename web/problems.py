"""Errors as JSON problem details (RFC 9457): what was asked, what was found, what to do."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Flask, Response, request
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)

MEDIA_TYPE: Final = "application/problem+json"

logger = logging.getLogger(__name__)


class Problem(Exception):
    """Raise it anywhere in a request; the client gets it as problem details.

    *values* stand for the ``{names}`` in *detail* and *todo*. They are sent as well, so that the
    page can say the same in another language, by the problem's type: one title, one detail.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        values: Mapping[str, object] | None = None,
        asked: str | None = None,
        found: str | None = None,
        todo: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.title = title
        self.values = {name: str(value) for name, value in (values or {}).items()}
        self.detail = self._filled(detail)
        self.asked = asked
        self.found = found
        self.todo = None if todo is None else self._filled(todo)
        self.headers = dict(headers or {})
        super().__init__(f"{status} {title}: {self.detail}")

    def to_dict(self) -> dict[str, Any]:
        """The members of the problem; those that say nothing are left out."""
        members = {
            "type": type_of(self.title),
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "asked": self.asked,
            "found": self.found,
            "todo": self.todo,
            "values": self.values or None,
        }
        return {name: value for name, value in members.items() if value is not None}

    def _filled(self, text: str) -> str:
        # Others' words may hold braces of their own.
        return text.format_map(self.values) if self.values else text

    def body(self) -> bytes:
        # ASCII only: what was asked may hold lone surrogates.
        return json.dumps(self.to_dict()).encode("ascii")

    def to_response(self) -> Response:
        return Response(self.body(), self.status, self.headers, content_type=MEDIA_TYPE)


def type_of(title: str) -> str:
    """The URI reference that the page knows a problem by: ``/problems/no-address-yet``."""
    return "/problems/" + re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def register_problem_handlers(app: Flask) -> None:
    """Let *app* answer every error, Flask's own included, as problem details."""
    app.register_error_handler(Problem, _answer_problem)
    app.register_error_handler(HTTPException, answer_http_exception)
    app.register_error_handler(Exception, _answer_fault)


def _answer_problem(problem: Problem) -> Response:
    return problem.to_response()


def answer_http_exception(error: HTTPException) -> Response:
    """What Flask itself refuses, as problem details."""
    asked = f"{request.method} {request.path}"
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    found, todo = None, None
    if isinstance(error, NotFound):
        found = "no such path"
        todo = "GET /api/openapi.json lists every path."
    elif isinstance(error, MethodNotAllowed):
        found = f"this path knows {', '.join(sorted(error.valid_methods or ()))}"
        todo = "Use one of these methods."
    elif isinstance(error, RequestEntityTooLarge):
        length = request.headers.get("Content-Length")
        found = f"{length} bytes" if length else "a longer body, in chunks"
        todo = f"Send at most {request.max_content_length} bytes."
    kept = ("allow", "retry-after", "location")
    headers = {k: v for k, v in error.get_headers() if k.lower() in kept}
    detail = error.description or HTTPStatus(status).phrase
    title = error.name
    return Problem(
        status, title, detail, asked=asked, found=found, todo=todo, headers=headers
    ).to_response()


def _answer_fault(error: Exception) -> Response:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return Problem(
        500,
        "Fault in the dashboard",
        "The dashboard failed while it handled this request; its terminal shows where.",
        asked=f"{request.method} {request.path}",
        found=type(error).__name__,
        todo="Please report it with the lines from the terminal.",
    ).to_response()
