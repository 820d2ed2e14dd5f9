"""Loading and saving of the session, by whatever interface the application uses.

The session is never looked at through its proxy, and its values are
looked at only when somebody asked for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionInterface

from .. import current
from ..current import FLOWS
from ..redaction import clean_text
from ..ring_buffer import RingBuffer
from .base import Probe, Tools
from .capture import MAX_NAMES, described_values, names_of, size_of
from .functions import class_name
from .patching import Patches

METHODS = ("open_session", "save_session", "make_null_session")


class SessionsProbe(Probe):
    name = "sessions"
    kinds = ("session.open", "session.save", "session.null")

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._known = tools.session_interfaces
        self._patched: set[tuple[type, str]] = set()
        self._patches: Patches | None = None
        tools.see_session_interface = self.see

    def install(self, patches: Patches) -> None:
        self._patches = patches
        self.see(SecureCookieSessionInterface)
        self.see(SessionInterface)

    def see(self, interface: type) -> None:
        """Patch *interface* where it defines the methods; interfaces are assigned at any time."""
        if interface in self._known or self._patches is None:
            return
        self._known.add(interface)
        for cls in interface.__mro__:
            for method, make in (
                ("open_session", self._open_session),
                ("save_session", self._save_session),
                ("make_null_session", self._make_null_session),
            ):
                if method in vars(cls) and (cls, method) not in self._patched:
                    self._patched.add((cls, method))
                    self._patches.replace(cls, method, make)

    def _open_session(self, original: Any) -> Any:
        return self._watch(original, "session.open", None, self._opened)

    def _save_session(self, original: Any) -> Any:
        return self._watch(original, "session.save", _saving, self._saved)

    def _make_null_session(self, original: Any) -> Any:
        return self._watch(original, "session.null", None, None)

    def _opened(self, session: Any, args: Any, kwargs: Any, before: Any) -> Any:
        if session is None:
            return {"null": True}
        return _state(session, self.recorder.buffer)

    def _saved(self, _: Any, args: Any, kwargs: Any, before: int) -> Any:
        headers = _headers(args, kwargs)
        size = _cookie_size(headers) if len(headers) > before else None
        session = args[2] if len(args) > 2 else kwargs.get("session")
        return (_described_save, _state(session, self.recorder.buffer), size)

    def _watch(self, original: Any, kind: str, before: Any, after: Any) -> Any:
        recorder = self.recorder
        begin, end = recorder.begin, recorder.end
        tools, traced = self.tools, self.tools.apps.traced

        def call(*args: Any, **kwargs: Any) -> Any:
            span = headers = None
            try:
                interface, app = args[:2] if len(args) > 1 else (args[0], kwargs.get("app"))
                record = traced.get(id(app))
                if record is not None and self.is_on:
                    opened = (FLOWS.flow if current.green is None else recorder.flow()).open[5]
                    cls = type(interface)
                    name = DEFAULT if cls is SecureCookieSessionInterface else class_name(cls)
                    # A method that calls super() is one opening; one that asks another interface
                    # is two.
                    if opened[0] != kind or opened[1] != name:
                        if before is not None:
                            headers = before(args, kwargs)
                        span = begin(kind, name, record.key)
            except Exception as error:  # noqa: BLE001
                self.fault(error)
            if span is None:
                return original(*args, **kwargs)
            try:
                result = original(*args, **kwargs) if kwargs else original(*args)
            except BaseException as error:
                try:
                    recorder.left(span, error)
                except Exception as fault:  # noqa: BLE001
                    self.fault(fault)
                raise
            try:
                dynamic = None if after is None else after(result, args, kwargs, headers)
                if tools.shows_values and after is not None:
                    values = _values(args[2] if before else result)
                    recorder.buffer.charge(size_of(values))
                    dynamic = (_also_values, dynamic, values)
                end(span, dynamic)
            except Exception as error:  # noqa: BLE001
                self.end_anyway(span, error)
            return result

        return call


def _values(session: Any) -> dict[str, str]:
    return described_values(session) if issubclass(type(session), dict) else {}


def _also_values(dynamic: Any, values: dict[str, str]) -> dict[str, Any]:
    found = dynamic[0](*dynamic[1:]) if type(dynamic) is tuple else dynamic
    return {**(found or {}), "values": values}


DEFAULT = "SecureCookieSessionInterface"


def _cookie_size(headers: Any) -> int | None:
    """Characters of the cookie that was set last."""
    for name, value in reversed(list(headers)):
        if name.lower() == "set-cookie":
            return len(value)
    return None


def _saving(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    return len(_headers(args, kwargs))


def _described_save(state: Any, size: int | None) -> dict[str, Any]:
    attributes = state[0](*state[1:]) if state is not None else {}
    attributes["set_cookie"] = size is not None
    if size is not None:
        attributes["size"] = size
    return attributes


def _headers(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    response = args[3] if len(args) > 3 else kwargs.get("response")
    # None when an after_request function forgot to return it.
    return getattr(response, "headers", ())


def _state(session: Any, buffer: RingBuffer) -> Any:
    """Names and flags; only exact places are read, nothing of the session's class runs."""
    cls = type(session)
    if not issubclass(cls, dict):
        return None
    try:
        own = object.__getattribute__(session, "__dict__")
    except AttributeError:  # a bare dict, or slots
        own = {}
    count = dict.__len__(session)
    if cls is SecureCookieSession:
        flags: tuple[Any, ...] = (own.get("modified", False), own.get("accessed", False), False)
    else:
        flags = tuple(_flag(own, cls, name) for name in ("modified", "accessed", "new"))
    if not count:
        return (_described, (), 0, flags, False)
    names = names_of(buffer, dict.keys(session))
    return (_described, names, count, flags, dict.get(session, "_permanent") is True)


def _flag(own: Mapping[str, Any], cls: type, name: str) -> bool | None:
    value = own.get(name, getattr(cls, name, None))
    return value if type(value) is bool else None


def _described(
    names: tuple[Any, ...], count: int, flags: tuple[Any, ...], permanent: bool
) -> dict[str, Any]:
    shown = [clean_text(name)[:200] if type(name) is str else "?" for name in names]
    if count > MAX_NAMES:
        shown.append(f"… {count} names")
    modified, accessed, new = flags
    return {
        "keys": shown,
        "modified": modified,
        "accessed": accessed,
        "new": new,
        "permanent": permanent,
    }
