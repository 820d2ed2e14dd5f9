"""One dashboard for all of these tests, and a project for each."""

from __future__ import annotations

from tests.zero_code.conftest import dashboard, project

__all__ = ["dashboard", "project"]
