"""What is registered on applications and blueprints: by whom, where, and what was refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, NamedTuple

from flask import Blueprint, Flask

from ..capture import class_name, message_of, text
from .base import Probe, Tools
from .functions import function_name
from .patching import Patches
from .places import Modules, outside

_LIBRARIES: Final = Modules("flask", "werkzeug")


class Method(NamedTuple):
    """A method by which something is registered."""

    what: str
    argument: str = "f"
    """The parameter that says what is registered."""
    position: int = 0
    registry: str = ""
    """Where it goes: a dict of lists, or a list."""
    is_for_app: bool = False
    """A blueprint's method that registers for the whole application."""


METHODS: Final = {
    "register_blueprint": Method("blueprint", "blueprint"),
    "add_url_rule": Method("rule", "rule"),
    "endpoint": Method("endpoint", "endpoint"),
    "before_request": Method("before_request", registry="before_request_funcs"),
    "after_request": Method("after_request", registry="after_request_funcs"),
    "teardown_request": Method("teardown_request", registry="teardown_request_funcs"),
    "context_processor": Method("context_processor", registry="template_context_processors"),
    "url_value_preprocessor": Method("url_value_preprocessor", registry="url_value_preprocessors"),
    "url_defaults": Method("url_defaults", registry="url_default_functions"),
    "teardown_appcontext": Method("teardown_appcontext", registry="teardown_appcontext_funcs"),
    "before_first_request": Method("before_first_request", registry="before_first_request_funcs"),
    "shell_context_processor": Method(
        "shell_context_processor", registry="shell_context_processors"
    ),
    "register_error_handler": Method("error_handler", position=1),
    "add_template_filter": Method("template_filter"),
    "add_template_test": Method("template_test"),
    "add_template_global": Method("template_global"),
    "before_app_request": Method("before_request", is_for_app=True),
    "after_app_request": Method("after_request", is_for_app=True),
    "teardown_app_request": Method("teardown_request", is_for_app=True),
    "app_context_processor": Method("context_processor", is_for_app=True),
    "app_url_value_preprocessor": Method("url_value_preprocessor", is_for_app=True),
    "app_url_defaults": Method("url_defaults", is_for_app=True),
    "before_app_first_request": Method("before_first_request", is_for_app=True),
    "add_app_template_filter": Method("template_filter", is_for_app=True),
    "add_app_template_test": Method("template_test", is_for_app=True),
    "add_app_template_global": Method("template_global", is_for_app=True),
}
"""Names of methods → what they register; decorators call these as well."""


class SetupProbe(Probe):
    name = "setup"
    kinds = ("setup",)

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._in_making: dict[int, list[tuple[str, str, dict[str, Any]]]] = {}
        """Applications whose ``__init__`` runs, by id, and what was registered meanwhile."""

    def install(self, patches: Patches) -> None:
        patches.replace(Flask, "__init__", self._init)
        for name, method in METHODS.items():
            # Where it is defined: a method that both inherit is seen once.
            for owner in dict.fromkeys(_owner(cls, name) for cls in (Flask, Blueprint)):
                if owner is not None:
                    patches.replace(owner, name, self._watch(method))

    # --- an application --------------------------------------------------------------------------

    def _init(self, original: Any) -> Any:
        @wraps(original)
        def __init__(app: Any, /, *args: Any, **kwargs: Any) -> None:
            if not self.is_on or not self.tools.covers_all:
                original(app, *args, **kwargs)
                return
            waiting = self._in_making[id(app)] = []
            try:
                original(app, *args, **kwargs)
            finally:
                self._in_making.pop(id(app), None)
            try:
                said = {"class": class_name(type(app)), **self._place(sys._getframe(1))}
                for event in (("app", text(app.name), said), *waiting):
                    self._record(app, *event)
            except Exception as error:  # noqa: BLE001
                self.fault(error)

        return __init__

    # --- what is registered on it ----------------------------------------------------------------

    def _watch(self, method: Method) -> Callable[[Any], Any]:
        def make(original: Any) -> Any:
            @wraps(original)
            def register(owner: Any, /, *args: Any, **kwargs: Any) -> Any:
                if not self.is_on:
                    return original(owner, *args, **kwargs)
                try:
                    result = original(owner, *args, **kwargs)
                except BaseException as error:
                    self._registered(owner, method, args, kwargs, sys._getframe(1), error)
                    raise
                self._registered(owner, method, args, kwargs, sys._getframe(1), None)
                return result

            return register

        return make

    def _registered(
        self, owner: Any, method: Method, args: Any, kwargs: Any, frame: Any, error: Any
    ) -> None:
        try:
            position = method.position
            thing = args[position] if len(args) > position else kwargs.get(method.argument)
            said = {**self._place(frame), **_described(owner, method, args, kwargs)}
            if error is not None:
                said.pop("order", None)
                said["refused"] = f"{class_name(type(error))}: {message_of(error)}"
            event = method.what, _name_of(thing), said
            waiting = self._in_making.get(id(owner))
            if waiting is None:
                self._record(owner, *event)
            else:
                waiting.append(event)
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)

    def _place(self, frame: Any) -> dict[str, Any]:
        """Who registers: the frame outside of Flask, an extension's perhaps."""
        found = outside(frame, _LIBRARIES)
        if found is None:
            return {}
        place = self.tools.places.of(found)
        return {
            "file": place["file"],
            "line": place["line"],
            "who": place["function"],
            "registered_by": place.get("package"),
        }

    def _record(self, owner: Any, what: str, name: str, said: dict[str, Any]) -> None:
        key = None
        if Flask in type(owner).__mro__:
            record = self.tools.record_of(owner)
            if record is None:
                return
            key = record.key
        self.recorder.instant("setup", f"{what} {name}", key, None, {"what": what, **said})


def _owner(cls: type, name: str) -> type | None:
    return next((base for base in cls.__mro__ if name in vars(base)), None)


def _name_of(thing: Any) -> str:
    kind = type(thing)
    if kind is str:
        return text(thing)
    if Blueprint in kind.__mro__:
        name = vars(thing).get("name")
        return text(name) if type(name) is str else "?"
    return function_name(thing)


def _described(owner: Any, method: Method, args: Any, kwargs: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"scope": None}
    if Blueprint in type(owner).__mro__:
        said["scope"] = _name_of(owner)
        if method.is_for_app:
            said["for_app"] = True
    order = _order(owner, method.registry)
    if order:
        said["order"] = order
    if method.what == "rule":
        endpoint = args[1] if len(args) > 1 else kwargs.get("endpoint")
        view = args[2] if len(args) > 2 else kwargs.get("view_func")
        if view is not None:
            said["function"] = function_name(view)
        if type(endpoint) is str:
            said["endpoint"] = text(endpoint)
    elif method.what == "error_handler":
        wanted = args[0] if args else kwargs.get("code_or_exception")
        said["registered_for"] = str(wanted) if type(wanted) is int else function_name(wanted)
    elif method.what == "blueprint":
        for option in ("url_prefix", "name", "subdomain"):
            if type(kwargs.get(option)) is str:
                said[option] = text(kwargs[option])
    return said


def _order(owner: Any, registry: str) -> int:
    """Its place in the order of registration, from 1; 0 where there is none."""
    found = vars(owner).get(registry)
    if isinstance(found, dict):
        # Up to 1.1 a blueprint keeps nothing of its own.
        found = found.get(None)
    return len(found) if type(found) is list else 0
