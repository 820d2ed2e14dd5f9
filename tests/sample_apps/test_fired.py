"""Every announced request, fired by the dashboard as the page does it: answered and traced."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest

from sample_apps.catalog import LESSONS
from tests.processes import DashboardProcess, start_dashboard
from tests.samples_process import SamplesProcess, start_samples

WITHOUT_ITS_ID = ("2D", "3A", "9B", "17C")
"""Scripts in which no context is pushed: their events belong to no trace; the requests of 2D come
to a server that the script starts, with ids of their own."""
PATIENCE = 20.0
NOT_FIRED = ("lesson", "title", "text")


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    running = start_dashboard(tmp_path_factory.mktemp("fired"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def samples(dashboard: DashboardProcess) -> Iterator[SamplesProcess]:
    running = start_samples(dashboard)
    yield running
    running.kill()


@pytest.fixture(scope="module")
def announced(dashboard: DashboardProcess, samples: SamplesProcess) -> dict[str, list[Any]]:
    """Application and sample of every request, by lesson."""
    wanted = sum(len(lesson.samples) for lesson in LESSONS)
    deadline = time.monotonic() + PATIENCE
    found: dict[str, list[Any]] = {}
    while time.monotonic() < deadline and sum(map(len, found.values())) < wanted:
        apps = dashboard.request("GET", "/api/apps").json["items"]
        found = {lesson.id: [] for lesson in LESSONS}
        for app in apps:
            for sample in app["samples"]:
                found[sample["lesson"]].append((app, sample))
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def at_first(dashboard: DashboardProcess, announced: dict[str, list[Any]]) -> list[Any]:
    """The traces that there are before anybody has fired anything."""
    items: list[Any] = dashboard.request("GET", "/api/traces").json["items"]
    return items


@pytest.fixture(scope="module", autouse=True)
def systems_run(samples: SamplesProcess, at_first: list[Any]) -> None:
    """Those of lessons about other systems: a firing waits ten seconds, a start may take longer."""
    for lesson in LESSONS:
        for mount in lesson.mounts if lesson.systems else ():
            url = f"{samples.url}/{lesson.slug}{mount.below}/?name=Ada"
            with urlopen(url, timeout=PATIENCE) as answer:
                assert answer.status == 200


def test_every_request_of_every_lesson_is_announced(announced: dict[str, list[Any]]) -> None:
    told = {id: sorted(sample["path"] for _, sample in pairs) for id, pairs in announced.items()}
    assert told == {x.id: sorted(sample.path for sample in x.samples) for x in LESSONS}


def test_a_newcomer_finds_the_page_empty(at_first: list[Any]) -> None:
    assert [item["name"] for item in at_first] == []


@pytest.mark.parametrize("lesson", [lesson.id for lesson in LESSONS])
def test_each_of_them_is_fired_and_its_trace_ends(
    lesson: str, dashboard: DashboardProcess, announced: dict[str, list[Any]]
) -> None:
    for app, sample in announced[lesson]:
        request = {name: value for name, value in sample.items() if name not in NOT_FIRED}
        fired = dashboard.request("POST", f"/api/apps/{app['id']}/fire", request).json
        assert fired["status"] != 501
        assert lesson in WITHOUT_ITS_ID or is_complete(dashboard, fired["trace_id"])


def is_complete(dashboard: DashboardProcess, trace_id: str) -> bool:
    """Whether the trace is there and has ended; waits for it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = dashboard.request("GET", f"/api/traces/{trace_id}")
        if answer.status == 200 and answer.json["complete"]:
            return True
        time.sleep(0.05)
    return False
