"""One dashboard for all of these tests, and a project for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import DashboardProcess, start_dashboard

from .commands import Project, make_project


@pytest.fixture(scope="package")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    running = start_dashboard(tmp_path_factory.mktemp("dashboard"))
    yield running
    running.stop()


@pytest.fixture
def project(tmp_path: Path, dashboard: DashboardProcess) -> Project:
    """A project of the user whose dashboard runs."""
    return make_project(tmp_path / "project", dashboard.folder)


@pytest.fixture
def lonely(tmp_path: Path) -> Project:
    """A project of a user who has no dashboard."""
    return make_project(tmp_path / "project", tmp_path / "home")
