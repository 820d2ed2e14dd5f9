"""Real dashboards for tests: a process on a free port, ready when it has printed its address."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

ROOT = Path(__file__).resolve().parents[1]
BUILT_BUNDLE = ROOT / "web" / "static" / "dist"
START_PATIENCE = 30.0
STOP_PATIENCE = 10.0
MODES = ("eventlet", "threading", "gthread")
"""eventlet's server, Werkzeug's threads, gunicorn's threads."""
CHANCE = random.SystemRandom()
"""Not that of the tests, which begins anew with each: all would try the same ports."""


@dataclass
class Answer:
    """What a dashboard answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class DashboardProcess:
    """One running dashboard; ``token`` changes with every start, the rest stays."""

    folder: Path
    """Holds its data (``XDG_DATA_HOME``) and what it wrote to standard error."""
    port: int
    command: list[str]
    environment: dict[str, str]
    url: str = ""
    token: str = ""
    process: subprocess.Popen[str] = field(init=False, repr=False)
    lines: list[str] = field(default_factory=list)
    """Everything printed to standard output by all starts."""

    @property
    def data_folder(self) -> Path:
        return self.folder / "data" / "flaskscope"

    @property
    def ingest_key(self) -> str:
        return (self.data_folder / "ingest.key").read_text().strip()

    @property
    def stderr(self) -> str:
        return (self.folder / "stderr.txt").read_text()

    def start(self) -> DashboardProcess:
        """Start it and wait until it has printed its address."""
        with (self.folder / "stderr.txt").open("a") as stderr:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        ready = threading.Event()
        before = len(self.lines)
        threading.Thread(target=self._read, args=(ready,), daemon=True).start()
        ready.wait(START_PATIENCE)
        printed = [line for line in self.lines[before:] if line.startswith("Flaskscope: ")]
        if not printed:
            self.kill()
            raise AssertionError(f"no address printed; standard error: {self.stderr}")
        address = urlsplit(printed[0].split()[1])
        self.url = f"{address.scheme}://{address.netloc}"
        self.token = parse_qs(address.query)["token"][0]
        return self

    def stop(self) -> float:
        """End it with SIGTERM; the seconds that this took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_PATIENCE)
        finally:
            self.kill()
        return time.monotonic() - started

    def kill(self) -> None:
        """End it with SIGKILL, if it still runs."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> DashboardProcess:
        """Start it again on the same port and data; end it first if it still runs."""
        if self.process.poll() is None:
            self.stop()
        return self.start()

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request with the view and control key, another *key*, or None for no key.

        *body* is bytes as they are, or anything else as JSON.
        """
        sent = dict(headers or {})
        if key is not None:
            sent.setdefault("Authorization", f"Bearer {key or self.token}")
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = Request(self.url + path, data=data, method=method, headers=sent)
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=30) as response:
                return Answer(response.status, dict(response.headers), response.read())
        except HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def _read(self, ready: threading.Event) -> None:
        stdout = self.process.stdout
        assert stdout is not None
        with stdout:
            for line in stdout:
                self.lines.append(line.rstrip("\n"))
                if line.startswith("Flaskscope: "):
                    ready.set()
        ready.set()


def start_dashboard(tmp_path: Path, mode: str = "eventlet", **env: str) -> DashboardProcess:
    """A dashboard with data of its own below *tmp_path*; the caller stops or kills it.

    *env* is added to its environment. The real page is served if it was built, otherwise a stub.
    """
    return prepare_dashboard(tmp_path, mode, **env).start()


def prepare_dashboard(tmp_path: Path, mode: str = "eventlet", **env: str) -> DashboardProcess:
    """The same, not started yet."""
    folder = tmp_path / "dashboard"
    folder.mkdir(exist_ok=True)
    port = int(env.pop("PORT", 0)) or free_port()
    return DashboardProcess(
        folder=folder,
        port=port,
        command=_command(mode),
        environment={
            **clean_environment(folder),
            "PORT": str(port),
            "FLASKSCOPE_BUNDLE": str(bundle_folder(folder)),
            "FLASKSCOPE_ASYNC_MODE": "eventlet" if mode == "eventlet" else "threading",
            **env,
        },
    )


@contextmanager
def traced_program(dashboard: DashboardProcess, program: Path, **environment: str) -> Iterator[str]:
    """Address of the server that *program*, which prints its port, is under ``flaskscope run``."""
    traced = [sys.executable, "-m", "web", "run", "--dashboard", dashboard.url, "--"]
    process = subprocess.Popen(
        [*traced, sys.executable, str(program)],
        cwd=dashboard.folder,
        env={**dashboard.environment, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def without_ours(environ: Mapping[str, str]) -> dict[str, str]:
    """*environ* without Flaskscope's variables, but for the form in which the tracer runs."""
    keep = "FLASKSCOPE_COMPILED"
    return {k: v for k, v in environ.items() if not k.startswith("FLASKSCOPE_") or k == keep}


def clean_environment(folder: Path) -> dict[str, str]:
    """This process's environment without Flaskscope's own variables, with data below *folder*."""
    kept = without_ours(os.environ)
    kept.pop("PORT", None)
    return {
        **kept,
        # What happens to listen on this machine is not part of a test.
        "FLASKSCOPE_SAMPLES_MARIADB": "",
        "FLASKSCOPE_SAMPLES_REDIS": "",
        "XDG_DATA_HOME": str(folder / "data"),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def free_port() -> int:
    """A port at which nobody listens and that no outgoing connection gets: it stays free until a
    server starts there, and while a server that will come back is away."""
    while True:
        port = CHANCE.randrange(10_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def bundle_folder(folder: Path) -> Path:
    """The built page, or a stub of one below *folder* where it was not built."""
    if (BUILT_BUNDLE / ".vite" / "manifest.json").exists():
        return BUILT_BUNDLE
    return make_bundle(folder / "bundle")


def make_bundle(bundle: Path) -> Path:
    """A page that is not ours, in the shape that Vite builds."""
    (bundle / ".vite").mkdir(parents=True, exist_ok=True)
    (bundle / "assets").mkdir(exist_ok=True)
    (bundle / "assets" / "main-0a1b2c3d.js").write_text("export {};\n")
    (bundle / "assets" / "main-0a1b2c3d.css").write_text("body { margin: 0 }\n")
    (bundle / "offline").mkdir(exist_ok=True)
    (bundle / "offline" / "page.js").write_text("export {};\n")
    (bundle / "offline" / "page.css").write_text("body { margin: 0 }\n")
    entry = {
        "file": "assets/main-0a1b2c3d.js",
        "css": ["assets/main-0a1b2c3d.css"],
        "isEntry": True,
    }
    (bundle / ".vite" / "manifest.json").write_text(json.dumps({"src/main.tsx": entry}))
    return bundle


def _command(mode: str) -> list[str]:
    if mode == "gthread":
        gunicorn = [sys.executable, "-m", "gunicorn", "--config", "python:web.gunicorn"]
        return [*gunicorn, "--log-level", "warning", "web.wsgi:app"]
    assert mode in MODES
    return [sys.executable, "-m", "web", "dashboard"]
