"""Where a traced request runs more bytecodes: ``python -m tests.benchmarks.bytecodes``.

A request runs under ``sys.settrace``, with and without the tracer, and the bytecodes of each
function are counted: the same on a busy machine, and nearer to the time that tracing adds than
instructions are; of what is compiled, none are seen. See "What bounds it" in docs/performance.md.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from tracer import Tracer

from .overhead import form
from .probes import events
from .workloads import PATHS, WORKLOADS, Caller

ROOT = Path(__file__).parents[2]
WARM = 20
"""Requests before the one that is counted: Python has specialised what it runs by then."""


class Counted(NamedTuple):
    bytecodes: Counter[str]
    calls: Counter[str]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.bytecodes", description=__doc__
    )
    parser.add_argument("--workload", choices=WORKLOADS, default="W2")
    parser.add_argument("--lines", type=int, default=30, help="functions to list")
    options = parser.parse_args()
    untraced, traced = (counted(options.workload, is_traced) for is_traced in (False, True))
    before, after = untraced.bytecodes.total(), traced.bytecodes.total()
    print(
        f"{options.workload}, Python {platform.python_version()}, the hot path {form()}; "
        f"bytecodes a request: {before:,} untraced, {after:,} traced ({after / before - 1:+.1%}, "
        f"{events(options.workload, ())} events)"
    )
    print(f"{'more':>7}{'calls':>7}  function")
    more = Counter(traced.bytecodes)
    more.subtract(untraced.bytecodes)
    for function, number in more.most_common(options.lines):
        print(f"{number:>7,}{traced.calls[function]:>7}  {function}")


def counted(workload: str, is_traced: bool) -> Counted:
    """What one request runs; nobody drains what it records."""
    apps = WORKLOADS[workload]()
    tracers = [Tracer(app, enabled=True) for app in apps] if is_traced else []
    request = Caller(apps[0], PATHS[workload])
    for _ in range(WARM):
        request()
    found = Counted(Counter(), Counter())

    def entered(frame: FrameType, event: str, argument: Any) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        function = _name(frame)
        found.calls[function] += 1

        def ran(frame: FrameType, event: str, argument: Any) -> Any:
            found.bytecodes[function] += event == "opcode"
            return ran

        return ran

    sys.settrace(entered)
    try:
        request()
    finally:
        sys.settrace(None)
    for tracer in tracers:
        tracer.uninstall()
    return found


def _name(frame: FrameType) -> str:
    code = frame.f_code
    file = Path(code.co_filename)
    shown = file.relative_to(ROOT) if file.is_relative_to(ROOT / "tracer") else file.name
    return f"{shown} {getattr(code, 'co_qualname', code.co_name)}"


if __name__ == "__main__":
    main()
