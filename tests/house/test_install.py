"""A fresh machine: what the scripts say and do there, with the machine's own Node out of sight."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path
from runpy import run_path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPILING = run_path(str(ROOT / "scripts" / "compile_tracer.py"))
WHY_PLAIN = COMPILING["obstacle"](COMPILING["facts"]())
"""Why nothing is compiled here; empty where it is."""
SOURCES = {path.name for path in (ROOT / "tracer" / "hot_path").glob("*.py*") if path.is_file()}
IN_THE_WHEEL = "tracer/hot_path/compiled" + COMPILING["facts"]().suffix
TRACED = """
from flask import Flask
from tracer import hot_path
from tracer.testing import capture_trace

app = Flask(__name__)
app.add_url_rule("/", "index", lambda: "Hello")
with capture_trace() as captured:
    app.test_client().get("/")
print(hot_path.IS_COMPILED, [event.kind for event in captured.events].count("view"))
"""


def run(*command: object, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_old_python_is_told_what_it_needs_in_one_sentence(tmp_path: Path) -> None:
    # The script compares sys.version_info, which only a wrapper can change without an old Python.
    wrapper = tmp_path / "old.py"
    wrapper.write_text(
        "import sys, runpy\n"
        "sys.version_info = (3, 9, 2)\n"
        f"sys.argv = ['bootstrap.py', 'run']\n"
        f"runpy.run_path({str(ROOT / 'scripts' / 'bootstrap.py')!r}, run_name='__main__')\n"
    )
    result = run(sys.executable, wrapper)
    assert result.returncode == 1
    assert result.stderr.startswith("Flaskscope needs Python 3.10 or newer, and this is Python 3.9")
    assert result.stderr.count("\n") == 1


def test_a_python_without_venv_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "ensurepip.py").write_text("raise ImportError('not shipped')\n")
    script = tmp_path / "checkout" / "scripts" / "bootstrap.py"
    script.parent.mkdir(parents=True)
    script.write_text((ROOT / "scripts" / "bootstrap.py").read_text())
    (tmp_path / "checkout" / "requirements").mkdir()
    for lock in ("run.lock", "webpy.lock"):
        (tmp_path / "checkout" / "requirements" / lock).write_text("")
    (tmp_path / "checkout" / "pyproject.toml").write_text("")
    result = run(sys.executable, script, "run", PYTHONPATH=str(tmp_path))
    assert result.returncode == 1
    assert "apt-get install python3-venv" in result.stderr
    assert "Traceback" not in result.stderr


def test_make_run_names_who_has_the_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = run(sys.executable, ROOT / "scripts" / "run.py", PORT=str(port))
    assert result.returncode == 1
    assert result.stderr.startswith(f"Port {port} is taken by process {os.getpid()} ")
    assert result.stderr.endswith("choose another with PORT=7000 make run.\n")


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1"])
def test_make_run_says_what_a_port_can_be(port: str) -> None:
    result = run(sys.executable, ROOT / "scripts" / "run.py", PORT=port)
    assert result.returncode == 1
    assert result.stderr.startswith(f"PORT is {port!r}; it can be a number from 1 to ")
    assert result.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As it is built here, for all Pythons or with the compiled form."""
    return built("--wheel", ROOT, tmp_path_factory.mktemp("dist"), FLASKSCOPE_COMPILED="")


@pytest.fixture(scope="module")
def plain_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built of the sdist, where there is no compiler."""
    folder = tmp_path_factory.mktemp("plain")
    sdist = built("--sdist", ROOT, folder)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    nowhere = {"PATH": str(folder), "CC": "", "FLASKSCOPE_COMPILED": ""}
    return built("--wheel", unpacked, folder, **nowhere)


def built(what: str, source: Path, folder: Path, **environment: str) -> Path:
    """The wheel or sdist of *source*, in *folder*."""
    build = (sys.executable, "-m", "build", "--no-isolation")
    result = run(*build, what, "--outdir", folder, source, **environment)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder / result.stdout.split()[-1]


def installed(wheel: Path, folder: Path) -> tuple[Path, Path]:
    """Python and the packages' folder of an environment that has *wheel*.

    Our installed dependencies are lent to it: nothing is downloaded.
    """
    environment = folder / "venv"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    pip = (sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps")
    result = run(*pip, "--python", python, wheel)
    assert result.returncode == 0, result.stderr
    site = next(environment.glob("lib/python*/site-packages"))
    lent = next(Path(p) for p in sys.path if p.endswith("site-packages"))
    (site / "lent.pth").write_text(f"{lent}\n")
    return python, site


def test_the_wheel_carries_the_page_and_leaves_its_sources_at_home(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.startswith("web/static/dist/.vite/manifest.json") for name in names)
    assert any(name.startswith("web/static/dist/assets/") for name in names)
    assert any(name.startswith("web/templates/") for name in names)
    ours = {"flaskscope_command.py", "flaskscope_pytest.py", "tracer/autostart/sitecustomize.py"}
    assert ours <= set(names)
    assert [name for name in names if "frontend" in name or name.startswith("tests")] == []


def test_the_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    python, site = installed(wheel, tmp_path)
    where = run(
        python, "-c", "import web, tracer; print(web.__file__, tracer.__file__)", cwd=tmp_path
    )
    assert where.stdout.count(str(site)) == 2, where.stdout + where.stderr
    listed = run(python, "-m", "web", "samples", "--list", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert "10A" in listed.stdout


def test_an_application_that_only_sends_needs_flask_and_blinker_alone(
    wheel: Path, tmp_path: Path
) -> None:
    metadata = zipfile.ZipFile(wheel).read(
        next(n for n in zipfile.ZipFile(wheel).namelist() if n.endswith("METADATA"))
    )
    required = [
        line.split(":", 1)[1].strip()
        for line in metadata.decode().splitlines()
        if line.startswith("Requires-Dist:") and "extra ==" not in line
    ]
    assert [r.split(">")[0] for r in required] == ["blinker", "flask"]


def test_a_wheel_that_is_built_without_a_compiler_is_for_every_python(plain_wheel: Path) -> None:
    assert plain_wheel.name.endswith("-py3-none-any.whl")
    assert hot_path_in(plain_wheel) == SOURCES


@pytest.mark.skipif(bool(WHY_PLAIN), reason=WHY_PLAIN)
def test_a_wheel_that_is_built_with_one_is_for_this_python_and_carries_its_form_alone(
    wheel: Path,
) -> None:
    version = "{}{}".format(*sys.version_info)
    assert f"-cp{version}-cp{version}-" in wheel.name
    assert hot_path_in(wheel) == {*SOURCES, Path(IN_THE_WHEEL).name}


@pytest.mark.skipif(bool(WHY_PLAIN), reason=WHY_PLAIN)
def test_what_is_installed_traces_as_c_or_as_python_whatever_happens_to_the_c(
    wheel: Path, tmp_path: Path
) -> None:
    python, site = installed(wheel, tmp_path)
    assert traced(python, tmp_path) == "True 2\n"
    assert traced(python, tmp_path, FLASKSCOPE_COMPILED="0") == "False 2\n"
    (site / IN_THE_WHEEL).write_bytes(b"made for another machine")
    assert traced(python, tmp_path) == "False 2\n"


def test_what_was_built_without_a_compiler_traces_as_python(
    plain_wheel: Path, tmp_path: Path
) -> None:
    python, _ = installed(plain_wheel, tmp_path)
    assert traced(python, tmp_path) == "False 2\n"


def traced(python: Path, folder: Path, **environment: str) -> str:
    """What a request says that is traced with what is installed, and nothing on standard error."""
    result = run(python, "-c", TRACED, cwd=folder, **{"FLASKSCOPE_COMPILED": "", **environment})
    assert result.stderr == ""
    return result.stdout


def hot_path_in(wheel: Path) -> set[str]:
    names = map(Path, zipfile.ZipFile(wheel).namelist())
    return {name.name for name in names if name.parent == Path("tracer/hot_path")}
