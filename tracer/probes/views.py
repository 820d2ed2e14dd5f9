"""The view function, and the response that its answer becomes."""

from __future__ import annotations

from functools import wraps
from typing import Any, Final

from flask import Flask

from ..applications import ATTRIBUTE, AppRecord
from ..capture import describe
from ..hot_path import RingBuffer, charge, made_response, response_maker
from ..redaction import REDACTED, is_secret
from .base import Probe, Tools
from .calls import Prepared, Role
from .flask_compat import current_request
from .functions import FunctionTable
from .patching import Patches

SEVERAL: Final = object()
"""In place of an endpoint: the same function answers for more than one."""


class ViewRole(Role):
    def __init__(self, functions: FunctionTable, buffer: RingBuffer) -> None:
        self._functions = functions
        self._buffer = buffer

    def prepare(self, record: AppRecord, app: Flask, function: Any) -> Prepared:
        views = record.functions.get("view")
        known = views.get(id(function)) if views is not None else None
        if known is not None and app.view_functions.get(known[0]) is function:
            return known[1]  # type: ignore[no-any-return]
        return self._look(record, app, function)

    def place(self, app: Flask, function: Any, static: Any) -> tuple[Any, Any, bool] | None:
        known = app.__dict__[ATTRIBUTE].record.functions.get("view", {}).get(id(function))
        return None if known is None else (app.view_functions, known[0], False)

    def called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not kwargs:
            return None
        arguments = {
            name: REDACTED if is_secret(name) else describe(value) for name, value in kwargs.items()
        }
        charge(self._buffer, *arguments.values())
        return {"arguments": arguments}

    def _look(self, record: AppRecord, app: Flask, function: Any) -> Prepared:
        endpoints = [name for name, view in list(app.view_functions.items()) if view is function]
        facts = self._functions.of(function)
        endpoint = endpoints[0] if len(endpoints) == 1 else _current_endpoint()
        static = {**facts.attributes, "endpoint": endpoint}
        if facts.is_async:
            static["async"] = True
        prepared: Prepared = ("view", facts.name, static)
        if len(endpoints) == 1:
            record.functions.setdefault("view", {})[id(function)] = (endpoint, prepared)
        return prepared


def _current_endpoint() -> str | None:
    rule = vars(current_request()).get("url_rule")
    endpoint = getattr(rule, "endpoint", None)
    return endpoint if type(endpoint) is str else None


class ViewsProbe(Probe):
    name = "views"
    kinds = ("view", "make_response")

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        tools.roles["view"] = ViewRole(tools.functions, tools.recorder.buffer)

    def attach(self, app: Flask, record: AppRecord, patches: Patches, of_classes: Patches) -> None:
        key = record.key

        def own(original: Any) -> Any:
            def make_response(*args: Any, **kwargs: Any) -> Any:
                if not self.is_on:
                    return original(*args, **kwargs)
                return made_response(self, key, original, args, kwargs)

            return make_response

        def of_class(original: Any) -> Any:
            return wraps(original)(response_maker(self, original))

        patches.cover(app, "make_response", own)
        of_classes.method(type(app), "make_response", of_class)
