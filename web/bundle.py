"""The built front end, as Vite's manifest describes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from .config import ConfigError

_CATALOGUE: Final = re.compile(r"src/i18n/([a-z]{2})\.json")


@dataclass(frozen=True, slots=True)
class Bundle:
    """Paths below the bundle's folder."""

    script: str
    styles: tuple[str, ...]
    preloads: tuple[str, ...]
    """Modules that the script imports at once."""
    catalogues: Mapping[str, str] = field(default_factory=dict)
    """Language → the module with its texts, which the script asks for next."""

    @classmethod
    def read(cls, folder: Path) -> Bundle:
        """The bundle in *folder*; :class:`ConfigError` if it was not built."""
        try:
            manifest = json.loads(_manifest(folder).read_text("utf-8"))
            entry = next(key for key, chunk in manifest.items() if chunk.get("isEntry"))
            chunks = list(_imported(manifest, entry))
            files = [chunk["file"] for chunk in chunks]
            styles = dict.fromkeys(path for chunk in chunks for path in chunk.get("css", ()))
            catalogues = {
                found[1]: chunk["file"]
                for key, chunk in manifest.items()
                if (found := _CATALOGUE.fullmatch(key))
            }
        except (OSError, ValueError, KeyError, StopIteration, AttributeError, TypeError) as error:
            raise _missing(folder) from error
        if not all((folder / path).is_file() for path in (*files, *styles, *catalogues.values())):
            raise _missing(folder)
        return cls(files[0], tuple(styles), tuple(files[1:]), catalogues)


class LatestBundle:
    """The bundle in *folder* as it was built last: a dashboard runs on while its page is built
    anew, and a page of the old one would ask for files that are gone.

    :class:`ConfigError` if none is there at first; later, one that is half built is passed over.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built = self._now()
        self._bundle = Bundle.read(folder)

    def get(self) -> Bundle:
        built = self._now()
        if built != self._built:
            with suppress(ConfigError):
                self._bundle, self._built = Bundle.read(self._folder), built
        return self._bundle

    def _now(self) -> int | None:
        """When it was built."""
        try:
            return _manifest(self._folder).stat().st_mtime_ns
        except OSError:
            return None


def _manifest(folder: Path) -> Path:
    return folder / ".vite" / "manifest.json"


def _imported(manifest: Mapping[str, Any], entry: str) -> Iterator[Mapping[str, Any]]:
    """The chunk *entry* and all that it imports statically, each once."""
    seen, waiting = {entry}, [entry]
    while waiting:
        chunk = manifest[waiting.pop(0)]
        yield chunk
        new = [name for name in chunk.get("imports", ()) if name not in seen]
        seen.update(new)
        waiting.extend(new)


def _missing(folder: Path) -> ConfigError:
    return ConfigError(
        f"The dashboard's page is not built: {folder} has no complete bundle; "
        "run `make build` in the checkout, or install the wheel, which brings it along."
    )
