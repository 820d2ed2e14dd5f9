"""The pytest plugin in real runs of pytest, each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import DashboardProcess, without_ours
from tracer.json_lines import dump_lines

from .commands import BIN, kinds_of

pytest_plugins = ["pytester"]

SHOP = """
import pytest
from flask import Flask

app = Flask("shop")

@app.before_request
def load_user():
    pass

@app.get("/")
def index():
    return "Hello"

@app.get("/ok/<name>")
def ok(name):
    return name

@app.after_request
def add_header(response):
    return response

def get(path="/"):
    return app.test_client().get(path).status_code
"""
QUIET = ("-p", "no:randomly", "-p", "no:cacheprovider", "-q")


@pytest.fixture(autouse=True)
def shop(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project with one application, no tests yet."""
    for name in set(os.environ) - set(without_ours(os.environ)):
        monkeypatch.delenv(name)
    pytester.makepyfile(shop=SHOP)


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(*QUIET, *arguments)


def recordings(pytester: pytest.Pytester) -> dict[str, list[dict[str, object]]]:
    """The files that were kept, each as its lines, by the name of the test."""
    found = {}
    for file in sorted(pytester.path.glob("flaskscope-failures/*.jsonl")):
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        found[str(lines[0]["name"])] = lines
    return found


# --- the fixture ---------------------------------------------------------------------------------


def test_lifecycle_sees_what_the_test_did(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from shop import app, get

        def test_order(lifecycle):
            get()
            get("/none")
            lifecycle.assert_order(["before_request load_user", "after_request", "end wsgi_app"])
            lifecycle.assert_order(
                ["before_request", "view index", "after_request add_header"],
                exact=True, trace=lifecycle.traces[0],
            )
            assert [t.root.name for t in lifecycle.traces] == ["GET /", "GET /none"]
            assert lifecycle.trace.id == lifecycle.traces[1].id
            assert {e.app for e in lifecycle.events} == {"shop"}
            lifecycle.assert_contexts_balanced()

        def test_each_test_begins_anew(lifecycle):
            assert lifecycle.events == []

        def test_applications_made_later(lifecycle):
            from flask import Flask
            Flask("late").test_client().get("/")
            assert lifecycle.trace.app == "late"

        def test_with_a_capture_of_its_own(lifecycle):
            from tracer.testing import capture_trace
            with capture_trace(app) as captured:
                get()
            assert [e.seq for e in captured.events] == [e.seq for e in lifecycle.events]
    """)
    run(pytester).assert_outcomes(passed=4)


def test_what_went_wrong_is_told_without_our_own_lines(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from shop import app, get

        def test_order(lifecycle):
            get()
            lifecycle.assert_order(["view index", "before_request load_user"])

        def test_nothing(lifecycle):
            lifecycle.assert_order(["view"])

        def test_leak(lifecycle):
            app.app_context().push()
            lifecycle.assert_contexts_balanced()

        def test_left_by_the_application(lifecycle):
            app.before_request_funcs[None].append(lambda: app.app_context().push())
            try:
                get()
            except Exception:
                pass
            lifecycle.assert_contexts_balanced()
    """)
    result = run(pytester)
    result.assert_outcomes(failed=4)
    text = result.stdout.str()
    assert (
        "E       AssertionError: Step 2 of 2, 'before_request load_user', did not happen "
        "after 'view index', but before it." in text
    )
    assert "E          1 ✓     view index\n" in text
    assert "E       AssertionError: Nothing was traced: no Flask application was called" in text
    assert "of 'shop' was never popped (thread MainThread)" in text
    assert text.count("Contexts are not balanced:") >= 2
    assert "pytest_plugin.py" not in text.replace("flaskscope_pytest", "")


def test_it_finds_the_one_tracer_whatever_a_project_calls_its_own(
    pytester: pytest.Pytester,
) -> None:
    for package in ("tracer", "web"):
        (pytester.path / package).mkdir()
        (pytester.path / package / "__init__.py").write_text(f"OWNER = 'mine, {package}'\n")
    pytester.makepyfile("""
        import tracer, web
        from shop import get

        def test_names(lifecycle):
            get()
            lifecycle.assert_order(["view index"])
            assert (tracer.OWNER, web.OWNER) == ("mine, tracer", "mine, web")
            assert get("/none") == 200
    """)
    for command in (["-m", "pytest"], ["-P", str(BIN / "pytest")]):
        if sys.version_info < (3, 11):
            command = command[-1:] if command[0] == "-P" else command
        ended = subprocess.run(
            [sys.executable, *command, *QUIET, "--flaskscope"],
            cwd=pytester.path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "assert 404 == 200" in ended.stdout, ended.stdout + ended.stderr
        assert "1 failed in" in ended.stdout
    assert len(recordings(pytester)) == 1


# --- the option ----------------------------------------------------------------------------------

FAILING = """
import pytest
from shop import app, get

@pytest.fixture
def broken_setup():
    get("/setup")
    raise RuntimeError

@pytest.fixture
def broken_teardown():
    yield
    get("/teardown")
    raise RuntimeError

def test_passes():
    assert get() == 200

def test_fails():
    assert get() == 200
    assert get("/none") == 200

def test_setup(broken_setup):
    pass

def test_teardown(broken_teardown):
    get()

def test_without_a_request():
    assert False

@pytest.mark.parametrize("path", ["/a/../b", "ä/" + 100 * "x"])
def test_odd(path):
    assert get(path) == 200
"""


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_the_requests_of_failing_tests_are_kept_and_can_be_imported(
    pytester: pytest.Pytester, dashboard: DashboardProcess, workers: list[str]
) -> None:
    pytester.makepyfile(test_shop=FAILING)
    result = run(pytester, "--flaskscope", *workers)
    result.assert_outcomes(passed=2, failed=4, errors=2)
    kept = recordings(pytester)
    requests = {
        name: [line["name"] for line in lines if line.get("kind") == "request"][::2]
        for name, lines in kept.items()
    }
    odd = {name: paths for name, paths in requests.items() if "test_odd" in name}
    assert {name: paths for name, paths in requests.items() if name not in odd} == {
        "test_shop.py::test_fails": ["GET /", "GET /none"],
        "test_shop.py::test_setup": ["GET /setup"],
        "test_shop.py::test_teardown": ["GET /", "GET /teardown"],
    }
    assert len(odd) == 2
    files = sorted(pytester.path.glob("flaskscope-failures/*.jsonl"))
    shown = result.stdout.str()
    assert f"The requests of 5 failing tests are in {pytester.path}/flaskscope-failures:" in shown
    assert [file.name for file in files if f"\n  {file.name}\n" not in shown] == []

    file = next(file for file in files if "test_fails" in file.name)
    imported = subprocess.run(
        [BIN / "flaskscope", "import", "--dashboard", dashboard.url, file],
        env=dashboard.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert imported.returncode == 0, imported.stderr
    recording = imported.stdout.split()[0]
    items = dashboard.request("GET", f"/api/recordings/{recording}/traces").json["items"]
    assert [(item["path"], item["status"], item["complete"]) for item in items] == [
        ("/", 200, True),
        ("/none", 404, True),
    ]
    assert "view" in kinds_of(dashboard, items[0])
    exported = dashboard.request("GET", f"/api/recordings/{recording}/export?format=jsonl")
    assert exported.body.splitlines()[1:] == file.read_bytes().splitlines()[1:]


def test_a_failing_test_leaves_a_chrome_trace_and_a_page_of_its_own(
    pytester: pytest.Pytester,
) -> None:
    (pytester.path / "web").mkdir()  # the project's own, which is not ours
    (pytester.path / "web" / "__init__.py").write_text("raise RuntimeError\n")
    pytester.makepyfile(test_shop=FAILING)
    result = run(pytester, "--flaskscope", "-k", "test_fails or test_odd")
    folder = pytester.path / "flaskscope-failures"
    names = sorted(file.name for file in folder.glob("*.jsonl"))
    assert len(names) == 3
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        name.removesuffix(".jsonl") + ending
        for name in names
        for ending in (".jsonl", ".trace.json", ".html")
    )
    assert ", .html for any browser, also offline." in result.stdout.str()
    [name] = [name for name in names if "test_fails" in name]
    trace = json.loads((folder / name).with_suffix(".trace.json").read_text())
    assert [e["name"] for e in trace["traceEvents"] if e.get("cat") == "request"] == [
        "GET /",
        "GET /none",
    ]
    page = (folder / name).with_suffix(".html").read_text()
    assert "<title>test_shop.py::test_fails – Flaskscope</title>" in page
    assert page.count("data-block") > 1

    # Mended: all of it goes.
    pytester.makepyfile(test_shop=FAILING.replace('get("/none") == 200', 'get("/none") == 404'))
    run(pytester, "--flaskscope", "-k", "test_fails")
    assert [file.name for file in folder.iterdir() if "test_fails" in file.name] == []


def test_without_the_dashboard_it_says_how_to_get_the_page(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASKSCOPE_BUNDLE", str(pytester.path / "nowhere"))
    pytester.makepyfile(test_shop=FAILING)
    result = run(pytester, "--flaskscope", "-k", "test_fails")
    result.assert_outcomes(failed=1, deselected=6)
    text = result.stdout.str()
    assert "for https://ui.perfetto.dev. There are no HTML files: The page for" in text
    kept = sorted(file.suffix for file in (pytester.path / "flaskscope-failures").iterdir())
    assert kept == [".json", ".jsonl"]


def test_a_kept_file_tells_everything_that_an_export_tells(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_shop=FAILING)
    run(pytester, "--flaskscope", "-k", "test_fails")
    [lines] = recordings(pytester).values()
    header = lines[0]
    [agent] = header["agents"]  # type: ignore[misc]
    [app] = header["apps"]  # type: ignore[misc]
    assert (app["key"], app["agent"]) == ("shop", agent["id"])  # type: ignore[index]
    assert [route["rule"] for route in app["routes"]] == [
        "/static/<path:filename>",
        "/",
        "/ok/<name>",
    ]  # type: ignore[index]
    events = [line for line in lines if "seq" in line]
    assert {str(event["span_id"])[:8] for event in events if event["span_id"]} == set(
        agent["span_prefixes"]  # type: ignore[index]
    )
    sources = {line["source"]["id"] for line in lines if "source" in line}  # type: ignore[index]
    assert sources == {
        event["attributes"]["source"]  # type: ignore[index]
        for event in events
        if "source" in event["attributes"]  # type: ignore[operator]
    }
    assert lines[-1] == {"end": True, "events": len(events)}
    assert list(dump_lines([]))[-1] == '{"end":true,"events":0}\n'


def test_a_test_that_is_mended_loses_its_file_and_others_keep_theirs(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_shop=FAILING)
    run(pytester, "--flaskscope", "-k", "test_fails or test_teardown")
    assert len(recordings(pytester)) == 2
    pytester.makepyfile(test_shop=FAILING.replace('get("/none") == 200', 'get("/none") == 404'))
    result = run(pytester, "--flaskscope", "-k", "test_fails")
    assert list(recordings(pytester)) == ["test_shop.py::test_teardown"]
    assert "flaskscope" not in result.stdout.str()


def test_the_folder_can_be_chosen_and_what_cannot_be_written_changes_no_result(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_shop=FAILING)
    run(pytester, "--flaskscope", "--flaskscope-folder", "out/here", "-k", "test_fails")
    assert len(list(pytester.path.glob("out/here/*.jsonl"))) == 1
    (pytester.path / "taken").write_text("a file")
    result = run(pytester, "--flaskscope", "--flaskscope-folder=taken", "-k", "test_fails")
    result.assert_outcomes(failed=1, deselected=6)
    assert "cannot be written: Not a directory." in result.stderr.str()


def test_captures_inside_of_recorded_tests_are_their_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from shop import app, get
        from tracer.testing import capture_trace

        def test_captures(lifecycle):
            get("/ok/before")
            with capture_trace() as captured:
                get()
            get("/ok/after")
            names = [trace.root.name for trace in captured.traces]
            assert names == ["GET /"]
            names = [trace.root.name for trace in lifecycle.traces]
            assert names == ["GET /ok/before", "GET /", "GET /ok/after"]
            assert False, "to be kept"
    """)
    result = run(pytester, "--flaskscope")
    assert "to be kept" in result.stdout.str()
    [lines] = recordings(pytester).values()
    assert [line["name"] for line in lines if line.get("kind") == "request"][::2] == [
        "GET /ok/before",
        "GET /",
        "GET /ok/after",
    ]


def test_switched_off_nothing_is_recorded_and_the_fixture_says_why(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASKSCOPE_DISABLED", "1")
    pytester.makepyfile("""
        from shop import get

        def test_order(lifecycle):
            get()
            lifecycle.assert_order(["view"])
    """)
    result = run(pytester, "--flaskscope")
    assert "and FLASKSCOPE_DISABLED is set." in result.stdout.str()
    assert recordings(pytester) == {}


def test_a_flask_that_is_too_old_is_one_sentence_and_the_tests_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the installed packages say of themselves is found along the path.
    old = pytester.mkdir("old") / "flask-1.0.4.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: flask\nVersion: 1.0.4\n")
    monkeypatch.setenv("PYTHONPATH", str(old.parent), prepend=os.pathsep)
    pytester.makepyfile("""
        from shop import get

        def test_passes():
            assert get() == 200

        def test_fails():
            assert get() == 404
    """)
    result = run(pytester, "--flaskscope", "-W", "error")
    result.assert_outcomes(passed=1, failed=1)
    assert result.errlines == [
        "Flaskscope traces Flask 1.1 and newer; this is Flask 1.0.4, which is not traced."
    ]
    assert recordings(pytester) == {}


def test_a_variable_that_holds_nonsense_is_told_before_any_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASKSCOPE_RECORD", "everything")
    pytester.makepyfile("def test_passes(): pass")
    result = run(pytester, "--flaskscope")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines[0].startswith(
        "ERROR: --flaskscope: Nothing that can be recorded is called 'everything'."
    )


# --- and otherwise -------------------------------------------------------------------------------


def test_who_does_not_use_it_gets_none_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_imports():
            ours = [n for n in sys.modules if n.split(".")[0] in ("flask", "tracer", "web")]
            assert ours == []
            assert [n for n in sys.modules if "flaskscope" in n] == ["flaskscope_pytest"]
            assert [f for f in sys.meta_path if "flaskscope" in type(f).__module__] == []
    """)
    result = run(pytester, "-W", "error")
    result.assert_outcomes(passed=1)
    assert list(Path(pytester.path).glob("flaskscope*")) == []


def test_the_options_are_explained(pytester: pytest.Pytester) -> None:
    text = run(pytester, "--help").stdout.str()
    assert "--flaskscope-folder=FOLDER" in text
    fixtures = run(pytester, "--fixtures").stdout.str()
    assert "lifecycle -- " in fixtures
