"""The sample applications as a process of their own, for tests that need a traced application."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sample_apps.catalog import Lesson, select
from tests.processes import DashboardProcess, free_port

CONNECT_PATIENCE = 30.0
"""Seconds within which the samples have told a running dashboard of themselves."""


@dataclass
class SamplesProcess:
    """Running sample applications, known to their dashboard."""

    process: subprocess.Popen[str]
    url: str
    apps: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Application items of the dashboard, by name."""

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def start_samples(dashboard: DashboardProcess, *only: str) -> SamplesProcess:
    """Start the lessons (all, or *only* these) and wait until *dashboard* lists all of them.

    The caller kills the process.
    """
    command = ["-m", "web", "samples", "--dashboard", dashboard.url, "--port", str(free_port())]
    chosen = [word for name in only for word in ("--only", name)]
    errors = dashboard.folder / "samples-stderr.txt"
    with errors.open("a") as stderr:
        process = subprocess.Popen(
            [sys.executable, *command, *chosen],
            cwd=dashboard.folder,
            # They are killed: what they leave goes with the test's own folder.
            env={**dashboard.environment, "TMPDIR": str(dashboard.folder)},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    assert process.stdout
    found = None
    for line in process.stdout:
        if found := re.match(r"Samples: (http://\S+)/ ", line):
            break
    if not found:
        process.communicate()
        raise AssertionError(errors.read_text())
    samples = SamplesProcess(process, found[1])
    try:
        samples.apps = wait_for_apps(
            dashboard, process.pid, count_of_samples(select(list(only) or None))
        )
    except BaseException:
        samples.kill()
        raise
    return samples


def count_of_samples(lessons: Iterable[Lesson]) -> int:
    """How many samples the applications of *lessons* announce together; a script is one."""
    return sum(1 if lesson.is_script else len(lesson.samples) for lesson in lessons)


def wait_for_apps(dashboard: DashboardProcess, pid: int, samples: int) -> dict[str, dict[str, Any]]:
    """The connected applications of process *pid*, by name, once they offer that many *samples*."""
    deadline = time.monotonic() + CONNECT_PATIENCE
    while time.monotonic() < deadline:
        items = dashboard.request("GET", "/api/apps").json["items"]
        apps = [item for item in items if item["connected"] and item["pid"] == pid]
        offered = sum(len(app["samples"]) for app in apps)
        if offered == samples:
            return {app["name"]: app for app in apps}
        time.sleep(0.05)
    raise AssertionError(
        f"{offered} of {samples} samples were announced: {json.dumps(items)[:1000]}"
    )
