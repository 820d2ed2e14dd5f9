"""The list of tokens that a context keeps, as one that says when it changes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar, copy_context
from sys import _getframe
from time import perf_counter as now  # compiled: # as in structures.pyx
from typing import Any, Final

from .flows import FLOWS, INNER, NO_NUMBERS, NOWHERE, OpenSpan, Plan
from .rows import RingBuffer

__all__ = [
    "MAX_DEPTH", "NO_TOKEN", "Kind", "TokenList", "after_pop", "closed", "described", "handed_back",
    "leaving", "popped", "pushed", "watched_tokens",
]  # fmt: skip

MAX_DEPTH = 50
"""Contexts that one event lists."""


class Kind:  # compiled: cdef class Kind:
    """What all contexts of one application and one kind share."""

    __slots__ = ("buffer", "is_pair", "key", "kind", "pop", "probe", "push")
    # compiled: cdef public RingBuffer buffer
    # compiled: cdef public object is_pair, key, kind, pop, probe, push

    def __init__(self, probe: Any, kind: str, key: str) -> None:
        self.probe = probe
        self.kind = kind
        self.key = key
        self.push: Plan = (f"{kind}.push", key, key, None)
        self.pop: Plan = (f"{kind}.pop", key, key, None)
        self.buffer: RingBuffer = probe.recorder.buffer
        self.is_pair = kind == "request_context"
        """Flask keeps a request context's token together with the application context."""

    def place(self, frame: Any) -> Any:
        """Where the application pushes, below *frame*."""
        try:
            return self.probe.place_of_push(frame)
        except Exception as error:  # noqa: BLE001
            self.probe.fault(error)
            return None

    def instead(self, plan: Plan, dynamic: Any) -> None:
        """What the hot path may not write."""
        try:
            self.probe.recorder.instant(*plan, dynamic)
            if plan is self.pop:
                self._remember(dynamic)
        except Exception as error:  # noqa: BLE001
            self.probe.fault(error)

    def _remember(self, dynamic: Any) -> None:
        flow = self.probe.recorder.flow()
        last = (now(), flow.open[2], dynamic[2])
        if self.is_pair:
            flow.request_popped = last
        else:
            flow.app_popped = last


class TokenList(list[Any]):  # compiled: cdef class TokenList(list):
    """The tokens of one context: what Flask appends when it pushes and pops when it pops.

    Flask sets the context variable and appends the token in one line, so this is the exact place.
    It also carries what belongs to the context while it lives.
    """

    # Slots: to find that an instance has not got what its class has takes four times as long.
    __slots__ = ("__weakref__", "after", "handed", "label", "outside", "shared", "stack")

    # compiled: cdef object __weakref__
    shared: Kind  # compiled: cdef public Kind shared
    label: int  # compiled: cdef public object label
    # Labels of what was on the stack after the last push, this one on top; None after a pop, not
    # there before the first push. To go through the contexts below at each push and pop takes 124
    # bytecodes.
    stack: tuple[int, ...] | None  # compiled: cdef public object stack
    # What ends with the last pop: the ``wsgi_app`` span and the root that it opened; neither where
    # a copy is at work in another flow of control, which ends as well.
    after: tuple[OpenSpan | None, OpenSpan | None] | None  # compiled: cdef public object after
    # id() of the exception that was being handled where that began, set together with it.
    outside: int  # compiled: cdef public object outside
    # Where this context was copied from, to be used in another flow of control.
    handed: OpenSpan | None  # compiled: cdef public object handed

    def append(self, token: Any) -> None:
        # compiled: cdef Flow flow
        # compiled: cdef Kind shared
        # compiled: cdef RingBuffer buffer
        shared = self.shared
        if not shared.probe.is_on:
            _append(self, token)
            return
        try:
            # Before the token is among the others: *old* may be this very context.
            old = (token[0] if shared.is_pair else token).old_value
            label = self.label
            self.stack = stack = (label,) if old is NO_TOKEN else (*_below(old), label)
        except Exception as error:  # noqa: BLE001 - never the host's affair
            shared.probe.fault(error)
            _append(self, token)
            return
        _append(self, token)
        try:
            flow = FLOWS.flow  # compiled: flow = _flow_of_thread()
            # Where the server's request begins is no place in the application.
            around = flow if INNER.flow_of is None else shared.probe.recorder.flow()
            is_first = old is NO_TOKEN and around.open[2].environ
            place = None if is_first else shared.place(_getframe(0))
            dynamic = (described, shared.kind, label, len(self), stack, place)
            next(flow.numbers)
            buffer, push = shared.buffer, shared.push
            # compiled, for the next line: buffer.happened(5, flow, flow.open, push, dynamic)
            buffer.append((now(), flow, flow.open, push, dynamic))
        except StopIteration:
            shared.instead(shared.push, dynamic)
        except Exception as error:  # noqa: BLE001
            shared.probe.fault(error)

    def pop(self, *args: Any) -> Any:
        # compiled: cdef Flow flow
        # compiled: cdef RingBuffer buffer
        token = _pop(self, *args) if args else _pop(self)
        # compiled: cdef Kind shared
        shared = self.shared
        if shared.probe.is_on:
            try:
                self.stack = None
                old = (token[0] if shared.is_pair else token).old_value
                stack = () if old is NO_TOKEN else _below(old)
                dynamic = (described, shared.kind, self.label, len(self), stack)
                flow = FLOWS.flow  # compiled: flow = _flow_of_thread()
                next(flow.numbers)
                buffer, above = shared.buffer, flow.open
                last = (now(), above[2], self.label)
                # compiled, for the next line: buffer.happened(5, flow, above, shared.pop, dynamic)
                buffer.append((last[0], flow, above, shared.pop, dynamic))
                if shared.is_pair:
                    flow.request_popped = last
                else:
                    flow.app_popped = last
            except StopIteration:
                shared.instead(shared.pop, dynamic)
            except Exception as error:  # noqa: BLE001
                shared.probe.fault(error)
        return token


_append = list.append
_pop = list.pop
NO_TOKEN: Final = copy_context().run(ContextVar[None]("flaskscope_first").set, None).old_value
"""``Token.MISSING``, which a subinterpreter of Python 3.12 and 3.13 does not have by that name."""


def _below(context: Any) -> tuple[int, ...]:
    """The same as :func:`_labels`, as the last push of *context* has left it."""
    try:
        stack: tuple[int, ...] = context._cv_tokens.stack
        return stack if len(stack) < MAX_DEPTH else stack[-MAX_DEPTH:]
    except (AttributeError, TypeError):  # not watched when it was pushed, or not on the stack
        return _labels(context)


def _labels(context: Any) -> tuple[int, ...]:
    """Labels of *context* and what lies below it, bottom to top."""
    labels: list[int] = []
    used: dict[int, int] = {}
    while context is not NO_TOKEN and len(labels) < MAX_DEPTH:
        tokens = getattr(context, "_cv_tokens", ())
        labels.append(tokens.label if type(tokens) is TokenList else 0)
        seen = used.get(id(context), 0)
        used[id(context)] = seen + 1
        if seen >= len(tokens):
            break
        token = tokens[len(tokens) - 1 - seen]
        context = (token[0] if type(token) is tuple else token).old_value
    return tuple(reversed(labels))


def described(
    kind: str,
    label: int,
    pushes: int,
    stack: tuple[int, ...],
    place: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "context": f"{kind} {label}",
        "push_count": pushes,
        "stack": [f"{kind} {number}" if number else f"{kind} ?" for number in stack],
        **(place or {}),
    }


TOKENS: Final = "_cv_tokens"
"""Where Flask's contexts keep them, from 2.2 to 3.1."""


def watched_tokens(probe: Any, context: Any, record: Any, kind: str) -> Any:
    """Give *context* a list of ours, unless it has one; None where Flask keeps no list."""
    # compiled: cdef TokenList tokens
    try:
        found: Any = context._cv_tokens
        shared: Any = record.functions[kind]
    except AttributeError:
        return None
    except KeyError:
        shared = probe.make_shared(kind, record)
    if shared.probe is not probe:
        shared = probe.make_shared(kind, record)
    if type(found) is list:
        tokens = TokenList(found)
        tokens.shared = shared
        tokens.label = next(probe.labels)
        tokens.after = tokens.handed = None
        context._cv_tokens = tokens  # last: from here on Flask uses it
        return tokens
    if type(found) is not TokenList:
        return None
    found.shared = shared
    return found


def pushed(probe: Any, original: Any, kind: str, is_request: bool) -> Callable[..., Any]:
    """In place of a context's ``push``."""
    # compiled: cdef Switch switch
    switch = probe
    tools = probe.tools
    traced, find = tools.apps.traced, tools.record_of
    see, interfaces = tools.see_session_interface, tools.session_interfaces
    attribute, held = probe.attribute, probe.held
    has_tokens = attribute == TOKENS

    def push(context: Any, /, *args: Any, **kwargs: Any) -> Any:
        # compiled: cdef Flow flow
        if switch.is_on:
            try:
                tokens: Any = (
                    context._cv_tokens if has_tokens else getattr(context, attribute, None)
                )
                if type(tokens) is not held or tokens.shared.probe is not probe:
                    app = context.app
                    record = traced.get(id(app)) or find(app)
                    if record is None:
                        tokens = None
                    elif has_tokens:
                        tokens = watched_tokens(probe, context, record, kind)
                    else:
                        tokens = probe.watch(context, record, kind)
                if tokens is not None and not tokens:
                    if is_request:
                        interface = type(context.app.session_interface)
                        if interface not in interfaces:
                            see(interface)
                    flow = FLOWS.flow  # compiled: flow = _flow_of_thread()
                    # Inside a request nothing begins with a context, as a rule.
                    if not flow.open[2].environ or INNER.flow_of is not None:
                        probe.alone(tokens)
            except Exception as error:  # noqa: BLE001
                probe.fault(error)
        if args or kwargs:
            return original(context, *args, **kwargs)
        return original(context)

    return push


def popped(probe: Any, original: Any) -> Callable[..., Any]:
    """In place of a context's ``pop``."""
    attribute, held = probe.attribute, probe.held
    has_tokens = attribute == TOKENS

    def pop(context: Any, /, *args: Any, **kwargs: Any) -> Any:
        tokens: Any = context._cv_tokens if has_tokens else getattr(context, attribute, None)
        if type(tokens) is not held or tokens.after is None:
            if kwargs or len(args) != 1:
                return original(context, *args, **kwargs)
            return original(context, args[0])  # Flask's own call: 900 instructions less
        try:
            result = original(context, *args, **kwargs)
        except BaseException as error:
            after_pop(probe, tokens, error)
            raise
        after_pop(probe, tokens, leaving(probe, tokens, args, kwargs))
        return result

    return pop


def leaving(probe: Any, tokens: Any, args: Any, kwargs: Any) -> BaseException | None:
    """The exception that goes on after a pop, out of what ends with it."""
    try:
        if tokens.after is None:
            return None
        if tokens.after[0] is None and (args or kwargs):
            # By the end of a script's ``with``.
            handed = args[0] if args else kwargs.get("exc")
            return handed if issubclass(type(handed), BaseException) else None
        error = sys.exc_info()[1]
        # A stream that is closed before its end, which keeps the context up to 3.1.1, fails
        # nothing.
        return None if id(error) == tokens.outside or type(error) is GeneratorExit else error
    except Exception as fault:  # noqa: BLE001
        probe.fault(fault)
        return None


def after_pop(probe: Any, tokens: Any, error: BaseException | None) -> None:
    """What waits for the last pop of a context, if this was it."""
    if tokens:
        return
    try:
        after, tokens.after = tokens.after, None
        if after is None:
            return
        span, root = after
        closed(probe, span, root, error)
        handed_back(probe, tokens)
    except Exception as fault:  # noqa: BLE001
        probe.fault(fault)


def handed_back(probe: Any, tokens: Any) -> None:
    """A copy is through that was at work in another flow of control."""
    if tokens.handed is not None:
        flow = probe.recorder.flow()
        if flow.open is tokens.handed:
            flow.open, flow.numbers = NOWHERE, NO_NUMBERS


def closed(
    probe: Any, span: OpenSpan | None, root: OpenSpan | None, error: BaseException | None
) -> None:
    """End a ``wsgi_app`` span and the root that it opened."""
    try:
        if span is not None and error is None:
            probe.recorder.end(span)
        elif span is not None:
            probe.recorder.left(span, error)
    finally:
        if root is not None and probe.is_open(root):
            probe.recorder.close_root(
                root, {} if error is None else {"left_by": type(error).__name__}
            )
