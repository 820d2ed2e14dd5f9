"""Registries whose functions Flask calls directly, without handing them to ``ensure_sync``.

The registry itself stays where it was, in the application, and everybody gets it; only the method
that calls the functions is shown them inside spans. A class that overrides it may do with the
registry what it likes, so it gets the registry.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import wraps
from types import CodeType
from typing import Any

from flask import Flask

from ..applications import AppRecord
from .base import Probe
from .calls import Role
from .flask_compat import DIRECT, DIRECT_ON_CONTEXT, HANDLER_SEEKERS, RequestContext, code_of
from .patching import Patches

See = Callable[[Any, "str | None", int], Any]
"""A function, its scope and its place → the same inside a span."""


def install(probe: Probe, patches: Patches) -> None:
    for name, (kind, caller) in DIRECT.items():
        patches.add(Flask, name, Registry(probe, name, kind, caller))
    for name, caller in DIRECT_ON_CONTEXT.items():
        registry = RegistryOfContext(probe, name, "after_this_request", caller)
        patches.add(RequestContext, name, registry)


def attach(
    probe: Probe, app: Flask, record: AppRecord, patches: Patches, of_classes: Patches
) -> None:
    if HANDLER_SEEKERS:
        patches.cover(app, "_find_error_handler", _own_seeker(probe, record))
        of_classes.method(type(app), "_find_error_handler", _seeker_of_class(probe))


class Registry:
    """A registry of :class:`~flask.Flask`, in front of the one that the application has."""

    def __init__(self, probe: Probe, name: str, kind: str, caller: str) -> None:
        self._probe = probe
        self._name = name
        self._kind = kind
        self._caller = code_of(Flask, caller)

    def __get__(self, owner: Any, cls: Any = None) -> Any:
        if owner is None:
            raise AttributeError(self._name)
        state = owner.__dict__
        try:
            registry = state[self._name]
        except KeyError:
            raise AttributeError(self._name) from None
        if not registry or not self._probe.is_on or sys._getframe(1).f_code is not self._caller:
            return registry
        try:
            record = self.record(owner)
            if record is None or not record.is_on:
                return registry
            see = seer(self._probe, self._kind, record)
            kind = type(registry)
            return Functions(registry, see, None) if kind is list else Scopes(registry, see)
        except Exception as error:  # noqa: BLE001
            self._probe.fault(error)
            return registry

    def __set__(self, owner: Any, value: Any) -> None:
        owner.__dict__[self._name] = value

    def __delete__(self, owner: Any) -> None:
        del owner.__dict__[self._name]

    def record(self, owner: Any) -> AppRecord | None:
        return self._probe.tools.apps.find(owner)


class RegistryOfContext(Registry):
    """The same for what a request context keeps."""

    def record(self, owner: Any) -> AppRecord | None:
        return self._probe.tools.apps.find(owner.app)


class Scopes:
    """What the calling method sees of a dict: lists of functions by scope, or views by endpoint."""

    __slots__ = ("_registry", "_see")

    def __init__(self, registry: Any, see: See) -> None:
        self._registry = registry
        self._see = see

    def __contains__(self, key: Any) -> bool:
        return key in self._registry

    def __getitem__(self, key: Any) -> Any:
        return self._seen(key, self._registry[key])

    def get(self, key: Any, default: Any = None) -> Any:
        found = self._registry.get(key)
        return default if found is None else self._seen(key, found)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def _seen(self, key: Any, found: Any) -> Any:
        try:
            return self._see(found, key, 0) if callable(found) else Functions(found, self._see, key)
        except Exception:  # noqa: BLE001 - counted where it failed, if anywhere
            return found


class Functions:
    """What it sees of a list."""

    __slots__ = ("_functions", "_scope", "_see")

    def __init__(self, functions: Any, see: See, scope: str | None) -> None:
        self._functions = functions
        self._see = see
        self._scope = scope

    def __iter__(self) -> Iterator[Any]:
        for order, function in enumerate(self._functions, 1):
            yield self._see(function, self._scope, order)

    def __reversed__(self) -> Iterator[Any]:
        order = len(self._functions)
        for function in reversed(self._functions):
            yield self._see(function, self._scope, order)
            order -= 1

    def __len__(self) -> int:
        return len(self._functions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._functions, name)


def seer(probe: Probe, kind: str, record: AppRecord) -> See:
    """What puts functions of one kind inside spans."""
    tools = probe.tools
    role: Role = tools.roles[kind]

    def see(function: Any, scope: str | None, order: int) -> Any:
        try:
            plan = role.plan(record, function, scope, order)
            call = tools.watch_call(function, role, role.called_as(record, function), plan)
            step = tools.steps.get(kind)
            return call if step is None else step(plan[0], plan[1], record.key, call)
        except Exception as error:  # noqa: BLE001
            probe.fault(error)
            return function

    return see


def _own_seeker(probe: Probe, record: AppRecord) -> Any:
    def make(original: Any) -> Any:
        def _find_error_handler(*args: Any, **kwargs: Any) -> Any:
            return _seen(probe, record, original(*args, **kwargs), sys._getframe(1).f_code)

        return _find_error_handler

    return make


def _seeker_of_class(probe: Probe) -> Any:
    traced = probe.tools.apps.traced

    def make(original: Any) -> Any:
        @wraps(original)
        def _find_error_handler(app: Any, /, *args: Any, **kwargs: Any) -> Any:
            handler, record = original(app, *args, **kwargs), traced.get(id(app))
            return _seen(probe, record, handler, sys._getframe(1).f_code)

        return _find_error_handler

    return make


def _seen(probe: Probe, record: AppRecord | None, handler: Any, code: CodeType) -> Any:
    """*handler* inside a span, if it will be called by the method that asked for it."""
    try:
        is_called = record is not None and probe.is_on and code in HANDLER_SEEKERS
        if handler is None or record is None or not is_called:
            return handler
        return seer(probe, "error_handler", record)(handler, None, 0)
    except Exception as error:  # noqa: BLE001
        probe.fault(error)
        return handler
