"""The page as one script and one style sheet, which exported files carry along."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from .config import ConfigError


@dataclass(frozen=True, slots=True)
class OfflinePage:
    """What ``offline.config.ts`` builds; both stand between tags as they are."""

    script: str
    style: str

    @classmethod
    def read(cls, folder: Path) -> OfflinePage:
        """The one in the bundle's *folder*; :class:`ConfigError` if it was not built."""
        try:
            script = (folder / "offline" / "page.js").read_text("utf-8")
            style = (folder / "offline" / "page.css").read_text("utf-8")
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"The page for exported files is not built: {folder / 'offline'} lacks it; run "
                "`make build` in the checkout, or install the wheel, which brings it along."
            ) from error
        if any(end in script for end in ("</script", "<!--")) or "</style" in style:
            raise ConfigError(f"The page in {folder / 'offline'} cannot stand inside of HTML.")
        return cls(script, style)


def policy_hash(text: str) -> str:
    """The source expression that lets exactly *text* in under a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
