"""Libraries that an application may or may not use: patched when, and only when, they are there.

None is imported for its own sake. What is loaded already is patched at once; for the rest a finder
stands in front of the import system, notes which loader will run the module, and lets that one do
its work unchanged.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, TypeAlias

from ..native import RLock
from .patching import Patches

Adopt: TypeAlias = Callable[[ModuleType, Patches], None]
"""Patches one library; it is called once an installation, on the thread that imports."""


class Libraries:
    """Which libraries are waited for, and the patches that were put into them.

    The lock keeps a thread that imports and the one that uninstalls apart. It is not the engine's:
    an import may happen while that one is held.
    """

    def __init__(self) -> None:
        self.patches = Patches()
        self._lock = RLock()
        self._is_open = False
        self._wanted: dict[str, Adopt] = {}
        self._finder = _Finder(self)

    def __len__(self) -> int:
        return len(self.patches)

    def when_imported(self, name: str, adopt: Adopt) -> None:
        """Call *adopt* with the module *name* now, or as soon as somebody has imported it."""
        with self._lock:
            self._wanted[name] = adopt
            if not self._is_open:
                self._is_open = True
                sys.meta_path.insert(0, self._finder)
        module = sys.modules.get(name)
        # One that is being imported right now is met half made; its loader cannot be reached.
        if module is not None and not getattr(module.__spec__, "_initializing", False):
            self.imported(name, module)

    def waits_for(self, name: str) -> bool:
        return name in self._wanted

    def imported(self, name: str, module: ModuleType) -> None:
        with self._lock:
            adopt = self._wanted.pop(name, None)
            if adopt is not None:
                adopt(module, self.patches)

    def patch(self, change: Callable[[Patches], None]) -> None:
        """Patch more of a library, as classes of it are met; nothing after :meth:`close`."""
        with self._lock:
            if self._is_open:
                change(self.patches)

    def close(self) -> None:
        """Wait for nothing any more and give everything back."""
        with self._lock:
            self._wanted.clear()
            self._is_open = False
            if self._finder in sys.meta_path:
                sys.meta_path.remove(self._finder)
            self.patches.restore()

    def after_fork(self) -> None:
        """In the child: another thread may have held the lock while the process forked."""
        self._lock = RLock()


class _Finder:
    """Finds nothing itself: the specs are those that the other finders give."""

    def __init__(self, libraries: Libraries) -> None:
        self._libraries = libraries

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: Any = None
    ) -> ModuleSpec | None:
        if not self._libraries.waits_for(name):
            return None
        spec = self._find(name, path, target)
        if spec is not None and spec.loader is not None:
            with suppress(Exception):  # a loader without room: the library goes unseen
                self._watch(name, spec.loader)
        return spec

    def _find(self, name: str, path: Any, target: Any) -> ModuleSpec | None:
        for finder in list(sys.meta_path):
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = None if find is None else find(name, path, target)
            if spec is not None:
                return spec
        return None

    def _watch(self, name: str, loader: Any) -> None:
        """Have this one loader tell when it has run the module; then it is as it was."""
        execute, libraries = loader.exec_module, self._libraries
        own = vars(loader)

        def exec_module(module: ModuleType) -> None:
            if module.__name__ == name:
                own.pop("exec_module", None)
            execute(module)
            if module.__name__ == name:
                with suppress(Exception):  # the application's import goes on
                    libraries.imported(name, module)

        if "exec_module" not in own:
            own["exec_module"] = exec_module
