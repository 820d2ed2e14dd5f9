"""The three powers and their keys: view and control, ingest, and a browser's session.

Keys are 256 random bits. Every comparison takes the same time whatever was presented.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from itsdangerous import BadSignature, TimestampSigner
from werkzeug.http import parse_cookie

from tracer.data_folder import (
    KEY_FILE,
    SESSION_KEY_FILE,
    DataFolderError,
    data_folder,
    ensure_data_folder,
    stored_key,
)

from .config import Config, ConfigError

SESSION_LIFE: Final = 30 * 24 * 3600
"""Seconds after which a browser has to show a key again."""


class Keys:
    """Who may do what. Touched by tasks of the runtime only, never by the store's worker."""

    def __init__(
        self, control: str, ingest: str, token: str | None, cookie_name: str, session_key: str
    ) -> None:
        self.control = control
        """Opens everything but ``/ingest``; new at every start unless a token was chosen."""
        self.ingest = ingest
        """Opens ``/ingest`` and nothing else; the same after a restart."""
        self.cookie_name = cookie_name
        self._control = _present(control, token)
        self._ingest = _present(ingest, token)
        # Signed, not remembered: a page that is open goes on when the dashboard was restarted.
        # The cookie's name holds the port, so that one dashboard's cookie opens no other.
        self._signer = TimestampSigner(session_key, salt=cookie_name)

    @classmethod
    def for_start(cls, config: Config) -> Keys:
        """The keys of a dashboard that starts now; makes the stored ingest key if need be."""
        return cls(
            control=config.token or secrets.token_urlsafe(32),
            ingest=_stored(KEY_FILE, config),
            token=config.token,
            cookie_name=f"flaskscope_{config.port}",
            # A chosen token signs too: changing it ends every session.
            session_key=config.token or _stored(SESSION_KEY_FILE, config),
        )

    def address(self, url: str) -> str:
        """*url* with the key in it, for a person to open; a secret."""
        return f"{url}/?token={quote(self.control, safe='')}"

    def may_control(self, key: str | None) -> bool:
        """Whether *key* opens pages, API and socket."""
        return _is_one_of(key, self._control)

    def may_ingest(self, key: str | None) -> bool:
        """Whether *key* may deliver events."""
        return _is_one_of(key, self._ingest)

    def start_session(self) -> str:
        """A new session id for a browser that showed a key; random and signed."""
        return self._signer.sign(secrets.token_urlsafe(32)).decode("ascii")

    def has_session(self, environ: dict[str, Any]) -> bool:
        """Whether the request brings the cookie of a session of this dashboard."""
        presented = parse_cookie(environ.get("HTTP_COOKIE")).getlist(self.cookie_name)
        return any(self._is_session(value) for value in presented)

    def _is_session(self, value: str) -> bool:
        try:
            self._signer.unsign(_bytes(value), max_age=SESSION_LIFE)
        except BadSignature:
            return False
        return True


def _stored(name: str, config: Config) -> str:
    try:
        key = stored_key(name, create=True)
    except DataFolderError as error:
        if config.token:
            return config.token
        raise ConfigError(str(error)) from error
    return key or secrets.token_urlsafe(32)


def bearer(environ: dict[str, Any]) -> str | None:
    """The key in the request's ``Authorization: Bearer …``, None without one."""
    scheme, _, key = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


def control_key_file(port: int) -> Path:
    """Where a running dashboard leaves its control key for the same user's command line."""
    return data_folder() / f"control-{port}.key"


@contextmanager
def published_control_key(config: Config, keys: Keys) -> Iterator[None]:
    """The control key lies in its file, mode 0600, as long as the block runs."""
    path = ensure_data_folder() / control_key_file(config.port).name
    # A file left by a killed dashboard may have any mode: start from none.
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(keys.control)
    try:
        yield
    finally:
        # Another dashboard of this port may have started meanwhile; its key stays.
        with suppress(OSError):
            if path.read_text(encoding="ascii") == keys.control:
                path.unlink()


def _present(*keys: str | None) -> tuple[bytes, ...]:
    return tuple(_bytes(key) for key in keys if key)


def _bytes(key: str) -> bytes:
    # compare_digest takes text only if it is ASCII; what a client sends may be anything.
    return key.encode("utf-8", "backslashreplace")


def _is_one_of(key: str | None, known: Iterable[bytes]) -> bool:
    presented = _bytes(key or "")
    matches = [secrets.compare_digest(presented, one) for one in known]
    return bool(key) and any(matches)
