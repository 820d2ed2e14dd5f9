"""The one instrumentation of this process, shared by every tracer and every capture.

A tracer takes a lease: of one application, or of all. Patches go in with the first lease and come
out with the last one.
"""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Iterator
from functools import wraps
from itertools import count
from typing import Any, Final

from flask import Flask

from .applications import ATTRIBUTE, Applications, AppRecord
from .collector import Collector
from .exporters.memory import Capture
from .exporters.native import warn
from .exporters.outlet import HttpOutlet
from .native import RLock
from .probes.base import Probe, Tools
from .probes.catalog import CATALOG, SWITCHED
from .probes.flask_compat import flask_version, refusal
from .probes.patching import Patches
from .probes.wsgi import WsgiProbe
from .sources import Sources


class UnsupportedFlaskError(RuntimeError):
    """The installed Flask is too old; the message says so."""


class Lease:
    """A claim to have one application traced, or all of them."""

    __slots__ = ("__weakref__", "app", "record")

    def __init__(self, app: Flask | None, record: frozenset[str] = frozenset()) -> None:
        self.app = None if app is None else weakref.ref(app)
        """None: all applications."""
        self.record = record
        """What shall be recorded beyond the default."""


class Engine:
    """Leases, patches and outlets. Changed under a lock, on the threads that attach and detach."""

    def __init__(self) -> None:
        self.collector = Collector()
        self.apps = Applications()
        self.sources = Sources()
        self._lock = RLock()
        self._leases: list[Lease] = []
        self._labels = count(1)
        self._probes: list[Probe] = []
        self._class_patches = Patches()
        self._tools: Tools | None = None
        self._switched: dict[str, tuple[Probe, Patches]] = {}
        self._outlet: HttpOutlet | None = None

    @property
    def is_on(self) -> bool:
        """Whether anything is traced now."""
        return bool(self._probes)

    @property
    def probes(self) -> tuple[Probe, ...]:
        """Those that are installed now."""
        return (*self._probes, *(probe for probe, _ in self._switched.values()))

    # --- leases ----------------------------------------------------------------------------------

    def lease(
        self,
        app: Flask | None,
        look_around: bool = False,
        record: frozenset[str] = frozenset(),
    ) -> Lease:
        """Trace *app*, or all applications when it is None; *look_around* finds those there are.

        *record* names what is switched on, for all that is traced, as long as the lease lasts.
        Raises :class:`UnsupportedFlaskError`.
        """
        why_not = refusal(flask_version())
        if why_not is not None:
            raise UnsupportedFlaskError(why_not)
        with self._lock:
            lease = Lease(app, record)
            self._leases.append(lease)
            try:
                if not self._probes:
                    self._install()
                if app is not None:
                    self._attach(app)
                else:
                    self._cover_all()
                    if look_around:
                        self._find_existing()
                self._share_options()
                self._switch()
            except BaseException:
                self.release(lease)  # nothing stays half installed
                raise
            return lease

    def release(self, lease: Lease) -> None:
        with self._lock:
            if lease not in self._leases:
                return
            self._leases.remove(lease)
            if not self._leases:
                self._uninstall()
                return
            assert self._tools is not None
            self._tools.covers_all = any(one.app is None for one in self._leases)
            self._share_options()
            self._switch()
            for record in self.apps.records():
                app = record.app()
                if app is not None and not self._is_wanted(app):
                    self._detach(app, record)

    def patches(self) -> int:
        """How many attributes of classes are replaced now, and parts of applications."""
        with self._lock:
            libraries = 0 if self._tools is None else len(self._tools.libraries)
            piles = [self._class_patches, *(patches for _, patches in self._switched.values())]
            apps = sum(len(self.apps.held(app).undo) for app in self._known_apps())
            return libraries + apps + sum(map(len, piles))

    def capture(
        self,
        app: Flask | None,
        record: frozenset[str] = frozenset(),
    ) -> tuple[Capture, Lease]:
        """Start to record in memory."""
        with self._lock:
            lease = self.lease(app, record=record)
            capture = Capture(self.collector, None if app is None else self.apps.of(app).key)
            self.collector.captures += 1
            self.collector.add_outlet(capture)
            return capture, lease

    def end_capture(self, capture: Capture, lease: Lease) -> None:
        with self._lock:
            if self._leases == [lease]:
                self.collector.pump()
                capture.end_open(spare_roots=True)  # they know more about themselves
                self._finish_open()
            self.collector.remove_outlet(capture)
            capture.end_open()
            self.collector.captures -= 1
            self.release(lease)

    # --- outlets ---------------------------------------------------------------------------------

    def outlet(self, dashboard: str, token: str | None) -> HttpOutlet:
        """What sends to *dashboard*; one however many tracers ask.

        A process has one dashboard: whoever asks for another one gets the first, and a warning.
        """
        with self._lock:
            found = self._outlet
            if found is None:
                found = HttpOutlet(
                    dashboard,
                    token,
                    self.collector,
                    self.apps,
                    self.sources,
                    self.finish_process,
                )
                self._outlet = found
                self.collector.add_outlet(found)
            elif found.dashboard != dashboard:
                warn(
                    f"Flaskscope sends to {found.dashboard} already, so nothing goes to "
                    f"{dashboard}: a process has one dashboard. Uninstall the tracer that named "
                    "the first one, or leave dashboard= out."
                )
            found.users += 1
            return found

    def close_outlet(self, outlet: HttpOutlet) -> None:
        with self._lock:
            outlet.users -= 1
            if outlet.users > 0:
                return
            self._outlet = None
        outlet.stop()
        self.collector.remove_outlet(outlet)

    # --- patches ---------------------------------------------------------------------------------

    def _install(self) -> None:
        tools = Tools(
            self.collector, self.apps, self.sources, self._labels, self._attach_first_seen
        )
        tools.covers_all = any(lease.app is None for lease in self._leases)
        self._tools = tools
        self._probes = [probe(tools) for probe in CATALOG]
        for probe in self._probes:
            probe.install(self._class_patches)
            probe.is_on = True

    def _switch(self) -> None:
        """Install what somebody asks for, and take out what nobody asks for any more."""
        assert self._tools is not None
        wanted = frozenset().union(*(lease.record for lease in self._leases))
        for name, make in SWITCHED.items():
            if name in wanted and name not in self._switched:
                probe, patches = make(self._tools), Patches()
                self._switched[name] = probe, patches
                probe.install(patches)
                probe.is_on = True
            elif name not in wanted and name in self._switched:
                probe, patches = self._switched.pop(name)
                probe.is_on = False
                probe.uninstall()
                patches.restore()

    def _uninstall(self) -> None:
        self._finish_open()
        if self._tools is not None:
            self._tools.libraries.close()
        self._switch()
        for probe in reversed(self._probes):
            probe.is_on = False
            probe.uninstall()
        for app in self._known_apps():
            self.apps.held(app).give_back()
        self._class_patches.restore()
        for app in self._known_apps():
            self.apps.switch(app, self.apps.of(app), False)
        self.apps.forget()
        self.collector.forget()
        self._probes = []
        self._tools = None

    def _share_options(self) -> None:
        """Tell the probes what the tracers that are attached now have opted in to."""
        assert self._tools is not None
        keys: set[str | None] = set()
        for lease in self._leases:
            app = None if lease.app is None else lease.app()
            if "sql" in lease.record and (lease.app is None or app is not None):
                keys.add(None if app is None else self.apps.of(app).key)
        self._tools.parameters = frozenset(keys)

    def _cover_all(self) -> None:
        assert self._tools is not None
        self._tools.covers_all = True
        for probe in self._wsgi():
            probe.cover_all()
        self._class_patches_init()

    def _class_patches_init(self) -> None:
        if getattr(vars(Flask)["__init__"], ATTRIBUTE, None) is self:
            return
        self._class_patches.replace(Flask, "__init__", self._watch_init)

    def _watch_init(self, original: Any) -> Any:
        @wraps(original)
        def __init__(app: Flask, *args: Any, **kwargs: Any) -> None:
            original(app, *args, **kwargs)
            if self._tools is not None and self._tools.covers_all and self._probes:
                self._attach_first_seen(app)

        setattr(__init__, ATTRIBUTE, self)
        return __init__

    def _attach_first_seen(self, app: Flask) -> AppRecord | None:
        """An application that nobody named, at the moment when it is first seen."""
        try:
            with self._lock:
                return self._attach(app) if self._probes else None
        except Exception:  # noqa: BLE001 - half made, or not an application at all
            return None

    def _attach(self, app: Flask) -> AppRecord:
        record = self.apps.of(app)
        if not record.is_on:
            patches = Patches()
            self.apps.held(app).undo.append(patches.restore)
            for probe in self._probes:
                probe.attach(app, record, patches, self._class_patches)
            self.apps.switch(app, record, True)
        return record

    def _detach(self, app: Flask, record: AppRecord) -> None:
        self.apps.switch(app, record, False)
        self.apps.held(app).give_back()

    def _known_apps(self) -> list[Flask]:
        found = [record.app() for record in self.apps.records()]
        return [app for app in found if app is not None]

    def _is_wanted(self, app: Flask) -> bool:
        return any(one.app is None or one.app() is app for one in self._leases)

    def _find_existing(self) -> None:
        # By identity: everything else would ask metaclasses, which are the application's code.
        classes = {id(cls) for cls in _with_subclasses(Flask)}
        for candidate in gc.get_objects():
            if id(type(candidate)) in classes and "url_map" in candidate.__dict__:
                self._attach_first_seen(candidate)

    def _finish_open(self) -> None:
        for probe in self._probes:
            probe.finish_open()

    def finish_process(self) -> None:
        """The process ends: end the requests whose response nobody closed."""
        for probe in self._wsgi():
            probe.finish_all()

    def _wsgi(self) -> list[WsgiProbe]:
        return [probe for probe in self._probes if isinstance(probe, WsgiProbe)]

    # --- fork ------------------------------------------------------------------------------------

    def after_fork(self) -> None:
        """In the child: a new agent; the thread that sends did not come along."""
        self._lock = RLock()
        self.apps.after_fork()
        self.sources.after_fork()
        if self._tools is not None:
            self._tools.libraries.after_fork()
        self.collector.after_fork()
        if self._outlet is not None:
            self._outlet.after_fork()


def _with_subclasses(cls: type) -> Iterator[type]:
    yield cls
    subclasses: list[type] = type.__subclasses__(cls)
    for subclass in subclasses:
        yield from _with_subclasses(subclass)


ENGINE: Final = Engine()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=ENGINE.after_fork)
