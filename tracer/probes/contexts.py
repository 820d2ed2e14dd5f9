"""The stacks of application and request contexts, at the moment when they change."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final
from weakref import ref

from flask.ctx import AppContext

from ..applications import AppRecord
from ..clock import now
from ..hot_path import (
    NO_NUMBERS,
    Kind,
    OpenSpan,
    TokenList,
    popped,
    pushed,
    watched_tokens,
)
from .base import Probe, Tools
from .flask_compat import HAS_TWO_CONTEXTS, TOKENS, RequestContext, context_is_current
from .patching import Patches
from .places import Modules

OF_REQUEST: Final = "request_context" if HAS_TWO_CONTEXTS else "app_context"
"""Kind of the context that a request has."""
_PUSHING: Final = Modules("flask", "werkzeug", "contextlib")
"""Packages that push for whoever called them."""


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
        return watched_tokens(self, context, record, kind)

    def shared(self, kind: str, record: AppRecord) -> Kind:
        known: Any = record.functions.get(kind)
        return (
            known if known is not None and known.probe is self else self.make_shared(kind, record)
        )

    def make_shared(self, kind: str, record: AppRecord) -> Kind:
        made = Kind(self, kind, record.key)
        record.functions[kind] = made  # type: ignore[assignment]
        return made

    def _push(self, kind: str) -> Callable[[Any], Any]:
        is_request = kind == "request_context" or not HAS_TWO_CONTEXTS
        return lambda original: pushed(self, original, kind, is_request)

    def alone(self, tokens: Any) -> None:
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
            tokens.after, tokens.outside = (None, None), 0
        else:
            root = self.recorder.open_root("run", key, key)
            tokens.after, tokens.outside = (None, root), id(sys.exc_info()[1])
            if root is not None:
                number = id(root)
                gone = ref(tokens, lambda _: self._abandon(number))
                self._runs[number] = (gone, root)

    def _is_elsewhere(self, root: OpenSpan) -> bool:
        """Whether the context of a script's *root* is pushed, but not in this Context of
        contextvars, whose stack is empty: what is pushed here is outermost again."""
        if root[5][0] != "run" or context_is_current():
            return False
        found = self._runs.get(id(root))
        tokens = None if found is None else found[0]()
        return tokens is None or bool(tokens)

    def _abandon(self, root: int) -> None:
        found = self._runs.get(root)
        if found is not None:
            found[1][2].is_collected = True
            self._give_up(root, "abandoned")

    def _give_up(self, root: int, why: str) -> None:
        """A run whose context will not be popped before our eyes."""
        found = self._runs.pop(root, None)
        if found is not None:
            try:
                self.recorder.abandon_root(found[1], {"left_open": why})
            except Exception as error:  # noqa: BLE001
                self.fault(error)

    def around_pop(self, original: Any) -> Any:
        return popped(self, original)

    def is_open(self, root: OpenSpan) -> bool:
        """A script's may have been given up before."""
        return root[5][0] != "run" or self._runs.pop(id(root), None) is not None

    def label_of(self, context: Any) -> str | None:
        tokens: Any = getattr(context, self.attribute, None)
        return f"{tokens.shared.kind} {tokens.label}" if type(tokens) is self.held else None

    def place_of_push(self, frame: Any) -> Mapping[str, Any] | None:
        return self.tools.places.beyond(frame, _PUSHING)

    def record_push(self, shared: Kind, dynamic: tuple[Any, ...], is_first: bool) -> None:
        """One that is recorded off the hot path, with its place unless a server's request begins
        with it."""
        is_first = is_first and bool(self.recorder.flow().open[2].environ)
        place = None if is_first else shared.place(sys._getframe(1))
        self.recorder.instant(*shared.push, (*dynamic, place))

    def record_pop(self, shared: Kind, dynamic: Any) -> None:
        """One that is recorded off the hot path; the last one is remembered."""
        flow = self.recorder.flow()
        last = (now(), flow.open[2], dynamic[2])
        if shared.is_pair:
            flow.request_popped = last
        else:
            flow.app_popped = last
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


def _copied_attributes(kind: str, label: int) -> dict[str, Any]:
    return {"context": f"{kind} {label}"}
