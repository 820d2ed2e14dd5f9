"""The functions that Flask calls for an application, seen where it asks for them.

Flask hands every hook, view and handler to ``app.ensure_sync`` right before it calls it. That is
the one place that sees functions registered late, lists that were replaced and views that were
swapped, without touching a registry. Who asks tells what the function is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from sys import _getframe
from types import CodeType, FunctionType
from typing import Any, ClassVar, Final
from weakref import ref

from flask import Flask

from ..applications import ATTRIBUTE, AppRecord, Held
from ..capture import class_name
from ..hot_path import Plan, asked, watched
from .base import Probe, Tools
from .flask_compat import CALLERS, role_of_caller
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
                return self.seen(app, record, func, inner, _getframe(1).f_code, False)

            return ensure_sync

        return make

    def _of_class(self, original: Any) -> Any:
        return wraps(original)(asked(self, original, original is _FLASKS_OWN and _MAY_SKIP))

    def seen(
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
        return watched(self, inner, plan, called, role.describe, role.nothing)
