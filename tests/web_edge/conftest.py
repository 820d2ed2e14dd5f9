"""Dashboards that the tests of the edge share: one process a mode, kept until the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from werkzeug.routing import Rule

from tests.processes import DashboardProcess, make_bundle, start_dashboard
from web.app import create_app
from web.config import Config
from web.runtime import Runtime
from web.server import ThreadRuntime

Dashboards = Callable[[str], DashboardProcess]


@pytest.fixture(scope="session")
def dashboard_of_mode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboards]:
    """Gives the dashboard that runs in a mode; started when first asked for."""
    running: dict[str, DashboardProcess] = {}

    def get(mode: str) -> DashboardProcess:
        if mode not in running:
            running[mode] = start_dashboard(tmp_path_factory.mktemp(mode), mode)
        return running[mode]

    yield get
    for dashboard in running.values():
        dashboard.stop()


@pytest.fixture(params=["eventlet", "gthread"])
def dashboard(request: pytest.FixtureRequest, dashboard_of_mode: Dashboards) -> DashboardProcess:
    """A running dashboard, once in each mode; tests leave it as they found it."""
    return dashboard_of_mode(request.param)


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    return ThreadRuntime()


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory, runtime: Runtime) -> list[Rule]:
    """Every route that the dashboard has."""
    folder = tmp_path_factory.mktemp("rules")
    config = Config(
        port=5000,
        database=f"sqlite:///{folder / 'store.sqlite3'}",
        token="a token of the test",
        async_mode="threading",
        bundle=make_bundle(folder / "bundle"),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder))
        return list(create_app(config, runtime).url_map.iter_rules())
