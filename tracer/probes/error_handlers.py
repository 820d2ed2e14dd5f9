"""Exceptions that reach Flask, who handles them and why, and the handlers' calls."""

from __future__ import annotations

from collections.abc import Iterator
from functools import wraps
from typing import Any, NamedTuple
from weakref import ref

from flask import Flask
from werkzeug.exceptions import (
    BadRequest,
    BadRequestKeyError,
    HTTPException,
    InternalServerError,
)
from werkzeug.routing import RoutingException

from ..applications import AppRecord
from ..capture import class_name, message_of
from ..hot_path import charge
from .base import Probe, Tools
from .calls import Prepared, Role
from .flask_compat import blueprints_of, current_request
from .functions import FunctionTable, function_name
from .patching import Patches


class Choice(NamedTuple):
    """A registered error handler, and what it was registered for."""

    scope: str | None
    code: int | None
    error: type
    function: Any

    @property
    def because(self) -> str:
        where = "app" if self.scope is None else "blueprint"
        return f"{where} {'class' if self.code is None else 'code'}"

    @property
    def registered_for(self) -> str:
        return class_name(self.error) if self.code is None else str(self.code)


class ErrorHandlerRole(Role):
    def __init__(self, functions: FunctionTable) -> None:
        self._functions = functions

    def prepare(self, record: AppRecord, app: Flask, function: Any) -> Prepared:
        # Only when something went wrong: nothing is kept.
        facts = self._functions.of(function)
        return "error_handler", facts.name, {**facts.attributes, "registered_by": facts.package}

    def called_as(self, record: AppRecord, function: Any) -> Any:
        def called(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any] | None:
            app = record.app()
            if not args or app is None:
                return None
            said: dict[str, Any] = {"exception": class_name(type(args[0]))}
            choice = find_handler(app, current_request(), type(args[0]))
            if choice is None or choice.function is not function:
                # A method of the application's chose another one than Flask's would.
                choice = next((one for one in registered(app) if one.function is function), None)
            if choice is not None:
                said["scope"], said["registered_for"] = choice.scope, choice.registered_for
            return said

        return called


def registered(app: Flask) -> Iterator[Choice]:
    """Every error handler."""
    for scope, codes in list(vars(app).get("error_handler_spec", {}).items()):
        for code, handlers in list(codes.items()):
            for error, function in list(handlers.items()):
                yield Choice(scope, code, error, function)


class ErrorHandlersProbe(Probe):
    name = "error_handlers"
    kinds = ("exception", "error_handler")

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        tools.roles["error_handler"] = ErrorHandlerRole(tools.functions)

    def attach(self, app: Flask, record: AppRecord, patches: Patches, of_classes: Patches) -> None:
        for name in ("handle_user_exception", "handle_exception"):
            patches.cover(app, name, self._own(app, record, name))
            of_classes.method(type(app), name, self._of_class(name))

    def _own(self, app: Flask, record: AppRecord, name: str) -> Any:
        reference = ref(app)

        def make(original: Any) -> Any:
            def handle(*args: Any, **kwargs: Any) -> Any:
                app = reference()
                if app is not None and self.is_on:
                    self._report(app, record, args, kwargs, name)
                answer = original(*args, **kwargs)
                self._answered()
                return answer

            return handle

        return make

    def _of_class(self, name: str) -> Any:
        traced = self.tools.apps.traced

        def make(original: Any) -> Any:
            @wraps(original)
            def handle(app: Any, /, *args: Any, **kwargs: Any) -> Any:
                record = traced.get(id(app)) if self.is_on else None
                if record is None:
                    return original(app, *args, **kwargs)
                self._report(app, record, args, kwargs, name)
                answer = original(app, *args, **kwargs)
                self._answered()
                return answer

            return handle

        return make

    def _report(self, app: Flask, record: AppRecord, args: Any, kwargs: Any, name: str) -> None:
        try:
            self._arrived(app, record, args[-1] if args else kwargs.get("e"), name)
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)

    def _answered(self) -> None:
        """The exception goes no further: another one may take its place in memory."""
        try:
            self.recorder.flow().open[2].last_exception = None
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)

    def _arrived(self, app: Flask, record: AppRecord, error: BaseException, name: str) -> None:
        trace = self.recorder.flow().open[2]
        request = current_request()
        # One that leaves a request inside a request arrives in two requests.
        this = id(error), id(request)
        if trace.last_exception == this:
            return
        trace.last_exception = this
        stage = trace.last_left
        if request is not None and vars(request).get("routing_exception") is error:
            stage = "routing"
        trace.last_left = None
        if name == "handle_exception":
            choice = _handler_of_500(app, request)
        else:
            choice = _handler_for(app, request, error)
        message = message_of(error)
        charge(self.recorder.buffer, message)
        self.recorder.instant(
            "exception",
            class_name(type(error)),
            record.key,
            None,
            {
                "message": message,
                "stage": stage,
                "handled_by": None if choice is None else function_name(choice.function),
                "chosen_because": None if choice is None else choice.because,
            },
        )


def find_handler(app: Flask, request: Any, error: type) -> Choice | None:
    """The one that Flask finds for a class: by code before by class, blueprint before app."""
    code = getattr(error, "code", None) if issubclass(error, HTTPException) else None
    spec = vars(app).get("error_handler_spec", {})
    blueprints = blueprints_of(request) if request is not None else ()
    for wanted in (code, None) if code is not None else (None,):
        for scope in (*blueprints, None):
            handlers = (spec.get(scope) or {}).get(wanted)
            if not handlers:
                continue
            for cls in error.__mro__:
                handler = handlers.get(cls)
                if handler is not None:
                    return Choice(scope, wanted, cls, handler)
    return None


def _handler_for(app: Flask, request: Any, error: BaseException) -> Choice | None:
    """The one that will be called for *error*, which may be that of the 500 it becomes."""
    if isinstance(error, HTTPException) and not _is_trapped(app, error):
        # Neither an answer in disguise nor a redirect of the routing is shown to handlers.
        if _code_of(error) is None or isinstance(error, RoutingException):
            return None
        return find_handler(app, request, type(error))
    return find_handler(app, request, type(error)) or _handler_of_500(app, request)


def _code_of(error: HTTPException) -> Any:
    """Its own or its class's; a property of somebody's is not asked."""
    return vars(error).get("code", getattr(type(error), "code", None))


def _is_trapped(app: Flask, error: HTTPException) -> bool:
    """What Flask's own ``trap_http_exception`` says; an application's own one is not asked."""
    settings = app.config
    bad_requests = settings.get("TRAP_BAD_REQUEST_ERRORS")
    if bad_requests is None and settings.get("DEBUG") and isinstance(error, BadRequestKeyError):
        return True
    return bool(
        settings.get("TRAP_HTTP_EXCEPTIONS") or (bad_requests and isinstance(error, BadRequest))
    )


def _handler_of_500(app: Flask, request: Any) -> Choice | None:
    settings = app.config
    propagate = settings.get("PROPAGATE_EXCEPTIONS")
    if propagate is None:
        propagate = settings.get("TESTING") or settings.get("DEBUG")
    return None if propagate else find_handler(app, request, InternalServerError)
