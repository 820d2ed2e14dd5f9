"""Every blinker signal that is sent, each receiver that is called, and those that die."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import wraps
from types import CodeType, FrameType, FunctionType
from typing import Any, ClassVar, Final

from blinker import ANY, NamedSignal, Signal
from flask import Flask
from flask.signals import message_flashed

from ..applications import AppRecord
from ..capture import class_name, short_text, text
from ..hot_path import Plan, charge, sent
from ..receivers import RECEIVERS, Connection
from .base import Probe, Tools
from .calls import Prepared, Role
from .flask_compat import FAKE_SIGNAL, SIGNALS
from .functions import FunctionTable
from .patching import Patches

_NOBODY: Mapping[str, Any] = {"receivers": 0}


class ReceiverRole(Role):
    """An ``async def`` receiver: blinker has it wrapped by ``ensure_sync``."""

    def __init__(self, functions: FunctionTable) -> None:
        self._functions = functions

    def prepare(self, record: AppRecord, app: Flask, function: Any) -> Prepared:
        facts = self._functions.of(function)
        static = {**facts.attributes, "signal": _sent(), "registered_by": facts.package}
        return "signal_receiver", facts.name, static

    @staticmethod
    def describe(cls: type) -> dict[str, Any]:
        return {}

    nothing: ClassVar[Mapping[str, Any]] = {}


class SignalsProbe(Probe):
    name = "signals"
    kinds = ("signal", "signal_receiver", "flash")

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        tools.roles["signal_receiver"] = ReceiverRole(tools.functions)

    def install(self, patches: Patches) -> None:
        senders = {
            inspect.unwrap(method).__code__
            for method in (Signal.send, getattr(Signal, "send_async", Signal.send))
        }
        patches.replace(Signal, "send", self._send)
        patches.replace(Signal, "send_async", self._send_async)
        patches.replace(Signal, "receivers_for", self._receivers_for(senders))
        RECEIVERS.clear()
        patches.replace(Signal, "connect", self._connect)
        patches.replace(Signal, "disconnect", self._disconnect)
        if FAKE_SIGNAL is not None:
            patches.replace(FAKE_SIGNAL, "send", self._send_to_nobody)

    def uninstall(self) -> None:
        RECEIVERS.clear()

    # --- who listens -----------------------------------------------------------------------------

    def _connect(self, original: Any) -> Any:
        @wraps(original)
        def connect(signal: Any, /, *args: Any, **kwargs: Any) -> Any:
            result = original(signal, *args, **kwargs)
            if self.is_on:
                try:
                    self._connected(signal, *args, **kwargs)
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return result

        return connect

    def _connected(self, signal: Any, receiver: Any, sender: Any = ANY, weak: bool = True) -> None:
        """Remember who listens, if it can die: a signal that holds its receiver keeps it alive."""
        if not weak or self._is_untraced(sender):
            return
        record = self.tools.record_of(sender) if Flask in type(sender).__mro__ else None
        # Flask's own are sent by all applications, somebody's own by the one at work, if any is.
        is_flasks = id(signal) in _FLASK
        key = record.key if record else None if is_flasks else self.tools.current_key()
        facts = self.tools.functions.of(receiver)
        file, line = facts.attributes.get("file"), facts.attributes.get("line")
        listens = Connection(_shown(signal), key, facts.name, file, line, facts.package)
        RECEIVERS.connected(signal, receiver, listens)

    def _disconnect(self, original: Any) -> Any:
        @wraps(original)
        def disconnect(signal: Any, /, *args: Any, **kwargs: Any) -> Any:
            try:
                RECEIVERS.disconnected(signal, args[0] if args else kwargs.get("receiver"))
            except Exception as error:  # noqa: BLE001
                self.fault(error)
            return original(signal, *args, **kwargs)

        return disconnect

    # --- what is sent ----------------------------------------------------------------------------

    def _send(self, original: Any) -> Any:
        return sent(self, original)

    def _send_to_nobody(self, original: Any) -> Any:
        """A signal of a Flask that did not find blinker, which nobody can listen to."""

        def send(signal: Any, /, *args: Any, **kwargs: Any) -> Any:
            if self.is_on:
                try:
                    self._leaf(signal, args[0] if args else None, kwargs)
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return original(signal, *args, **kwargs)

        return send

    def _leaf(self, signal: Any, sender: Any, kwargs: Any) -> None:
        known, record = _FLASK.get(id(signal)), self.tools.apps.traced.get(id(sender))
        if known is None or record is None:
            return
        name, argument = known
        if signal is message_flashed:
            self._flash(record.key, kwargs)
        self.recorder.leaf("signal", name, record.key, record.unheard, _failed(argument, kwargs))

    def send_slowly(self, original: Any, signal: Any, args: Any, kwargs: Any) -> Any:
        if not self.is_on:
            return original(signal, *args, **kwargs)
        span = None
        try:
            if self._is_over(original, signal, args, kwargs):
                return []
            span = self._begin(signal, args[0] if args else None, kwargs)
        except Exception as error:  # noqa: BLE001
            self.fault(error)
        if span is None:
            results = original(signal, *args, **kwargs)
            return self._plain(results) if results else results
        try:
            results = original(signal, *args, **kwargs)
        except BaseException as error:
            self._end(span, error, 0)
            raise
        self._end(span, None, len(results))
        return self._plain(results)

    def _send_async(self, original: Any) -> Any:
        async def send_async(signal: Any, *args: Any, **kwargs: Any) -> Any:
            span = None
            try:
                if self.is_on:
                    span = self._begin(signal, args[0] if args else None, kwargs)
            except Exception as error:  # noqa: BLE001
                self.fault(error)
            try:
                results = await original(signal, *args, **kwargs)
            except BaseException as error:
                self._end(span, error, 0)
                raise
            self._end(span, None, len(results))
            return self._plain(results)

        return send_async

    def _end(self, span: Any, error: BaseException | None, receivers: int) -> None:
        if span is None:
            return
        try:
            if error is not None:
                self.recorder.left(span, error)
            else:
                self.recorder.end(span, {"receivers": receivers})
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)

    def _is_over(self, original: Any, signal: Any, args: Any, kwargs: Any) -> bool:
        """Whether one of Flask's signals was sent with nobody listening.

        Blinker's own method does nothing then, so it need not be called; somebody else's patch
        below ours must be.
        """
        known = _FLASK.get(id(signal))
        record = self.tools.apps.traced.get(id(args[0])) if len(args) == 1 else None
        if signal.receivers or known is None or record is None:
            return False
        name, argument = known
        plan = ("signal", name, record.key, record.unheard)
        if original.__module__ != "blinker.base" or type(signal) is not NamedSignal:
            return False
        before = None
        if signal is message_flashed:
            before = self._before_flashed
            before(plan, kwargs)
        record.signals[signal] = plan, argument, before
        self.recorder.leaf(*plan, _failed(argument, kwargs))
        return True

    def _begin(self, signal: Any, sender: Any, kwargs: Any) -> Any:
        record = self.tools.apps.traced.get(id(sender))
        known = _FLASK.get(id(signal))
        if record is None or known is None:
            if self._is_untraced(sender):
                return None
            return self._other(signal, sender, record)
        name, argument = known
        if signal is message_flashed:
            self._flash(record.key, kwargs)
        dynamic = _failed(argument, kwargs)
        if signal.receivers:
            static = _static(record.key, sender)
            return self.recorder.begin("signal", name, record.key, static, dynamic)
        self.recorder.leaf("signal", name, record.key, record.unheard, dynamic)
        return None

    def _other(self, signal: Any, sender: Any, record: AppRecord | None) -> Any:
        """A signal of somebody's own, or one of Flask's with a strange sender."""
        name = _shown(signal)
        # Whoever sends it: it happens in the application that is at work here.
        key = self.tools.current_key() if record is None else record.key
        static = _static(None if record is None else record.key, sender)
        if signal.receivers:
            return self.recorder.begin("signal", name, key, static)
        self.recorder.leaf("signal", name, key, static, _NOBODY)
        return None

    def _receivers_for(self, senders: set[CodeType]) -> Any:
        def make(original: Any) -> Any:
            def receivers_for(signal: Any, /, *args: Any, **kwargs: Any) -> Any:
                receivers = original(signal, *args, **kwargs)
                if not self.is_on or sys._getframe(1).f_code not in senders:
                    return receivers
                try:
                    return self._seen(receivers, signal, args[0] if args else None)
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
                    return receivers

            return receivers_for

        return make

    def _seen(self, receivers: Any, signal: Any, sender: Any) -> Any:
        record = self.tools.apps.find(sender)
        if record is None and self._is_untraced(sender):
            return receivers
        key = self.tools.current_key() if record is None else record.key
        return self._watched(receivers, _shown(signal), key)

    def _watched(self, receivers: Any, signal: str, key: str | None) -> Iterator[Any]:
        for receiver in receivers:
            try:
                watched = (
                    receiver if _is_async(receiver) else _Receiver(self, receiver, signal, key)
                )
            except Exception as error:  # noqa: BLE001
                self.fault(error)
                watched = receiver
            yield watched

    def _plain(self, results: Any) -> Any:
        """What ``send`` returns, with the receivers themselves in place of our stand-ins."""
        try:
            for index, (receiver, result) in enumerate(results):
                if type(receiver) is _Receiver:
                    results[index] = (receiver.receiver, result)
        except Exception as error:  # noqa: BLE001
            self.fault(error)
        return results

    def _is_untraced(self, sender: Any) -> bool:
        """An application that nobody asked for."""
        return not self.tools.covers_all and Flask in type(sender).__mro__

    def _before_flashed(self, plan: Plan, kwargs: dict[str, Any]) -> None:
        self._flash(plan[2], kwargs)

    def _flash(self, key: str | None, kwargs: dict[str, Any]) -> None:
        category = kwargs.get("category")
        name = short_text(category) if type(category) is str else "message"
        charge(self.recorder.buffer, name)
        self.recorder.instant("flash", name, key)


def _is_async(receiver: Any) -> bool:
    """Whether blinker will take *receiver* for an ``async def``: it asks the function itself, not
    what that stands for."""
    if type(receiver) is FunctionType and not receiver.__dict__:
        return bool(receiver.__code__.co_flags & inspect.CO_COROUTINE)
    return inspect.iscoroutinefunction(receiver)


class _Receiver:
    """A receiver inside a span; blinker's caller gets the receiver itself back."""

    __slots__ = ("_key", "_probe", "_signal", "receiver")

    def __init__(self, probe: SignalsProbe, receiver: Any, signal: str, key: str | None) -> None:
        self._probe = probe
        self.receiver = receiver
        self._signal = signal
        self._key = key

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        probe, receiver = self._probe, self.receiver
        span = None
        try:
            facts = probe.tools.functions.of(receiver)
            static = {
                **facts.attributes,
                "signal": self._signal,
                "registered_by": facts.package,
            }
            span = probe.recorder.begin("signal_receiver", facts.name, self._key, static)
        except Exception as error:  # noqa: BLE001
            probe.fault(error)
        if span is None:
            return receiver(*args, **kwargs)
        try:
            result = receiver(*args, **kwargs)
        except BaseException as error:
            try:
                probe.recorder.left(span, error)
            except Exception as fault:  # noqa: BLE001
                probe.fault(fault)
            raise
        try:
            probe.recorder.end(span)
        except Exception as error:  # noqa: BLE001
            probe.fault(error)
        return result


_EXCEPTIONS: Final = {
    "request_tearing_down": "exc",
    "appcontext_tearing_down": "exc",
    "got_request_exception": "exception",
}
_FLASK: Final = {id(signal): (name, _EXCEPTIONS.get(name)) for name, signal in SIGNALS.items()}
"""Flask's own ten, which live as long as the process: name, and the argument with an exception."""


def _failed(argument: str | None, kwargs: dict[str, Any]) -> dict[str, Any] | None:
    error = None if argument is None else kwargs.get(argument)
    return None if error is None else {"exception": type(error).__name__}


def _shown(signal: Any) -> str:
    """Flask's own by the name that Flask's documentation has, others by theirs."""
    known = _FLASK.get(id(signal))
    if known is not None:
        return known[0]
    name = signal.__dict__.get("name", "signal")
    return text(name) if type(name) is str else "signal"


def _sent() -> str | None:
    """The signal whose ``send`` asks for a receiver."""
    frame: FrameType | None = sys._getframe(1)
    for _ in range(8):
        frame = None if frame is None else frame.f_back
        if frame is not None and frame.f_code is _SEND:
            return _shown(frame.f_locals["self"])
    return None


_SEND: Final = inspect.unwrap(Signal.send).__code__
_STATICS: dict[str, Mapping[str, Any]] = {}


def _static(key: str | None, sender: Any) -> Mapping[str, Any]:
    name = key if key is not None else class_name(type(sender))
    static = _STATICS.get(name)
    if static is None:
        if len(_STATICS) > 1000:
            _STATICS.clear()
        static = _STATICS[name] = {"sender": name}
    return static
