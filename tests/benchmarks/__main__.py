"""``python -m tests.benchmarks``: prints the figures, and writes them as JSON if asked to."""

from __future__ import annotations

import argparse
import json
import os
import platform
from importlib import metadata
from pathlib import Path

from . import overhead, renderer, throughput
from .overhead import Overhead
from .renderer import Live, Moving, Opening
from .throughput import Throughput
from .worker import VARIANTS

_STEP_HEAD = (
    f"{'asked':>8}{'sent':>10}{'received':>10}{'skipped':>9}"
    + f"{'p50':>8}{'p99':>8}{'dashboard MB':>14}   cores of application, dashboard, viewers"
)
_OPENING_HEAD = (
    f"\n  {'a recording is opened':24}{'events':>11}{'first s':>8}{'last s':>8}"
    f"{'longest':>10}{'blocked':>9}{'MB':>6}   ms of CPU and of wall time of one task"
)
PEERS = [variant for variant in VARIANTS if variant not in ("untraced", "flaskscope")]
_MOVING_HEAD = f"{'spans':>42}{'load ms':>9}{'CPU ms':>8}{'script':>8}{'p50':>7}{'p95':>7}{'MB':>6}"
RATES = [5_000, 10_000, 20_000, 30_000]


def main() -> None:
    options = _options()
    if options.plain:
        os.environ["FLASKSCOPE_COMPILED"] = "0"
    costs: list[Overhead] = []
    steps: list[Throughput] = []
    print(_machine())
    wanted = [options.only] if options.only else ["overhead", "throughput", "renderer"]
    if "overhead" in wanted:
        print(f"\nCost of tracing, the hot path {overhead.form()}, CPU of the request's thread; "
              "median (smallest – largest)")  # fmt: skip
        for workload in options.workloads:
            costs.append(overhead.measure(workload, options.rounds, options.peers))
            print(_cost_rows(costs[-1]))
    if "throughput" in wanted:
        print(f"\nEvents a second, application → dashboard → {options.viewers} viewers, and "
              f"{throughput.STALLED} stalled one; latency in ms")  # fmt: skip
        print(_STEP_HEAD)
        steps = throughput.measure(options.rates, options.viewers, options.seconds)
        for step in steps:
            print(_step_row(step))
    drawing: list[Moving] = []
    live: list[Live] = []
    openings: list[Opening] = []
    if "renderer" in wanted:
        print(f"\nThe page under {options.events:,} events; CPU of its main thread a frame, in ms")
        print(_MOVING_HEAD)
        drawing = renderer.beside_peer(options.events)
        openings, moving = renderer.whole_page(options.events)
        drawing += moving
        for row in drawing:
            print(_moving_row(row))
        if options.large:
            more, moving = renderer.whole_page(options.large)
            openings += more
            print(f"  of {options.large:,} events, of which the page holds a part:")
            for row in moving:
                print(_moving_row(row))
            drawing += moving
        print(_OPENING_HEAD)
        for opening in openings:
            print(_opening_row(opening))
        live = [renderer.watching(rate, options.seconds) for rate in (10_000, 35_000)]
        for seen in live:
            spans = seen.received * renderer.SPANS
            print(f"  live at {seen.received:,.0f} events/s, {spans:,.0f} spans/s: "
                  f"{seen.cpu:.0%} of a core")  # fmt: skip
    if options.json:
        figures = {
            "machine": _machine(),
            "form": overhead.form(),
            "overhead": [cost.to_dict() for cost in costs],
            "throughput": [step.to_dict() for step in steps],
            "renderer": [row.to_dict() for row in drawing],
            "opening": [opening.to_dict() for opening in openings],
            "live": [seen.to_dict() for seen in live],
        }
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--only", choices=["overhead", "throughput", "renderer"])
    parser.add_argument("--rounds", type=int, default=21, help="blocks of each variant")
    parser.add_argument("--plain", action="store_true", help="measure the hot path as plain Python")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS, metavar="TRACER")
    parser.add_argument("--workloads", nargs="+", default=["W1", "W2", "W3"], metavar="W")
    parser.add_argument("--rates", type=int, nargs="+", default=RATES, metavar="EVENTS")
    parser.add_argument("--viewers", type=int, default=throughput.VIEWERS)
    parser.add_argument("--seconds", type=float, default=throughput.SECONDS)
    parser.add_argument("--events", type=int, default=1_000_000, help="on the page")
    parser.add_argument(
        "--large", type=int, default=0, metavar="EVENTS", help="on the page besides, say 5000000"
    )
    return parser.parse_args()


def _cost_rows(cost: Overhead) -> str:
    note = f", {cost.dropped} dropped" if cost.dropped else ""
    rows = [
        f"\n{cost.workload}: untraced {cost.untraced:.0f} µs; Flaskscope records {cost.events:.1f} "
        f"events a request, {cost.per_event:.2f} µs each{note}",
        f"  {'':14}{'traced / untraced':>24}{'wanted':>8}{'ours added / theirs':>24}",
    ]
    for tracer, ratio in sorted(cost.ratios.items(), key=lambda item: item[1]):
        added = _spread(cost.added[tracer]) if tracer in cost.added else ""
        wanted = "" if tracer in cost.added else f"{cost.target:.2f}"
        rows.append(f"  {tracer:14}{_spread(ratio):>24}{wanted:>8}{added:>24}")
    return "\n".join(rows)


def _moving_row(row: Moving) -> str:
    spans = f"{row.spans:,}" if row.spans else ""
    return (
        f"  {row.what:30}{spans:>10}{row.load:>9.0f}{row.cpu:>8.2f}{row.script:>8.2f}"
        f"{row.p50:>7.1f}{row.p95:>7.1f}{row.heap:>6.0f}"
    )


def _opening_row(row: Opening) -> str:
    return (
        f"  {row.what:24}{row.events:>11,}{row.first:>8.2f}{row.last:>8.2f}"
        f"{row.longest:>10.0f}{row.blocked:>9.0f}{row.heap:>6.0f}"
    )


def _step_row(step: Throughput) -> str:
    p50, p99 = (f"{ms:.0f}" if ms is not None else "–" for ms in (step.p50, step.p99))
    gone = f"   {step.gone} viewers disconnected" if step.gone else ""
    cores = ", ".join(f"{cpu:.2f}" for cpu in step.cpu.values())
    return (
        f"{step.asked:>8}{step.sent:>10.0f}{step.received:>10.0f}{step.skipped:>9}"
        f"{p50:>8}{p99:>8}{step.memory:>14.0f}   {cores}{gone}"
    )


def _spread(values: tuple[float, float, float]) -> str:
    return "{:.2f} ({:.2f} – {:.2f})".format(*values)


def _machine() -> str:
    versions = " ".join(f"{p} {metadata.version(p)}" for p in ("flask", "werkzeug"))
    return f"Python {platform.python_version()}, {versions}, {platform.machine()}"


if __name__ == "__main__":
    main()
