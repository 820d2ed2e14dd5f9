"""Cookies of fired requests, a jar per name, as a browser would keep them."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from http.client import HTTPResponse
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import Any, Final
from urllib.request import Request

from .problems import Problem

MAX_JARS: Final = 50
"""Jars kept in memory; the one used longest ago goes first."""

MAX_COOKIES: Final = 150
"""Cookies of one jar; a jar that has more is emptied before it takes new ones."""

MAX_COOKIE: Final = 4096
"""Bytes of one cookie's name and value; browsers drop what is longer, and so does a jar."""

OWN_PREFIX: Final = "flaskscope_"
"""The dashboards' own cookies start like this and never travel to an application."""

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class CookieJars:
    """All jars. Lost when the dashboard ends; tasks of the runtime may share them."""

    def __init__(self) -> None:
        self._jars: OrderedDict[str, CookieJar] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str) -> CookieJar:
        """The jar called *name*, empty if it is new; a 400 :class:`Problem` for a bad name."""
        if not _NAME.fullmatch(name):
            raise Problem(
                400,
                "Not a name for a jar",
                "A cookie jar's name has 1 to 64 letters, digits, dots, dashes or underscores.",
                asked=ascii(name)[:200],
            )
        with self._lock:
            jar = self._jars.pop(name, None)
            if jar is None:  # an empty one is false, too
                jar = CookieJar(_BrowserPolicy(strict_ns_domain=DefaultCookiePolicy.DomainLiberal))
            # Put back at the end: the front is what was used longest ago.
            self._jars[name] = jar
            if len(self._jars) > MAX_JARS:
                self._jars.popitem(last=False)
        return jar

    def forget(self, name: str) -> None:
        """Empty and drop the jar called *name*; nothing happens if there is none."""
        with self._lock:
            self._jars.pop(name, None)


def cookie_header(jar: CookieJar, url: str) -> str | None:
    """The value of the ``Cookie`` header that a request to *url* carries."""
    request = Request(url)  # noqa: S310 (never opened, only looked at by the jar)
    jar.add_cookie_header(request)
    value = request.get_header("Cookie")
    return str(value) if value else None


def keep_cookies(jar: CookieJar, url: str, response: HTTPResponse) -> None:
    """Take what *response* sets into *jar*."""
    if len(jar) > MAX_COOKIES:
        jar.clear()
    jar.extract_cookies(response, Request(url))  # noqa: S310 (as above)


def cookie_names(jar: CookieJar) -> list[str]:
    return sorted({cookie.name for cookie in jar})


class _BrowserPolicy(DefaultCookiePolicy):
    """The standard library's rules, and the limits that browsers have."""

    def set_ok(self, cookie: Cookie, request: Any) -> bool:
        size = len(cookie.name.encode()) + len((cookie.value or "").encode("utf-8", "replace"))
        if size > MAX_COOKIE or cookie.name.startswith(OWN_PREFIX):
            return False
        return bool(super().set_ok(cookie, request))
