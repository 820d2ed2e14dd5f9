"""Loading and saving of sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from ..capture import MAX_NAMES, class_name, described_values, size_of
from ..redaction import clean_text
from .flows import FLOWS, INNER
from .rows import RingBuffer, names_of

__all__ = ["session_method"]


def session_method(probe: Any, original: Any, kind: str) -> Any:
    """In place of one method of a session interface, whose span is a *kind*."""
    before, after = _AROUND[kind]
    # compiled: cdef Switch switch
    # compiled: cdef Recording recorder
    switch = probe
    recorder = probe.recorder
    tools, traced = probe.tools, probe.tools.apps.traced

    def call(*args: Any, **kwargs: Any) -> Any:
        span = headers = None
        try:
            interface, app = args[:2] if len(args) > 1 else (args[0], kwargs.get("app"))
            record = traced.get(id(app))
            if record is not None and switch.is_on:
                opened = (FLOWS.flow if INNER.flow_of is None else recorder.flow()).open[5]
                cls = type(interface)
                name = DEFAULT_INTERFACE if cls is SecureCookieSessionInterface else class_name(cls)
                # A method that calls super() is one opening; one that asks another interface
                # is two.
                if opened[0] != kind or opened[1] != name:
                    if before is not None:
                        headers = before(args, kwargs)
                    span = recorder.begin(kind, name, record.key)
        except Exception as error:  # noqa: BLE001
            probe.fault(error)
        if span is None:
            return original(*args, **kwargs)
        try:
            result = original(*args, **kwargs) if kwargs else original(*args)
        except BaseException as error:
            try:
                recorder.left(span, error)
            except Exception as fault:  # noqa: BLE001
                probe.fault(fault)
            raise
        try:
            dynamic = (
                None if after is None else after(recorder.buffer, result, args, kwargs, headers)
            )
            if tools.shows_values and after is not None:
                values = _values(args[2] if before else result)
                recorder.buffer.charge(size_of(values))
                dynamic = (_also_values, dynamic, values)
            recorder.end(span, dynamic)
        except Exception as error:  # noqa: BLE001
            probe.end_anyway(span, error)
        return result

    return call


def _values(session: Any) -> dict[str, str]:
    return described_values(session) if issubclass(type(session), dict) else {}


def _also_values(dynamic: Any, values: dict[str, str]) -> dict[str, Any]:
    found = dynamic[0](*dynamic[1:]) if type(dynamic) is tuple else dynamic
    return {**(found or {}), "values": values}


DEFAULT_INTERFACE = "SecureCookieSessionInterface"


def _cookie_size(headers: Any) -> int | None:
    """Characters of the cookie that was set last."""
    for name, value in reversed(list(headers)):
        if name.lower() == "set-cookie":
            return len(value)
    return None


def _opened(buffer: RingBuffer, session: Any, args: Any, kwargs: Any, before: Any) -> Any:
    if session is None:
        return {"null": True}
    return _session_state(session, buffer)


def _saved(buffer: RingBuffer, _: Any, args: Any, kwargs: Any, before: int) -> Any:
    headers = _headers_of(args, kwargs)
    size = _cookie_size(headers) if len(headers) > before else None
    session = args[2] if len(args) > 2 else kwargs.get("session")
    return (_described_save, _session_state(session, buffer), size)


def _saving(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    return len(_headers_of(args, kwargs))


def _described_save(state: Any, size: int | None) -> dict[str, Any]:
    attributes = state[0](*state[1:]) if state is not None else {}
    attributes["set_cookie"] = size is not None
    if size is not None:
        attributes["size"] = size
    return attributes


def _headers_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    response = args[3] if len(args) > 3 else kwargs.get("response")
    # None when an after_request function forgot to return it.
    return getattr(response, "headers", ())


def _session_state(session: Any, buffer: RingBuffer) -> Any:
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
        return (_described_session, (), 0, flags, False)
    names = names_of(buffer, dict.keys(session))
    return (_described_session, names, count, flags, dict.get(session, "_permanent") is True)


def _flag(own: Mapping[str, Any], cls: type, name: str) -> bool | None:
    value = own.get(name, getattr(cls, name, None))
    return value if type(value) is bool else None


def _described_session(
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


_AROUND: Final[dict[str, tuple[Any, Any]]] = {
    "session.open": (None, _opened),
    "session.save": (_saving, _saved),
    "session.null": (None, None),
}
"""Kind → what is looked at before the method is called, and what is said of its end."""
