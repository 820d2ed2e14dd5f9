"""The key with which batches are handed in."""

from __future__ import annotations

import os

from ..config import TOKEN, checked_key
from ..data_folder import DataFolderError, ingest_key


class Key:
    """The ingest key: given, from the environment, or from the user's data folder."""

    def __init__(self, token: str | None) -> None:
        self._given = checked_key(token or os.environ.get(TOKEN) or None)
        self._found: str | None = None
        self.problem = ""
        """Why there is no key."""

    def current(self) -> str | None:
        """The key to send with; None while the data folder cannot hold one."""
        return self._given or self._found or self.reread()

    def reread(self) -> str | None:
        """Look into the data folder again; the given key, if there is one."""
        if self._given is None:
            try:
                self._found = ingest_key(create=True)
            except DataFolderError as error:
                self._found, self.problem = None, str(error)
        return self._given or self._found
