"""What tracing costs a request: a process for each tracer, measured in alternating blocks."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from tests.processes import without_ours
from tests.tracer_transport.receiver import Receiver

KEY = "benchmark-key"
TARGETS = {"W1": 1.30, "W2": 1.15, "W3": 1.15}
BLOCK = {"W1": 300, "W2": 60, "W3": 50}
"""Requests between two changes of the variant."""

QUIET = {
    "PYTHONWARNINGS": "ignore",
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "DD_REMOTE_CONFIGURATION_ENABLED": "false",
}
"""Peers are to trace, not to call home, nor to warn of what else is installed here."""


@dataclass(frozen=True, slots=True)
class Overhead:
    """Figures of one workload; times are CPU of the request's thread."""

    workload: str
    untraced: float
    """Microseconds a request."""
    ratios: dict[str, tuple[float, float, float]]
    """Tracer → traced / untraced: median, smallest, largest of the pair ratios."""
    added: dict[str, tuple[float, float, float]]
    """Peer → CPU that Flaskscope adds / CPU that the peer adds, of the same round."""
    events: float
    """A request."""
    per_event: float
    """Microseconds of added CPU per recorded event."""
    dropped: int
    target: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class CountingDashboard(Receiver):
    """Takes every batch and only counts."""

    def __init__(self) -> None:
        super().__init__(key=KEY)
        self.events: dict[int, int] = {}
        self.lost: dict[int, int] = {}
        self.left: set[int] = set()
        self.keep = self._count

    def _count(self, batch: dict[str, Any]) -> None:
        pid = batch["agent"]["pid"]
        self.events[pid] = self.events.get(pid, 0) + len(batch["columns"]["seq"])
        self.lost[pid] = self.lost.get(pid, 0) + sum(batch["dropped"].values())
        if batch["bye"]:
            self.left.add(pid)


class Worker:
    """One variant in its own process, so that nobody's patches touch another's figures."""

    def __init__(self, variant: str, workload: str, dashboard: str) -> None:
        environment = without_ours(os.environ)
        environment |= {"PYTHONHASHSEED": "0", **QUIET}
        if variant == "flaskscope":
            environment |= {"FLASKSCOPE_DASHBOARD": dashboard, "FLASKSCOPE_TOKEN": KEY}
        self.requests = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.worker", variant, workload],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def run(self, requests: int) -> float:
        """Nanoseconds of CPU a request."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{requests}\n")
        self.process.stdin.flush()
        self.requests += requests
        return int(self.process.stdout.readline()) / requests

    def stop(self) -> None:
        self.process.communicate(timeout=30)


def form() -> str:
    """How the tracer runs in processes that are started from here."""
    ask = "from tracer import hot_path as h; print('as C' if h.IS_COMPILED else 'as plain Python')"
    command = [sys.executable, "-c", ask]
    environment = without_ours(os.environ)
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def measure(workload: str, rounds: int, peers: list[str]) -> Overhead:
    """Run *workload* untraced, with us and with the *peers* by turns, *rounds* times."""
    variants = ["untraced", "flaskscope", *peers]
    with CountingDashboard() as dashboard:
        workers = {v: Worker(v, workload, dashboard.url) for v in variants}
        block = BLOCK[workload]
        for worker in workers.values():
            worker.run(2 * block)
        samples: list[dict[str, float]] = []
        for number in range(rounds):
            # Each variant stands in each place equally often.
            first = number % len(variants)
            order = [*variants[first:], *variants[:first]]
            samples.append({v: workers[v].run(block) for v in order})
        for worker in workers.values():
            worker.stop()
        traced = workers["flaskscope"]
        with dashboard.arrived:
            dashboard.arrived.wait_for(lambda: traced.process.pid in dashboard.left, timeout=5)
        pid = traced.process.pid
        lost = dashboard.lost.get(pid, 0)
        events = (dashboard.events.get(pid, 0) + lost) / traced.requests
    return _figures(workload, samples, events, lost)


def _figures(workload: str, samples: list[dict[str, float]], events: float, lost: int) -> Overhead:
    tracers = [variant for variant in samples[0] if variant != "untraced"]
    peers = [tracer for tracer in tracers if tracer != "flaskscope"]
    added = [{t: sample[t] - sample["untraced"] for t in tracers} for sample in samples]
    return Overhead(
        workload=workload,
        untraced=median(s["untraced"] for s in samples) / 1000,
        ratios={t: _spread([s[t] / s["untraced"] for s in samples]) for t in sorted(tracers)},
        added={p: _spread([a["flaskscope"] / a[p] for a in added]) for p in sorted(peers)},
        events=events,
        per_event=median(a["flaskscope"] for a in added) / max(events, 1) / 1000,
        dropped=lost,
        target=TARGETS[workload],
    )


def _spread(values: list[float]) -> tuple[float, float, float]:
    return median(values), min(values), max(values)
