"""Hatch's build hooks: what a wheel or sdist carries beside its sources.

Always the built page; a wheel, where there is a C compiler, the tracer's hot path as C as well, and
then it is for this Python on this platform. ``FLASKSCOPE_COMPILED=0`` builds one for all of them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "scripts"))


class BuildHook(BuildHookInterface[Any]):
    """Builds what is missing or old; in an editable installation `make` does, with progress."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        self.add_page()
        if self.target_name == "wheel":
            self.add_compiled(build_data)

    def add_page(self) -> None:
        """``web/static/dist``, unless it came along (as it does in an sdist)."""
        import build_frontend

        sources = Path(self.root, "web", "frontend", "package.json")
        if sources.exists():
            build_frontend.build()
        if not build_frontend.MANIFEST.exists():
            raise RuntimeError(
                "web/static/dist is missing and so is web/frontend to build it from: "
                "build from a checkout or from the complete sdist."
            )

    def add_compiled(self, build_data: dict[str, Any]) -> None:
        """That of this Python alone, and the tag that says so."""
        import compile_tracer

        compiled = compile_tracer.bring_up_to_date()
        if compiled is not None:
            inside = compiled.relative_to(self.root).as_posix()
            build_data["force_include"][str(compiled)] = inside
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
