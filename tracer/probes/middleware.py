"""Callables wrapped around ``app.wsgi_app``, at whatever depth.

A class is watched at its ``__call__``. A function has no such place: the outermost one is called
by Flask itself, and a stand-in is put where the layer outside keeps one further in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, update_wrapper
from types import CellType, FunctionType, MemberDescriptorType, MethodType
from typing import Any, Final
from weakref import ref

from flask import Flask

from ..applications import ATTRIBUTE, Held
from ..capture import class_name
from ..hot_path import TraceState, names_of
from .base import Probe
from .functions import function_name
from .patching import Patches

MAX_LAYERS: Final = 32
MAX_LOOKS: Final = 500
"""Values that are looked at on the way to the innermost callable."""
_MISSING: Final = object()


class Layer:
    """One middleware of one application."""

    __slots__ = ("is_bare", "key", "name", "static")

    def __init__(self, key: str | None, position: int, name: str, static: dict[str, Any]) -> None:
        self.key = key
        self.name = name
        self.static = {**static, "position": position}
        self.is_bare = False
        """An object without a place for a weak reference: it cannot be told from others."""


class Layers:
    """Finds and watches the middleware of applications; a part of the WSGI probe."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._patches = Patches()
        self._known: dict[int, tuple[Any, Layer]] = {}
        """id of an object with ``__call__`` → the object (weakly) and its layer."""
        self._classes: set[type] = set()

    def install(self, patches: Patches) -> None:
        """Classes of middleware are patched as they are found."""
        self._patches = patches

    def outermost(self, app: Flask) -> Layer | None:
        """The layer that Flask calls, if that is not seen at its class; looks for the others."""
        outer = app.__dict__["wsgi_app"]
        held: Held = app.__dict__[ATTRIBUTE]
        if held.chain[0] != id(outer):
            held.chain = (id(outer), self._look(app, held, outer))
        layers = held.chain[1]
        return layers[0] if layers and (_is_function(outer) or layers[0].is_bare) else None

    def alone(self, middleware: Any) -> Layer | None:
        """The layer of an object that the server calls; None when an application has it around
        its ``wsgi_app``, since its span is made there."""
        found = self._known.get(id(middleware))
        if found is not None and found[0]() is middleware:
            return None
        facts = self._probe.tools.functions.of(middleware)
        return Layer(None, 1, class_name(type(middleware)), dict(facts.attributes))

    def around(self, layer: Layer, environ: Any, function: Any, args: tuple[Any, ...]) -> Any:
        """Call *function* inside the layer's span."""
        probe = self._probe
        span = state = trace = None
        try:
            if probe.is_on:
                trace = probe.recorder.flow().open[2]
                if trace.layers:
                    self.entered(trace, environ)
                span = probe.recorder.begin("middleware", layer.name, layer.key, layer.static)
                state = [dict(environ), None]
                if trace.layers is None:
                    trace.layers = []
                trace.layers.append(state)
        except Exception as error:  # noqa: BLE001
            probe.fault(error)
        try:
            result = function(*args)
        except BaseException as error:
            self._end(trace, span, state, error)
            raise
        self._end(trace, span, state, None)
        return result

    def entered(self, trace: TraceState, environ: Any) -> None:
        """The callable inside the innermost open layer is called: what did that layer change?"""
        state = trace.layers[-1]  # type: ignore[index]
        if state[1] is None:
            before = state[0]
            changed = [k for k, v in list(environ.items()) if before.get(k, _MISSING) is not v]
            changed += [key for key in before if key not in environ]
            state[1] = [key for key in changed if type(key) is str]

    def _end(
        self, trace: TraceState | None, span: Any, state: Any, error: BaseException | None
    ) -> None:
        try:
            layers = (trace.layers if trace is not None else None) or []
            for index, layer in enumerate(layers):
                if layer is state:  # by identity: an environ may hold anything
                    del layers[index:]
                    break
            if span is None:
                return
            attributes: dict[str, Any] = {}
            if state is not None:
                changed = sorted(state[1] or ())
                attributes["environ"] = [*names_of(self._probe.recorder.buffer, changed)]
            if error is None:
                self._probe.recorder.end(span, attributes)
            else:
                self._probe.recorder.left(span, error, attributes)
        except Exception as fault:  # noqa: BLE001
            self._probe.fault(fault)

    # --- looking for them ------------------------------------------------------------------------

    def _look(self, app: Flask, held: Held, outer: Any) -> tuple[Layer, ...]:
        if type(outer) is MethodType and outer.__self__ is app:
            return ()
        path = _path(app, outer) or [(outer, None, "")]
        return tuple(
            self._watch(held, position, value, holder, name)
            for position, (value, holder, name) in enumerate(path, 1)
        )

    def _watch(self, held: Held, position: int, value: Any, holder: Any, name: str) -> Layer:
        key = held.record.key
        facts = self._probe.tools.functions.of(value)
        if _is_function(value):
            layer = Layer(key, position, function_name(value), dict(facts.attributes))
            if holder is not None:
                held.undo.append(self._stand_in(value, layer, holder, name))
            return layer
        layer = Layer(key, position, class_name(type(value)), dict(facts.attributes))
        try:
            self._known[id(value)] = (ref(value), layer)
        except TypeError:
            layer.is_bare = True
            return layer
        self._watch_class(type(value))
        return layer

    def _watch_class(self, cls: type) -> None:
        for base in cls.__mro__:
            if "__call__" in vars(base):
                if base not in self._classes:
                    self._classes.add(base)
                    self._patches.replace(base, "__call__", self._watched)
                return

    def _watched(self, original: Any) -> Any:
        def __call__(middleware: Any, /, *args: Any, **kwargs: Any) -> Any:
            found = self._known.get(id(middleware)) if self._probe.is_on else None
            if found is None or found[0]() is not middleware or kwargs or not args:
                return original(middleware, *args, **kwargs)
            return self.around(found[1], args[0], original, (middleware, *args))

        __call__.__wrapped__ = original  # type: ignore[attr-defined]
        return __call__

    def _stand_in(self, function: Any, layer: Layer, holder: Any, name: str) -> Callable[[], None]:
        """Put something in place of *function* that has a span; what takes it out again."""

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            if kwargs or not args or not self._probe.is_on:
                return function(*args, **kwargs)
            return self.around(layer, args[0], function, args)

        if type(function) is FunctionType:
            update_wrapper(stand_in, function)
        _put(holder, name, stand_in)

        def undo() -> None:
            if _get(holder, name) is stand_in:
                _put(holder, name, function)

        return undo


Step = tuple[Any, Any, str]
"""A callable, what holds it (None at the outermost) and under which name."""


def _path(app: Flask, outer: Any) -> list[Step]:
    """The callables from *outer* to Flask's own ``wsgi_app``, without that; empty if not found."""
    looks = [0]
    seen: set[int] = set()

    def walk(value: Any, depth: int) -> list[Step] | None:
        for inner, holder, name in _held(value):
            looks[0] += 1
            if looks[0] > MAX_LOOKS or depth > MAX_LAYERS:
                return None
            if type(inner) is MethodType and inner.__self__ is app:
                return []
            if id(inner) in seen or not _may_hold(inner):
                continue
            seen.add(id(inner))
            rest = walk(inner, depth + 1)
            if rest is not None:
                return [(inner, holder, name), *rest] if _is_layer(inner) else rest
        return None

    rest = walk(outer, 0)
    return [] if rest is None else [(outer, None, ""), *rest]


def _held(value: Any) -> Iterator[Step]:
    """What *value* keeps, without running its code."""
    kind = type(value)
    if kind is FunctionType:
        for cell in value.__closure__ or ():
            try:
                yield cell.cell_contents, cell, ""
            except ValueError:  # not filled yet
                continue
    elif kind is MethodType:
        yield value.__self__, None, ""
    elif kind is partial:
        for inner in (value.func, *value.args):
            yield inner, None, ""
    elif kind is dict:
        for inner in list(value.values()):
            yield inner, None, ""
    elif kind is list or kind is tuple:
        for inner in list(value):
            yield inner, None, ""
    else:
        for name, inner in list(_state(value).items()):
            yield inner, value, name
        for base in kind.__mro__:
            for name, member in list(vars(base).items()):
                if type(member) is MemberDescriptorType:
                    try:
                        yield member.__get__(value), value, name
                    except AttributeError:  # not filled yet
                        continue


def _state(value: Any) -> dict[str, Any]:
    try:
        return object.__getattribute__(value, "__dict__")  # type: ignore[no-any-return]
    except AttributeError:
        return {}


def _is_function(value: Any) -> bool:
    return type(value) in (FunctionType, MethodType, partial)


def _is_layer(value: Any) -> bool:
    return _is_function(value) or any("__call__" in vars(base) for base in type(value).__mro__)


def _may_hold(value: Any) -> bool:
    """Worth looking into: not a class, and not another application."""
    kind = type(value)
    return not issubclass(kind, type) and Flask not in kind.__mro__


def _put(holder: Any, name: str, value: Any) -> None:
    if type(holder) is CellType:
        holder.cell_contents = value
    else:
        state = _state(holder)
        if name in state:
            state[name] = value
        else:
            object.__setattr__(holder, name, value)


def _get(holder: Any, name: str) -> Any:
    if type(holder) is CellType:
        try:
            return holder.cell_contents
        except ValueError:
            return None
    state = _state(holder)
    return state[name] if name in state else object.__getattribute__(holder, name)
