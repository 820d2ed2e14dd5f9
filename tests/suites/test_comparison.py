"""``make suites`` sees what differs; the suites themselves are too much for ``make test``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .__main__ import PLUGINS, compared

pytest_plugins = ["pytester"]

TESTS = """
import pytest

@pytest.fixture
def breaks():
    raise OSError

@pytest.fixture
def breaks_late():
    yield
    raise OSError

def test_passes(): pass
def test_fails(): assert 0
def test_skips(): pytest.skip()
@pytest.mark.xfail
def test_xfails(): assert 0
@pytest.mark.xfail
def test_xpasses(): pass
def test_setup(breaks): pass
def test_teardown(breaks_late): pass
"""


def test_what_became_of_each_test_is_written_down(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "outcomes.json"
    monkeypatch.setenv("SUITE_OUTCOMES", str(file))
    monkeypatch.setenv("PYTHONPATH", str(PLUGINS))
    pytester.makepyfile(test_all=TESTS, test_broken="import nowhere")
    pytester.runpytest_subprocess("-p", "suite_outcomes", "--continue-on-collection-errors")
    assert json.loads(file.read_text()) == {
        "test_broken.py": "collection failed",
        "test_all.py::test_passes": "passed",
        "test_all.py::test_fails": "failed",
        "test_all.py::test_skips": "skipped",
        "test_all.py::test_xfails": "xfailed",
        "test_all.py::test_xpasses": "xpassed",
        "test_all.py::test_setup": "error in setup",
        "test_all.py::test_teardown": "passed, error in teardown",
    }


def test_every_difference_is_named_also_a_test_that_is_not_there() -> None:
    untraced = {"same": "passed", "worse": "passed", "lost": "skipped"}
    traced = {"same": "passed", "worse": "failed", "more": "passed"}
    assert dict(compared(untraced, traced, "traced")) == {
        "more": "more: missing untraced, passed traced",
        "worse": "worse: passed untraced, failed traced",
        "lost": "lost: skipped untraced, missing traced",
    }
