"""Sends a request to a connected application, and to nothing else."""

from __future__ import annotations

import base64
import ipaddress
import re
import secrets
import socket
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import quote, urlsplit

from .apps import AnnouncedApp, Apps
from .config import Config
from .cookie_jars import CookieJars, cookie_header, cookie_names, keep_cookies
from .exchange import TIMEOUT, Answer, Origin, exchange
from .fire_request import PATH_SAFE, SAFE_METHODS, TRACE_HEADER, FireRequest
from .problems import Problem
from .runtime import Runtime

MAX_AT_ONCE: Final = 4
MAX_REMEMBERED: Final = 10_000
"""Trace ids of fired requests that are still known as such."""

_VISIBLE: Final = re.compile(r"[!-~]+")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Fire:
    """Fires requests. Tasks of the runtime may call it at the same time."""

    def __init__(self, config: Config, runtime: Runtime, apps: Apps, jars: CookieJars) -> None:
        self._config = config
        self._runtime = runtime
        self._apps = apps
        self._jars = jars
        self._lock = runtime.lock()
        self._running = 0
        self._fired: OrderedDict[str, None] = OrderedDict()

    def is_fired(self, trace_id: str) -> bool:
        """Whether the trace with this id was caused from here. Any thread may ask."""
        return trace_id in self._fired

    def fire(self, app_id: str, asked: object) -> dict[str, Any]:
        """Send what *asked* describes to the application; its answer, or a :class:`Problem`."""
        app = self._apps.get(app_id)
        request = FireRequest.from_json(asked, app)
        jar = self._jars.get(request.cookie_jar) if request.cookie_jar else None
        origin, prefix = self._origin(app)
        request = _below(prefix, request)
        trace_id = self._new_trace_id()
        url = f"{origin.scheme}://{origin.netloc}{request.target}"
        headers = _headers_to_send(origin, request, trace_id)
        cookies = cookie_header(jar, url) if jar is not None else None
        if cookies:
            headers = _with_cookies(headers, cookies)
        started = time.monotonic()
        with self._place():
            answer = self._exchange(app, origin, request, headers)
        if jar is not None:
            keep_cookies(jar, url, answer.response)
        return {
            "trace_id": trace_id,
            "status": answer.response.status,
            **_headers_of(answer),
            **_body_of(answer),
            "truncated": answer.truncated,
            "duration_ms": round((time.monotonic() - started) * 1000, 3),
            "cookies": cookie_names(jar) if jar is not None else [],
        }

    def _exchange(
        self,
        app: AnnouncedApp,
        origin: Origin,
        request: FireRequest,
        headers: list[tuple[str, str]],
    ) -> Answer:
        asked = f"{request.method} {origin.scheme}://{origin.netloc}{request.target}"
        try:
            return exchange(self._runtime, origin, request, headers)
        except TimeoutError as error:
            raise Problem(
                504,
                "No answer in time",
                "{app} did not finish its answer within {seconds} seconds.",
                values={"app": app.key, "seconds": f"{TIMEOUT:g}"},
                asked=asked,
                todo="What it did until then is in its trace.",
            ) from error
        except (OSError, HTTPException) as error:
            raise Problem(
                502,
                "Application does not answer",
                "The web server of {app} did not answer in HTTP; the application was last "
                "heard of at {when}.",
                values={
                    "app": app.key,
                    "when": _clock(self._apps.heard_at(app)),
                    "address": app.base_url,
                },
                asked=asked,
                found=f"{type(error).__name__}: {error}"[:300],
                todo="See whether its server still listens on {address}.",
            ) from error

    def _origin(self, app: AnnouncedApp) -> tuple[Origin, str]:
        """Where *app* listens, and the path that it is mounted at; all checks of the target."""
        if app.gone_since is not None:
            raise _gone(app)
        if app.base_url is None:
            raise Problem(
                409,
                "No address yet",
                "{app} has not said where it listens; it does so with its first request.",
                values={"app": app.key},
                todo="Send it one request by hand, or serve it under a web server.",
            )
        try:
            if not _VISIBLE.fullmatch(app.base_url):
                raise ValueError
            parts = urlsplit(app.base_url)
            own_port = {"http": 80, "https": 443}[parts.scheme]
            port = parts.port or own_port
        except (ValueError, KeyError):
            raise _refused(app, "an http address with a host and a port") from None
        if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
            raise _refused(app, "an http address with a host and a port")
        addresses = self._resolve(app, parts.hostname, port)
        for address in addresses:
            self._check_address(app, parts.hostname, address, port)
        origin = Origin(
            scheme=parts.scheme,
            netloc=parts.netloc,
            hostname=parts.hostname,
            port=port,
            addresses=tuple(map(str, addresses)),
        )
        return origin, parts.path

    def _resolve(self, app: AnnouncedApp, hostname: str, port: int) -> list[_Address]:
        try:
            found = socket.getaddrinfo(hostname, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Problem(
                502,
                "Application's host is unknown",
                "{app} announced a name that this machine cannot find.",
                values={"app": app.key},
                asked=app.base_url,
                found=str(error),
            ) from error
        texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
        return [ipaddress.ip_address(text) for text in texts]

    def _check_address(
        self, app: AnnouncedApp, hostname: str, address: _Address, port: int
    ) -> None:
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            raise _refused(app, "an address of one machine, not link-local")
        if not address.is_loopback and hostname.lower() not in self._config.allowed_names:
            raise _refused(app, "an address of this machine, or a name in FLASKSCOPE_ALLOWED_HOSTS")
        # Other ways back to this dashboard end at its gate, which refuses fired requests.
        if port == self._config.port and address.is_loopback:
            raise _refused(app, "another address than the dashboard's own")

    def _new_trace_id(self) -> str:
        trace_id = secrets.token_hex(16)
        with self._lock:
            self._fired[trace_id] = None
            if len(self._fired) > MAX_REMEMBERED:
                self._fired.popitem(last=False)
        return trace_id

    @contextmanager
    def _place(self) -> Iterator[None]:
        with self._lock:
            if self._running >= MAX_AT_ONCE:
                raise Problem(
                    429,
                    "Too many at once",
                    "{count} fired requests wait for their answers already.",
                    values={"count": MAX_AT_ONCE},
                    todo="Try again when one of them is done.",
                    headers={"Retry-After": "1"},
                )
            self._running += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1


def _below(prefix: str, request: FireRequest) -> FireRequest:
    return FireRequest(
        method=request.method,
        target=quote(prefix.rstrip("/"), safe=PATH_SAFE) + request.target,
        headers=request.headers,
        body=request.body,
        cookie_jar=request.cookie_jar,
    )


def _headers_to_send(origin: Origin, request: FireRequest, trace_id: str) -> list[tuple[str, str]]:
    headers = [("Host", origin.netloc), *request.headers, (TRACE_HEADER, trace_id)]
    if "user-agent" not in {name.lower() for name, _ in request.headers}:
        headers.append(("User-Agent", "Flaskscope"))
    if request.body is not None or request.method not in SAFE_METHODS:
        headers.append(("Content-Length", str(len(request.body or b""))))
    return [*headers, ("Connection", "close")]


def _gone(app: AnnouncedApp) -> Problem:
    since = _clock(app.gone_since or 0)
    return Problem(
        502,
        "Application has gone",
        "{app} has not been heard of since {since}.",
        values={"app": app.key, "since": since},
        asked=app.base_url,
        found=f"gone since {since}",
        todo="Start it again; it reconnects by itself and gets a new id.",
    )


def _clock(ns: int) -> str:
    return f"{datetime.fromtimestamp(ns / 1e9, tz=timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _refused(app: AnnouncedApp, expected: str) -> Problem:
    return Problem(
        403,
        "Address not allowed",
        "The dashboard does not fire at the address that {app} announced.",
        values={"app": app.key},
        asked=app.base_url,
        found=f"expected {expected}",
        todo="Name the host in FLASKSCOPE_ALLOWED_HOSTS if it is yours.",
    )


def _with_cookies(headers: list[tuple[str, str]], cookies: str) -> list[tuple[str, str]]:
    own = [value for name, value in headers if name.lower() == "cookie" and value]
    others = [(name, value) for name, value in headers if name.lower() != "cookie"]
    return [*others, ("Cookie", "; ".join([*own, cookies]))]


def _headers_of(answer: Answer) -> dict[str, Any]:
    """Headers by name (``Set-Cookie`` a list, others joined), and as they came."""
    pairs = [[name, value] for name, value in answer.response.getheaders()]
    headers: dict[str, Any] = {}
    for name, value in pairs:
        if name.lower() == "set-cookie":
            headers.setdefault("Set-Cookie", []).append(value)
        else:
            known = next((k for k in headers if k.lower() == name.lower()), name)
            headers[known] = f"{headers[known]}, {value}" if known in headers else value
    return {"headers": headers, "header_list": pairs}


def _body_of(answer: Answer) -> dict[str, str]:
    """The body as text if it is one, otherwise as base64."""
    charset = answer.response.headers.get_content_charset() or "utf-8"
    try:
        # A cut body may end inside a character: leave the rest of it away.
        text = answer.body.decode(charset, "ignore" if answer.truncated else "strict")
    except (LookupError, UnicodeDecodeError):
        text = "\0"
    if "\0" in text:
        return {"body": base64.b64encode(answer.body).decode("ascii"), "encoding": "base64"}
    return {"body": text}
