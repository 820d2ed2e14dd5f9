"""The one door: every request passes here before Flask and before Socket.IO see it.

In this order: the Host header (421), where the request comes from (403), the key (401). What gets
in carries ``environ["flaskscope.access"]``, and every answer gets the security headers.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import parse_qsl, quote, urlencode

from .config import Config
from .keys import Keys, bearer
from .problems import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

Access = Literal["key", "cookie"]

ACCESS: Final = "flaskscope.access"
"""WSGI environment: how the request proved itself, absent or None if it did not."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em}"
    "code{font-size:.9em}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'{style}; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types flaskscope"
)

_RAW_TARGETS: Final = ("RAW_URI", "REQUEST_URI", "RAW_PATH_INFO")
"""Where servers keep the request target as it came; one with a host of its own is not for us."""

SECURITY_HEADERS: Final = (
    ("Content-Security-Policy", _POLICY.format(style="")),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
"""Added to every answer that does not set them itself."""

_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>Flaskscope: {title}</title><style>{style}</style></head>
<body><h1>{heading}</h1><p>{detail}</p><p>{todo}</p></body>
</html>
"""


class Gate:
    """WSGI middleware around everything the dashboard serves. Holds no state of its own."""

    def __init__(self, inside: WSGIApplication, config: Config, keys: Keys) -> None:
        self._inside = inside
        self._hosts = config.hosts
        self._origins = config.origins
        self._keys = keys

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        start = _with_security_headers(start_response)
        # Compressing messages costs the dashboard's one thread more than it saves on loopback.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        environ[ACCESS] = access = self._access(environ)
        try:
            self._check_host(environ)
            self._check_sender(environ, access)
            if self._is_sign_in(environ):
                return self._sign_in(environ, start)
            self._check_key(environ, access)
            _check_transport(environ)
        except Problem as problem:
            return _refuse(problem, environ, start)
        return self._inside(environ, start)

    def _access(self, environ: dict[str, Any]) -> Access | None:
        key = bearer(environ)
        if environ["PATH_INFO"] == "/ingest":
            return "key" if self._keys.may_ingest(key) else None
        if self._keys.may_control(key):
            return "key"
        return "cookie" if self._keys.has_session(environ) else None

    def _check_host(self, environ: dict[str, Any]) -> None:
        host = str(environ.get("HTTP_HOST", ""))
        targets = [str(environ.get(name, "/")) for name in _RAW_TARGETS]
        if host.lower() in self._hosts and all(target.startswith("/") for target in targets):
            return
        raise Problem(
            421,
            "Not this host",
            "The dashboard answers only to its own addresses, so that no web page can reach it "
            "through a name of its own.",
            asked=f"Host: {host}" if host else "no Host header",
            found=", ".join(sorted(self._hosts)),
            todo="Use one of these addresses, or name yours in FLASKSCOPE_ALLOWED_HOSTS.",
        )

    def _check_sender(self, environ: dict[str, Any], access: Access | None) -> None:
        if "HTTP_FLASKSCOPE_TRACE" in environ:
            # However a fired request found its way back: the dashboard never fires at itself.
            raise self._foreign("a request that a dashboard fired")
        safe = environ["REQUEST_METHOD"] in SAFE_METHODS
        site = environ.get("HTTP_SEC_FETCH_SITE")
        if site is not None and site != "same-origin" and not (site == "none" and safe):
            raise self._foreign(f"Sec-Fetch-Site: {site}")
        if safe and not _is_socket(environ):
            return
        origin = environ.get("HTTP_ORIGIN")
        if origin is None and access == "cookie":
            raise self._foreign("no Origin header beside the cookie")
        if origin is not None and origin not in self._origins:
            raise self._foreign(f"Origin: {origin}")

    def _foreign(self, found: str) -> Problem:
        return Problem(
            403,
            "Request from elsewhere",
            "Only the dashboard's own page, and programs that have its key, may do this.",
            asked=", ".join(sorted(self._origins)),
            found=found,
            todo="Open the address that the terminal printed, by typing or pasting it.",
        )

    def _is_sign_in(self, environ: dict[str, Any]) -> bool:
        return (
            environ["REQUEST_METHOD"] == "GET"
            and _is_page(environ["PATH_INFO"])
            and any(name == "token" for name, _ in _query(environ))
        )

    def _sign_in(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """Exchange the key in the address for a cookie, and take it out of the address."""
        query = _query(environ)
        if not any(self._keys.may_control(value) for name, value in query if name == "token"):
            raise self._no_key(environ, "a token that is not this dashboard's")
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        path = "/" + quote(environ["PATH_INFO"].encode("latin-1").lstrip(b"/\\"))
        headers = [
            ("Location", f"{path}?{rest}" if rest else path),
            ("Content-Type", "text/plain"),
            ("Content-Length", "0"),
        ]
        if environ[ACCESS] != "cookie":
            session = self._keys.start_session()
            headers.append(
                (
                    "Set-Cookie",
                    f"{self._keys.cookie_name}={session}; HttpOnly; SameSite=Strict; Path=/",
                )
            )
        start("303 See Other", headers)
        return [b""]

    def _check_key(self, environ: dict[str, Any], access: Access | None) -> None:
        if access is not None or environ["PATH_INFO"] == "/healthz":
            return
        # A program shows its key in Socket.IO's own connect message: the namespace checks it.
        if _is_socket(environ) and _is_websocket(environ):
            return
        raise self._no_key(environ, "a wrong key" if bearer(environ) else "no key")

    def _no_key(self, environ: dict[str, Any], found: str) -> Problem:
        return Problem(
            401,
            "No key",
            "This dashboard opens with the key in the address that it printed when it started; "
            "the key is new at every start.",
            # Without the query, which may hold a key.
            asked=f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}",
            found=found,
            todo="Open the address that the terminal printed. A program sends "
            "Authorization: Bearer and the key.",
            headers={"WWW-Authenticate": 'Bearer realm="flaskscope"'},
        )


def _check_transport(environ: dict[str, Any]) -> None:
    """Long polling lets two requests without a key park a thread for ever: WebSocket only."""
    if _is_socket(environ) and not _is_websocket(environ):
        raise Problem(
            400,
            "WebSocket only",
            "The socket speaks WebSocket and nothing else.",
            asked=f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}",
            found=f"Upgrade: {environ.get('HTTP_UPGRADE', '')}",
            todo='Connect with transports=["websocket"].',
        )


def _is_socket(environ: dict[str, Any]) -> bool:
    return (str(environ["PATH_INFO"]) + "/").startswith("/socket.io/")


def _is_websocket(environ: dict[str, Any]) -> bool:
    return (
        environ["REQUEST_METHOD"] == "GET"
        and str(environ.get("HTTP_UPGRADE", "")).lower() == "websocket"
        and ("transport", "websocket") in _query(environ)
    )


def _is_page(path: str) -> bool:
    return path.strip("/").partition("/")[0] not in {
        "api",
        "ingest",
        "healthz",
        "socket.io",
        "static",
    }


def _query(environ: dict[str, Any]) -> list[tuple[str, str]]:
    return parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True, errors="replace")


def _refuse(
    problem: Problem, environ: dict[str, Any], start_response: StartResponse
) -> Iterable[bytes]:
    headers = list(problem.headers.items())
    if wants_page(environ):
        body, media_type = _page(problem), "text/html; charset=utf-8"
        policy = _POLICY.format(style=f" 'sha256-{_STYLE_HASH}'")
        headers.append(("Content-Security-Policy", policy))
    else:
        body, media_type = problem.body(), MEDIA_TYPE
    headers += [("Content-Type", media_type), ("Content-Length", str(len(body)))]
    start_response(f"{problem.status} {HTTPStatus(problem.status).phrase}", headers)
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


def wants_page(environ: dict[str, Any]) -> bool:
    """Whether a person reads the answer: a browser went to a page's address."""
    return (
        environ["REQUEST_METHOD"] in SAFE_METHODS
        and _is_page(environ["PATH_INFO"])
        and "text/html" in environ.get("HTTP_ACCEPT", "")
        and environ.get("HTTP_SEC_FETCH_MODE", "navigate") == "navigate"
    )


def _page(problem: Problem) -> bytes:
    return _PAGE.format(
        style=_STYLE,
        title=escape(problem.title),
        heading=escape(problem.title),
        detail=escape(problem.detail),
        todo=escape(problem.todo or ""),
    ).encode()


def _with_security_headers(start_response: StartResponse) -> StartResponse:
    def start(
        status: str,
        headers: list[tuple[str, str]],
        exc_info: Any = None,
    ) -> Callable[[bytes], object]:
        # Engine.IO adds CORS headers for its own origin; nobody needs them.
        kept = [(k, v) for k, v in headers if not k.lower().startswith("access-control-")]
        present = {name.lower() for name, _ in kept}
        kept += [(k, v) for k, v in SECURITY_HEADERS if k.lower() not in present]
        return start_response(status, kept, exc_info) if exc_info else start_response(status, kept)

    return start
