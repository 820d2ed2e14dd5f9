"""What all probes have in common."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Final

from flask import Flask

from ..applications import Applications, AppRecord
from ..current import current_app_key
from ..hot_path import FLOWS, INNER, OpenSpan, Recording, Switch, handed_here
from ..sources import Sources
from .functions import FunctionTable
from .libraries import Libraries
from .patching import Patches
from .places import Places

PATIENCE: Final = 5
"""Faults after which a probe switches itself off."""

_logger = logging.getLogger("flaskscope")


class Tools:
    """What a probe works with; made once for all probes of one installation."""

    def __init__(
        self,
        recorder: Recording,
        apps: Applications,
        sources: Sources,
        labels: Iterator[int],
        attach: Callable[[Flask], AppRecord | None],
    ) -> None:
        self.recorder = recorder
        self.apps = apps
        self.functions = FunctionTable(sources)
        self.libraries = Libraries()
        self.parameters: frozenset[str | None] = frozenset()
        """Keys of the applications whose SQL parameters may be shown; None in it: of all."""
        self.places = Places(sources)
        self.labels = labels
        """Numbers for contexts."""
        self.covers_all = False
        """Whether applications are traced that nobody named, those made later too."""
        self.roles: dict[str, Any] = {}
        """What the functions that Flask calls are → the :class:`~.calls.Role` that knows them."""
        self.steps: dict[str, Any] = {}
        """What a function of Flask calls is → what stands around it beside its span."""
        self.shows_values = False
        """Whether values are shown where names are."""
        self.label_of: Callable[[Any], str | None] = _nothing
        """The label of a context object."""
        self.watch_context: Callable[[Any, AppRecord], Any] = _nothing
        self.watch_call: Callable[[Any, Any, Any, Any], Any] = lambda function, *_: function
        """A function, its role and what is said about it → the same inside a span."""
        self.see_session_interface: Callable[[type], None] = _nothing
        self.session_interfaces: set[type] = set()
        """Classes that are patched."""
        self._attach = attach

    def record_of(self, app: Any) -> AppRecord | None:
        """The record of *app* if it is traced; the first look at a new application attaches it."""
        record = self.apps.find(app)
        if record is not None:
            return record
        return self._attach(app) if self.covers_all else None

    def current_key(self) -> str | None:
        """The key of the application that the open span belongs to."""
        return current_app_key()

    def inside(self) -> OpenSpan | None:
        """What is open here, or where the context that we run in was copied; None outside all
        traces, and where nothing is to be recorded."""
        flow = FLOWS.flow if INNER.flow_of is None else self.recorder.flow()
        opened: OpenSpan = flow.open
        if opened[2].id is not None:
            return opened
        handed = None if opened[2].is_silent else handed_here(flow)
        return None if handed is None or handed[1] is flow else handed


def _nothing(*args: Any) -> None:
    """Until the probe that knows better is made."""


class Probe(Switch):
    """One concern. Wrappers ask :attr:`is_on` first and pass through when it is not."""

    name: ClassVar[str] = ""
    kinds: ClassVar[tuple[str, ...]] = ()
    """What it records: its hook points, for the tests that inject faults into each."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self.tools = tools
        self.recorder = tools.recorder
        self.faults = 0

    def install(self, patches: Patches) -> None:
        """Patch classes and modules."""

    def attach(self, app: Flask, record: AppRecord, patches: Patches, of_classes: Patches) -> None:
        """Patch one application, and its classes where that was not done for another one."""

    def finish_open(self) -> None:
        """Nothing is seen from here on: end what is still open."""

    def uninstall(self) -> None:
        """Undo what is not a patch; patches are taken out by whoever holds them."""

    def end_anyway(self, span: OpenSpan, error: Exception) -> None:
        """What was to be said about the end of *span* could not be found out: it ends all the
        same."""
        self.fault(error)
        try:
            self.recorder.end(span)
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)

    def fault(self, error: Exception) -> None:
        """A fault of ours, on the application's thread: it is counted, and nothing else happens.

        A probe that keeps failing switches itself off and says so, once.
        """
        self.faults += 1
        if self.faults == PATIENCE:
            super().__init__()
            try:
                _logger.warning(
                    "Flaskscope's probe %r failed %d times and is off until the tracer is "
                    "attached again. The last fault was %s.",
                    self.name,
                    self.faults,
                    type(error).__name__,
                )
            except Exception:  # noqa: BLE001 - a handler of the application failed; not our affair
                self.faults += 1
