"""Hooks: before, after and teardown functions, context processors, and the two about URLs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

from flask import Flask

from ..applications import ATTRIBUTE, AppRecord, Held
from ..capture import class_name
from ..hot_path import Plan, TraceState, flow_here
from . import registries
from .base import Probe, Tools
from .calls import Prepared, Role
from .functions import FunctionTable
from .patching import Patches

REGISTRIES = {
    "before_request": "before_request_funcs",
    "after_request": "after_request_funcs",
    "teardown_request": "teardown_request_funcs",
    "context_processor": "template_context_processors",
    "teardown_appcontext": "teardown_appcontext_funcs",
    "before_first_request": "before_first_request_funcs",
}


_REVERSED: Final = ("after_request", "teardown_request", "teardown_appcontext")
"""The last one that was registered is called first."""
_CALLING: Final = (
    "preprocess_request",
    "process_response",
    "do_teardown_request",
    "do_teardown_appcontext",
    "update_template_context",
)


class Place:
    """Where a function is registered; true as long as it is found there."""

    __slots__ = ("functions", "index", "others", "prepared", "twins")

    def __init__(self, functions: list[Any], index: int, prepared: Prepared) -> None:
        self.functions = functions
        self.index = index
        self.prepared = prepared
        self.others: dict[str | None, Place] | None = None
        """By scope, when the function is registered more than once."""
        self.twins = [self]
        """This and what is equal to it: the function is registered twice in one scope."""


class HookRole(Role):
    """Functions of one registry."""

    def __init__(self, kind: str, functions: FunctionTable) -> None:
        self.kind = kind
        self._functions = functions

    def prepare(self, record: AppRecord, app: Flask, function: Any) -> Prepared:
        held: Held = app.__dict__[ATTRIBUTE]
        places = held.places.get(self.kind)
        place = places.get(id(function)) if places is not None else None
        if place is not None:
            if place.others is not None:
                place = self._turn(place.others.get(_scope_of_caller(), place))
            functions, index = place.functions, place.index
            if index < len(functions) and functions[index] is function:
                return place.prepared
        return self._look(held, app, function)

    def _look(self, held: Held, app: Flask, function: Any) -> Prepared:
        """The registry has changed since it was read, or *function* is not in it."""
        places: dict[int, Place] = {}
        for scope, functions in scopes(app, self.kind):
            for index, registered in enumerate(list(functions)):
                place = Place(functions, index, self._prepared(registered, scope, index + 1))
                first = places.setdefault(id(registered), place)
                if first is not place:
                    if first.others is None:
                        first.others = {first.prepared[2]["scope"]: first}  # type: ignore[index]
                    same = first.others.setdefault(scope, place)
                    if same is not place:
                        same.twins.append(place)
        held.places[self.kind] = places
        found = places.get(id(function))
        if found is None:
            return self.unregistered(function)
        if found.others is not None:
            found = self._turn(found.others.get(_scope_of_caller(), found))
        return found.prepared

    def _turn(self, place: Place) -> Place:
        """Which of its *twins* is called: they take turns while one method runs."""
        twins = place.twins
        frame = _calling_frame()
        if len(twins) == 1 or frame is None:
            return place
        trace: TraceState = flow_here().open[2]
        if trace.turns is None:
            trace.turns = {}
        key = id(frame), id(twins)
        taken = trace.turns.pop(key, 0)
        if taken + 1 < len(twins):
            trace.turns[key] = taken + 1
        return twins[-1 - taken if self.kind in _REVERSED else taken]

    def place(self, app: Flask, function: Any, static: Any) -> tuple[Any, Any, bool] | None:
        found = app.__dict__[ATTRIBUTE].places.get(self.kind, {}).get(id(function))
        if found is None:
            return None
        if found.others is None:
            return found.functions, found.index, False
        found = found.others.get(static["scope"])
        if found is None or len(found.twins) > 1:
            return None
        return found.functions, found.index, True

    def plan(self, record: AppRecord, function: Any, scope: str | None, order: int) -> Plan:
        kind, name, static = self._prepared(function, scope, order)
        return kind, name, record.key, static

    def _prepared(self, function: Any, scope: str | None, order: int) -> Prepared:
        facts = self._functions.of(function)
        static = {
            **facts.attributes,
            "scope": scope,
            "order": order,
            "registered_by": facts.package,
        }
        return self.kind, facts.name, static

    def unregistered(self, function: Any) -> Prepared:
        facts = self._functions.of(function)
        return self.kind, facts.name, facts.attributes


class BeforeRole(HookRole):
    """What it returns, unless None, is the answer."""

    @staticmethod
    def describe(cls: type) -> dict[str, Any]:
        return {"returned": class_name(cls), "short_circuit": True}


class AfterRole(HookRole):
    """A function that is in no registry was registered for this one request."""

    def unregistered(self, function: Any) -> Prepared:
        facts = self._functions.of(function)
        return "after_this_request", facts.name, facts.attributes


class OnceRole(HookRole):
    """The same where Flask does not ask for it: what it was registered for is known."""

    def plan(self, record: AppRecord, function: Any, scope: str | None, order: int) -> Plan:
        kind, name, static = self.unregistered(function)
        return kind, name, record.key, static


class TeardownRole(HookRole):
    """Called with the exception that ended the request, or None."""

    def called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if args and args[0] is not None:
            return {"exception": type(args[0]).__name__}
        return None


def scopes(app: Flask, kind: str) -> Iterator[tuple[str | None, list[Any]]]:
    """Blueprint name or None, and the list of functions registered for it."""
    registry = vars(app).get(REGISTRIES[kind])
    if type(registry) is list:
        yield None, registry
    elif isinstance(registry, dict):
        yield from list(registry.items())


def _scope_of_caller() -> str | None:
    """A function registered in two places: only the method that is calling it knows for which."""
    frame = _calling_frame()
    name = None if frame is None else frame.f_locals.get("name")
    return name if type(name) is str else None


def _calling_frame() -> FrameType | None:
    """The method of Flask that calls hooks."""
    frame: FrameType | None = sys._getframe(0)
    for _ in range(8):
        frame = None if frame is None else frame.f_back
        if frame is not None and frame.f_code.co_name in _CALLING:
            return frame
    return None


class HooksProbe(Probe):
    name = "hooks"
    kinds = (
        "before_request",
        "after_request",
        "after_this_request",
        "teardown_request",
        "teardown_appcontext",
        "context_processor",
        "before_first_request",
        "url_value_preprocessor",
        "url_defaults",
    )

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        functions = tools.functions
        for kind, role in (
            ("before_request", BeforeRole),
            ("after_request", AfterRole),
            ("teardown_request", TeardownRole),
            ("teardown_appcontext", TeardownRole),
            ("context_processor", HookRole),
            ("before_first_request", HookRole),
            ("url_value_preprocessor", HookRole),
            ("url_defaults", HookRole),
        ):
            tools.roles[kind] = role(kind, functions)

        tools.roles["after_this_request"] = OnceRole("after_this_request", functions)

    def install(self, patches: Patches) -> None:
        registries.install(self, patches)

    def attach(self, app: Flask, record: AppRecord, patches: Patches, of_classes: Patches) -> None:
        registries.attach(self, app, record, patches, of_classes)
