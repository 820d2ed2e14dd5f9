"""Stores on real files, and a dashboard in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.processes import bundle_folder
from web.app import create_app
from web.config import Config
from web.server import ThreadRuntime
from web.services import EXTENSION, Services
from web.store import Store

TOKEN = "the-key-of-these-tests"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path}/store.db")
    yield opened
    opened.close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """A dashboard; its parts are in ``parts``."""
    config = Config.from_environment(
        {"FLASKSCOPE_BUNDLE": str(bundle_folder(tmp_path))},
        database=str(tmp_path / "dashboard.db"),
        token=TOKEN,
        async_mode="threading",
    )
    made = create_app(config, ThreadRuntime())
    yield made
    services: Services = made.extensions[EXTENSION]
    services.live.close()
    services.runtime.run(services.store.close)
    services.runtime.close()


@pytest.fixture
def parts(app: Flask) -> Services:
    services: Services = app.extensions[EXTENSION]
    return services


class _Browserless(FlaskClient):
    """Comes by the dashboard's own name, as the gate asks of everybody."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", "http://127.0.0.1:5000")
        return super().open(*args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Shows the key with every request."""
    app.test_client_class = _Browserless
    made = app.test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return made
