"""What each probe costs a request, in instructions: ``python -m tests.benchmarks.probes``.

A process calls a workload 30 times, another one 90 times; what the second took more is 60 requests
without start and warming up. Valgrind counts the instructions, so that the figure is the same on a
busy machine. Then the same for each probe, with that one left out of the catalog. Without ``wsgi``
a script's root takes the request's place, so the root itself is not in that probe's figure.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import re
import subprocess
import sys
from typing import Final

from tests.processes import without_ours
from tracer import Tracer, engine
from tracer.probes.catalog import CATALOG
from tracer.testing import capture_trace

from .overhead import form
from .workloads import PATHS, WORKLOADS, Caller

FEW: Final = 30
MANY: Final = 90
UNTRACED: Final = "untraced"
NOTHING: Final = "nothing"
TOGETHER: Final = ("calls", "hooks", "views", "error_handlers")
"""One seam: without the others the first never knows what a function is, and looks each time."""
PARTS: Final = {
    ", ".join(TOGETHER): TOGETHER,
    **{probe.name: (probe.name,) for probe in CATALOG if probe.name not in TOGETHER},
}
"""What is left out, one after the other."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.probes", description=__doc__)
    parser.add_argument("--workload", choices=WORKLOADS, default="W2")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PROBE")
    parser.add_argument("--call", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    (call_all if options.call else report)(options.workload, options.only)


def report(workload: str, parts: list[str]) -> None:
    counts = counted(workload, parts)
    untraced, traced = counts[UNTRACED], counts[NOTHING]
    added, recorded = traced - untraced, events(workload, ())
    print(
        f"{workload}, Python {platform.python_version()}, the hot path {form()}; "
        f"instructions a request: {untraced:,.0f} untraced, {traced:,.0f} traced "
        f"({added / untraced:+.1%}, {recorded} events)"
    )
    print(f"{'left out':40}{'saves':>10}{'of untraced':>13}{'of added':>10}{'events':>8}")
    for part in parts:
        saved, fewer = traced - counts[part], recorded - events(workload, PARTS[part])
        print(f"{part:40}{saved:>10,.0f}{saved / untraced:>13.1%}{saved / added:>10.1%}{fewer:>8}")


def counted(workload: str, parts: list[str]) -> dict[str, float]:
    """Instructions that one request takes, by what is left out."""
    environment = without_ours(os.environ)
    run = subprocess.run(
        [
            *("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"),
            *(sys.executable, "-m", "tests.benchmarks.probes"),
            *("--call", "--workload", workload, "--only", *parts),
        ],
        env={**environment, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    totals = {pid: int(n) for pid, n in re.findall(r"==(\d+)== Collected : (\d+)", run.stderr)}
    counts: dict[str, float] = {}
    for line in run.stdout.splitlines():
        few, many, part = line.split(" ", 2)
        counts[part] = (totals[many] - totals[few]) / (MANY - FEW)
    return counts


def call_all(workload: str, parts: list[str]) -> None:
    """What Valgrind counts: two processes for each figure, forked where all is imported."""
    for part in (UNTRACED, NOTHING, *parts):
        few, many = (forked(workload, part, times) for times in (FEW, MANY))
        print(few, many, part, flush=True)


def forked(workload: str, left_out: str, times: int) -> int:
    """The number of a process that has called *workload* so often."""
    pid = os.fork()
    if not pid:
        try:
            call(workload, left_out, times)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    return pid


def call(workload: str, left_out: str, times: int) -> None:
    """Nobody drains the buffer: it is the request's thread that matters."""
    apps = WORKLOADS[workload]()
    if left_out != UNTRACED:
        leave_out(PARTS.get(left_out, ()))
        for app in apps:
            Tracer(app, enabled=True)
    request = Caller(apps[0], PATHS[workload])
    gc.disable()  # when it runs depends on what was made before
    for _ in range(times):
        request()
    assert request.status == "200 OK", request.status


def events(workload: str, names: tuple[str, ...]) -> int:
    """Events of one request, once everything is warm, with the probes of *names* left out."""
    leave_out(names)
    try:
        apps = WORKLOADS[workload]()
        request = Caller(apps[0], PATHS[workload])
        with capture_trace() as captured:
            request()
            before = len(captured.events)
            request()
            return len(captured.events) - before
    finally:
        leave_out(())


def leave_out(names: tuple[str, ...]) -> None:
    catalog = tuple(probe for probe in CATALOG if probe.name not in names)
    engine.CATALOG = catalog  # type: ignore[misc]


if __name__ == "__main__":
    main()
