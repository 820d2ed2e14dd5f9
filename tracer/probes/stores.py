"""What the probes of databases and stores have in common: calls of a library, seen inside a trace.

Layers sit on one another (SQLAlchemy on a pool on a driver), and one statement is one event: a
call of a kind that is directly inside a call of the same kind is not reported. The outermost one
is, since it is what the application said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import update_wrapper
from types import GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import Any, ClassVar, TypeAlias

from ..hot_path import FLOWS, INNER
from .base import Probe
from .patching import Patches

Begin: TypeAlias = "tuple[Any, Any, Any] | None"
"""Name, static and dynamic attributes; None to report nothing."""
Prepare: TypeAlias = Callable[["StoreProbe", "str | None", tuple[Any, ...], dict[str, Any]], Begin]
"""What is said of a call before it happens; the text is the key of the application."""
Finish: TypeAlias = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]
"""Attributes of the end, from the result and the arguments."""


class StoreProbe(Probe):
    """One library. Its objects outlive installations, so they ask the class who is on now."""

    modules: ClassVar[tuple[str, ...]] = ()
    """Imported names on which :meth:`adopt` waits."""
    active: ClassVar[StoreProbe | None] = None

    def install(self, patches: Patches) -> None:
        type(self).active = self
        for name in self.modules:
            try:
                self.tools.libraries.when_imported(name, self._guarded)
            except Exception as error:  # noqa: BLE001 - somebody's stand-in for a module
                self.fault(error)

    def uninstall(self) -> None:
        type(self).active = None

    def adopt(self, module: ModuleType, patches: Patches) -> None:
        """Patch the library."""

    def _guarded(self, module: ModuleType, patches: Patches) -> None:
        try:
            self.adopt(module, patches)
        except Exception as error:  # noqa: BLE001 - a version that we do not know
            self.fault(error)

    def begin(
        self, kind: str, prepare: Prepare, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """The span of a call that is about to happen; None when it is not to be reported."""
        try:
            # tools.inside(), written out where it is short.
            opened: Any = FLOWS.flow.open if INNER.flow_of is None else None
            if opened is None or opened[2].id is None:
                opened = self.tools.inside()
                if opened is None:
                    return None
            above = opened[5]
            if above[0] == kind:
                return None
            key = above[2]
            said = prepare(self, key, args, kwargs)
            return None if said is None else self.recorder.begin(kind, said[0], key, *said[1:])
        except Exception as error:  # noqa: BLE001
            self.fault(error)
            return None

    def end(
        self,
        span: Any,
        finish: Finish | None,
        result: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        dynamic = None
        try:
            dynamic = None if finish is None else finish(result, args, kwargs)
        except Exception as error:  # noqa: BLE001
            self.fault(error)
        try:
            self.recorder.end(span, dynamic)
        except Exception as error:  # noqa: BLE001
            self.fault(error)

    def left(self, span: Any, error: BaseException) -> None:
        try:
            self.recorder.left(span, error)
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)


def watched(
    cls: type[StoreProbe], original: Any, kind: str, prepare: Prepare, finish: Finish | None = None
) -> Any:
    """*original* inside a span of *kind* while a trace is open; the same call otherwise."""

    def call(*args: Any, **kwargs: Any) -> Any:
        probe = cls.active
        span = None
        if probe is not None and probe.is_on:
            span = probe.begin(kind, prepare, args, kwargs)
        if span is None or probe is None:
            return original(*args, **kwargs)
        try:
            result = original(*args, **kwargs)
        except BaseException as error:
            probe.left(span, error)
            raise
        probe.end(span, finish, result, args, kwargs)
        return result

    return update_wrapper(call, original)


def with_subclasses(cls: type) -> Iterator[type]:
    """*cls* and all that derive from it, found without asking their metaclasses."""
    yield cls
    subclasses: list[type] = type.__subclasses__(cls)
    for subclass in subclasses:
        yield from with_subclasses(subclass)


def fields(thing: Any) -> dict[str, Any]:
    """The attributes that *thing* itself has; none of its class's code runs."""
    try:
        own = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return {}
    return own if type(own) is dict else {}


def field(thing: Any, name: str) -> Any:
    """One attribute that *thing* itself has, in its dictionary, in a slot, or in C; else None."""
    own = fields(thing)
    if name in own:
        return own[name]
    for cls in type.__dict__["__mro__"].__get__(type(thing)):
        found = type.__dict__["__dict__"].__get__(cls).get(name)
        if found is not None:
            if type(found) not in (GetSetDescriptorType, MemberDescriptorType):
                return None
            try:
                return found.__get__(thing)
            except AttributeError:  # a slot that nothing was put into
                return None
    return None


def rows(cursor: Any) -> dict[str, int] | None:
    """How many rows a statement found or changed, where the cursor knows it."""
    count = field(cursor, "rowcount")
    return {"rows": count} if type(count) is int and count >= 0 else None


def module_name(module: Any) -> str | None:
    """``sqlite3`` for the module ``sqlite3.dbapi2``; None for what is no module."""
    if type(module) is not ModuleType:
        return None
    name = vars(module).get("__name__")
    return name.partition(".")[0] if type(name) is str else None
