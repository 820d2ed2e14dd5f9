"""The stacks of application and request contexts, at the moment when they change."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import Token
from typing import Any, ClassVar, Final
from weakref import ref

from flask.ctx import AppContext

from .. import current
from ..applications import AppRecord
from ..clock import now
from ..current import FLOWS, NO_NUMBERS, NOWHERE, OpenSpan, Plan
from .base import Probe, Tools
from .flask_compat import HAS_TWO_CONTEXTS, TOKENS, RequestContext, context_is_current
from .patching import Patches

OF_REQUEST: Final = "request_context" if HAS_TWO_CONTEXTS else "app_context"
"""Kind of the context that a request has."""
MAX_DEPTH = 50
"""Contexts that one event lists."""


class Kind:
    """What all contexts of one application and one kind share."""

    __slots__ = ("append", "is_pair", "key", "kind", "pop", "probe", "push")

    def __init__(self, probe: ContextsProbe, kind: str, key: str) -> None:
        self.probe = probe
        self.kind = kind
        self.key = key
        self.push: Plan = (f"{kind}.push", key, key, None)
        self.pop: Plan = (f"{kind}.pop", key, key, None)
        self.append = probe.recorder.buffer.append
        self.is_pair = kind == "request_context"
        """Flask keeps a request context's token together with the application context."""

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
        row = (now(), flow, flow.open, self.pop, dynamic)
        if self.is_pair:
            flow.request_popped = row
        else:
            flow.app_popped = row


class TokenList(list[Any]):
    """The tokens of one context: what Flask appends when it pushes and pops when it pops.

    Flask sets the context variable and appends the token in one line, so this is the exact place.
    It also carries what belongs to the context while it lives.
    """

    # Slots: to find that an instance has not got what its class has takes four times as long.
    __slots__ = ("__weakref__", "after", "handed", "label", "outside", "shared", "stack")

    shared: Kind
    label: int
    stack: tuple[int, ...] | None
    """Labels of what was on the stack after the last push, this one on top; None after a pop, not
    there before the first push. To go through the contexts below at each push and pop takes 124
    bytecodes."""
    after: tuple[OpenSpan | None, OpenSpan | None] | None
    """What ends with the last pop: the ``wsgi_app`` span and the root that it opened."""
    outside: int
    """id() of the exception that was being handled where that began, set together with it."""
    handed: OpenSpan | None
    """Where this context was copied from, to be used in another flow of control."""

    def append(self, token: Any) -> None:
        shared = self.shared
        if not shared.probe.is_on:
            _append(self, token)
            return
        try:
            # Before the token is among the others: *old* may be this very context.
            old = (token[0] if shared.is_pair else token).old_value
            label = self.label
            self.stack = stack = (label,) if old is MISSING else (*_below(old), label)
        except Exception as error:  # noqa: BLE001 - never the host's affair
            shared.probe.fault(error)
            _append(self, token)
            return
        _append(self, token)
        try:
            dynamic = (described, shared.kind, label, len(self), stack)
            flow = FLOWS.flow
            next(flow.numbers)
            shared.append((now(), flow, flow.open, shared.push, dynamic))
        except StopIteration:
            shared.instead(shared.push, dynamic)
        except Exception as error:  # noqa: BLE001
            shared.probe.fault(error)

    def pop(self, *args: Any) -> Any:
        token = _pop(self, *args) if args else _pop(self)
        shared = self.shared
        if shared.probe.is_on:
            try:
                self.stack = None
                old = (token[0] if shared.is_pair else token).old_value
                stack = () if old is MISSING else _below(old)
                dynamic = (described, shared.kind, self.label, len(self), stack)
                flow = FLOWS.flow
                next(flow.numbers)
                row = (now(), flow, flow.open, shared.pop, dynamic)
                shared.append(row)
                if shared.is_pair:
                    flow.request_popped = row
                else:
                    flow.app_popped = row
            except StopIteration:
                shared.instead(shared.pop, dynamic)
            except Exception as error:  # noqa: BLE001
                shared.probe.fault(error)
        return token


_append = list.append
_pop = list.pop
MISSING: Final = Token.MISSING


class ContextsProbe(Probe):
    name = "contexts"
    kinds = (
        "app_context.push",
        "app_context.pop",
        "request_context.push",
        "request_context.pop",
        "run",
        "context.copied",
    )
    held: ClassVar[Any] = TokenList
    attribute: ClassVar[str] = TOKENS
    """What each context keeps for us, and where."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.labels = tools.labels
        self._runs: dict[int, tuple[ref[Any], OpenSpan]] = {}
        """Roots of scripts that are open, by id, with the context whose last pop ends each."""
        tools.watch_context = self.watch
        tools.label_of = self.label_of

    def install(self, patches: Patches) -> None:
        patches.replace(AppContext, "push", self._push("app_context"))
        patches.replace(AppContext, "pop", self.around_pop)
        if HAS_TWO_CONTEXTS:
            patches.replace(RequestContext, "push", self._push("request_context"))
            patches.replace(RequestContext, "pop", self.around_pop)
            patches.replace(RequestContext, "copy", self._copy)
        else:
            patches.replace(AppContext, "copy", self._copy)

    def finish_open(self) -> None:
        """Scripts whose context is still pushed: nobody will see the pop."""
        for root in list(self._runs):
            self._give_up(root, "capture ended")

    def watch(self, context: Any, record: AppRecord, kind: str = OF_REQUEST) -> Any:
        """Give *context* a list of ours, unless it has one; None where Flask keeps no list."""
        try:
            found: Any = context._cv_tokens
            shared: Any = record.functions[kind]
        except AttributeError:
            return None
        except KeyError:
            shared = self._shared(kind, record)
        if shared.probe is not self:
            shared = self._shared(kind, record)
        if type(found) is list:
            tokens = TokenList(found)
            tokens.shared = shared
            tokens.label = next(self.labels)
            tokens.after = tokens.handed = None
            context._cv_tokens = tokens  # last: from here on Flask uses it
            return tokens
        if type(found) is not TokenList:
            return None
        found.shared = shared
        return found

    def shared(self, kind: str, record: AppRecord) -> Kind:
        known: Any = record.functions.get(kind)
        return known if known is not None and known.probe is self else self._shared(kind, record)

    def _shared(self, kind: str, record: AppRecord) -> Kind:
        made = Kind(self, kind, record.key)
        record.functions[kind] = made  # type: ignore[assignment]
        return made

    def _push(self, kind: str) -> Callable[[Any], Any]:
        tools = self.tools
        traced, find = tools.apps.traced, tools.record_of
        see, interfaces = tools.see_session_interface, tools.session_interfaces
        is_request = kind == "request_context" or not HAS_TWO_CONTEXTS
        attribute, held = self.attribute, self.held
        has_tokens = attribute == TOKENS

        def make(original: Any) -> Any:
            def push(context: Any, /, *args: Any, **kwargs: Any) -> Any:
                if self.is_on:
                    try:
                        tokens: Any = (
                            context._cv_tokens if has_tokens else getattr(context, attribute, None)
                        )
                        if type(tokens) is not held or tokens.shared.probe is not self:
                            app = context.app
                            record = traced.get(id(app)) or find(app)
                            tokens = None if record is None else self.watch(context, record, kind)
                        if tokens is not None and not tokens:
                            if is_request:
                                interface = type(context.app.session_interface)
                                if interface not in interfaces:
                                    see(interface)
                            # Inside a request nothing begins with a context, as a rule.
                            if not FLOWS.flow.open[2].environ or current.green is not None:
                                self._alone(tokens)
                    except Exception as error:  # noqa: BLE001
                        self.fault(error)
                if args or kwargs:
                    return original(context, *args, **kwargs)
                return original(context)

            return push

        return make

    def _alone(self, tokens: Any) -> None:
        """The first context outside any trace: a script's, or a copy's in another flow."""
        if tokens.after is not None:  # it has just begun in a trace
            return
        flow = self.recorder.flow()
        opened = flow.open
        trace = opened[2]
        if trace.is_silent:
            return
        if trace.id is not None and not (opened[1] is flow and self._is_elsewhere(opened)):
            return
        key = tokens.shared.key
        if tokens.handed is not None:
            flow.open, flow.numbers = tokens.handed, NO_NUMBERS
        else:
            root = self.recorder.open_root("run", key, key)
            tokens.after, tokens.outside = (None, root), id(sys.exc_info()[1])
            if root is not None:
                number = id(root)
                gone = ref(tokens, lambda _: self._give_up(number, "abandoned"))
                self._runs[number] = (gone, root)

    def _is_elsewhere(self, root: OpenSpan) -> bool:
        """Whether the context of a script's *root* is pushed, but not in this Context of
        contextvars, whose stack is empty: what is pushed here is outermost again."""
        if root[5][0] != "run" or context_is_current():
            return False
        found = self._runs.get(id(root))
        tokens = None if found is None else found[0]()
        return tokens is None or bool(tokens)

    def _give_up(self, root: int, why: str) -> None:
        """A run whose context will not be popped before our eyes."""
        found = self._runs.pop(root, None)
        if found is not None:
            try:
                self.recorder.abandon_root(found[1], {"left_open": why})
            except Exception as error:  # noqa: BLE001
                self.fault(error)

    def around_pop(self, original: Any) -> Any:
        attribute, held = self.attribute, self.held
        has_tokens = attribute == TOKENS

        def pop(context: Any, /, *args: Any, **kwargs: Any) -> Any:
            tokens: Any = context._cv_tokens if has_tokens else getattr(context, attribute, None)
            if type(tokens) is not held or (tokens.after is None and tokens.handed is None):
                if kwargs or len(args) != 1:
                    return original(context, *args, **kwargs)
                return original(context, args[0])  # Flask's own call: 900 instructions less
            try:
                result = original(context, *args, **kwargs)
            except BaseException as error:
                self.after_pop(tokens, error)
                raise
            self.after_pop(tokens, self.leaving(tokens, args, kwargs))
            return result

        return pop

    def leaving(self, tokens: Any, args: Any, kwargs: Any) -> BaseException | None:
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
            self.fault(fault)
            return None

    def _is_open(self, root: OpenSpan) -> bool:
        """A script's may have been given up before."""
        return root[5][0] != "run" or self._runs.pop(id(root), None) is not None

    def after_pop(self, tokens: Any, error: BaseException | None) -> None:
        """What waits for the last pop of a context, if this was it."""
        if tokens:
            return
        try:
            after, tokens.after = tokens.after, None
            if after is not None:
                span, root = after
                self.close(span, root, error)
            elif tokens.handed is not None:
                flow = self.recorder.flow()
                if flow.open is tokens.handed:
                    flow.open, flow.numbers = NOWHERE, NO_NUMBERS
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)

    def close(
        self, span: OpenSpan | None, root: OpenSpan | None, error: BaseException | None
    ) -> None:
        """End a ``wsgi_app`` span and the root that it opened."""
        try:
            if span is not None and error is None:
                self.recorder.end(span)
            elif span is not None:
                self.recorder.left(span, error)  # type: ignore[arg-type]
        finally:
            if root is not None and self._is_open(root):
                self.recorder.close_root(
                    root, {} if error is None else {"left_by": type(error).__name__}
                )

    def label_of(self, context: Any) -> str | None:
        tokens: Any = getattr(context, self.attribute, None)
        return f"{tokens.shared.kind} {tokens.label}" if type(tokens) is self.held else None

    def record_pop(self, shared: Kind, dynamic: Any) -> None:
        """One that is recorded off the hot path; the last one is remembered."""
        flow = self.recorder.flow()
        row = (now(), flow, flow.open, shared.pop, dynamic)
        if shared.is_pair:
            flow.request_popped = row
        else:
            flow.app_popped = row
        self.recorder.instant(*shared.pop, dynamic)

    def _copy(self, original: Any) -> Any:
        def copy(context: Any, /, *args: Any, **kwargs: Any) -> Any:
            result = original(context, *args, **kwargs)
            if self.is_on:
                try:
                    self._copied(context, result)
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return result

        return copy

    def _copied(self, context: Any, copied: Any) -> None:
        record = self.tools.apps.find(context.app)
        current = self.recorder.flow().open
        if record is None or current[2].id is None:
            return
        tokens = self.watch(copied, record)
        label = 0
        if tokens is not None:
            tokens.handed = current
            label = tokens.label
        self.recorder.instant(
            "context.copied",
            "copy_current_request_context",
            record.key,
            None,
            (_copied_attributes, OF_REQUEST, label),
        )


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
    while context is not MISSING and len(labels) < MAX_DEPTH:
        tokens = getattr(context, TOKENS, ())
        labels.append(tokens.label if type(tokens) is TokenList else 0)
        seen = used.get(id(context), 0)
        used[id(context)] = seen + 1
        if seen >= len(tokens):
            break
        token = tokens[len(tokens) - 1 - seen]
        context = (token[0] if type(token) is tuple else token).old_value
    return tuple(reversed(labels))


def described(kind: str, label: int, pushes: int, stack: tuple[int, ...]) -> dict[str, Any]:
    return {
        "context": f"{kind} {label}",
        "push_count": pushes,
        "stack": [f"{kind} {number}" if number else f"{kind} ?" for number in stack],
    }


def _copied_attributes(kind: str, label: int) -> dict[str, Any]:
    return {"context": f"{kind} {label}"}
