"""Commands under ``flaskscope run``, in a project of their own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from tests.processes import DashboardProcess, clean_environment

PATIENCE = 30.0
BIN = Path(sys.executable).parent
T = TypeVar("T")

SHOP = """
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "Hello"
"""


@dataclass
class Project:
    """A folder with somebody's code, and the environment that its commands get."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def run(self, *command: object, dashboard: str | None = None) -> Running:
        """Start *command* under ``flaskscope run``; the caller ends it with ``with``."""
        named = ["--dashboard", dashboard] if dashboard else []
        return Running(self, [*_flaskscope(), *named, "--", *map(str, command)])

    def run_to_the_end(
        self, *command: object, dashboard: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run *command* under ``flaskscope run``."""
        named = ["--dashboard", dashboard] if dashboard else []
        return subprocess.run(
            [*_flaskscope(), *named, "--", *map(str, command)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def _flaskscope() -> list[str]:
    return [str(BIN / "flaskscope"), "run"]


def make_project(folder: Path, data: Path) -> Project:
    """An empty project; *data* is where the user's data folder and with it the keys are."""
    folder.mkdir(exist_ok=True)
    environment = clean_environment(data)
    # Ours is installed, not on the path: what a project's commands import is the project's.
    environment.pop("PYTHONPATH")
    # gunicorn leaves its control socket there.
    environment["HOME"] = str(data)
    environment["PATH"] = f"{BIN}{os.pathsep}{environment['PATH']}"
    return Project(folder, environment)


class Running:
    """A command that runs under ``flaskscope run``."""

    def __init__(self, project: Project, command: list[str]) -> None:
        self._stderr = project.folder / "stderr.txt"
        with self._stderr.open("w") as stderr:
            self.process = subprocess.Popen(
                command,
                cwd=project.folder,
                env=project.environment,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
                # A shell's background job, which these tests may be, ignores Ctrl-C.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    @property
    def stderr(self) -> str:
        return self._stderr.read_text()

    def get(self, url: str) -> str:
        """What *url* answers, as soon as somebody is there."""
        opener = build_opener(ProxyHandler({}))

        def look() -> str | None:
            assert self.process.poll() is None, self.stderr
            try:
                with opener.open(url, timeout=PATIENCE) as response:
                    return str(response.read().decode())
            except (URLError, ConnectionError):
                return None

        return eventually(look)

    def find(self, pattern: str) -> re.Match[str]:
        """*pattern* in standard error, as soon as it is there."""

        def look() -> re.Match[str] | None:
            found = re.search(pattern, self.stderr)
            assert found or self.process.poll() is None, self.stderr
            return found

        return eventually(look)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal to ``flaskscope run`` alone; the return code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        # All of its session, the command and its workers included.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def eventually(look: Callable[[], T | None], missing: Callable[[], object] = str) -> T:
    """The first result of *look* that is something; *missing* tells what there is instead."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{look.__qualname__} found nothing in {PATIENCE} s: {missing()}")


def traces_of(dashboard: DashboardProcess, app: str, count: int = 1) -> list[dict[str, Any]]:
    """The complete traces of the application *app*, oldest first, once there are *count*."""

    def stored() -> list[dict[str, Any]]:
        answer = dashboard.request("GET", f"/api/traces?app={app}&limit=1000")
        return [item for item in answer.json["items"][::-1] if item["complete"]]

    return eventually(lambda: found if len(found := stored()) >= count else None, stored)


def kinds_of(dashboard: DashboardProcess, trace: dict[str, Any]) -> list[str]:
    """What happened in *trace*, in order, each begin and instant."""
    events = dashboard.request("GET", f"/api/traces/{trace['id']}/events").json["items"]
    return [event["kind"] for event in events if event["phase"] != "end"]
