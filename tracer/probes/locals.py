"""Werkzeug's ``Local``: what is set on it and deleted from it. The switch ``local``."""

from __future__ import annotations

from itertools import count
from typing import Any, Final

from werkzeug.local import Local

from ..capture import class_name, text
from ..events import Lane
from .base import Probe, Tools
from .patching import Patches

MAX_LOCALS: Final = 1000


class LocalsProbe(Probe):
    name = "local"
    kinds = ("local.set", "local.delete")

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._labels: dict[int, tuple[Any, str]] = {}
        self._numbers = count(1)

    def install(self, patches: Patches) -> None:
        patches.replace(Local, "__setattr__", self._set)
        patches.replace(Local, "__delattr__", self._delete)
        patches.replace(Local, "__release_local__", self._release)

    def _set(self, original: Any) -> Any:
        def __setattr__(local: Any, name: str, value: Any) -> None:
            original(local, name, value)
            if self.is_on:
                self._changed("local.set", local, name, type(value))

        return __setattr__

    def _delete(self, original: Any) -> Any:
        def __delattr__(local: Any, name: str) -> None:
            original(local, name)
            if self.is_on:
                self._changed("local.delete", local, name, None)

        return __delattr__

    def _release(self, original: Any) -> Any:
        def __release_local__(local: Any) -> None:
            names = self._names(local) if self.is_on else []
            original(local)
            for name in names:
                self._changed("local.delete", local, name, None)

        return __release_local__

    def _names(self, local: Any) -> list[str]:
        try:
            state = _storage(local)
            held = state.get({}) if not isinstance(state, dict) else state.get(_ident(local), {})
            return list(held)
        except Exception as error:  # noqa: BLE001
            self.fault(error)
            return []

    def _changed(self, kind: str, local: Any, name: Any, cls: type | None) -> None:
        try:
            shown = text(name) if type(name) is str else "?"
            value = None if cls is None else class_name(cls)
            dynamic = (_attributes, self._label(local), self.recorder.flow().lane, value)
            self.recorder.instant(kind, shown, self.tools.current_key(), None, dynamic)
        except Exception as error:  # noqa: BLE001
            self.fault(error)

    def _label(self, local: Any) -> str:
        # A Local has slots and cannot be referenced weakly; its storage lives as long as it.
        storage = _storage(local)
        known = self._labels.get(id(storage))
        if known is None or known[0] is not storage:
            if len(self._labels) >= MAX_LOCALS:
                self._labels.clear()
            known = self._labels[id(storage)] = (storage, f"Local {next(self._numbers)}")
        return known[1]


def _storage(local: Any) -> Any:
    """A context variable; up to Werkzeug 1 a dict by thread or greenlet."""
    for name in ("_Local__storage", "_storage", "__storage__"):
        try:
            return object.__getattribute__(local, name)
        except AttributeError:
            continue
    return None


def _ident(local: Any) -> Any:
    return object.__getattribute__(local, "__ident_func__")()


def _attributes(label: str, lane: Lane, value: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "local": label,
        "ident": {"thread": lane.thread, "greenlet": lane.greenlet, "task": lane.task},
    }
    if value is not None:
        found["value"] = value
    return found
