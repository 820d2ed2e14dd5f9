"""Uses of ``request``, ``session``, ``g``, ``current_app`` and every other ``LocalProxy``.

What a proxy stands for is never asked here: it is watched while it finds out by itself, so that a
session is accessed exactly when the application accesses it.
"""

from __future__ import annotations

import sys
from functools import partial
from types import FrameType
from typing import Any, Final, NamedTuple

import flask.globals
import werkzeug.local
from werkzeug.local import LocalProxy

from ..capture import class_name
from ..clock import now
from .base import Probe
from .flask_compat import HAS_TWO_CONTEXTS, current_context
from .patching import Patches
from .places import Modules, attribute_at, name_of, outside

_INNER: Final = Modules("werkzeug.local", "flask.globals", "functools")
"""Where a proxy finds its object; who uses it stands outside."""
_RESOLVING: Final = "_get_current_object"
_KIND_OF: Final = {
    "request": "request_context",
    "session": "request_context",
    "request_ctx": "request_context",
    "current_app": "app_context",
    "g": "app_context",
    "app_ctx": "app_context",
}
"""Flask's proxies → the kind of context that they look into."""
_SHOWN: Final = {
    "__getattr__": "{}",
    "__setattr__": "{} =",
    "__delattr__": "del {}",
    "__getitem__": "{}[…]",
    "__setitem__": "{}[…] =",
    "__delitem__": "del {}[…]",
    "__contains__": "in {}",
    "__iter__": "iter({})",
    "__len__": "len({})",
    "__bool__": "bool({})",
    "__repr__": "repr({})",
    "__str__": "str({})",
    "__call__": "{}()",
    _RESOLVING: "{}._get_current_object()",
}

_COMPARISONS: Final = frozenset(("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"))
"""Python takes a failure to find these for "not implemented": ``request == 1`` is False."""


class Use(NamedTuple):
    """One use of a proxy, as its frames tell."""

    proxy: Any
    operation: str
    frame: FrameType
    """Of whoever uses it."""
    has_fallback: bool
    """Whether an unbound proxy answers instead of failing, as ``bool(request)`` does."""


class UnboundProxiesProbe(Probe):
    """Uses that fail: "Working outside of request context." Always on; the others cost nothing."""

    name = "unbound_proxies"
    kinds = ("proxy",)

    def install(self, patches: Patches) -> None:
        for module in (werkzeug.local, flask.globals):
            seam = _RuntimeError((RuntimeError,))
            seam.probe = self
            patches.add(module, "RuntimeError", seam)

    def raised(self, frame: FrameType) -> None:
        use = _use(frame, None)
        if use is None or use.has_fallback:
            return
        name = _name_of(use)
        kind = _KIND_OF.get(name or "")
        shown, static = self.tools.places.remembered(
            use.frame,
            (use.operation, name, "fails"),
            lambda place: (_shown(use, name), {**place, "error": "RuntimeError"}),
        )
        self.recorder.instant("proxy", shown, self.tools.current_key(), static, self._removed(kind))

    def _removed(self, kind: str | None) -> Any:
        """Which pop took away what the proxy looked for, when it was in this flow of control."""
        flow = self.recorder.flow()
        if not HAS_TWO_CONTEXTS:
            kind = "app_context" if kind is not None else None
        last = flow.request_popped if kind == "request_context" else flow.app_popped
        if kind is None or last is None:
            return None
        ts, trace, label = last
        found: dict[str, Any] = {
            "removed": f"{kind} {label}",
            "removed_ms": round((now() - ts) * 1e3, 3),
        }
        if trace is not flow.open[2] and trace.id is not None:
            found["removed_in"] = trace.public_id()
        return found


class _RuntimeError(tuple[Any, ...]):
    """Stands for ``RuntimeError`` in the modules that raise it for a proxy without an object.

    In an ``except`` it is a tuple that holds the class. Called, it makes the exception that will
    be raised, and that is when it is looked up at all: a use that succeeds never comes by here.
    """

    probe: UnboundProxiesProbe

    def __call__(self, *args: Any) -> RuntimeError:
        if self.probe.is_on:
            try:
                self.probe.raised(sys._getframe(1))
            except Exception as fault:  # noqa: BLE001
                self.probe.fault(fault)
        return RuntimeError(*args)


class ProxyUsesProbe(Probe):
    """The ledger: each use that succeeds, and what the proxy stood for. The switch ``proxy``."""

    name = "proxy"
    kinds = ("proxy",)

    def install(self, patches: Patches) -> None:
        original = vars(LocalProxy)[_RESOLVING]
        patches.add(LocalProxy, _RESOLVING, _Resolving(self, original))

    def resolve(self, proxy: Any, resolve: Any) -> Any:
        """In place of the proxy's own method."""
        found = resolve()
        if self.is_on:
            try:
                use = _use(sys._getframe(1), proxy)
                if use is not None:
                    self._record(use, type(found))
            except Exception as fault:  # noqa: BLE001
                self.fault(fault)
        return found

    def _record(self, use: Use, cls: type) -> None:
        name = _name_of(use)
        shown, static = self.tools.places.remembered(
            use.frame, (use.operation, name), lambda place: (_shown(use, name), place)
        )
        self.recorder.instant(
            "proxy",
            shown,
            self.tools.current_key(),
            static,
            {"target": self._target(name), "value": class_name(cls)},
        )

    def _target(self, name: str | None) -> str | None:
        """The label of the context that *name* looks into; None when it is not one of Flask's."""
        kind = _KIND_OF.get(name or "")
        return None if kind is None else self.tools.label_of(current_context(kind))


_RESOLVE_CODE: Final = ProxyUsesProbe.resolve.__code__
_ORIGINAL: Final = vars(LocalProxy)[_RESOLVING]


class _Resolving:
    """``LocalProxy._get_current_object``: up to Werkzeug 2.1 a method, then a slot."""

    def __init__(self, probe: ProxyUsesProbe, original: Any) -> None:
        self._probe = probe
        self._original = original

    def __get__(self, proxy: Any, owner: Any = None) -> Any:
        found = self._original.__get__(proxy, owner)
        if proxy is None or not self._probe.is_on:
            return found
        return partial(self._probe.resolve, proxy, found)

    def __set__(self, proxy: Any, value: Any) -> None:
        self._original.__set__(proxy, value)

    def __delete__(self, proxy: Any) -> None:
        self._original.__delete__(proxy)


def _use(frame: FrameType, proxy: Any) -> Use | None:
    """From the frame that finds the object outwards to the one that uses the proxy."""
    user = outside(frame, _INNER)
    operation, has_fallback = _RESOLVING, False
    inner: FrameType | None = frame
    while inner is not None and inner is not user:
        name, names = inner.f_code.co_name, inner.f_locals
        if inner.f_code is _RESOLVE_CODE:
            proxy = names["proxy"]
        elif name == "__get__" and "instance" in names:
            lookup = names["self"]
            proxy, operation = names["instance"], lookup.name
            has_fallback = lookup.fallback is not None or operation in _COMPARISONS
        elif inner.f_globals.get("__name__") == "werkzeug.local" and name != _RESOLVING:
            # Werkzeug 1: methods of the proxy itself, or lambdas.
            proxy = names.get("self", names.get("x", proxy))
            operation = "__getattr__" if name == "<lambda>" else name
            has_fallback = name in ("__bool__", "__repr__", "__dir__", "__dict__")
        elif proxy is None and name == _RESOLVING:
            # Not "or": that would ask the proxy itself.
            proxy = names["self"] if "self" in names else _proxy_with(names.get("get_name"))
        inner = inner.f_back
    return None if user is None else Use(proxy, operation, user, has_fallback)


def _proxy_with(get_name: Any) -> Any:
    """Which of Flask's proxies resolves by *get_name*: its own method was called."""
    for name in _KIND_OF:
        proxy = vars(flask.globals).get(name)
        resolve = None if proxy is None else _ORIGINAL.__get__(proxy)
        cells = getattr(resolve, "__closure__", None) or ()
        if any(cell.cell_contents is get_name for cell in cells):
            return proxy
    return None


def _name_of(use: Use) -> str | None:
    for name in _KIND_OF:
        if use.proxy is not None and vars(flask.globals).get(name) is use.proxy:
            return name
    return None if use.proxy is None else name_of(use.proxy, use.frame.f_globals)


def _shown(use: Use, name: str | None) -> str:
    shown = name or "LocalProxy"
    if use.operation in ("__getattr__", "__setattr__", "__delattr__"):
        attribute = attribute_at(use.frame)
        if attribute is not None:
            shown = f"{shown}.{attribute}"
    return _SHOWN.get(use.operation, f"{{}}.{use.operation}").format(shown)
