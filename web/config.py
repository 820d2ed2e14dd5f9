"""What the dashboard was told: command line first, then environment, then defaults."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from tracer.data_folder import DataFolderError, ensure_data_folder

AsyncMode = Literal["eventlet", "threading"]
ASYNC_MODES: Final[tuple[AsyncMode, ...]] = ("eventlet", "threading")
DEFAULT_PORT: Final = 5000
BUILT_BUNDLE: Final = Path(__file__).parent / "static" / "dist"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class ConfigError(Exception):
    """The dashboard cannot start like this; the message is one sentence for the terminal."""


@dataclass(frozen=True, slots=True)
class Config:
    """Settled before the first request, the same until the process ends."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = DEFAULT_PORT
    database: str = ""
    """SQLAlchemy URL."""
    token: str | None = None
    """One key for all three powers; None means new keys for viewing, a stored one for ingest."""
    async_mode: AsyncMode = "eventlet"
    allowed: tuple[str, ...] = ()
    """``FLASKSCOPE_ALLOWED_HOSTS``: ``name``, ``name:port`` or ``https://name``."""
    bundle: Path = BUILT_BUNDLE
    """Folder of the built front end."""

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str],
        *,
        host: str | None = None,
        port: int | None = None,
        database: str | None = None,
        token: str | None = None,
        async_mode: str | None = None,
    ) -> Config:
        """Arguments that are None are looked up in *environ*; :class:`ConfigError` if unusable."""
        config = cls(
            host=host or "127.0.0.1",
            port=_port(port, environ.get("PORT")),
            database=_database_url(database or environ.get("FLASKSCOPE_DB")),
            token=token or environ.get("FLASKSCOPE_TOKEN") or None,
            async_mode=_async_mode(async_mode or environ.get("FLASKSCOPE_ASYNC_MODE")),
            allowed=_words(environ.get("FLASKSCOPE_ALLOWED_HOSTS")),
            bundle=bundle_folder(environ),
        )
        if config.token and not (config.token.isascii() and config.token.isprintable()):
            raise ConfigError("The key in FLASKSCOPE_TOKEN or --token must be printable ASCII.")
        if not is_loopback(config.host) and config.token is None:
            raise ConfigError(
                f"Listening on {config.host} lets other machines in, so it needs a key that you "
                "chose: set FLASKSCOPE_TOKEN or --token, or leave --host away."
            )
        return config

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the dashboard, without a slash at the end."""
        host = "127.0.0.1" if _is_any(self.host) else self.host
        return "http://" + _with_port(_bracketed(host), self.port, "http")

    @property
    def hosts(self) -> frozenset[str]:
        """Every value of the Host header that is answered."""
        return frozenset(origin.partition("://")[2] for origin in self.origins)

    @property
    def origins(self) -> frozenset[str]:
        """Every Origin that may change something or open the socket."""
        names = ["127.0.0.1", "localhost", "[::1]"]
        if not _is_any(self.host):
            names.append(_bracketed(self.host).lower())
        own = {"http://" + _with_port(name, self.port, "http") for name in names}
        return frozenset(own | {_origin(entry, self.port) for entry in self.allowed})

    @property
    def allowed_names(self) -> frozenset[str]:
        """Host names, beside loopback, that requests may be fired at."""
        return frozenset(
            urlsplit(_origin(entry, self.port)).hostname or "" for entry in self.allowed
        )


def bundle_folder(environ: Mapping[str, str]) -> Path:
    """Where the built page is: ``FLASKSCOPE_BUNDLE``, else in this package."""
    return Path(environ.get("FLASKSCOPE_BUNDLE") or BUILT_BUNDLE)


def is_loopback(host: str) -> bool:
    """Whether *host*, a name or an address, can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _with_port(name: str, port: int, scheme: str) -> str:
    # A browser leaves the port away where it is the scheme's own.
    return name if _DEFAULT_PORTS.get(scheme) == port else f"{name}:{port}"


def _origin(entry: str, port: int) -> str:
    """The origin that one entry of the allowed hosts stands for."""
    scheme, _, rest = entry.rpartition("://")
    parts = urlsplit(f"//{rest}")
    scheme = scheme.lower() or "http"
    own = port if scheme == "http" else _DEFAULT_PORTS.get(scheme, port)
    try:
        name, entry_port = parts.hostname, parts.port or own
    except ValueError as error:
        raise ConfigError(f"FLASKSCOPE_ALLOWED_HOSTS has {entry!r}: {error}.") from error
    if not name or parts.path or scheme not in _DEFAULT_PORTS:
        raise ConfigError(
            f"FLASKSCOPE_ALLOWED_HOSTS has {entry!r}; write host names with commas between them, "
            "such as box.lan, box.lan:5000 or https://box.lan."
        )
    return f"{scheme}://{_with_port(_bracketed(name), entry_port, scheme)}"


def _port(argument: int | None, variable: str | None) -> int:
    if argument is not None:
        return argument
    if not variable:
        return DEFAULT_PORT
    if not variable.isascii() or not variable.isdigit() or not 0 < int(variable) < 65536:
        raise ConfigError(f"PORT is {variable!r}; a port is a number from 1 to 65535.")
    return int(variable)


def _database_url(value: str | None) -> str:
    if value and "://" in value:
        return value
    if value:
        return f"sqlite:///{Path(value).expanduser().absolute()}"
    try:
        return f"sqlite:///{ensure_data_folder() / 'flaskscope.sqlite3'}"
    except DataFolderError as error:
        raise ConfigError(str(error)) from error


def _async_mode(value: str | None) -> AsyncMode:
    for mode in ASYNC_MODES:
        if value == mode or not value:
            return mode
    raise ConfigError(f"FLASKSCOPE_ASYNC_MODE is {value!r}; it can be {' or '.join(ASYNC_MODES)}.")


def _words(value: str | None) -> tuple[str, ...]:
    return tuple(word for word in (value or "").replace(",", " ").split() if word)
