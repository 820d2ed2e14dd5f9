"""The user's data folder, and in it the keys: the one with which applications hand in events first.

Dashboard and application run as the same user and may start in any order: whoever comes first
creates that key. Standard library alone, since both sides import this.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from pathlib import Path
from typing import Final

KEY_FILE: Final = "ingest.key"
SESSION_KEY_FILE: Final = "session.key"
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 bits in URL-safe base64."""


class DataFolderError(RuntimeError):
    """The folder or the key in it cannot be used; the message says what to do."""


def data_folder() -> Path:
    """Where Flaskscope keeps what belongs to this user; not created here.

    ``$XDG_DATA_HOME`` or ``~/.local/share`` on Linux, ``~/Library/Application Support`` on macOS,
    ``%LOCALAPPDATA%`` on Windows, each with ``flaskscope`` below.
    """
    return _base() / "flaskscope"


def ensure_data_folder() -> Path:
    """The data folder, created for this user alone when it is missing."""
    folder = data_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolderError(
            f"The data folder {folder} cannot be created ({error.strerror}). "
            "Make its parent writable, or set XDG_DATA_HOME to a folder that is."
        ) from error
    return folder


def ingest_key(create: bool) -> str | None:
    """The key for ``POST /ingest``, or None when there is none yet and *create* is false.

    See :func:`stored_key`.
    """
    return stored_key(KEY_FILE, create)


def stored_key(name: str, create: bool) -> str | None:
    """256 random bits in the file *name* of the data folder, which has mode 0600.

    Of several processes that create it at once one wins and all return its key. Wider permissions
    are narrowed. :class:`DataFolderError` when the file is damaged or cannot be read or written.
    Reads a file: never call it on a request's thread.
    """
    path = data_folder() / name
    key = _read(path)
    if key is None and create:
        _create(ensure_data_folder() / name)
        key = _read(path)
    return key


def _base() -> Path:
    try:
        if sys.platform == "win32":
            local = os.environ.get("LOCALAPPDATA")
            return Path(local) if local else Path.home() / "AppData" / "Local"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Application Support"
        configured = Path(os.environ.get("XDG_DATA_HOME", ""))
        # The XDG specification: a relative path is to be ignored.
        return configured if configured.is_absolute() else Path.home() / ".local" / "share"
    except RuntimeError as error:
        raise DataFolderError(
            "This user has no home folder, so there is no place for Flaskscope's data. "
            "Set XDG_DATA_HOME to a folder that may be written to."
        ) from error


def _read(path: Path) -> str | None:
    try:
        # No link is followed: somebody else's file must not become our key.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DataFolderError(
            f"The key {path} cannot be read ({error.strerror}). "
            "Delete the file; the next start makes a new key."
        ) from error
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        _narrow(descriptor, path)
        text = file.read(256).strip()
    if not _KEY.fullmatch(text):
        raise DataFolderError(
            f"The key {path} is damaged: 43 characters A-Z a-z 0-9 _ - were expected, "
            f"{len(text)} of another kind were found. "
            "Delete the file; the next start makes a new key."
        )
    return text


def _narrow(descriptor: int, path: Path) -> None:
    """Take the file from everybody but its owner."""
    if sys.platform == "win32":
        return  # the user's profile is protected by its own access list
    status = os.fstat(descriptor)
    if status.st_uid != os.geteuid():
        raise DataFolderError(
            f"The key {path} belongs to another user (id {status.st_uid}). "
            "Delete the file; the next start makes a new key."
        )
    if stat.S_IMODE(status.st_mode) & 0o177:
        os.fchmod(descriptor, 0o600)


def _create(path: Path) -> None:
    """Put a new key at *path*, complete from its first moment, unless somebody else was faster."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
                file.flush()
                os.fsync(descriptor)
            os.link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError:
        return
    except OSError as error:
        raise DataFolderError(
            f"The key {path} cannot be written ({error.strerror}). "
            "Make its folder writable, or pass a key with FLASKSCOPE_TOKEN."
        ) from error
