"""A template that is loaded and rendered, and the functions of your own in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from sys import _getframe
from typing import Any, Final
from weakref import ref

import flask.helpers
import jinja2
import jinja2.nodes
from jinja2 import Template
from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.filters import FILTERS
from jinja2.tests import TESTS
from werkzeug.local import LocalProxy

from ..capture import FREE_TEXT, described_values, short_text, size_of, text
from ..redaction import clean_text
from .calls import FRAMES, inside, stamped
from .flows import INNER
from .rows import names_of

__all__ = ["Functions", "begun_rendering", "called", "loaded", "loading", "rendered"]

_OWN_PACKAGES: Final = ("jinja2", "markupsafe", "flask")
_MISSING: Final = object()
_name_of: Final = type.__dict__["__name__"].__get__
"""Of a class; what its metaclass says is not asked."""


# --- loading and rendering ------------------------------------------------------------------------


def rendered(probe: Any, original: Any) -> Callable[..., Any]:
    """In place of ``flask.templating._render``."""

    def render(*args: Any, **kwargs: Any) -> Any:
        span = begun_rendering(probe, "template.render", args)
        if span is None:
            return original(*args, **kwargs)
        return inside(probe, span, original, args, kwargs)

    return render


def begun_rendering(probe: Any, kind: str, args: tuple[Any, ...]) -> Any:
    """None when nothing is to be recorded. *args*: the template and its names, one after the
    other; what stands before or behind them depends on the version."""
    # compiled: cdef Switch switch
    # compiled: cdef Recording recorder
    switch, recorder = probe, probe.recorder
    if not switch.is_on:
        return None
    try:
        at = 0 if issubclass(type(args[0]), Template) else 1
        template, context = args[at], args[at + 1]
        record = probe.traced.get(id(template.environment.__dict__.get("app")))
        if record is None:
            return None
        names = names_of(recorder.buffer, context) if type(context) is dict else ()
        dynamic: Any = (_described, names)
        if names and probe.tools.shows_values:
            values = described_values(context)
            recorder.buffer.charge(size_of(values))
            dynamic = {**_described(names), "values": values}
        name = template.name or "<string>"
        if len(name) > FREE_TEXT:
            recorder.buffer.charge(len(name))
        return recorder.begin(kind, name, record.key, None, dynamic)
    except Exception as error:  # noqa: BLE001
        probe.fault(error)
        return None


def _described(names: tuple[Any, ...]) -> dict[str, Any]:
    return {"context": [text(name) for name in names if type(name) is str]}


def loaded(probe: Any, original: Any) -> Callable[..., Any]:
    """In place of the environment's ``_load_template``."""
    # compiled: cdef Switch switch
    # compiled: cdef Recording recorder
    switch, recorder = probe, probe.recorder
    traced = probe.traced

    def _load_template(environment: Any, /, name: Any, *args: Any, **kwargs: Any) -> Any:
        span = None
        if switch.is_on:
            try:
                record = traced.get(id(environment.__dict__.get("app")))
                if record is not None:
                    cache = environment.cache
                    loader = environment.loader
                    is_text = issubclass(type(name), str)
                    # What is none, and what has no loader, Jinja refuses.
                    can_be_cached = cache is not None and loader is not None and is_text
                    cached = can_be_cached and (ref(loader), name) in cache
                    shown = short_text(str.__str__(name)) if is_text else "?"
                    if len(shown) > FREE_TEXT:
                        recorder.buffer.charge(len(shown))
                    static = loading(_name_of(type(loader)), cached)
                    if cached and not environment.auto_reload:
                        recorder.leaf("template.load", shown, record.key, static)
                    else:
                        span = recorder.begin("template.load", shown, record.key, static)
            except Exception as error:  # noqa: BLE001
                probe.fault(error)
        if span is None:
            return original(environment, name, *args, **kwargs)
        return inside(probe, span, original, (environment, name, *args), kwargs)

    return _load_template


_LOADED: Final[dict[tuple[str | None, bool], Mapping[str, Any]]] = {}


def loading(loader: str | None, cached: bool) -> Mapping[str, Any]:
    """What is said about it, of the name of the loader's class."""
    static = _LOADED.get((loader, cached))
    if static is None:
        shown = None if loader is None else clean_text(loader)
        static = _LOADED[(loader, cached)] = {"loader": shown, "cached": cached}
    return static


# --- functions that are called --------------------------------------------------------------------


def called(probe: Any, original: Any) -> Callable[..., Any]:
    """In place of the ``call`` of a rendering's context, through which templates call."""
    # compiled: cdef Switch switch
    # compiled: cdef Recording recorder
    switch, recorder = probe, probe.recorder
    traced, functions = probe.traced, probe.tools.functions
    get_flashed_messages = flask.helpers.get_flashed_messages

    def call(context: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        if not switch.is_on:
            return original(context, function, *args, **kwargs)
        span = record = None
        try:
            environment = context.environment
            record = traced.get(id(environment.__dict__.get("app")))
            if record is not None and _is_global(environment, function):
                facts = functions.of(function)
                span = recorder.begin("template_global", facts.name, record.key, facts.attributes)
        except Exception as error:  # noqa: BLE001
            probe.fault(error)
        if span is not None:
            return inside(probe, span, original, (context, function, *args), kwargs)
        result = original(context, function, *args, **kwargs)
        if function is get_flashed_messages:
            try:
                key = None if record is None else record.key
                recorder.instant(FLASHED, FLASHED, key, None, {"count": len(result)})
            except Exception as error:  # noqa: BLE001
                probe.fault(error)
        return result

    return call


FLASHED: Final = "get_flashed_messages"


def _is_global(environment: Any, function: Any) -> bool:
    """Whether *function* was registered as a global."""
    names = [name for name, value in [*environment.globals.items()] if value is function]
    return any(_is_own(function, DEFAULT_NAMESPACE.get(name)) for name in names)


# --- filters and tests ----------------------------------------------------------------------------


class Functions:  # compiled: cdef class Functions:
    """``environment.filters`` or ``.tests``: the environment's own dict, for everybody but
    compiled templates and the compiler, who get functions inside spans."""

    # compiled: cdef object _probe, _name, _kind
    # compiled: cdef Switch _switch

    def __init__(self, probe: Any, name: str, kind: str) -> None:
        self._probe = self._switch = probe
        self._name = name
        self._kind = kind

    # compiled, for the next line: def __get__(self, environment, owner):
    def __get__(self, environment: Any, owner: Any = None) -> Any:
        if environment is None:
            raise AttributeError(self._name)
        try:
            functions = environment.__dict__[self._name]
        except KeyError:
            raise AttributeError(self._name) from None
        if not self._switch.is_on:
            return functions
        try:
            if _is_jinja(_getframe(FRAMES)):
                app = id(environment.__dict__.get("app"))
                if app in self._probe.traced:
                    return _Map(self._probe, functions, self._kind, app)
        except Exception as error:  # noqa: BLE001
            self._probe.fault(error)
        return functions

    def __set__(self, environment: Any, value: Any) -> None:
        environment.__dict__[self._name] = value

    def __delete__(self, environment: Any) -> None:
        del environment.__dict__[self._name]


def _codes() -> frozenset[Any]:
    """Where Jinja looks up a filter or test to call it itself: nodes that may be worked out by the
    compiler, and what filters like ``map`` ask for another one. Names of all versions."""
    codes = set()
    for owner, names in (
        (getattr(jinja2.nodes, "_FilterTestCommon", None), ("as_const",)),
        (jinja2.nodes.Filter, ("as_const",)),
        (jinja2.nodes.Test, ("as_const",)),
        (jinja2.Environment, ("_filter_test_common", "call_filter", "call_test")),
    ):
        for name in names:
            codes.add(getattr(getattr(owner, name, None), "__code__", None))
    return frozenset(codes - {None})


_FILTERING: Final = _codes()


def _is_jinja(frame: Any) -> bool:
    """Whether *frame* is a compiled template, or the place where Jinja calls a filter itself."""
    return "__jinja_template__" in frame.f_globals or frame.f_code in _FILTERING


class _Map:  # compiled: cdef class _Map:
    """What a compiled template sees of the dict."""

    __slots__ = ("_app", "_defaults", "_functions", "_kind", "_probe")
    # compiled: cdef object _app, _defaults, _functions, _kind, _probe

    def __init__(self, probe: Any, functions: Any, kind: str, app: int) -> None:
        self._app = app
        self._defaults = FILTERS if kind == "template_filter" else TESTS
        self._probe = probe
        self._functions = functions
        self._kind = kind

    def __getitem__(self, name: Any) -> Any:
        return self._seen(name, self._functions[name])

    def __contains__(self, name: Any) -> bool:
        return name in self._functions

    def get(self, name: Any, default: Any = None) -> Any:
        function = self._functions.get(name, _MISSING)
        return default if function is _MISSING else self._with_marks(name, function)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._functions, name)

    def _seen(self, name: Any, function: Any) -> Any:
        try:
            if not _is_own(function, self._defaults.get(name)):
                return function
            return _watched(self._probe, self._kind, function, self._app)
        except Exception as error:  # noqa: BLE001
            self._probe.fault(error)
            return function

    def _with_marks(self, name: Any, function: Any) -> Any:
        """Where Jinja looks at what a function is before it calls it, a stand-in must say the same
        about itself; of a coroutine function it cannot."""
        watched = self._seen(name, function)
        if watched is function or self._probe.tools.functions.of(function).is_async:
            return function
        return _StandIn(function, watched)


class _StandIn:
    """What is called in place of *function*, and answers as that one does when it is asked."""

    __slots__ = ("_called", "_function")

    def __init__(self, function: Any, called: Any) -> None:
        self._function = function
        self._called = called

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._called(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)


def _is_own(function: Any, default: Any) -> bool:
    """Registered by the application or an extension, rather than Jinja's or Flask's own."""
    if function is default or not callable(function) or type(function) is LocalProxy:
        return False
    is_plain = type(function).__module__ in ("builtins", "functools")
    module = getattr(function, "__module__", None) if is_plain else None
    if module is None:
        module = type(function).__module__
    return type(module) is str and module.partition(".")[0] not in _OWN_PACKAGES


def _watched(probe: Any, kind: str, function: Any, app: int) -> Any:
    """*function* inside short spans. Made for one rendering; but macros that are imported, and
    what they call, Jinja keeps for all later ones, also beyond the tracer."""
    facts = probe.tools.functions.of(function)
    plan = (kind, facts.name, probe.traced[app].key, facts.attributes)
    above = probe.recorder.flow().open

    def slowly(*args: Any, **kwargs: Any) -> Any:
        span = None
        try:
            record = probe.traced.get(app)  # not by the probe's switch: another may be on by now
            if record is not None:
                span = probe.recorder.begin(kind, facts.name, record.key, facts.attributes)
        except Exception as error:  # noqa: BLE001
            probe.fault(error)
        if span is None:
            return function(*args, **kwargs)
        return inside(probe, span, function, args, kwargs)

    # A stream's chunks may be made by other threads than the one that looked the function up.
    is_simple = INNER.flow_of is None and above[5][0] == "template.render"
    return stamped(probe, function, plan, slowly, is_simple)
