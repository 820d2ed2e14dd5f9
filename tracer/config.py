"""What a tracer was asked to do: from its arguments, else from the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

DISABLED = "FLASKSCOPE_DISABLED"
DASHBOARD = "FLASKSCOPE_DASHBOARD"
TOKEN = "FLASKSCOPE_TOKEN"  # noqa: S105 - the variable's name
RECORD = "FLASKSCOPE_RECORD"

SWITCHES: Final[Mapping[str, str]] = {
    "proxy": "every use of request, session, g, current_app and other proxies",
    "local": "what is set and deleted on any Werkzeug Local",
    "state": "what changed in g, the session and the response, after each hook and view",
    "values": "values of session, template context and form, not their names alone",
    "sql": "the values that go with SQL statements, those under secret names excepted",
}
"""What is recorded beyond the default when asked for: name → meaning."""


@dataclass(frozen=True, slots=True)
class TracerConfig:
    """One tracer's settings; see :meth:`read`."""

    dashboard: str | None
    """URL to send to; None keeps the events in memory."""
    token: str | None
    """The ingest key; None lets the exporter look into the user's data folder."""
    enabled: bool | None
    """True: on. False: off. None: on when the application is in debug or there is a dashboard."""
    disabled: bool
    """``FLASKSCOPE_DISABLED=1``: nothing at all, whatever the arguments say."""
    record: frozenset[str] = frozenset()
    """Names of :data:`SWITCHES` that are switched on."""

    @classmethod
    def read(
        cls,
        dashboard: str | None = None,
        token: str | None = None,
        enabled: bool | None = None,
        environ: Mapping[str, str] | None = None,
        record: str | Iterable[str] | None = None,
    ) -> TracerConfig:
        """Arguments first, then the ``FLASKSCOPE_*`` variables.

        Raises :class:`ValueError` for a dashboard that is not an http(s) URL, a key that cannot
        be one, and a name in *record* that is no switch.
        """
        variables = os.environ if environ is None else environ
        url = dashboard or variables.get(DASHBOARD) or None
        return cls(
            dashboard=_checked(url) if url else None,
            token=checked_key(token or variables.get(TOKEN) or None),
            enabled=enabled,
            disabled=_is_set(variables, DISABLED),
            record=_switches(variables.get(RECORD, "") if record is None else record),
        )

    def is_on_for(self, debug: bool) -> bool:
        """Whether ``Tracer(app)`` shall trace an application whose debug flag is *debug*."""
        if self.disabled or self.enabled is False:
            return False
        return bool(self.enabled or self.dashboard or debug)


def _is_set(variables: Mapping[str, str], name: str) -> bool:
    return variables.get(name, "") not in ("", "0")


def is_address(url: object) -> bool:
    """Whether *url* is one that somebody can be called at by HTTP."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or too large; half of an IPv6 address
        return False


def _checked(url: str) -> str:
    try:
        checked_address(url)
    except ValueError as error:
        raise ValueError(f"{error}. Pass dashboard=… or set {DASHBOARD}.") from None
    return url.rstrip("/")


def checked_address(dashboard: object) -> SplitResult:
    """The parts of *dashboard*; :class:`ValueError` when nothing can be sent there."""
    if not isinstance(dashboard, str):
        raise ValueError(
            "The dashboard's address is a text like http://127.0.0.1:5000, "
            f"found {type(dashboard).__name__}"
        )
    problem = None
    try:
        address = urlsplit(dashboard)
        port = address.port
    except ValueError as error:
        raise ValueError(_bad_address(dashboard, str(error))) from error
    if not dashboard.isascii() or not dashboard.isprintable() or " " in dashboard:
        problem = "it contains characters that no address has"
    elif address.scheme not in ("http", "https"):
        problem = "it does not start with http:// or https://"
    elif not address.hostname or port == 0:
        problem = "it names no host or no possible port"
    elif address.username is not None or address.password is not None:
        problem = "it carries a user or a password; the key is passed as token"
    elif address.query or address.fragment:
        problem = "it goes on after the path; the key is passed as token, not in the address"
    if problem:
        raise ValueError(_bad_address(dashboard, problem))
    return address


def _bad_address(dashboard: str, problem: str) -> str:
    shown = dashboard.partition("?")[0].rpartition("@")[2]
    return (
        f"The dashboard's address {shown!r} cannot be used: {problem}. "
        "It looks like http://127.0.0.1:5000"
    )


def checked_key(key: str | None) -> str | None:
    """*key*, which travels in a header; :class:`ValueError` when it cannot."""
    if key is None:
        return key
    if isinstance(key, str) and key.isascii() and key.isprintable() and " " not in key:
        return key
    raise ValueError(
        f"The dashboard's key (token= or {TOKEN}) may hold printable ASCII characters without "
        "spaces only; this one has others."
    )


def _switches(record: str | Iterable[str]) -> frozenset[str]:
    if isinstance(record, str):
        record = record.split(",")
    names = list(record) if isinstance(record, Iterable) else [record]
    asked = [name.strip() if isinstance(name, str) else name for name in names]
    unknown = [name for name in asked if name and name not in SWITCHES]
    if unknown:
        raise ValueError(
            f"Nothing that can be recorded is called {', '.join(map(repr, unknown))}. "
            f"There are: {', '.join(SWITCHES)}. Pass record=(…) or set {RECORD}, with commas."
        )
    return frozenset(name for name in asked if name)
