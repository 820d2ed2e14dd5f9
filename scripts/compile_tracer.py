"""Compile ``tracer/hot_path`` to C, where that can be done: ``compiled.….so`` in that folder.

It is made for the Python that runs this (or ``--python PATH``), if there are a C compiler and that
Python's headers; Cython comes from PyPI. Without them the tracer runs the files as they are, so
nothing here ever fails: one line says what was done, and nothing is said when there is nothing new.

The files (``FILES`` of ``made_of.py``) become one module, so that they see each other's structures.
Three rules make the Cython of the Python:

- Of a line that ends in ``# compiled: SOMETHING`` Cython reads SOMETHING in its place, indented as
  it was; of the line after ``# compiled, for the next line: SOMETHING`` as well.
- A class that ``structures.pyx`` has too is left out.
- What the files import of each other is left out, and so are their docstrings.

Annotations are no declarations; ``cdef`` is.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tracer" / "hot_path"
NAME = "tracer.hot_path.compiled"
LOGS = ROOT / ".build"
PLAIN = "the tracer runs as plain Python, see docs/performance.md"
OTHERWISE = re.compile(
    r"^( *)(?:# compiled, for the next line: (.*)\n.*|.*# compiled:(?: (.*))?)$", re.M
)
STRUCTURE = re.compile(r"^cdef class (\w+)", re.MULTILINE)
# In C, so that it can be found in the file without loading it.
MADE_OF = '''
cdef extern from *:
    """
    static const char *flaskscope_made_of = "{}";
    """
    const char *flaskscope_made_of
SOURCE = flaskscope_made_of.decode().partition(" ")[0]
'''
CYTHON = ("-3", "-X", "binding=True", "-X", "annotation_typing=False", "-X", "nonecheck=True")


def made_of_files() -> ModuleType:
    """``made_of.py`` alone: to import its package would load what is to be made."""
    spec = spec_from_file_location("made_of", FOLDER / "made_of.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MADE_OF_FILES = made_of_files()


class Python(NamedTuple):
    """What has to be known of a Python to compile for it."""

    suffix: str
    """Of its extension modules, with its version and platform: ``.cpython-311-x86_64-….so``."""
    compiler: list[str]
    """The command that makes one of a C file; empty where there is no compiler."""
    include: str
    """The folder of its headers, which may not be there."""
    unfit: str
    """Why it never runs compiled code of ours; empty where it may."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", default=sys.executable, help="compile for this one")
    parser.add_argument("--facts", action="store_true", help="print what it is compiled with")
    options = parser.parse_args()
    if options.facts:
        print(json.dumps(facts()))
    else:
        bring_up_to_date(options.python)


def bring_up_to_date(python: str = sys.executable) -> Path | None:
    """The compiled form for *python*, of the source as it is now; None where there is none."""
    if os.environ.get("FLASKSCOPE_COMPILED") == "0":
        return None
    try:
        return _bring_up_to_date(python)
    except OSError as error:  # a folder that we may not write, a disk that is full
        print(f"Compiling the tracer's hot path failed ({error}): {PLAIN}", flush=True)
        return None


def _bring_up_to_date(python: str) -> Path | None:
    its = facts() if python == sys.executable else facts_of(python)
    target = FOLDER / f"compiled{its.suffix}"
    made_of = f"{MADE_OF_FILES.fingerprint()} {fingerprint(Path(__file__))}"
    if is_made_of(made_of, target) and (python != sys.executable or loads(target)):
        return target
    log = LOGS / f"hot_path{its.suffix}.log"
    # What cannot be done is tried and said once, until something is different.
    attempt = f"{made_of} {its.compiler} {headers(its)}\n"
    if log.exists() and log.read_text(encoding="utf-8").startswith(attempt):
        return None
    words = obstacle(its)
    if words:
        print(f"{words}: {PLAIN}", flush=True)
        keep(log, attempt, words)
        return None
    print("Compiling the tracer's hot path (once; some seconds) …", flush=True)
    complaint = build(its, made_of, target)
    if complaint:
        keep(log, attempt, complaint)
        print(f"That failed, so {PLAIN}; the compiler's words are in {log}", flush=True)
        return None
    return target


def is_made_of(made_of: str, target: Path) -> bool:
    return target.exists() and made_of.encode() in target.read_bytes()


def loads(target: Path) -> bool:
    """Whether this Python can load it; what came along from another machine it may not."""
    spec = spec_from_file_location(NAME, target)
    assert spec is not None
    try:
        module_from_spec(spec)
    except Exception:  # noqa: BLE001 - whatever it is, it is made again
        return False
    return True


def facts() -> Python:
    """Of the Python that runs this."""
    variables = sysconfig.get_config_vars()
    unfit = ""
    if sys.implementation.name != "cpython" or sys.version_info < (3, 10) or os.name == "nt":
        unfit = "The hot path is compiled for CPython 3.10 and newer on POSIX alone"
    elif variables.get("Py_GIL_DISABLED"):
        unfit = "The hot path is not compiled for a Python without its lock"
    compiler: list[str] = []
    chosen = shlex.split(os.environ.get("CC") or str(variables.get("CC") or "cc"))
    program = shutil.which(chosen[0]) or shutil.which("cc")
    if program and not unfit:
        # LDSHARED is the same compiler, with what it takes to link a module; and with folders of
        # this machine's libraries, of which a module needs none and which are nobody's business.
        link = shlex.split(str(variables.get("LDSHARED") or "cc -shared"))[1:]
        link = [part for part in link if not part.startswith(("-L", "-Wl,-rpath"))]
        flags = " ".join(str(variables.get(name, "")) for name in ("CFLAGS", "CCSHARED"))
        compiler = [program, *chosen[1:], *link, *shlex.split(flags), "-O2", "-g0", "-w"]
        if sys.platform == "linux":
            # Calls of the interpreter go straight there, which takes 2 to 4 % off what is added.
            compiler += ["-fno-plt", "-Wl,-z,now"]
    include = sysconfig.get_path("include")
    return Python(str(variables["EXT_SUFFIX"]), compiler, include, unfit)


def facts_of(python: str) -> Python:
    """Of another Python."""
    command = [python, __file__, "--facts"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Python(*json.loads(told))


def headers(python: Python) -> bool:
    return Path(python.include, "Python.h").exists()


def obstacle(python: Python) -> str:
    """Why it cannot be compiled here; empty if it may be tried."""
    if python.unfit:
        return python.unfit
    if not python.compiler:
        return "No C compiler here"
    if not headers(python):
        return "No Python.h here (Debian's package is python3-dev)"
    return ""


def build(python: Python, made_of: str, target: Path) -> str:
    """Make *target*; what the compilers said if they could not, otherwise nothing."""
    with tempfile.TemporaryDirectory() as folder:
        # In the folders of its package: that is where Cython takes its name from, and tracebacks
        # theirs.
        pyx = Path(folder, "tracer", "hot_path", "compiled.pyx")
        pyx.parent.mkdir(parents=True)
        for package in (pyx.parent, pyx.parent.parent):
            package.joinpath("__init__.py").touch()
        pyx.write_text(as_cython(made_of), encoding="utf-8")
        made = pyx.with_suffix(".so")
        c = pyx.with_suffix(".c")
        for command in (
            [sys.executable, "-m", "cython", *CYTHON, str(pyx.relative_to(folder))],
            [*python.compiler, f"-I{python.include}", str(c), "-o", str(made)],
        ):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                return f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
        # At once and as a new file: the old one may be running.
        nearby = target.with_name(f"{target.name}.{os.getpid()}.new")
        shutil.copyfile(made, nearby)
        nearby.replace(target)
    return ""


def as_cython(made_of: str) -> str:
    """What Cython compiles, see the rules above."""
    files = MADE_OF_FILES.FILES
    sources = {name: FOLDER.joinpath(name).read_text(encoding="utf-8") for name in files}
    structures = set(STRUCTURE.findall("".join(sources.values())))
    exported: list[str] = []
    parts = ["from __future__ import annotations"]
    for name, source in sources.items():
        parts.append(without(source, structures, exported) if name.endswith(".py") else source)
    whole = OTHERWISE.sub(instead, "\n".join(parts))
    return f"{whole}\n__all__ = {exported!r}\n{MADE_OF.format(made_of)}"


def instead(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2] or found[3] or ''}".rstrip()


def without(source: str, structures: set[str], exported: list[str]) -> str:
    """*source* without what rules two and three leave out; its ``__all__`` goes to *exported*."""
    lines = source.split("\n")
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                exported += ast.literal_eval(node.value)
            case ast.ImportFrom(module="__future__") | ast.ImportFrom(level=1):
                pass
            case ast.Expr(value=ast.Constant()) if node.lineno == 1:
                pass
            case ast.ClassDef(name=name) if name in structures:
                pass
            case _:
                continue
        lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return "\n".join(lines)


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def keep(log: Path, attempt: str, words: str) -> None:
    log.parent.mkdir(exist_ok=True)
    log.write_text(attempt + words, encoding="utf-8")


if __name__ == "__main__":
    main()
