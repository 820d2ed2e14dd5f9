"""Zero code: waits in a process until Flask is imported, then traces every application in it.

``flaskscope run`` puts ``autostart/sitecustomize.py`` on the path of a command, and that loads this
file by its path, in every Python process, most of which never see Flask: so it imports next to
nothing. The package itself is loaded as ``_flaskscope_tracer``, because the application may have a
``tracer`` of its own. Where ``tracer`` is ours after all, that name leads to the same modules: two
copies would trace everything twice.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False  # typing itself would be most of what a process pays for us
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.abc import Loader
    from types import ModuleType
    from typing import Any, Final
else:
    Loader = object

PRIVATE: Final = "_flaskscope_tracer"
"""The name under which the package is loaded here."""
PUBLIC: Final = "tracer"
FLASK: Final = "flask"
FOLDER: Final = os.path.dirname(os.path.abspath(__file__))
AUTOSTART: Final = os.path.join(FOLDER, "autostart")

DISABLED: Final = "FLASKSCOPE_DISABLED"
DASHBOARD: Final = "FLASKSCOPE_DASHBOARD"
RUN: Final = "FLASKSCOPE_RUN"
"""A folder of ``flaskscope run``, in which each process that is traced leaves an empty file."""


# --- before: in the process of `flaskscope run` --------------------------------------------------


def is_disabled(environ: Mapping[str, str]) -> bool:
    """Whether ``FLASKSCOPE_DISABLED`` says that nothing shall be traced."""
    return environ.get(DISABLED, "") not in ("", "0")


def traced_environment(environ: Mapping[str, str], dashboard: str, run: str) -> dict[str, str]:
    """*environ* for a command whose Flask applications shall be sent to *dashboard*.

    In the folder *run* the command's processes leave word, see :func:`traced_processes`.
    """
    before = environ.get("PYTHONPATH")
    # An empty entry is the current folder, of an empty variable there is none.
    others = [] if not before else before.split(os.pathsep)
    folders = [AUTOSTART, *(folder for folder in others if folder != AUTOSTART)]
    return {
        **environ,
        "PYTHONPATH": os.pathsep.join(folders),
        DASHBOARD: dashboard,
        RUN: run,
    }


def traced_processes(run: str) -> int:
    """How many processes of the command came to import Flask."""
    return len(os.listdir(run))


# --- after: in each process of the command -------------------------------------------------------


def arm() -> None:
    """Trace this process as soon as it has imported Flask; ``FLASKSCOPE_DISABLED=1``: never."""
    if is_disabled(os.environ):
        return
    _answer_to_both_names()
    if FLASK in sys.modules:
        _start()
    else:
        sys.meta_path.insert(0, _WaitForFlask())


def package() -> ModuleType:
    """The tracer's package in this process, under the name that it has here; loads it if need be.

    There is one, whoever asks: who has imported ``tracer``, and it is ours, gets that.
    """
    public = sys.modules.get(PUBLIC)
    if PRIVATE not in sys.modules and public is not None and _is_ours(public.__spec__):
        return public
    _answer_to_both_names()
    return import_module(PRIVATE)


def _start() -> None:
    """Trace everything. Never raises: what goes wrong is one line, and the application runs."""
    if _is_dashboard():
        return
    try:
        _leave_word()
        package().Tracer().instrument_all()
    except Exception as error:  # noqa: BLE001
        if sys.stderr is not None:
            sys.stderr.write(
                f"Flaskscope: process {os.getpid()} runs untraced: "
                f"{type(error).__name__}: {error}\n"
            )


def _is_dashboard() -> bool:
    """Whether this process is a dashboard or another part of Flaskscope: what it is sent would be
    sent on, for ever. Its package is loaded before Flask then."""
    file = getattr(sys.modules.get("web"), "__file__", None)
    return type(file) is str and os.path.dirname(os.path.dirname(file)) == os.path.dirname(FOLDER)


def _leave_word() -> None:
    folder = os.environ.get(RUN)
    if folder:
        try:
            with open(os.path.join(folder, str(os.getpid())), "wb"):
                pass
        except OSError:  # the command may have ended long ago, and its folder with it
            return


class _WaitForFlask:
    """A finder that starts the tracer once Flask is imported, and takes itself out again."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != FLASK:
            return None
        spec = _find_elsewhere(self, name, path, target)
        loader = None if spec is None else spec.loader
        attributes = getattr(loader, "__dict__", None)
        if loader is None or type(attributes) is not dict:
            return spec  # not there, yet; or frozen into the interpreter, with a class for a loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            # The loader as it was, for whoever asks flask.__loader__ later.
            attributes.pop("exec_module", None)
            execute(module)
            if module.__name__ == FLASK:
                if self in sys.meta_path:
                    sys.meta_path.remove(self)
                _start()

        attributes["exec_module"] = exec_module
        return spec


class _BothNames:
    """A finder for the package's private name, and for its public one where that is ours."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == PRIVATE:
            from importlib.util import spec_from_file_location

            face = os.path.join(FOLDER, "__init__.py")
            return spec_from_file_location(name, face, submodule_search_locations=[FOLDER])
        if name == PUBLIC:
            spec = _find_elsewhere(self, name, path, target)
            return ModuleSpec(name, _SameModule(), is_package=True) if _is_ours(spec) else spec
        parent = sys.modules.get(PUBLIC) if name.startswith(PUBLIC + ".") else None
        if parent is not None and parent is sys.modules.get(PRIVATE):
            return ModuleSpec(name, _SameModule())
        return None


class _SameModule(Loader):
    """A loader that answers to the public name of a module with the privately named one."""

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # Flask first: it may be what we are waiting for, and then all of this is loaded by it.
        import_module(FLASK)
        # What stands in sys.modules afterwards is what the import gives.
        name = module.__name__
        sys.modules[name] = import_module(PRIVATE + name[len(PUBLIC) :])


def _answer_to_both_names() -> None:
    if not any(type(finder) is _BothNames for finder in sys.meta_path):
        sys.meta_path.insert(0, _BothNames())


def _find_elsewhere(
    asking: Any, name: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    """What the import would find without the finder *asking*."""
    for finder in list(sys.meta_path):
        find = getattr(finder, "find_spec", None)
        if find is None or finder is asking:
            continue
        spec: ModuleSpec | None = find(name, path, target)
        if spec is not None:
            return spec
    return None


def _is_ours(spec: ModuleSpec | None) -> bool:
    """Whether *spec* is that of a Flaskscope's tracer, this one or another installation's."""
    folders = (spec.submodule_search_locations or ()) if spec is not None else ()
    return any(
        os.path.isfile(os.path.join(folder, "autostart", "sitecustomize.py")) for folder in folders
    )
