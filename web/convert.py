"""Recordings from file to file: what an import and an export do, with no dashboard between them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from .config import bundle_folder
from .exports import FORMATS, Content
from .imports import PIECE, BadFile, Importer
from .inflate import NotCompressed, TooLarge
from .json_elements import NotJson
from .server import ThreadRuntime
from .store import Store

UNREADABLE: Final = (BadFile, NotCompressed, NotJson, TooLarge)
"""What :func:`convert` raises for a file that is no recording; each says what was found where."""


def convert(source: Path, form: str, target: Path | None = None) -> Path:
    """Write the recording in *source* in the format *form*: to *target*, else beside it.

    The file appears whole or not at all. Raises one of ``UNREADABLE``, :class:`ConfigError` if the
    page is needed and was not built, :class:`OSError`.
    """
    target = target or source.with_suffix(FORMATS[form].ending)
    partial = target.with_name(f".{target.name}.partial")
    with _imported(source) as content:
        try:
            with partial.open("w", encoding="utf-8", newline="\n") as output:
                output.writelines(FORMATS[form].write(content))
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    return target


@contextmanager
def _imported(source: Path) -> Iterator[Content]:
    """What *source* holds, in a store of its own as long as it is needed."""
    runtime = ThreadRuntime()
    with TemporaryDirectory(prefix="flaskscope-") as folder:
        # The worker opens it, because the worker uses it.
        store = runtime.run(Store.open, f"sqlite:///{folder}/recording.db")
        try:
            importer = Importer(store)
            with source.open("rb") as file:
                importer.open(iter(lambda: file.read(PIECE), b""), None)
                while runtime.run(importer.step):
                    pass
            item = runtime.run(store.archive.item, importer.recording)
            name = item["name"] if item else source.stem
            folder_of_page = bundle_folder(os.environ)
            yield Content.of_recording(runtime, store, folder_of_page, importer.recording, name)
        finally:
            runtime.run(store.close)
            runtime.close()
