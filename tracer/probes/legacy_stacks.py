"""Contexts that Flask keeps in two ``LocalStack`` objects, as it does up to 2.1.

They change inside of ``LocalStack.push`` and ``pop``: that is the exact place, also for whoever
pushes a context there by hand. Here a request context may be *preserved* when its request is over
(``with client``, or an exception in debug): it stays, and is torn down when the next request
begins or the client is left.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from werkzeug.local import LocalStack

from ..applications import AppRecord
from ..hot_path import (
    MAX_DEPTH,
    OpenSpan,
    Plan,
    after_pop,
    closed,
    described,
    handed_back,
    leaving,
)
from .contexts import OF_REQUEST, ContextsProbe
from .flask_compat import STACKS, RequestContext, objects_of
from .patching import Patches
from .pushes import ATTRIBUTE, Pushes, label_of, pushes_of


class StackedContextsProbe(ContextsProbe):
    held = Pushes
    attribute = ATTRIBUTE

    def install(self, patches: Patches) -> None:
        super().install(patches)
        patches.replace(LocalStack, "push", self._stack_push)
        patches.replace(LocalStack, "pop", self._stack_pop)
        patches.replace(RequestContext, "auto_pop", self._auto_pop)

    def watch(self, context: Any, record: AppRecord, kind: str = OF_REQUEST) -> Pushes:
        pushes = pushes_of(context)
        shared = self.shared(kind, record)
        if pushes is None:
            pushes = context.__dict__[ATTRIBUTE] = Pushes(shared, next(self.labels))
        pushes.shared = shared
        return pushes

    # --- the stacks change -----------------------------------------------------------------------

    def _stack_push(self, original: Any) -> Any:
        def push(stack: Any, /, *args: Any, **kwargs: Any) -> Any:
            result = original(stack, *args, **kwargs)
            known = STACKS.get(id(stack))
            if known is not None:
                try:
                    context = args[0] if args else kwargs.get("obj")
                    self._pushed(stack, known[1], context)
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return result

        return push

    def _pushed(self, stack: Any, kind: str, context: Any) -> None:
        pushes = pushes_of(context)
        if pushes is None and self.is_on:  # by hand, and not by the context itself
            record = self.tools.record_of(getattr(context, "app", None))
            pushes = None if record is None else self.watch(context, record, kind)
        if pushes is not None:
            self._changed(stack, context, pushes, pushes.shared.push)

    def _stack_pop(self, original: Any) -> Any:
        def pop(stack: Any, /, *args: Any, **kwargs: Any) -> Any:
            result = original(stack, *args, **kwargs)
            if id(stack) in STACKS:
                try:
                    pushes = pushes_of(result)
                    if pushes is not None:
                        self._changed(stack, result, pushes, pushes.shared.pop)
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return result

        return pop

    def _changed(self, stack: Any, context: Any, pushes: Pushes, plan: Plan) -> None:
        held = objects_of(stack)
        pushes[:] = [None for one in held if one is context]
        if not self.is_on:
            return
        labels = tuple([label_of(one) for one in held[-MAX_DEPTH:]])
        kind = pushes.shared.kind
        dynamic = (described, kind, pushes.label, len(pushes), labels)
        if plan is pushes.shared.pop:
            self.record_pop(pushes.shared, dynamic)
        else:
            self.record_push(pushes.shared, dynamic, len(held) == 1)

    # --- the contexts ----------------------------------------------------------------------------

    def around_pop(self, original: Any) -> Any:
        """``pop`` of a context: what was waiting for its end ends afterwards.

        The context that goes is the one on top, which is another one when they are popped out of
        order.
        """

        def pop(context: Any, /, *args: Any, **kwargs: Any) -> Any:
            root: OpenSpan | None = None
            waiting: tuple[Pushes, ...] = ()
            try:
                root, waiting = self._before_pop(context)
            except Exception as error:  # noqa: BLE001
                self.fault(error)
            try:
                result = original(context, *args, **kwargs)
            except BaseException as error:
                self._after_pop(root, waiting, error)
                raise
            left = leaving(self, waiting[0], args, kwargs) if waiting else None
            self._after_pop(root, waiting, left)
            return result

        return pop

    def _before_pop(self, context: Any) -> tuple[OpenSpan | None, tuple[Pushes, ...]]:
        own = pushes_of(context)
        if own is None:
            return None, ()
        kind = own.shared.kind
        waiting = [own]
        for stack, held, _ in STACKS.values():
            top = pushes_of(stack.top) if held == kind else None
            if top is not None and top is not own:
                waiting.append(top)
        root = None
        trace = self.recorder.flow().open[2]
        if self.is_on and own.outlives and trace.id is None and not trace.is_silent:
            key = own.shared.key
            root = self.recorder.open_root("run", key, key)
            if root is not None:
                self._runs[id(root)] = (ref(own), root)
        return root, tuple(waiting)

    def _after_pop(self, root: Any, waiting: tuple[Pushes, ...], error: Any) -> None:
        for pushes in waiting:
            after_pop(self, pushes, error)
        try:
            if root is not None:
                closed(self, None, root, error)
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)

    def _auto_pop(self, original: Any) -> Any:
        def auto_pop(context: Any, /, *args: Any, **kwargs: Any) -> Any:
            result = original(context, *args, **kwargs)
            try:
                pushes = pushes_of(context)
                if pushes is not None and context.preserved:
                    pushes.outlives = True
                    after, pushes.after = pushes.after, None
                    if after is not None:
                        closed(self, *after, context._preserved_exc)
                        handed_back(self, pushes)
            except Exception as error:  # noqa: BLE001
                self.fault(error)
            return result

        return auto_pop
