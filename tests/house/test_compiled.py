"""The two forms of ``tracer/hot_path``: when it is compiled, and which one is taken."""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from runpy import run_path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = run_path(str(ROOT / "scripts" / "compile_tracer.py"))
OBSTACLE = SCRIPT["obstacle"](SCRIPT["facts"]())
# `make test` installs a compiler; headers come with the interpreter, or do not.
needs_compiler = pytest.mark.skipif(bool(OBSTACLE), reason=OBSTACLE)
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
PLAIN = "the tracer runs as plain Python, see docs/performance.md\n"
SMALL = """
from time import perf_counter as now  # compiled: from cpython.time cimport perf_counter as now

__all__ = ["FORM", "later"]
FORM = "plain"  # compiled: FORM = "compiled"


def later(before):
    if before is None:
        raise ValueError
    return now() > before
"""

RAISES = "pass  # compiled: raise SystemError('stale ABI')\n"


def python(*arguments: object, folder: Path, **environment: str) -> str:
    """What it prints, on both ways, when it runs in *folder* and ends well."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "FLASKSCOPE_COMPILED": "", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def small_checkout(root: Path) -> Path:
    folder = root / "tracer" / "hot_path"
    folder.mkdir(parents=True)
    (root / "scripts").mkdir()
    (root / "tracer" / "__init__.py").touch()
    shutil.copy(ROOT / "tracer" / "hot_path" / "__init__.py", folder)
    shutil.copy(ROOT / "scripts" / "compile_tracer.py", root / "scripts")
    made_of = (ROOT / "tracer" / "hot_path" / "made_of.py").read_text()
    head, _, tail = made_of.partition("FILES: Final = (")
    (folder / "made_of.py").write_text(
        f'{head}FILES: Final = ("source.py",){tail.partition(")")[2]}'
    )
    (folder / "plain.py").write_text("from .source import *\n")
    (folder / "source.py").write_text(SMALL)
    return root


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A tracer that is nothing but a small hot path, with the script, nothing compiled."""
    return small_checkout(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled form of the small hot path."""
    if OBSTACLE:
        pytest.skip(OBSTACLE)
    checkout = small_checkout(tmp_path_factory.mktemp("made"))
    assert compile_in(checkout) == "Compiling the tracer's hot path (once; some seconds) …\n"
    return so(checkout)


@pytest.fixture
def compiled(made: Path, checkout: Path) -> Path:
    """The compiled form in *checkout*, which a copy of a checkout takes along."""
    return Path(shutil.copy(made, so(checkout)))


def so(checkout: Path) -> Path:
    return checkout / "tracer" / "hot_path" / f"compiled{SUFFIX}"


def compile_in(checkout: Path, **environment: str) -> str:
    return python("scripts/compile_tracer.py", folder=checkout, **environment)


def form(checkout: Path, **environment: str) -> tuple[str, str]:
    """Which form says that it runs, and which one does."""
    ask = "from tracer import hot_path as h; print(h.IS_COMPILED, h.FORM, h.later(0))"
    said, runs, works = python("-c", ask, folder=checkout, **environment).split()
    assert works == "True"
    return said, runs


def without_compiler(tmp_path: Path) -> dict[str, str]:
    empty = tmp_path / "empty"
    empty.mkdir(exist_ok=True)
    return {"PATH": str(empty), "CC": ""}


# --- which form is taken -------------------------------------------------------------------------


def test_the_compiled_form_is_taken_where_it_is(compiled: Path, checkout: Path) -> None:
    assert form(checkout) == ("True", "compiled")
    assert form(checkout, FLASKSCOPE_COMPILED="1") == ("True", "compiled")


def test_flaskscope_compiled_0_takes_the_plain_form(compiled: Path, checkout: Path) -> None:
    assert form(checkout, FLASKSCOPE_COMPILED="0") == ("False", "plain")


def test_where_nothing_is_compiled_the_plain_form_is_taken(checkout: Path) -> None:
    assert form(checkout) == ("False", "plain")


def test_what_cannot_be_loaded_is_passed_over(checkout: Path) -> None:
    so(checkout).write_bytes(b"made for another machine")
    assert form(checkout) == ("False", "plain")


@needs_compiler
def test_what_raises_when_it_is_loaded_is_passed_over(checkout: Path) -> None:
    (checkout / "tracer" / "hot_path" / "source.py").write_text(SMALL + RAISES)
    compile_in(checkout)
    assert so(checkout).exists()
    assert form(checkout) == ("False", "plain")


def test_what_was_made_of_another_source_is_passed_over(compiled: Path, checkout: Path) -> None:
    path = checkout / "tracer" / "hot_path" / "source.py"
    path.write_text(SMALL.replace("plain", "newer"))
    assert form(checkout) == ("False", "newer")
    compile_in(checkout)
    assert form(checkout) == ("True", "compiled")


@needs_compiler
@pytest.mark.parametrize(
    ("source", "taken", "loaded"),
    [
        (SMALL, "compiled", ["_flaskscope_tracer.hot_path.compiled", "compiled"]),
        (SMALL + RAISES, "source", ["compiled"]),
    ],
)
def test_under_its_private_name_it_leaves_a_tracer_and_a_compiled_of_the_project_alone(
    checkout: Path, tmp_path: Path, source: str, taken: str, loaded: list[str]
) -> None:
    (checkout / "tracer" / "hot_path" / "source.py").write_text(source)
    compile_in(checkout)
    project = tmp_path / "project"
    for name in ("tracer/__init__.py", "tracer/hot_path/__init__.py", "compiled.py"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("whose = 'theirs'")
    ask = f"""
import importlib.util, sys
def load(name, folder):
    spec = importlib.util.spec_from_file_location(
        name, folder + "/__init__.py", submodule_search_locations=[folder])
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
load("_flaskscope_tracer", {str(checkout / "tracer")!r})
import _flaskscope_tracer.hot_path as hot_path, compiled, tracer.hot_path
print(hot_path.later.__module__.split(".")[-1], compiled.whose, tracer.hot_path.whose)
print([name for name in sys.modules if "compiled" in name])
"""
    told = python("-c", ask, folder=project, PYTHONPATH=str(project))
    assert told.splitlines() == [
        f"{taken} theirs theirs",
        str(loaded),
    ]


# --- when it is compiled -------------------------------------------------------------------------


def test_the_files_become_one_and_what_has_a_structure_is_left_out(checkout: Path) -> None:
    folder = checkout / "tracer" / "hot_path"
    made_of = folder / "made_of.py"
    files = '"structures.pyx", "queue.py", "source.py"'
    made_of.write_text(made_of.read_text().replace('"source.py",', files))
    (folder / "plain.py").write_text("from .queue import *\nfrom .source import *\n")
    (folder / "structures.pyx").write_text("cdef class Queue:\n    cdef public int length\n")
    (folder / "queue.py").write_text(
        '__all__ = ["Queue", "filled"]\n'
        "class Queue:\n    length = 0\n\n\n"
        "def filled():\n"
        "    # compiled: cdef Queue queue\n"
        "    queue = Queue()\n"
        "    # compiled, for the next line: queue.length = 2\n"
        "    queue.length = 1\n"
        "    return queue.length\n"
    )
    (folder / "source.py").write_text(f"from .queue import filled\n{SMALL}\nassert filled()\n")
    what = "h.filled(), type(vars(h.Queue)['length']).__name__"
    ask = f"from tracer import hot_path as h; print({what})"
    assert python("-c", ask, folder=checkout) == "1 int\n"
    assert compile_in(checkout).startswith("Compiling ")
    assert python("-c", ask, folder=checkout) == "2 getset_descriptor\n"


def test_it_is_compiled_once_for_each_source(compiled: Path, checkout: Path) -> None:
    before = compiled.stat().st_mtime_ns
    assert compile_in(checkout) == ""
    assert compiled.stat().st_mtime_ns == before
    with (checkout / "tracer" / "hot_path" / "source.py").open("a") as source:
        source.write("# one more line\n")
    assert compile_in(checkout).startswith("Compiling ")
    assert hashlib.sha256(Path(source.name).read_bytes()).hexdigest().encode() in (
        compiled.read_bytes()
    )


def test_it_names_no_folder_of_the_machine_that_it_was_made_on(compiled: Path) -> None:
    made = compiled.read_bytes()
    private = (Path.home(), Path(tempfile.gettempdir()), Path(sys.base_prefix))
    assert [path for path in private if bytes(path / "_")[:-1] in made] == []


def test_what_came_from_another_machine_is_compiled_again(compiled: Path, checkout: Path) -> None:
    # It says what it is made of, and still cannot be loaded.
    made_of = compiled.read_bytes()
    compiled.write_bytes(b"another format" + made_of)
    assert compile_in(checkout).startswith("Compiling ")
    assert form(checkout) == ("True", "compiled")


@needs_compiler
def test_those_of_other_pythons_are_left_where_they_are(checkout: Path) -> None:
    other = so(checkout).with_name("compiled.cpython-399-x86_64-linux-gnu.so")
    other.write_bytes(b"of another Python")
    compile_in(checkout)
    assert other.read_bytes() == b"of another Python"
    assert sorted(path.name for path in other.parent.glob("compiled*")) == sorted(
        [other.name, so(checkout).name]
    )


@needs_compiler
def test_without_a_compiler_one_line_says_so_once(checkout: Path, tmp_path: Path) -> None:
    nowhere = without_compiler(tmp_path)
    assert compile_in(checkout, **nowhere) == f"No C compiler here: {PLAIN}"
    assert compile_in(checkout, **nowhere) == ""
    assert form(checkout) == ("False", "plain")
    assert compile_in(checkout).startswith("Compiling ")  # now there is one
    assert form(checkout) == ("True", "compiled")


@needs_compiler
def test_what_the_compiler_says_is_kept_and_it_is_not_asked_again(
    checkout: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "cc"
    broken.write_text("#!/bin/sh\necho no such processor >&2; exit 1\n")
    broken.chmod(0o755)
    first, second = compile_in(checkout, CC=str(broken)).splitlines()
    log = checkout / ".build" / f"hot_path{SUFFIX}.log"
    assert first.startswith("Compiling ")
    assert second == f"That failed, so {PLAIN[:-1]}; the compiler's words are in {log}"
    assert log.read_text().endswith("no such processor\n")
    assert compile_in(checkout, CC=str(broken)) == ""
    assert form(checkout) == ("False", "plain")


def test_who_wants_plain_python_gets_nothing_compiled(checkout: Path) -> None:
    assert compile_in(checkout, FLASKSCOPE_COMPILED="0") == ""
    assert not so(checkout).exists()


def test_where_nothing_can_be_written_it_is_said_and_nothing_fails(
    checkout: Path, tmp_path: Path
) -> None:
    # As good as a folder that may not be written, also for root: there is a file in its place.
    (checkout / ".build").write_text("not a folder")
    said = compile_in(checkout, **without_compiler(tmp_path)).splitlines()
    assert said[0] == f"No C compiler here: {PLAIN[:-1]}"
    assert said[1].startswith("Compiling the tracer's hot path failed (")


# --- in this checkout ----------------------------------------------------------------------------


@needs_compiler
def test_these_tests_run_the_form_that_was_asked_for() -> None:
    import tracer.hot_path

    asked_for_plain = os.environ.get("FLASKSCOPE_COMPILED") == "0"
    assert tracer.hot_path.IS_COMPILED is not asked_for_plain


@pytest.fixture
def tested(checkout: Path) -> Path:
    """That checkout with our conftest.py, with what that wants beside the hot path, and a test."""
    (checkout / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", checkout / "tests")
    (checkout / "tracer" / "engine.py").write_text("ENGINE = None\n")
    (checkout / "tests" / "test_nothing.py").write_text("def test_nothing(): pass\n")
    return checkout


def run_tests(checkout: Path, **environment: str) -> tuple[int, str]:
    """Exit code and output of pytest there."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:flaskscope", "--rootdir=.", "tests"],
        cwd=checkout,
        env={**os.environ, "FLASKSCOPE_COMPILED": "", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_pytest_stops_when_the_compiled_form_is_of_another_source(
    compiled: Path, tested: Path
) -> None:
    (tested / "tracer" / "hot_path" / "source.py").write_text(SMALL + "# changed\n")
    code, said = run_tests(tested)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "tracer/hot_path has changed since it was compiled: `make install-dev`" in said


def test_pytest_stops_when_the_compiled_form_was_asked_for_and_is_not_there(tested: Path) -> None:
    code, said = run_tests(tested, FLASKSCOPE_COMPILED="1")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "tracer/hot_path is not compiled for this Python: `make install-dev`" in said


def test_no_two_files_of_the_hot_path_define_one_name():
    """Compiled they are one module: the later one would take the earlier one's place in it."""
    where: dict[str, set[str]] = {}
    for name in SCRIPT["MADE_OF_FILES"].FILES:
        if name.endswith(".py"):
            for node in ast.parse((ROOT / "tracer" / "hot_path" / name).read_text()).body:
                match node:
                    case ast.FunctionDef(name=found) | ast.ClassDef(name=found):
                        where.setdefault(found, set()).add(name)
                    case ast.Assign(targets=[ast.Name(id=found)]) if found != "__all__":
                        where.setdefault(found, set()).add(name)
                    case ast.AnnAssign(target=ast.Name(id=found)):
                        where.setdefault(found, set()).add(name)

    assert {found: files for found, files in where.items() if len(files) > 1} == {}
