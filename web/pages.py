"""The page's shell and its files; what is on the page comes through the API and the socket."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from flask import Blueprint, Response, make_response, render_template, request, send_from_directory
from werkzeug.exceptions import NotFound

from .bundle import LatestBundle
from .gate import wants_page
from .language import COOKIE, TAGS, YEAR, language_of, named_language
from .problems import answer_http_exception
from .services import services

IMMUTABLE = 365 * 24 * 3600
"""Seconds that a browser may keep a file whose name holds its hash."""
MAX_PATH = 200
"""Characters of an address without a page that are said back."""


def pages_blueprint(bundle: LatestBundle) -> Blueprint:
    """The routes that a person's browser goes to; every one answers with the same shell."""
    pages = Blueprint("pages", __name__)

    @pages.get("/")
    @pages.get("/compare")
    @pages.get("/hooks")
    @pages.get("/learn")
    @pages.get("/map")
    @pages.get("/recordings")
    @pages.get("/recordings/<recording_id>")
    def shell(recording_id: str | None = None) -> Response:
        language = language_of(request)
        response = make_response(
            render_template(
                "index.html",
                bundle=bundle.get(),
                url=services().config.url,
                version=_version(),
                language=language,
                tag=TAGS[language],
            )
        )
        if named_language(request.args.get("lang")):
            # Not HttpOnly: the page's own switch writes it, too.
            response.set_cookie(COOKIE, language, max_age=YEAR, samesite="Strict")
        return response

    @pages.get("/static/dist/<path:filename>")
    def built(filename: str) -> Response:
        response = send_from_directory(services().config.bundle.absolute(), filename)
        if filename.startswith("assets/"):
            response.cache_control.no_cache = None
            response.cache_control.private = True
            response.cache_control.max_age = IMMUTABLE
            response.cache_control.immutable = True
        return response

    @pages.app_errorhandler(NotFound)
    def not_found(error: NotFound) -> Response:
        """A page with a way back for a person, problem details for a program."""
        if not wants_page(request.environ):
            return answer_http_exception(error)
        language = language_of(request)
        page = render_template(
            "not_found.html",
            bundle=bundle.get(),
            path=request.path[:MAX_PATH],
            language=language,
            tag=TAGS[language],
        )
        return make_response(page, NotFound.code)

    return pages


def _version() -> str:
    try:
        return version("flaskscope")
    except PackageNotFoundError:
        return "unknown"
