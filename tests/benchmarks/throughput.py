"""Events a second from a traced application, through a real dashboard, to its viewers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.processes import free_port, without_ours

VIEWERS = 20
STALLED = 1
SECONDS = 4.0
TOKEN = "benchmark-key-of-a-dashboard-that-lives-for-a-minute"


@dataclass(frozen=True, slots=True)
class Throughput:
    """One step of the load; latencies from the event to a viewer's Python, in milliseconds."""

    asked: int
    """Events a second that the application was to make."""
    sent: float
    """Events a second that it made, or the whole way let it make."""
    received: float
    """Events a second at the viewer that got fewest."""
    skipped: int
    """Events that a viewer was told to fetch itself, because it fell behind."""
    gone: int
    """Viewers that were disconnected."""
    p50: float | None
    p99: float | None
    memory: float
    """Resident MB of the dashboard after the step."""
    cpu: dict[str, float]
    """Cores that application, dashboard and viewers were busy with, until all had arrived."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Program:
    """A process that is talked to line by line."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        inherited = without_ours(os.environ)
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=inherited | environment,
        )

    def ask(self, line: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.read()

    def read(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"{self.process.args} ended with {self.process.wait()}: {self.said()}"
            )
        return line

    def said(self) -> str:
        """The end of what it wrote on stderr."""
        self._errors.seek(0)
        return self._errors.read()[-2000:]

    def memory(self) -> float:
        """Resident MB, of the process and of its children."""
        return sum(_resident(pid) for pid in _family(self.process.pid)) / 1024

    def cpu(self) -> float:
        """Seconds of CPU so far, of the process and of its children."""
        return sum(_busy(pid) for pid in _family(self.process.pid))

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        self._errors.close()


def measure(rates: list[int], viewers: int = VIEWERS, seconds: float = SECONDS) -> list[Throughput]:
    """Each of *rates* for some seconds, through one dashboard."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        dashboard = stack.enter_context(
            Program(
                "-m", "web", "dashboard", "--port", str(port), "--token", TOKEN,
                "--db", str(folder / "bench.db"), XDG_DATA_HOME=str(folder),
            )
        )  # fmt: skip
        dashboard.read()  # its address, printed once it listens
        watching = stack.enter_context(
            Program("-m", "tests.benchmarks.viewers", url, TOKEN, str(viewers), str(STALLED))
        )
        watching.read()
        sending = stack.enter_context(
            Program(
                "-m", "tests.benchmarks.sender", FLASKSCOPE_DASHBOARD=url, FLASKSCOPE_TOKEN=TOKEN
            )
        )
        per_request = _events_per_request(sending, watching)
        return [_step(rate, per_request, seconds, sending, watching, dashboard) for rate in rates]


def _events_per_request(sending: Program, watching: Program) -> float:
    sending.ask("50 1")  # what happens once only: sources, templates, caches
    _settled(watching)
    requests = int(sending.ask("50 1"))
    return float(_settled(watching)["least"]) / requests


def _step(
    rate: int,
    per_request: float,
    seconds: float,
    sending: Program,
    watching: Program,
    dashboard: Program,
) -> Throughput:
    programs = {"application": sending, "dashboard": dashboard, "viewers": watching}
    busy = {name: program.cpu() for name, program in programs.items()}
    start = time.perf_counter()
    requests = int(sending.ask(f"{rate / per_request} {seconds}"))
    sent = requests * per_request / (time.perf_counter() - start)
    seen = _settled(watching)
    return Throughput(
        asked=rate,
        sent=sent,
        received=sent * min(1.0, seen["least"] / (requests * per_request)),
        skipped=seen["gaps"],
        gone=seen["gone"],
        p50=seen["p50"],
        p99=seen["p99"],
        memory=dashboard.memory(),
        cpu={name: (p.cpu() - busy[name]) / seconds for name, p in programs.items()},
    )


def _settled(watching: Program) -> dict[str, Any]:
    """What the viewers saw, once nothing has arrived for a while."""
    before, quiet = -1, 0
    while quiet < 5:
        time.sleep(0.3)
        seen = int(watching.ask("seen"))
        quiet = quiet + 1 if seen == before else 0
        before = seen
    figures: dict[str, Any] = json.loads(watching.ask("take"))
    return figures


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *(p for child in children for p in _family(int(child)))]


def _busy(pid: int) -> float:
    """Seconds of CPU, in user and in system mode; 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    """Kilobytes; 0 where there is no /proc."""
    try:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0
