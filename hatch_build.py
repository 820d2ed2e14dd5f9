"""Hatch's build hook: a wheel or sdist always carries the built page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "scripts"))


class FrontendBuildHook(BuildHookInterface[Any]):
    """Builds ``web/static/dist`` unless it came along (as it does in an sdist)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # `make` builds the page on its own, with progress
        import build_frontend

        sources = Path(self.root, "web", "frontend", "package.json")
        if sources.exists():
            build_frontend.build()
        if not build_frontend.MANIFEST.exists():
            raise RuntimeError(
                "web/static/dist is missing and so is web/frontend to build it from: "
                "build from a checkout or from the complete sdist."
            )
