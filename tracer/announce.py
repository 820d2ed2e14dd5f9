"""What an application is, for ``apps`` of ``docs/wire.md``: its routes and all that is registered.

Runs on the exporter's thread while the application may still be registering: everything is copied
before it is walked, and a part that cannot be described is left out rather than failing the rest.
Nothing is created on the way: ``app.jinja_env`` and ``app.logger`` are made on first touch, and
touching them early would change what the application does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, Final

import flask
import flask.signals
from blinker import Signal
from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.filters import FILTERS
from jinja2.tests import TESTS

from .probes.flask_compat import SIGNALS, flask_version
from .receivers import RECEIVERS
from .redaction import clean_text, redact_mapping
from .safe_repr import safe_repr, type_name
from .sources import location, python_function

MAX_ROUTES: Final = 2_000
MAX_ENTRIES: Final = 5_000
MAX_MIDDLEWARE: Final = 32
_OWN_PACKAGE: Final = __name__.partition(".")[0]
_PLAIN: Final = frozenset({id(str), id(int), id(float), id(bool), id(type(None))})

Entry = dict[str, Any]


def describe_app(
    app: flask.Flask,
    key: str,
    base_url: str | None,
    samples: Sequence[Mapping[str, Any]],
    allow_methods: Iterable[str],
) -> dict[str, Any]:
    """*app* as one item of ``apps``; *key* is what its events carry. Never raises.

    ``order`` of a registry entry counts from 1 in order of registration within its scope;
    ``registered_by`` is the installed package that a function comes from, None for the user's own.
    ``died`` is there of receivers of signals that are gone: how many like this one.
    """
    return {
        "key": key,
        "name": key,
        "framework": "flask",
        "version": flask_version(),
        "base_url": base_url,
        "allow_methods": sorted(allow_methods),
        "routes": _collected([_routes], app, MAX_ROUTES),
        "registry": _collected([*_SECTIONS, partial(_dead_receivers, key)], app, MAX_ENTRIES),
        "samples": [dict(sample) for sample in samples],
    }


def fingerprint(app: flask.Flask) -> tuple[int, ...]:
    """Numbers that change when something is registered; a few µs, never raises."""
    state = vars(app)
    try:
        environment = state.get("jinja_env")
        return (
            len(state["url_map"]._rules),
            len(state["view_functions"]),
            len(state["blueprints"]),
            len(state["extensions"]),
            id(state.get("wsgi_app")),
            *(_size(state.get(name)) for name, _ in _SCOPED),
            *(_size(state.get(name)) for name, _ in _LISTS),
            sum(_size(codes) for codes in list(state["error_handler_spec"].values())),
            sum(len(getattr(signal, "receivers", ())) for signal in SIGNALS.values()),
            RECEIVERS.deaths(),
            *(len(getattr(environment, name)) for name in _TEMPLATE if environment is not None),
        )
    except Exception:  # noqa: BLE001 - it changes under our eyes: look again next time
        return (-1,)


_SCOPED: Final = (
    ("before_request_funcs", "before_request"),
    ("after_request_funcs", "after_request"),
    ("teardown_request_funcs", "teardown_request"),
    ("url_value_preprocessors", "url_value_preprocessor"),
    ("url_default_functions", "url_defaults"),
    ("template_context_processors", "context_processor"),
)
"""Attribute → kind; blueprint name or None → list of functions."""
_LISTS: Final = (
    ("teardown_appcontext_funcs", "teardown_appcontext"),
    ("before_first_request_funcs", "before_first_request"),
    ("url_build_error_handlers", "url_build_error_handler"),
    ("shell_context_processors", "shell_context_processor"),
)
_TEMPLATE: Final = {
    "filters": "template_filter",
    "globals": "template_global",
    "tests": "template_test",
}

_TEMPLATE_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "filters": FILTERS,
    "globals": DEFAULT_NAMESPACE,
    "tests": TESTS,
}
_TEMPLATE_PACKAGES: Final = ("jinja2", "markupsafe", "flask", "werkzeug")


def _collected(
    sections: Iterable[Callable[[flask.Flask], Iterator[Entry]]], app: flask.Flask, limit: int
) -> list[Entry]:
    entries: list[Entry] = []
    for section in sections:
        try:
            for entry in section(app):
                if len(entries) >= limit:
                    return entries
                entries.append(entry)
        except Exception:  # noqa: BLE001, S112 - one strange part must not hide the others
            continue
    return entries


def _routes(app: flask.Flask) -> Iterator[Entry]:
    names = {id(cls): name for name, cls in reversed(list(app.url_map.converters.items()))}
    for rule in list(app.url_map._rules):
        view = app.view_functions.get(rule.endpoint)
        place = location(view)
        converters = dict(getattr(rule, "_converters", None) or {})
        arguments = list(converters) or sorted(set(rule.arguments) - set(rule.defaults or ()))
        yield {
            "rule": clean_text(rule.rule),
            "methods": sorted(rule.methods or ()),
            "endpoint": _name(rule.endpoint),
            "arguments": arguments,
            "converters": {n: names.get(id(type(c)), "default") for n, c in converters.items()},
            "defaults": _json_values(rule.defaults or {}),
            "file": place[0] if place else None,
            "line": place[1] if place else None,
            "registered_by": _package_of(view) if view is not None else None,
        }


def _hooks(app: flask.Flask) -> Iterator[Entry]:
    for attribute, kind in _SCOPED:
        for scope, functions in list(vars(app).get(attribute, {}).items()):
            for order, function in enumerate(list(functions), 1):
                yield _entry(kind, function, scope=scope, order=order)
    for attribute, kind in _LISTS:
        for order, function in enumerate(list(vars(app).get(attribute, ())), 1):
            yield _entry(kind, function, order=order)


def _error_handlers(app: flask.Flask) -> Iterator[Entry]:
    for scope, codes in list(app.error_handler_spec.items()):
        for code, handlers in list(codes.items()):
            for order, (error, function) in enumerate(list(handlers.items()), 1):
                entry = _entry("error_handler", function, scope=scope, order=order)
                shown = type_name(error)
                yield {**entry, "registered_for": f"{code} {shown}" if code else shown}


def _blueprints(app: flask.Flask) -> Iterator[Entry]:
    for order, (name, blueprint) in enumerate(list(app.blueprints.items()), 1):
        package = _package(blueprint.import_name)
        yield _plain_entry("blueprint", name, order, package)


def _extensions(app: flask.Flask) -> Iterator[Entry]:
    for order, (name, extension) in enumerate(list(app.extensions.items()), 1):
        yield _entry("extension", type(extension), order=order, name=_name(name))


def _templates(app: flask.Flask) -> Iterator[Entry]:
    environment = vars(app).get("jinja_env")
    if environment is None:
        return
    for attribute, kind in _TEMPLATE.items():
        for order, (name, function) in enumerate(list(getattr(environment, attribute).items()), 1):
            is_default = _TEMPLATE_DEFAULTS[attribute].get(name) is function
            if not is_default and _package_of(function) not in _TEMPLATE_PACKAGES:
                yield _entry(kind, function, order=order, name=_name(name))


def _commands(app: flask.Flask) -> Iterator[Entry]:
    for order, (name, command) in enumerate(list(app.cli.commands.items()), 1):
        yield _entry("command", command.callback, order=order, name=_name(name))


def _receivers(app: flask.Flask) -> Iterator[Entry]:
    for signal_name, signal in list(vars(flask.signals).items()):
        if not isinstance(signal, Signal):
            continue
        for order, receiver in enumerate(_connected(signal, app), 1):
            yield _entry("signal_receiver", receiver, scope=signal_name, order=order)


def _connected(signal: Signal, app: flask.Flask) -> Iterator[object]:
    """Receivers of *signal* for *app*, read without blinker's own tidying on the way."""
    references = dict(signal.receivers)
    senders = signal._by_sender
    anybody = senders.get(0, ())
    for key in [k for k in references if k in anybody or k in senders.get(id(app), ())]:
        reference = references[key]
        receiver = reference() if _is_weak(reference) else reference
        if receiver is not None and _package_of(receiver) != _OWN_PACKAGE:
            yield receiver


def _dead_receivers(key: str, _app: flask.Flask) -> Iterator[Entry]:
    for gone, count in RECEIVERS.died(key).items():
        yield {
            "kind": "signal_receiver",
            "name": gone.name,
            "scope": gone.signal,
            "order": None,
            "file": gone.file,
            "line": gone.line,
            "registered_by": gone.package,
            "died": count,
        }


def _is_weak(reference: object) -> bool:
    return type(reference).__module__ in ("weakref", "blinker._utilities")


def _middleware(app: flask.Flask) -> Iterator[Entry]:
    """From the outside in, as far as each layer keeps the next one in an attribute."""
    layer, order = vars(app).get("wsgi_app"), 0
    for _ in range(MAX_MIDDLEWARE):
        if layer is None or type(layer) is MethodType:
            return  # a bound method is Flask's own wsgi_app, the innermost
        shown = layer if type(layer) is FunctionType else type(layer)
        if _package_of(shown) != _OWN_PACKAGE:
            order += 1
            yield _entry("middleware", shown, order=order)
        layer = _next_layer(layer)


def _next_layer(layer: object) -> object | None:
    try:
        state = object.__getattribute__(layer, "__dict__")
    except AttributeError:
        return None
    if type(state) is not dict:
        return None
    found = (state.get(name) for name in ("__wrapped__", "wsgi_app", "app", "application"))
    return next((inner for inner in found if inner is not None), None)


_SECTIONS: Final = (
    _hooks,
    _error_handlers,
    _blueprints,
    _extensions,
    _templates,
    _commands,
    _receivers,
    _middleware,
)


def _entry(
    kind: str, function: Any, *, scope: Any = None, order: int, name: str | None = None
) -> Entry:
    place = location(function)
    return {
        "kind": kind,
        "name": name or _function_name(function),
        "scope": None if scope is None else _name(scope),
        "order": order,
        "file": place[0] if place else None,
        "line": place[1] if place else None,
        "registered_by": _package_of(function),
    }


def _plain_entry(kind: str, name: str, order: int, package: str | None) -> Entry:
    return {
        "kind": kind,
        "name": _name(name),
        "scope": None,
        "order": order,
        "file": None,
        "line": None,
        "registered_by": package,
    }


def _function_name(function: Any) -> str:
    kind = type(function)
    if kind is partial:
        return _function_name(function.func)
    if kind is FunctionType or kind is BuiltinFunctionType or kind is MethodType:
        return _name(function.__name__)
    cls = function if issubclass(kind, type) else kind
    return clean_text(type_name(cls).rpartition(".")[2])


def _package_of(function: Any) -> str | None:
    """The installed package that *function* comes from, None for the user's own."""
    plain = python_function(function)
    if plain is not None:
        return _package(plain.__module__)
    cls = function if issubclass(type(function), type) else type(function)
    return _package(type_name(cls).rpartition(".")[0])


def _package(module: object) -> str | None:
    if type(module) is not str or not module:
        return None
    top = module.partition(".")[0]
    if top == _OWN_PACKAGE:
        return top
    file = getattr(sys.modules.get(top), "__file__", None)
    installed = type(file) is str and ("site-packages" in file or "dist-packages" in file)
    return top if installed else None


@cache
def _name(value: object) -> str:
    return clean_text(value) if type(value) is str else safe_repr(value, 200)


def _json_values(values: Mapping[str, Any]) -> dict[str, Any]:
    plain = redact_mapping(values)
    return {
        _name(name): value if id(type(value)) in _PLAIN else safe_repr(value, 200)
        for name, value in plain.items()
    }


def _size(value: object) -> int:
    """How many functions a list, or a dict of lists, holds."""
    if type(value) is list:
        return len(value)
    if isinstance(value, dict):
        return sum(_size(inner) if type(inner) is list else len(inner) for inner in value.values())
    return 0
