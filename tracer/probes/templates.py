"""Loading and rendering of templates, and the filters, globals and tests of your own in them.

Jinja's dicts of filters and tests stay as they are; only compiled templates (and Jinja's compiler)
are shown functions inside spans.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from inspect import CO_COROUTINE
from types import FrameType, FunctionType
from typing import Any, Final
from weakref import finalize, ref

import flask.helpers
import flask.templating
import jinja2.nodes
import jinja2.runtime
from flask.templating import Environment
from jinja2 import Template
from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.filters import FILTERS
from jinja2.tests import TESTS
from werkzeug.local import LocalProxy

from ..applications import AppRecord
from ..capture import FREE_TEXT, class_name, described_values, short_text, size_of, text
from ..hot_path import INNER, Flow, inside, names_of, stamped
from .base import Probe
from .flask_compat import code_of
from .patching import Patches

_OWN_PACKAGES = ("jinja2", "markupsafe", "flask")
_MISSING = object()


class TemplatesProbe(Probe):
    name = "templates"
    kinds = (
        "template.load",
        "template.render",
        "template.stream",
        "template_filter",
        "template_global",
        "template_test",
        "get_flashed_messages",
    )

    def install(self, patches: Patches) -> None:
        patches.replace(flask.templating, "_render", self._render)
        patches.replace(flask.templating, "_stream", self._stream)
        patches.replace(Environment, "_load_template", self._load_template)
        patches.replace(Environment, "from_string", self._from_string)
        patches.replace(jinja2.runtime.Context, "call", self._call)
        patches.add(Environment, "filters", _Functions(self, "filters", "template_filter"))
        patches.add(Environment, "tests", _Functions(self, "tests", "template_test"))

    def record_of(self, environment: Any) -> AppRecord | None:
        return self.tools.apps.traced.get(id(environment.__dict__.get("app")))

    # --- rendering -------------------------------------------------------------------------------

    def _render(self, original: Any) -> Any:
        def render(*args: Any, **kwargs: Any) -> Any:
            span = self._begin_render("template.render", args)
            if span is None:
                return original(*args, **kwargs)
            return inside(self, span, original, args, kwargs)

        return render

    def _stream(self, original: Any) -> Any:
        def stream(*args: Any, **kwargs: Any) -> Any:
            span = self._begin_render("template.stream", args)
            if span is None:
                return original(*args, **kwargs)
            try:
                chunks = original(*args, **kwargs)
            except BaseException as error:
                self._left(span, error)
                raise
            span[1].open = span[4]
            return _streamed(_Streaming(self, span), chunks)

        return stream

    def _begin_render(self, kind: str, args: tuple[Any, ...]) -> Any:
        """None when nothing is to be recorded. *args*: the template and its names, one after the
        other; what stands before or behind them depends on the version."""
        if not self.is_on:
            return None
        try:
            at = 0 if issubclass(type(args[0]), Template) else 1
            template, context = args[at], args[at + 1]
            record = self.record_of(template.environment)
            if record is None:
                return None
            buffer = self.recorder.buffer
            names = names_of(buffer, context) if type(context) is dict else ()
            dynamic: Any = (_context, names)
            if names and self.tools.shows_values:
                values = described_values(context)
                buffer.charge(size_of(values))
                dynamic = {**_context(names), "values": values}
            name = template.name or "<string>"
            if len(name) > FREE_TEXT:
                buffer.charge(len(name))
            return self.recorder.begin(kind, name, record.key, None, dynamic)
        except Exception as error:  # noqa: BLE001
            self.fault(error)
            return None

    # --- loading ---------------------------------------------------------------------------------

    def _load_template(self, original: Any) -> Any:
        def _load_template(environment: Any, /, name: Any, *args: Any, **kwargs: Any) -> Any:
            span = None
            if self.is_on:
                try:
                    record = self.record_of(environment)
                    if record is not None:
                        cache = environment.cache
                        cached = cache is not None and (ref(environment.loader), name) in cache
                        shown = short_text(name) if type(name) is str else "?"
                        if len(shown) > FREE_TEXT:
                            self.recorder.buffer.charge(len(shown))
                        static = _loaded(class_name(type(environment.loader)), cached)
                        if cached and not environment.auto_reload:
                            self.recorder.leaf("template.load", shown, record.key, static)
                        else:
                            span = self.recorder.begin("template.load", shown, record.key, static)
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            if span is None:
                return original(environment, name, *args, **kwargs)
            return inside(self, span, original, (environment, name, *args), kwargs)

        return _load_template

    def _from_string(self, original: Any) -> Any:
        def from_string(environment: Any, /, *args: Any, **kwargs: Any) -> Any:
            span = None
            if self.is_on:
                try:
                    record = self.record_of(environment)
                    if record is not None:
                        span = self.recorder.begin(
                            "template.load", "<string>", record.key, _loaded(None, False)
                        )
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            if span is None:
                return original(environment, *args, **kwargs)
            return inside(self, span, original, (environment, *args), kwargs)

        return from_string

    # --- functions of your own -------------------------------------------------------------------

    def _call(self, original: Any) -> Any:
        get_flashed_messages = flask.helpers.get_flashed_messages

        def call(context: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any:
            if not self.is_on:
                return original(context, function, *args, **kwargs)
            span = None
            try:
                record = self.record_of(context.environment)
                if record is not None:
                    kind = self._global(record, context.environment, function)
                    if kind is not None:
                        facts = self.tools.functions.of(function)
                        span = self.recorder.begin(kind, facts.name, record.key, facts.attributes)
            except Exception as error:  # noqa: BLE001
                self.fault(error)
            if span is not None:
                return inside(self, span, original, (context, function, *args), kwargs)
            result = original(context, function, *args, **kwargs)
            if function is get_flashed_messages:
                try:
                    self.recorder.instant(
                        "get_flashed_messages", "get_flashed_messages",
                        None if record is None else record.key, None, {"count": len(result)},
                    )  # fmt: skip
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return result

        return call

    def _global(self, record: AppRecord, environment: Any, function: Any) -> str | None:
        """The kind of span for a call of *function*, if it was registered as a global."""
        registered = environment.globals
        seen, known = record.template_globals
        present = (*map(id, registered.values()),)
        if seen != present:
            known = frozenset(
                id(value)
                for name, value in list(registered.items())
                if _is_own(value, DEFAULT_NAMESPACE.get(name))
            )
            record.template_globals = (present, known)
        return "template_global" if id(function) in known else None

    def watched(self, kind: str, function: Any, record: AppRecord) -> Any:
        """*function* inside short spans, for one rendering."""
        facts = self.tools.functions.of(function)
        name, static, key = facts.name, facts.attributes, record.key
        plan = (kind, name, key, static)
        above = self.recorder.flow().open

        def slowly(*args: Any, **kwargs: Any) -> Any:
            return self._called(kind, name, key, static, function, args, kwargs)

        # A stream's chunks may be made by other threads than the one that looked the function up.
        is_simple = INNER.flow_of is None and above[5][0] == "template.render"
        return stamped(self, function, plan, slowly, is_simple)

    def _called(
        self, kind: str, name: str, key: str, static: Any, function: Any, args: Any, kwargs: Any
    ) -> Any:
        span = None
        try:
            span = self.recorder.begin(kind, name, key, static)
        except Exception as error:  # noqa: BLE001
            self.fault(error)
        if span is None:
            return function(*args, **kwargs)
        return inside(self, span, function, args, kwargs)

    # --- ends ------------------------------------------------------------------------------------

    def _left(self, span: Any, error: BaseException) -> None:
        try:
            self.recorder.left(span, error)
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)


class _Functions:
    """``environment.filters`` or ``.tests``: the environment's own dict, for everybody but
    compiled templates and the compiler, who get functions inside spans."""

    def __init__(self, probe: TemplatesProbe, name: str, kind: str) -> None:
        self._probe = probe
        self._name = name
        self._kind = kind

    def __get__(self, environment: Any, owner: Any = None) -> Any:
        if environment is None:
            raise AttributeError(self._name)
        try:
            functions = environment.__dict__[self._name]
        except KeyError:
            raise AttributeError(self._name) from None
        if not self._probe.is_on or not _is_jinja(sys._getframe(1)):
            return functions
        record = self._probe.record_of(environment)
        return functions if record is None else _Map(self._probe, functions, self._kind, record)

    def __set__(self, environment: Any, value: Any) -> None:
        environment.__dict__[self._name] = value

    def __delete__(self, environment: Any) -> None:
        del environment.__dict__[self._name]


_CONSTANTS: Final = ("_FilterTestCommon", "Filter", "Test")
"""Nodes of Jinja's that may be worked out by the compiler; before 3.0 without the first."""
_CALLING: Final = ("_filter_test_common", "call_filter", "call_test")
"""What filters like ``map`` ask for another one; before 3.0 without the first."""
_FILTERING: Final = frozenset(
    code
    for code in (
        *(code_of(getattr(jinja2.nodes, name, None), "as_const") for name in _CONSTANTS),
        *(code_of(jinja2.Environment, name) for name in _CALLING),
    )
    if code is not None
)
"""Where Jinja looks up a filter or test to call it itself."""


def _is_jinja(frame: FrameType) -> bool:
    """Whether *frame* is a compiled template, or the place where Jinja calls a filter itself."""
    names = frame.f_globals
    if "debug_info" in names and "blocks" in names:
        return True
    return frame.f_code in _FILTERING


class _Map:
    """What a compiled template sees of the dict."""

    __slots__ = ("_defaults", "_functions", "_kind", "_probe", "_record")

    def __init__(self, probe: TemplatesProbe, functions: Any, kind: str, record: AppRecord) -> None:
        self._defaults = FILTERS if kind == "template_filter" else TESTS
        self._probe = probe
        self._functions = functions
        self._kind = kind
        self._record = record

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
            return self._watched(function)
        except Exception as error:  # noqa: BLE001
            self._probe.fault(error)
            return function

    def _with_marks(self, name: Any, function: Any) -> Any:
        """Where Jinja looks at what a function is before it calls it, a stand-in must carry the
        same marks; what is no plain function may say anything about itself, and stays."""
        if type(function) is not FunctionType or function.__code__.co_flags & CO_COROUTINE:
            return function
        watched = self._seen(name, function)
        if watched is not function:
            watched.__dict__.update(function.__dict__)
        return watched

    def _watched(self, function: Any) -> Any:
        return self._probe.watched(self._kind, function, self._record)


def _is_own(function: Any, default: Any) -> bool:
    """Registered by the application or an extension, rather than Jinja's or Flask's own."""
    if function is default or not callable(function) or type(function) is LocalProxy:
        return False
    module = getattr(function, "__module__", None) if _is_plain(function) else None
    if module is None:
        module = type(function).__module__
    return type(module) is str and module.partition(".")[0] not in _OWN_PACKAGES


def _is_plain(function: Any) -> bool:
    return type(function).__module__ in ("builtins", "functools")


class _Streaming:
    """The span of a template that is rendered piece by piece; it ends with the last piece."""

    def __init__(self, probe: TemplatesProbe, span: Any) -> None:
        self._probe = probe
        self._span = span

    def __enter__(self) -> None:
        """A piece is made: whatever happens stands in the span."""
        self._flow: Flow | None = None
        try:
            flow = self._probe.recorder.flow()
            self._outside = flow.open
            if self._span is not None:
                flow.open = self._span
            self._flow = flow
        except Exception as fault:  # noqa: BLE001
            self._probe.fault(fault)

    def __exit__(self, *exception: object) -> None:
        if self._flow is not None:
            self._flow.open = self._outside

    def end(self, error: BaseException | None = None, abandoned: bool = False) -> None:
        span, self._span = self._span, None
        if span is None:
            return
        try:
            if error is not None:
                self._probe.recorder.left(span, error)
            else:
                self._probe.recorder.end(span, {"left_open": "abandoned"} if abandoned else None)
        except Exception as fault:  # noqa: BLE001
            self._probe.fault(fault)


def _streamed(streaming: _Streaming, chunks: Iterator[str]) -> Iterator[str]:
    """*chunks* as the generator that the application expects."""

    def generate() -> Iterator[str]:
        try:
            while True:
                with streaming:
                    chunk = next(chunks, _MISSING)
                if chunk is _MISSING:
                    break
                yield chunk  # type: ignore[misc]
        except GeneratorExit:
            with streaming:
                chunks.close()  # type: ignore[attr-defined]
            streaming.end(abandoned=True)
            raise
        except BaseException as error:
            streaming.end(error)
            raise
        streaming.end()

    generator = generate()
    # One that was never begun is closed without a word.
    finalize(generator, streaming.end, abandoned=True).atexit = False
    return generator


_LOADED: dict[tuple[str | None, bool], Mapping[str, Any]] = {}


def _loaded(loader: str | None, cached: bool) -> Mapping[str, Any]:
    static = _LOADED.get((loader, cached))
    if static is None:
        static = _LOADED[(loader, cached)] = {"loader": loader, "cached": cached}
    return static


def _context(names: tuple[Any, ...]) -> dict[str, Any]:
    return {"context": [text(name) for name in names if type(name) is str]}
