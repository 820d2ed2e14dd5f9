"""The one context of Flask 3.2, which is an application's and a request's at once.

It is on the stack from the first push to the last pop, and pushes in between change nothing: its
token is set right after the stack has changed, and set to None right after it has changed back.
"""

from __future__ import annotations

from typing import Any

from flask.ctx import AppContext

from ..applications import AppRecord
from ..hot_path import MAX_DEPTH, NO_TOKEN, described
from .contexts import OF_REQUEST, ContextsProbe
from .flask_compat import TOKEN, request_of
from .patching import Patches
from .pushes import ATTRIBUTE, Pushes, label_of, pushes_of


class MergedContextsProbe(ContextsProbe):
    held = Pushes
    attribute = ATTRIBUTE

    def install(self, patches: Patches) -> None:
        super().install(patches)
        patches.add(AppContext, TOKEN, _Token(self))

    def watch(self, context: Any, record: AppRecord, kind: str = OF_REQUEST) -> Pushes:
        pushes = pushes_of(context)
        shared = self.shared(kind, record)
        if pushes is None:
            pushes = context.__dict__[ATTRIBUTE] = Pushes(shared, next(self.labels))
        pushes.shared = shared
        return pushes

    def changed(self, context: Any, token: Any) -> None:
        """The stack has changed: *token* is what :attr:`TOKEN` was before a pop, or is now."""
        pushes = pushes_of(context)
        if pushes is None:
            return
        is_push = vars(context).get(TOKEN) is not None
        pushes[:] = [None] if is_push else []
        if not self.is_on:
            return
        labels = [pushes.label] if is_push else []
        below = token.old_value
        while below is not NO_TOKEN and len(labels) < MAX_DEPTH:
            labels.append(label_of(below))
            token = vars(below).get(TOKEN)
            below = NO_TOKEN if token is None else token.old_value
        stack = tuple(reversed(labels))
        has_request = request_of(context) is not None
        dynamic = (_described, pushes.shared.kind, pushes.label, has_request, len(pushes), stack)
        if is_push:
            self.record_push(pushes.shared, dynamic, len(stack) == 1)
        else:
            self.record_pop(pushes.shared, dynamic)


class _Token:
    """In front of the attribute of each context."""

    def __init__(self, probe: MergedContextsProbe) -> None:
        self._probe = probe

    def __get__(self, context: Any, owner: Any = None) -> Any:
        if context is None:
            raise AttributeError(TOKEN)
        try:
            return context.__dict__[TOKEN]
        except KeyError:
            raise AttributeError(TOKEN) from None

    def __set__(self, context: Any, token: Any) -> None:
        before = context.__dict__.get(TOKEN)
        context.__dict__[TOKEN] = token
        if before is token:
            return
        try:
            self._probe.changed(context, before if token is None else token)
        except Exception as error:  # noqa: BLE001
            self._probe.fault(error)

    def __delete__(self, context: Any) -> None:
        del context.__dict__[TOKEN]


def _described(kind: str, label: int, has_request: bool, *pushed: Any) -> dict[str, Any]:
    return {**described(kind, label, *pushed), "has_request": has_request}
