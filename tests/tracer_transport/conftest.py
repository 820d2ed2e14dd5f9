"""An exporter, what it takes events from, and a dashboard that is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tracer.exporters.http import HttpExporter

from .fake_source import FakeSource
from .receiver import Receiver


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("FLASKSCOPE_TOKEN", raising=False)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def export(source):
    """Starts exporters and ends them after the test."""
    started: list[HttpExporter] = []

    def start(url: str, token: str | None = "key", of: FakeSource = source) -> HttpExporter:
        exporter = HttpExporter(dashboard=url, token=token, source=of)
        exporter.start()
        started.append(exporter)
        return exporter

    yield start
    for exporter in started:
        exporter.stop()
