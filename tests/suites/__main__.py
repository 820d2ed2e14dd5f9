"""``make suites``: the test suites of Flask, Werkzeug and extensions give the same results traced.

Each suite runs as it is, then under ``flaskscope run`` with a dashboard that stores all of it, then
with the option ``--flaskscope`` of our plugin for pytest. What became of each test must be the
same. A test that differs is looked at again untraced: if it differs there, too, it is flaky of its
own and named so. Names on the command line choose among the suites.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.processes import DashboardProcess, clean_environment, start_dashboard

from .catalog import SUITES, Suite
from .environments import KEPT, ROOT, CannotInstall, Environment, environment

PLUGINS = Path(__file__).with_name("plugin")
AGAIN = 2
"""How often what differs is looked at again."""
PATIENCE = 3600
"""Seconds for one run of one suite."""
OPTIONS = (
    *("-q", "-p", "suite_outcomes", "-p", "no:randomly"),
    "--continue-on-collection-errors",
)

Outcomes = Mapping[str, str]
"""A test's id → what became of it."""


class Result(NamedTuple):
    """What a suite came to."""

    suite: Suite
    tests: Outcomes
    requests: int
    """How many the dashboard has stored."""
    differences: list[str]
    """A line each, of what is ours to mend."""
    flaky: list[str]
    """Tests that differ without us."""
    seconds: float

    @property
    def is_good(self) -> bool:
        return bool(self.tests) and not self.is_missing_requests and not self.differences

    @property
    def is_missing_requests(self) -> bool:
        return self.suite.requests and not self.requests


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [suite.name for suite in SUITES]
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="only these")
    chosen = set(parser.parse_args().suites or names)
    if unknown := sorted(chosen - set(names)):
        parser.error(f"no suite {', '.join(unknown)}; there are {', '.join(names)}")
    print(f"{'suite':<28}{'tests':>6}  {'same':<6}{'requests':>9}{'flaky':>6}{'seconds':>9}")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        dashboard = start_dashboard(Path(folder))
        try:
            for suite in SUITES:
                if suite.name in chosen:
                    try:
                        results.append(run(suite, environment(suite), dashboard))
                        show(results[-1])
                    except CannotInstall as error:
                        print(f"{suite.pin:<28} cannot be installed\n{error}", file=sys.stderr)
        finally:
            dashboard.stop()
    return 0 if len(results) == len(chosen) and all(result.is_good for result in results) else 1


def show(result: Result) -> None:
    same = "yes" if not result.differences else "NO"
    print(
        f"{result.suite.pin:<28}{len(result.tests):>6}  {same:<6}{result.requests:>9}"
        f"{len(result.flaky):>6}{result.seconds:>9.0f}"
    )
    counts = Counter(result.tests.values())
    print("    " + ", ".join(f"{count} {name}" for name, count in counts.most_common()))
    for line in result.differences:
        print(f"    DIFFERS  {line}")
    for name in result.flaky:
        print(f"    flaky    {name}")
    if not result.tests:
        print("    NO TEST RAN")
    if result.is_missing_requests:
        print("    NOTHING WAS RECORDED")
    sys.stdout.flush()


def run(suite: Suite, place: Environment, dashboard: DashboardProcess) -> Result:
    started = time.monotonic()
    dashboard.request("DELETE", "/api/traces")
    untraced = outcomes(suite, place, "untraced")
    traced = outcomes(suite, place, "traced", dashboard)
    requests = stored_requests(dashboard)
    plugin = outcomes(suite, place, "plugin")
    differences = [
        *compared(untraced, traced, "under flaskscope run"),
        *compared(untraced, plugin, "with --flaskscope"),
    ]
    flaky = sorted(flaky_ones(suite, place, untraced)) if differences else []
    ours = [line for name, line in differences if name not in flaky]
    return Result(suite, untraced, requests, ours, flaky, time.monotonic() - started)


def compared(untraced: Outcomes, found: Outcomes, how: str) -> list[tuple[str, str]]:
    """The tests that differ, each with a line that says so; also one that is missing."""
    return [
        (name, f"{name}: {was} untraced, {found.get(name, 'missing')} {how}")
        for name, was in {**dict.fromkeys(found, "missing"), **untraced}.items()
        if found.get(name, "missing") != was
    ]


def flaky_ones(suite: Suite, place: Environment, untraced: Outcomes) -> set[str]:
    """The tests that differ between untraced runs."""
    differ: set[str] = set()
    for _ in range(AGAIN):
        again = outcomes(suite, place, "untraced again")
        names = {*again, *untraced}
        differ |= {name for name in names if again.get(name) != untraced.get(name)}
    return differ


def outcomes(
    suite: Suite, place: Environment, how: str, dashboard: DashboardProcess | None = None
) -> Outcomes:
    """Run *suite* once; its output is kept beside it."""
    folder = place.source.parent
    name = how.replace(" ", "-")
    found = folder / f"{name}.json"
    found.unlink(missing_ok=True)
    command = [str(place.python), "-m", "pytest", *OPTIONS, *suite.options]
    plugins = [PLUGINS]
    if how == "plugin":
        plugins.append(our_plugin())
        command += ["-p", "flaskscope_pytest", "--flaskscope"]
    command.append(suite.tests)
    variables = {"SUITE_OUTCOMES": str(found), "PYTHONPATH": os.pathsep.join(map(str, plugins))}
    data = folder
    if dashboard is not None:
        data = dashboard.folder
        flaskscope = str(Path(sys.executable).with_name("flaskscope"))
        command = [flaskscope, "run", "--dashboard", dashboard.url, "--", *command]
    with (folder / f"{name}.log").open("w", encoding="utf-8") as log:
        subprocess.run(
            command,
            cwd=place.source,
            env={**clean_environment(data), **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        )
    read: Outcomes = json.loads(found.read_text(encoding="utf-8")) if found.exists() else {}
    return read


def our_plugin() -> Path:
    """A folder with what a wheel would bring into an environment, and nothing else of ours."""
    folder = KEPT / "plugin"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    # Copies: a folder that is found by a link first is missing where it belongs in an sdist.
    shutil.copy(ROOT / "flaskscope_pytest.py", folder)
    shutil.copytree(
        ROOT / "tracer", folder / "tracer", ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder


def stored_requests(dashboard: DashboardProcess) -> int:
    return len(dashboard.request("GET", "/api/traces?limit=20000").json["items"])


if __name__ == "__main__":
    sys.exit(main())
