"""``flaskscope run`` with what people type: every application is seen, in every process."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import venv
from pathlib import Path

import pytest

from tests.processes import DashboardProcess, free_port

from .commands import SHOP, Project, eventually, kinds_of, traces_of

# Applications of one dashboard are told apart by their names.
LIFE = ["request", "app_context.push", "request_context.push", "view", "app_context.pop"]

WHAT_FLASK_NEEDS = ("flask", "werkzeug", "jinja2", "markupsafe", "click", "itsdangerous", "blinker")


def named(name: str) -> str:
    return SHOP.replace("__name__", repr(name))


def life_of(dashboard: DashboardProcess, trace: dict[str, object]) -> list[str]:
    return [kind for kind in kinds_of(dashboard, trace) if kind in LIFE]


def test_flask_run_is_traced_and_ends_as_it_would_alone(
    project: Project, dashboard: DashboardProcess
) -> None:
    project.write("shop.py", named("flask-run"))
    port = free_port()
    command = ("flask", "--app", "shop", "run", "--port", port)
    with project.run(*command, dashboard=dashboard.url) as running:
        assert running.get(f"http://127.0.0.1:{port}/") == "Hello"
        [trace] = traces_of(dashboard, "flask-run")
        assert running.end(signal.SIGTERM) == -signal.SIGTERM
    assert (trace["method"], trace["path"], trace["status"]) == ("GET", "/", 200)
    assert life_of(dashboard, trace) == LIFE
    assert "Flaskscope" not in running.stderr


def test_python_app_py_is_traced_and_control_c_reaches_it(
    project: Project, dashboard: DashboardProcess
) -> None:
    port = free_port()
    project.write(
        "app.py",
        named("app-run") + f"\ntry:\n    app.run(port={port})\nfinally:\n    raise SystemExit(7)\n",
    )
    with project.run("python", "app.py", dashboard=dashboard.url) as running:
        assert running.get(f"http://127.0.0.1:{port}/") == "Hello"
        [trace] = traces_of(dashboard, "app-run")
        assert running.end(signal.SIGINT) == 7
    assert life_of(dashboard, trace) == LIFE


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["each loads", "preload"])
def test_every_worker_of_gunicorn_is_traced(
    project: Project, dashboard: DashboardProcess, preload: list[str]
) -> None:
    name = f"gunicorn-{len(preload)}"
    project.write(
        "shop.py",
        named(name) + "\nimport os\n\n@app.get('/pid')\ndef pid():\n    return str(os.getpid())\n",
    )
    port = free_port()
    command = ("gunicorn", "shop:app", "-w", 4, "-b", f"127.0.0.1:{port}", *preload)
    with project.run(*command, dashboard=dashboard.url) as running:
        served: list[int] = []

        def two_workers() -> bool:
            served.append(int(running.get(f"http://127.0.0.1:{port}/pid")))
            return len(set(served)) > 1

        eventually(two_workers)
        traces = traces_of(dashboard, name, len(served))
        assert running.end(signal.SIGTERM) == 0
    assert sorted(trace["pid"] for trace in traces) == sorted(served)


def test_after_the_reloader_restarted_the_new_code_is_traced(
    project: Project, dashboard: DashboardProcess
) -> None:
    file = project.write("shop.py", named("reloaded"))
    port = free_port()
    command = ("flask", "--app", "shop", "run", "--debug", "--port", port)
    with project.run(*command, dashboard=dashboard.url) as running:
        url = f"http://127.0.0.1:{port}/"
        assert running.get(url) == "Hello"
        [before] = traces_of(dashboard, "reloaded")
        file.write_text(named("reloaded").replace("Hello", "Hello again"))
        eventually(lambda: running.get(url) == "Hello again")
        after = eventually(
            lambda: [t for t in traces_of(dashboard, "reloaded") if t["pid"] != before["pid"]]
        )
    assert life_of(dashboard, after[0]) == LIFE


def test_the_requests_of_a_test_run_are_traced(
    project: Project, dashboard: DashboardProcess
) -> None:
    project.write("shop.py", named("under-pytest"))
    project.write(
        "test_shop.py",
        "from shop import app\n\n"
        "def test_one():\n    assert app.test_client().get('/').text == 'Hello'\n\n"
        "def test_two():\n    assert app.test_client().get('/none').status_code == 200\n",
    )
    ended = project.run_to_the_end(
        "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", dashboard=dashboard.url
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "1 failed, 1 passed" in ended.stdout
    traces = traces_of(dashboard, "under-pytest", 2)
    assert [(t["path"], t["status"]) for t in traces] == [("/", 200), ("/none", 404)]


def test_processes_that_a_command_starts_are_traced_too(
    project: Project, dashboard: DashboardProcess
) -> None:
    project.write("shop.py", named("grandchild") + "\napp.test_client().get('/')\n")
    project.write(
        "start.py",
        "import subprocess, sys\n"
        "sys.exit(subprocess.call([sys.executable, '-c', 'import shop; print(shop.__name__)']))\n",
    )
    ended = project.run_to_the_end("sh", "-c", "python start.py", dashboard=dashboard.url)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "shop\n", "")
    assert len(traces_of(dashboard, "grandchild")) == 1


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_worker_of_multiprocessing_is_traced(
    project: Project, dashboard: DashboardProcess, method: str
) -> None:
    """It ends by ``os._exit``, but for spawned ones, and its last requests are sent before."""
    project.write(
        "work.py",
        "import multiprocessing\n"
        "def work():\n"
        "    from shop import app\n"
        "    app.test_client().get('/')\n"
        "if __name__ == '__main__':\n"
        f"    worker = multiprocessing.get_context('{method}').Process(target=work)\n"
        "    worker.start()\n"
        "    worker.join()\n"
        "    raise SystemExit(worker.exitcode)\n",
    )
    project.write("shop.py", named(f"started-by-{method}"))
    ended = project.run_to_the_end("python", "work.py", dashboard=dashboard.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(traces_of(dashboard, f"started-by-{method}")) == 1


def test_an_application_that_attaches_a_tracer_itself_is_traced_once(
    project: Project, dashboard: DashboardProcess
) -> None:
    # The tracer before Flask, and other modules of it: all of them must be the ones that run.
    project.write(
        "shop.py",
        "from tracer import Tracer\n"
        "from tracer.testing import capture_trace\n"
        + named("attached")
        + "\nTracer(app)\nTracer().instrument_all()\n"
        "with capture_trace() as captured:\n"
        "    app.test_client().get('/')\n"
        "print([e.kind for e in captured.events if e.phase != 'end'].count('view'))\n",
    )
    ended = project.run_to_the_end("python", "shop.py", dashboard=dashboard.url)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "1\n", "")
    [trace] = traces_of(dashboard, "attached")
    assert life_of(dashboard, trace) == LIFE


@pytest.mark.parametrize("path", ["", "."], ids=["", "on PYTHONPATH"])
def test_a_project_with_packages_of_our_names_keeps_them(
    project: Project, dashboard: DashboardProcess, path: str
) -> None:
    project.environment["PYTHONPATH"] = path
    name = f"namesakes{path}"
    for package in ("tracer", "web", "sample_apps"):
        project.write(f"{package}/__init__.py", "")
        project.write(f"{package}/engine.py", f"OWNER = 'the project, {package}'\n")
    port = free_port()
    project.write(
        "shop.py",
        "import tracer.engine, web.engine, sample_apps.engine\n"
        + named(name).replace(
            '"Hello"', "[tracer.engine.OWNER, web.engine.OWNER, sample_apps.engine.OWNER]"
        )
        + f"\napp.run(port={port})\n",
    )
    with project.run("python", "shop.py", dashboard=dashboard.url) as running:
        assert running.get(f"http://127.0.0.1:{port}/") == (
            '["the project, tracer","the project, web","the project, sample_apps"]\n'
        )
        [trace] = traces_of(dashboard, name)
    assert life_of(dashboard, trace) == LIFE


def test_a_virtual_environment_without_flaskscope_is_traced(
    project: Project, dashboard: DashboardProcess, tmp_path: Path
) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    site = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    lent = next(Path(folder) for folder in sys.path if folder.endswith("site-packages"))
    for package in WHAT_FLASK_NEEDS:
        for part in lent.glob(f"{package}*"):
            (site / part.name).symlink_to(part)
    project.write(
        "shop.py",
        "import importlib.util\n" + named("elsewhere") + "\napp.test_client().get('/')\n"
        "print([importlib.util.find_spec(name) for name in ('tracer', 'web')])\n",
    )
    python = tmp_path / "venv" / "bin" / "python"
    ended = project.run_to_the_end(python, "shop.py", dashboard=dashboard.url)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[None, None]\n", "")
    [trace] = traces_of(dashboard, "elsewhere")
    assert life_of(dashboard, trace) == LIFE


def test_a_dashboard_is_not_traced_itself(project: Project, dashboard: DashboardProcess) -> None:
    """What it is sent would be sent on, for ever."""
    project.write("shop.py", named("beside"))
    look = "from tracer.engine import ENGINE; print(ENGINE.is_on)"
    beside = project.run_to_the_end("python", "-c", f"import shop; {look}", dashboard=dashboard.url)
    itself = project.run_to_the_end(
        "python", "-c", f"import web.app; {look}", dashboard=dashboard.url
    )
    assert (beside.stdout, itself.stdout) == ("True\n", "False\n")
