"""The functions that Flask calls for an application, seen where it asks for them.

Flask hands every hook, view and handler to ``app.ensure_sync`` right before it calls it. That is
the one place that sees functions registered late, lists that were replaced and views that were
swapped, without touching a registry. Who asks tells what the function is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from sys import _getframe
from types import CodeType, FrameType, FunctionType
from typing import Any, ClassVar, Final
from weakref import ref

from flask import Flask

from ..applications import ATTRIBUTE, AppRecord, Held
from ..clock import now
from ..current import FLOWS, Flow, Plan
from ..events import Lane
from .base import Probe, Tools
from .flask_compat import CALLERS, role_of_caller
from .functions import class_name
from .patching import Patches

Prepared = tuple[str, str, Mapping[str, Any] | None]
"""Kind, name and static attributes of one function in one role."""


_NOTHING: Final[Mapping[str, Any]] = {"returned": "NoneType"}


class Role:
    """What a probe says about the functions of one role. One instance a role."""

    def prepare(self, record: AppRecord, app: Flask, function: Any) -> Prepared:
        """Kind, name, static attributes; cheap, since it is asked before every call."""
        raise NotImplementedError

    def place(self, app: Flask, function: Any, static: Any) -> tuple[Any, Any, bool] | None:
        """A container and the key under which *function* is found in it as long as what
        :meth:`prepare` said (*static*) stays true, and whether it is so for one scope only; None
        to be asked every time."""
        return None

    def plan(self, record: AppRecord, function: Any, scope: str | None, order: int) -> Plan:
        """The same as :meth:`prepare` where Flask does not ask for *function*: it was found in a
        registry under *scope*, as number *order* of it."""
        kind, name, static = self.prepare(record, record.app(), function)  # type: ignore[arg-type]
        return kind, name, record.key, static

    called: Callable[[tuple[Any, ...], dict[str, Any]], Any] | None = None
    """Dynamic attributes of the begin, from the arguments; None where nothing is said. It is not
    asked where there are none, or where the first one is None."""

    def called_as(self, record: AppRecord, function: Any) -> Any:
        """:attr:`called` for *function*, where that depends on the function."""
        return self.called

    describe: Callable[[type], dict[str, Any]] = staticmethod(
        lambda cls: {"returned": class_name(cls)}
    )
    """Attributes of the end, from the class of what was returned, which is not None."""
    nothing: ClassVar[Mapping[str, Any]] = _NOTHING
    """The same where that is None."""


MISSING: Final = object()
"""In place of an argument that was not handed over."""
_ELSEWHERE: Final = Flow(Lane(0, 0, ""))
"""In place of a flow, where a span's end is not to be written the short way."""
_FLASKS_OWN: Final = vars(Flask).get("ensure_sync")
"""None in 1.1, which knows no async functions: there nobody asks."""
_SEVERAL: Final = (None, (), 0, None)
"""In place of an entry, without a code that asks: the function is registered in several places."""
_MAY_SKIP: Final = getattr(_FLASKS_OWN, "__module__", None) == "flask.app"
"""Not when somebody had replaced it already."""


def _remember(
    app: Flask, role: Role, function: Any, static: Any, code: CodeType, call: Any
) -> None:
    place = role.place(app, function, static)
    if place is None:
        return
    held: Held = app.__dict__[ATTRIBUTE]
    container, at, is_several = place
    entry = code, container, at, call
    if is_several and static is not None:
        held.calls[id(function), static["scope"]] = entry
    held.calls[id(function)] = _SEVERAL if is_several else entry


def _in_scope(held: Held, function: Any, frame: FrameType) -> Any:
    """The call of a *function* that is registered in several places, None to look anew."""
    try:
        entry = held.calls.get((id(function), frame.f_locals.get("name")))
        if entry is not None:
            code, container, key, call = entry
            if frame.f_code is code and container[key] is function:
                return call
    except Exception:  # noqa: BLE001, S110 - looked up anew
        pass
    return None


def forwarded(function: Any, first: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if first is MISSING:
        return function(*args, **kwargs)
    return function(first, *args, **kwargs)


class CallsProbe(Probe):
    name = "calls"

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        tools.watch_call = self._watched

    def attach(self, app: Flask, record: AppRecord, patches: Patches, of_classes: Patches) -> None:
        patches.cover(app, "ensure_sync", self._own(app, record))
        of_classes.method(type(app), "ensure_sync", self._of_class)

    def _own(self, app: Flask, record: AppRecord) -> Any:
        reference = ref(app)

        def make(original: Any) -> Any:
            def ensure_sync(func: Any, *args: Any, **kwargs: Any) -> Any:
                inner = original(func, *args, **kwargs)
                app = reference()
                if app is None or not self.is_on:
                    return inner
                return self._seen(app, record, func, inner, _getframe(1).f_code, False)

            return ensure_sync

        return make

    def _of_class(self, original: Any) -> Any:
        may_skip = original is _FLASKS_OWN and _MAY_SKIP

        @wraps(original)
        def ensure_sync(app: Any, /, func: Any, *args: Any, **kwargs: Any) -> Any:
            held = app.__dict__.get(ATTRIBUTE)
            if held is None or held.owner != id(app) or not self.is_on:
                return original(app, func, *args, **kwargs)
            try:
                code, container, key, call = held.calls[id(func)]
                # Flask's own method has answered this function with itself before.
                if _getframe(1).f_code is code and container[key] is func:
                    return call
                if code is None:
                    call = _in_scope(held, func, _getframe(1))
                    if call is not None:
                        return call
            except LookupError:
                pass  # not seen before, or the registry has changed
            inner = original(app, func, *args, **kwargs)
            return self._seen(app, held.record, func, inner, _getframe(1).f_code, may_skip)

        return ensure_sync

    def _seen(
        self,
        app: Any,
        record: AppRecord,
        function: Any,
        inner: Any,
        code: CodeType,
        may_skip: bool,
    ) -> Any:
        """*inner* inside a span, if one of Flask's methods, running *code*, asked for it."""
        try:
            known = CALLERS.get(code.co_name)
            if known is None or not record.is_on:
                return inner
            asked_for = known[1] if known[0] is code else role_of_caller(code, app)
            role = None if asked_for is None else self.tools.roles.get(asked_for)
            if role is None:
                return inner
            kind, name, static = role.prepare(record, app, function)
            called = role.called_as(record, function)
            call = self._watched(inner, role, called, (kind, name, record.key, static))
            step = self.tools.steps.get(asked_for)  # type: ignore[arg-type]
            if step is not None:
                call = step(kind, name, record.key, call)
            if inner is function and type(function) is FunctionType and may_skip:
                _remember(app, role, function, static, code, call)
            return call
        except Exception as error:  # noqa: BLE001
            self.fault(error)
            return inner

    def _watched(self, inner: Any, role: Role, called: Any, plan: Plan) -> Any:
        describe, nothing = role.describe, role.nothing
        append = self.recorder.buffer.append

        def call(first: Any = MISSING, /, *args: Any, **kwargs: Any) -> Any:
            # The recorder's begin and end, written out: half of all spans of a request are made
            # here. Arguments are handed on as few as there are: a call that packs them anew takes
            # 1,000 instructions more than one that need not.
            dynamic = None
            try:
                if called is not None and first is not None and (kwargs or first is not MISSING):
                    dynamic = called(args if first is MISSING else (first, *args), kwargs)
                flow: Any = FLOWS.flow
                above = flow.open
                span: Any = (now(), flow, above[2], next(flow.numbers), above, plan, dynamic)
                append(span)
                flow.open = span
            except StopIteration:
                flow, above, span = _ELSEWHERE, None, self._begin(plan, dynamic)
            except Exception as error:  # noqa: BLE001
                self.fault(error)
                span = None
            if span is None:
                return forwarded(inner, first, args, kwargs)
            try:
                if args or kwargs:
                    result = forwarded(inner, first, args, kwargs)
                elif first is MISSING:
                    result = inner()
                else:
                    result = inner(first)
            except BaseException as error:
                self._left(span, error)
                raise
            if flow.open is span:
                flow.open = above
                append((now(), span, nothing if result is None else (describe, type(result))))
            else:
                self._end(span, nothing if result is None else (describe, type(result)))
            return result

        return call

    def _begin(self, plan: Plan, dynamic: Any) -> Any:
        try:
            return self.recorder.begin(*plan, dynamic)
        except Exception as error:  # noqa: BLE001
            self.fault(error)
            return None

    def _end(self, span: Any, dynamic: Any) -> None:
        try:
            self.recorder.end(span, dynamic)
        except Exception as error:  # noqa: BLE001
            self.fault(error)

    def _left(self, span: Any, error: BaseException) -> None:
        try:
            self.recorder.left(span, error)
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)
