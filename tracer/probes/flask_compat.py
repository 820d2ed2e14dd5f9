"""All that the probes know about versions of Flask, Werkzeug and blinker.

What a version does is found by looking at it, not by comparing numbers, wherever that can be.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from importlib import metadata
from types import CodeType
from typing import Any, Final

import flask.globals
import flask.signals
from blinker import Signal
from flask import Flask, ctx
from flask.ctx import AppContext
from werkzeug.local import LocalStack

# --- contexts ------------------------------------------------------------------------------------

RequestContext: Final[Any] = vars(ctx).get("RequestContext")
"""A class of its own up to 3.1; from 3.2 on one class, AppContext, does both."""
HAS_TWO_CONTEXTS: Final = RequestContext is not None and RequestContext is not AppContext

TOKENS: Final = "_cv_tokens"
"""2.2 to 3.1: each context keeps one token per push in a list."""
TOKEN: Final = "_cv_token"  # noqa: S105 - the name of an attribute
"""3.2: one token, and a count of pushes."""


def _stack(name: str) -> Any:
    found = vars(flask.globals).get(name)
    return found if isinstance(found, LocalStack) else None


_REQUESTS: Final = _stack("_request_ctx_stack")
_APPS: Final = _stack("_app_ctx_stack")
STACKS: Final = {
    id(stack): (stack, kind, name)
    for kind, name in (
        ("app_context", "_app_ctx_stack"),
        ("request_context", "_request_ctx_stack"),
    )
    if (stack := _stack(name)) is not None
}
"""Up to 2.1: ids of the two stacks that the contexts are kept in → the stack, what it holds and its
name; else empty."""


def storage_of(stack: Any) -> Any:
    """What a LocalStack keeps its objects in: it lives as long as the stack does."""
    return getattr(stack, "_storage", None) or stack._local


def objects_of(stack: Any) -> Sequence[Any]:
    """The objects on a LocalStack here, bottom to top."""
    storage = getattr(stack, "_storage", None)  # from Werkzeug 2.2 on a ContextVar of a tuple
    found = getattr(stack._local, "stack", None) if storage is None else storage.get(None)
    return found or ()


# --- who asks for which functions ----------------------------------------------------------------

ROLES: Final = {
    "preprocess_request": "before_request",
    "process_response": "after_request",
    "do_teardown_request": "teardown_request",
    "do_teardown_appcontext": "teardown_appcontext",
    "update_template_context": "context_processor",
    "dispatch_request": "view",
    "handle_user_exception": "error_handler",
    "handle_http_exception": "error_handler",
    "handle_exception": "error_handler",
    "try_trigger_before_first_request_functions": "before_first_request",
    "full_dispatch_request": "before_first_request",
    "send": "signal_receiver",
}
"""Which method asks ``ensure_sync`` for a function → what that function is."""

OLDEST: Final = (1, 1)


def flask_version() -> str:
    try:
        return metadata.version("flask")
    except metadata.PackageNotFoundError:  # it came without its metadata
        return "unknown"


def refusal(version: str) -> str | None:
    """Why a Flask of *version* cannot be traced; None when it can, or nobody knows."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None or tuple(map(int, numbers.groups())) >= OLDEST:
        return None
    return (
        f"Flaskscope traces Flask {OLDEST[0]}.{OLDEST[1]} and newer; this is Flask {version}, "
        "which is not traced."
    )


def code_of(owner: Any, name: str) -> CodeType | None:
    """The code of *owner*'s method *name*, behind whatever decorates it."""
    function = inspect.unwrap(getattr(owner, name)) if hasattr(owner, name) else None
    return getattr(function, "__code__", None)


_CODES: Final = {name: code_of(Signal if name == "send" else Flask, name) for name in ROLES}

CALLERS: Final = {name: (_CODES[name], role) for name, role in ROLES.items()}


def _asks(method: str) -> bool:
    """Whether *method* hands the functions that it calls to ``ensure_sync``."""
    code = _CODES.get(method)
    return code is not None and "ensure_sync" in code.co_names


_REGISTRIES: Final = {
    "before_request_funcs": ("before_request", "preprocess_request"),
    "after_request_funcs": ("after_request", "process_response"),
    "teardown_request_funcs": ("teardown_request", "do_teardown_request"),
    "teardown_appcontext_funcs": ("teardown_appcontext", "do_teardown_appcontext"),
    "template_context_processors": ("context_processor", "update_template_context"),
    "before_first_request_funcs": (
        "before_first_request",
        "try_trigger_before_first_request_functions",
    ),
    "view_functions": ("view", "dispatch_request"),
}
DIRECT: Final = {
    "url_value_preprocessors": ("url_value_preprocessor", "preprocess_request"),
    "url_default_functions": ("url_defaults", "inject_url_defaults"),
    **{
        registry: (kind, method)
        for registry, (kind, method) in _REGISTRIES.items()
        if _CODES[method] is not None and not _asks(method)
    },
}
"""Registries whose functions one method calls without asking ``ensure_sync`` → kind, and that
method. Always those about URLs, context processors before 3.0, in 1.1 all."""
DIRECT_ON_CONTEXT: Final = (
    {} if _asks("process_response") else {"_after_request_functions": "process_response"}
)
"""The same for what a request context keeps: functions for this one request."""
HANDLER_SEEKERS: Final = frozenset(
    _CODES[name]
    for name in ("handle_user_exception", "handle_http_exception", "handle_exception")
    if not _asks(name)
)
"""Code of the methods that call what ``_find_error_handler`` found without asking
``ensure_sync``."""


def role_of_caller(code: CodeType, app: Flask) -> str | None:
    """What the method running *code* asks functions for; None when it is not one of Flask's."""
    name = code.co_name
    role = ROLES.get(name)
    if role is None:
        return None
    return role if _CODES[name] is code or is_method(code, app) else None


def is_method(code: CodeType, app: Flask) -> bool:
    """Whether a class of *app* overrides the method with *code*."""
    for cls in type(app).__mro__:
        function = vars(cls).get(code.co_name)
        if function is not None:
            plain = inspect.unwrap(function) if callable(function) else function
            if getattr(plain, "__code__", None) is code:
                return True
    return False


def session_of(context: Any) -> Any:
    """The session of a request context, untouched: a look through the proxy adds Vary: Cookie."""
    state = vars(context)
    return state.get("_session", state.get("session"))


def request_of(context: Any) -> Any:
    state = vars(context)
    return state.get("request", state.get("_request"))


def current_request() -> Any:
    """The request that is current here, None outside; no proxy is touched."""
    if _REQUESTS is not None:
        context = _REQUESTS.top
    else:
        variable = vars(ctx).get("_cv_request") or vars(ctx).get("_cv_app")
        context = variable.get(None) if variable is not None else None
    return None if context is None else request_of(context)


def current_context(kind: str) -> Any:
    """The innermost context of *kind*, ``app_context`` or ``request_context``; None outside."""
    is_request = kind == "request_context" and HAS_TWO_CONTEXTS
    name = "request" if is_request else "app"
    variable = vars(ctx).get(f"_cv_{name}")
    if variable is not None:
        return variable.get(None)
    stack = vars(flask.globals).get(f"_{name}_ctx_stack")
    return None if stack is None else stack.top


def context_is_current() -> bool:
    """Whether any context is pushed here."""
    if _APPS is not None:
        return _APPS.top is not None
    variable = vars(ctx).get("_cv_app")
    return variable is not None and variable.get(None) is not None


def blueprints_of(request: Any) -> tuple[str, ...]:
    """Names of the blueprints that *request* is for, innermost first; 1.1 does not nest them."""
    names = getattr(request, "blueprints", None)
    if names is None:
        names = [request.blueprint] if request.blueprint is not None else ()
    return tuple(names)


# --- signals -------------------------------------------------------------------------------------

SIGNALS: Final = {
    name: signal
    for name, signal in vars(flask.signals).items()
    if callable(getattr(signal, "send", None)) and not isinstance(signal, type)
}
"""Flask's own ten, by name."""
FAKE_SIGNAL: Final[Any] = vars(flask.signals).get("_FakeSignal")
"""Up to 2.2: the class of Flask's own when it did not find blinker. Nobody can subscribe to them.
None where blinker was found."""
