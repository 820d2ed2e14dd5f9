"""Werkzeug's ``LocalStack``: what Flask's contexts were once kept in, and yours may be."""

from __future__ import annotations

from itertools import count
from typing import Any

from werkzeug.local import LocalStack

from ..capture import class_name
from ..events import Lane
from .base import Probe, Tools
from .flask_compat import STACKS, objects_of, storage_of
from .patching import Patches

MAX_STACKS = 1000


class LocalStacksProbe(Probe):
    name = "local_stacks"
    kinds = ("local_stack.push", "local_stack.pop")

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._labels: dict[int, tuple[Any, str]] = {}
        self._numbers = count(1)

    def install(self, patches: Patches) -> None:
        patches.replace(LocalStack, "push", self._push)
        patches.replace(LocalStack, "pop", self._pop)

    def _push(self, original: Any) -> Any:
        def push(stack: Any, /, *args: Any, **kwargs: Any) -> Any:
            result = original(stack, *args, **kwargs)
            if self.is_on:
                try:
                    obj = args[0] if args else kwargs.get("obj")
                    self._changed("local_stack.push", stack, len(result), obj)
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return result

        return push

    def _pop(self, original: Any) -> Any:
        def pop(stack: Any, /, *args: Any, **kwargs: Any) -> Any:
            before = 0
            if self.is_on:
                try:
                    before = len(objects_of(stack))
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            result = original(stack, *args, **kwargs)
            if before:
                try:
                    self._changed("local_stack.pop", stack, before - 1, result)
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return result

        return pop

    def _changed(self, kind: str, stack: Any, depth: int, value: Any) -> None:
        key = self.tools.current_key()
        if id(stack) in STACKS and value is not None:
            record = self.tools.record_of(getattr(value, "app", None))
            if record is None:  # a context of an application that nobody asked for
                return
            key = record.key
        self.recorder.instant(
            kind,
            self._label(stack),
            key,
            None,
            (_attributes, depth, self.recorder.flow().lane, class_name(type(value))),
        )

    def _label(self, stack: Any) -> str:
        flasks_own = STACKS.get(id(stack))
        if flasks_own is not None:
            return flasks_own[2]
        # The stack has slots and cannot be referenced weakly; what it keeps its objects in lives
        # as long as it.
        storage = storage_of(stack)
        known = self._labels.get(id(storage))
        if known is None or known[0] is not storage:
            if len(self._labels) >= MAX_STACKS:
                self._labels.clear()
            known = self._labels[id(storage)] = (storage, f"LocalStack {next(self._numbers)}")
        return known[1]


def _attributes(depth: int, lane: Lane, value: str) -> dict[str, Any]:
    return {
        "depth": depth,
        "ident": {"thread": lane.thread, "greenlet": lane.greenlet, "task": lane.task},
        "value": value,
    }
