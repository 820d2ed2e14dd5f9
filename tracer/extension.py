"""``Tracer``: what an application's author uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask

from . import current
from .announcement import Announcement
from .capture import describe
from .config import TracerConfig
from .engine import ENGINE, Lease, UnsupportedFlaskError
from .exporters.native import warn
from .exporters.outlet import HttpOutlet
from .hot_path import charge
from .redaction import REDACTED, is_secret

Sample = Mapping[str, Any]


class Tracer:
    """Sees what a Flask application does, and is never noticed by it.

    ``Tracer(app)`` traces one application, when it is in debug, when there is a dashboard
    (*dashboard* or ``FLASKSCOPE_DASHBOARD``) or with ``enabled=True``; otherwise it does nothing.
    ``Tracer().instrument_all()`` traces every application of the process. ``uninstall()`` gives
    everything back. Attaching twice does nothing.

    *record* names what is recorded beyond the default, else ``FLASKSCOPE_RECORD`` does, with
    commas: ``proxy`` (each use of request, session, g, …), ``local``, ``state`` (what changed after
    each step), ``values`` (instead of names), ``sql`` (the values that go with statements; those
    under secret names stay hidden). It holds for all that is traced in this process, ``sql`` for
    the application alone, as long as this tracer is attached. :class:`ValueError` for another name,
    a dashboard that is no URL, a key that cannot be one, and what :meth:`announce` refuses; nothing
    is attached then.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        dashboard: str | None = None,
        token: str | None = None,
        enabled: bool | None = None,
        base_url: str | None = None,
        samples: Sequence[Sample] = (),
        allow_methods: Iterable[str] | None = None,
        record: str | Iterable[str] | None = None,
    ) -> None:
        self._config = TracerConfig.read(dashboard, token, enabled, record=record)
        self._announcement = Announcement.read(base_url, samples, allow_methods)
        self._leases: list[Lease] = []
        self._outlet: HttpOutlet | None = None
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Trace *app*; :class:`TypeError` if it is not a Flask application."""
        _check(app)
        if not self._config.is_on_for(app.debug):
            return
        if any(one.app is not None and one.app() is app for one in self._leases):
            return
        if not self._take(app):
            return
        _describe(app, self._announcement)
        self._connect()

    def instrument_all(self) -> None:
        """Trace every Flask application of this process, existing or made later."""
        if self._config.disabled or self._config.enabled is False:
            return
        if any(one.app is None for one in self._leases):
            return
        if self._take(None):
            self._connect()

    def uninstall(self) -> None:
        """Give everything back that this tracer took; a second call does nothing."""
        outlet, self._outlet = self._outlet, None
        if outlet is not None:
            ENGINE.close_outlet(outlet)
        while self._leases:
            ENGINE.release(self._leases.pop())

    def announce(
        self,
        app: Flask,
        *,
        base_url: str | None = None,
        samples: Sequence[Sample] = (),
        allow_methods: Iterable[str] | None = None,
    ) -> None:
        """Tell the dashboard where *app* is reached, what can be fired and by which methods.

        Without *base_url* the server or the first request tells it. :class:`ValueError` for what
        is no URL, no mapping, no list of methods.
        """
        _check(app)
        announcement = Announcement.read(base_url, samples, allow_methods)
        if self._config.disabled:
            return
        _describe(app, announcement)
        self._connect()

    def announce_program(
        self,
        key: str,
        *,
        name: str,
        framework: str,
        base_url: str | None,
        routes: Sequence[Mapping[str, Any]] = (),
        samples: Sequence[Sample] = (),
        allow_methods: Iterable[str] = ("GET", "HEAD"),
    ) -> None:
        """The same for something that is not a Flask application; see ``apps`` in wire.md."""
        announcement = Announcement.read(base_url, samples, allow_methods)
        if self._config.disabled:
            return
        ENGINE.apps.announce_program(
            key,
            {
                "key": key,
                "name": name,
                "framework": framework,
                "version": "",
                "base_url": announcement.base_url,
                "allow_methods": sorted(announcement.allow_methods or ()),
                "routes": [dict(route) for route in routes],
                "registry": [],
                "samples": list(announcement.samples),
            },
        )
        self._connect()

    @contextmanager
    def span(self, name: str, **attributes: Any) -> Iterator[None]:
        """A span of your own around a block; :func:`span` says more."""
        yield from user_span(name, attributes)

    def _take(self, app: Flask | None) -> bool:
        """Whether *app*, or everything, is traced from here on; a Flask too old is one warning."""
        try:
            lease = ENGINE.lease(
                app,
                look_around=app is None,
                record=self._config.record,
            )
        except UnsupportedFlaskError as error:
            _warn_once(str(error))
            return False
        self._leases.append(lease)
        return True

    def _connect(self) -> None:
        if self._config.dashboard is None:
            return
        if self._outlet is None:
            self._outlet = ENGINE.outlet(self._config.dashboard, self._config.token)
        self._outlet.wake()


@contextmanager
def span(name: str, **attributes: Any) -> Iterator[None]:
    """``with tracer.span("load cart", items=3):`` is a span of your own around the block.

    It stands below what is open in the same flow of control (thread, greenlet, task); outside of
    any request it belongs to no trace, and while nobody traces it is just the block. Values are
    bounded, redacted, and described without running their code. Raises nothing of its own.
    """
    yield from user_span(name, attributes)


def user_span(name: str, attributes: Mapping[str, Any]) -> Iterator[None]:
    """The generator behind both; what is inside is never disturbed by a fault of ours."""
    opened = None
    try:
        if ENGINE.is_on:
            shown = {
                key: REDACTED if is_secret(key) else describe(value)
                for key, value in attributes.items()
            }
            shown_name = describe(str(name))
            charge(ENGINE.collector.buffer, shown_name, *shown.values())
            opened = ENGINE.collector.begin("span", shown_name, current.current_app_key(), shown)
    except Exception:  # noqa: BLE001
        opened = None
    try:
        yield
    except BaseException as error:
        if opened is not None:
            with suppress(Exception):
                ENGINE.collector.left(opened, error)
        raise
    if opened is not None:
        with suppress(Exception):
            ENGINE.collector.end(opened)


def _describe(app: Flask, announcement: Announcement) -> None:
    record = ENGINE.apps.of(app)
    if announcement.base_url is not None:
        record.base_url, record.is_announced = announcement.base_url, True
    if announcement.samples:
        record.samples = announcement.samples
    if announcement.allow_methods is not None:
        record.allow_methods = announcement.allow_methods


_told: set[str] = set()


def _warn_once(text: str) -> None:
    if text not in _told:
        _told.add(text)
        warn(text)


def _check(app: Any) -> None:
    if Flask not in type(app).__mro__:
        raise TypeError(
            f"Tracer traces a Flask application, found {type(app).__name__!r}. Pass the object "
            "that Flask(…) returned, or use Tracer().instrument_all() for all of them."
        )
