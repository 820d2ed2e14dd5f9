"""A plugin of pytest that writes down what became of each test, for ``make suites``.

Loaded into the environment of a suite, which has nothing of ours.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_outcomes: dict[str, str] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: Any) -> None:
    """The worst of setup, call and teardown is a test's outcome."""
    if report.failed:
        failed = "failed" if report.when == "call" else f"error in {report.when}"
        before = _outcomes.get(report.nodeid)
        _outcomes[report.nodeid] = f"{before}, {failed}" if report.when == "teardown" else failed
    elif report.skipped:
        _outcomes[report.nodeid] = "xfailed" if hasattr(report, "wasxfail") else "skipped"
    elif report.when == "call":
        _outcomes[report.nodeid] = "xpassed" if hasattr(report, "wasxfail") else "passed"


def pytest_collectreport(report: Any) -> None:
    if not report.passed:
        _outcomes[report.nodeid] = f"collection {report.outcome}"


def pytest_sessionfinish() -> None:
    Path(os.environ["SUITE_OUTCOMES"]).write_text(json.dumps(_outcomes), encoding="utf-8")
