"""The direction of the arrows: ``sample_apps → tracer ← web``, and no circles anywhere."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("tracer", "web", "sample_apps")
FRONTEND = ROOT / "web" / "frontend" / "src"

# Inside somebody else's application the tracer may need what Flask brings along, nothing else.
TRACER_MAY_IMPORT = {"flask", "werkzeug", "blinker", "jinja2"}
WEB_MAY_IMPORT_OF_TRACER = {
    "tracer.events",
    "tracer.wire",
    "tracer.json_lines",
    "tracer.chrome_trace",
    "tracer.vocabulary",
    "tracer.data_folder",
    "tracer.lifecycle",
    # What `flaskscope run` puts into a command; it stands alone.
    "tracer.bootstrap",
    # To which addresses nothing can be sent.
    "tracer.config",
}
# Their `web` is web.py, in a process of its own that finds no other.
USE_WEBPY = {"sample_apps.s01_systems.hello", "sample_apps.systems.seams"}
# Front end: a folder may import those after it, never those before it.
FLOORS = ["views", "state", "transport", "timeline", "model", "protocol", "lib"]


def modules(package: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield name.removesuffix(".__init__"), path


def imports(name: str, path: Path) -> Iterator[tuple[str, bool]]:
    """Every module that *path* imports, also inside functions, and whether it said so relatively.

    Imports for type checking alone do not count: they vanish when the program runs.
    """
    tree = ast.parse(path.read_text())
    hidden = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(tree):
        if node in hidden:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, False
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield (inner if is_module(inner) else module), node.level > 0


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def offences(package: str, allowed: object) -> list[str]:
    return [
        f"{name} imports {target}"
        for name, path in modules(package)
        for target, relative in imports(name, path)
        if not allowed(name, target, relative)  # type: ignore[operator]
    ]


def test_the_tracer_needs_flask_blinker_and_the_standard_library_and_names_itself_relatively() -> (
    None
):
    def allowed(name: str, target: str, relative: bool) -> bool:
        top = target.split(".")[0]
        if top == "tracer":
            return relative
        return top in sys.stdlib_module_names or top in TRACER_MAY_IMPORT

    assert offences("tracer", allowed) == []


def test_nothing_inside_the_tracer_imports_its_face() -> None:
    assert offences("tracer", lambda name, target, relative: target != "tracer") == []


def test_web_uses_only_the_vocabulary_and_the_format_of_the_tracer() -> None:
    def allowed(name: str, target: str, relative: bool) -> bool:
        top = target.split(".")[0]
        return top != "sample_apps" and (top != "tracer" or target in WEB_MAY_IMPORT_OF_TRACER)

    assert offences("web", allowed) == []


def test_lessons_know_nothing_of_tracing_and_no_sample_knows_the_dashboard() -> None:
    def allowed(name: str, target: str, relative: bool) -> bool:
        lesson = re.match(r"sample_apps\.(s\d+|stores$)", name)
        top = target.split(".")[0]
        if name in USE_WEBPY and top == "web":
            return True
        if lesson and target != "sample_apps.stores":
            return top not in ("tracer", "sample_apps", "web")
        return top != "web"

    assert offences("sample_apps", allowed) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_make_no_circles(package: str) -> None:
    known = {name for name, _ in modules(package)}
    graph = {
        name: {target for target, _ in imports(name, path) if target in known and target != name}
        for name, path in modules(package)
    }
    # A package's own face may import its rooms; that is what it is for.
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_the_front_end_is_stacked_one_way() -> None:
    wrong = []
    for path in sorted(FRONTEND.rglob("*.ts*")):
        if ".test." in path.name or path.parent == FRONTEND:
            continue
        floor = path.relative_to(FRONTEND).parts[0]
        for target in re.findall(r"""from\s+["'](\.[^"']+)["']""", path.read_text()):
            place = (path.parent / target).resolve()
            if not place.is_relative_to(FRONTEND.resolve()):
                continue  # a package's file, named by its path
            other = place.relative_to(FRONTEND.resolve()).parts[0]
            if floor in FLOORS and other in FLOORS and FLOORS.index(other) < FLOORS.index(floor):
                wrong.append(f"{path.relative_to(FRONTEND)} imports {target}")
    assert wrong == []
