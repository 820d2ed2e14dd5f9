"""What pytest loads of Flaskscope, in every run: an option, a fixture, and nothing else.

A module of its own, because pytest imports plugins before it imports the project, and whoever took
the name ``tracer`` first would keep it. The tracer itself comes in when it is asked for; see
``tracer/pytest_plugin.py`` for what it does then.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

FOLDER = "flaskscope-failures"
SECTION = "flaskscope"
ENDINGS = (".jsonl", ".trace.json", ".html")
"""Of the files that a failing test leaves, the first of them its recording."""
HTML_PATIENCE = 120
"""Seconds for the HTML files of all failing tests."""
_BOOTSTRAP = "_flaskscope_bootstrap"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("flaskscope")
    group.addoption(
        "--flaskscope",
        action="store_true",
        help="record each test's Flask requests, and keep those of failing tests as files",
    )
    group.addoption(
        "--flaskscope-folder",
        metavar="FOLDER",
        default=FOLDER,
        help=f"where --flaskscope keeps them, from the root folder ({FOLDER})",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("flaskscope"):
        try:
            why_not = _plugin().why_not()
        except ImportError as error:
            raise pytest.UsageError(f"--flaskscope cannot load the tracer: {error}") from error
        except ValueError as error:  # in our variables
            raise pytest.UsageError(f"--flaskscope: {error}") from error
        if why_not is None:
            config.pluginmanager.register(_Recorder(config), "flaskscope-recorder")
        else:
            # Not a warning, which a project's filters may make an error of.
            print(why_not, file=sys.__stderr__)


@pytest.fixture
def lifecycle() -> Iterator[Any]:
    """What Flask does in this test: ``assert_order([…])``, ``assert_contexts_balanced()``,
    ``trace``, ``traces``, ``events``.
    """
    with _plugin().recorded() as lifecycle:
        yield lifecycle


class _Recorder:
    """Records each test from the begin of its setup to the end of its teardown.

    Under pytest-xdist one of these lives in each worker, and one, which reports, in the controller.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._folder: Path = config.rootpath / config.getoption("flaskscope_folder")
        self._failed: set[str] = set()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        plugin = _plugin()
        self._failed.discard(item.nodeid)
        with plugin.capture_trace() as capture:
            yield
            has_failed = item.nodeid in self._failed
            # Now: the tracer forgets them when it goes off.
            apps = plugin.applications(capture.events) if has_failed else []
        file = self._file(item.nodeid)
        try:
            # What an earlier run left would be taken for this one's.
            for ending in ENDINGS:
                file.with_suffix(ending).unlink(missing_ok=True)
            if has_failed:
                plugin.write_recording(file, item.nodeid, capture.events, apps)
        except OSError as error:
            # The tests' result must not change with it.
            print(f"Flaskscope: {file} cannot be written: {error.strerror}.", file=sys.__stderr__)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, None]:
        report = (yield).get_result()
        if report.failed:
            self._failed.add(item.nodeid)
            # Reports travel from xdist's workers, with what is set on them.
            report.flaskscope_file = str(self._file(item.nodeid))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        reports = [report for group in terminalreporter.stats.values() for report in group]
        files = dict.fromkeys(getattr(report, "flaskscope_file", None) for report in reports)
        kept = [Path(file) for file in files if file and Path(file).exists()]
        if not kept:
            return
        terminalreporter.section(SECTION)
        tests = "1 failing test" if len(kept) == 1 else f"{len(kept)} failing tests"
        terminalreporter.line(f"The requests of {tests} are in {self._folder}:")
        for file in kept:
            terminalreporter.line(f"  {file.name}")
        missing = write_html(kept)
        terminalreporter.line(
            "Beside each: .trace.json for https://ui.perfetto.dev"
            + (f". {missing}" if missing else ", .html for any browser, also offline.")
        )
        terminalreporter.line("Look at one with: flaskscope import FILE")

    def _file(self, test: str) -> Path:
        name: str = _plugin().file_name(test)
        return self._folder / name


def write_html(files: Sequence[Path]) -> str:
    """Write each recording as one HTML file too; "" or a sentence why there are none.

    By a process of its own, which imports nothing of the project: what the dashboard is made of
    must not get among what is tested, and the project may have a package ``web``.
    """
    here = str(Path(__file__).parent)
    run = f"import sys; sys.path.insert(0, {here!r}); from web.cli import main; main()"
    command = [sys.executable, "-I", "-c", run, "convert", "--to", "html", *map(str, files)]
    try:
        ended = subprocess.run(  # noqa: S603 (our own program)
            command, capture_output=True, text=True, timeout=HTML_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"There are no HTML files: {error}"
    if ended.returncode == 0:
        return ""
    said = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
    if said[-1].startswith("ModuleNotFoundError"):
        return "For an HTML file each, too: pip install 'flaskscope[dashboard]'"
    return f"There are no HTML files: {said[-1].removeprefix('Error: ')}"


def _plugin() -> Any:
    """``tracer.pytest_plugin``, in the one copy of the tracer that this process has."""
    bootstrap = sys.modules.get(_BOOTSTRAP) or _load_bootstrap()
    return import_module(f"{bootstrap.package().__name__}.pytest_plugin")


def _load_bootstrap() -> Any:
    file = Path(__file__).with_name("tracer") / "bootstrap.py"
    loader = SourceFileLoader(_BOOTSTRAP, str(file))
    module = type(sys)(_BOOTSTRAP)
    module.__file__ = loader.path
    sys.modules[_BOOTSTRAP] = module
    loader.exec_module(module)
    return module
