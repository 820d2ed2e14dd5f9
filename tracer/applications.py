"""The applications of this process, each under the key that its events carry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from weakref import ReferenceType, finalize, ref

from flask import Flask

from .events import word
from .native import Lock

ATTRIBUTE: Final = "_flaskscope"
"""Where an application carries its :class:`Held`."""
SAFE_METHODS: Final = ("GET", "HEAD")


class AppRecord:
    """What the tracer knows about one application.

    The registry holds it, so it holds nothing of the application, which would then never be
    freed: what may lead back there belongs into :class:`Held`. Read by request threads; changed
    at attach and announcement.
    """

    __slots__ = (
        "__weakref__",
        "allow_methods",
        "app",
        "base_url",
        "functions",
        "gone",
        "is_announced",
        "is_on",
        "key",
        "samples",
        "signals",
        "unheard",
    )

    def __init__(self, app: Flask, key: str) -> None:
        self.app: ReferenceType[Flask] = ref(app)
        self.key = key
        self.unheard: Mapping[str, Any] = {"sender": key, "receivers": 0}
        """Shared by the events of this application's signals that nobody listens to."""
        self.signals: dict[Any, Any] = {}
        """One of Flask's signals → its plan, the argument that may hold an exception, and what is
        called before it is recorded, if anything."""
        self.is_on = False
        """Whether somebody traces it now."""
        self.gone: finalize[Any, Any] | None = None
        """What forgets the application when it is freed while it is traced."""
        self.base_url: str | None = None
        self.is_announced = False
        """Whether its URL was said explicitly; otherwise the server or the first request tells."""
        self.samples: Sequence[Mapping[str, Any]] = ()
        self.allow_methods: Iterable[str] = SAFE_METHODS
        self.functions: dict[str, dict[int, Any]] = {}
        """Role → id of a function → what was prepared for it; owned by the probes."""


class Held:
    """What the tracer keeps and the application alone holds, so that both go together: it leads to
    hooks, views and middleware, and those to the application as a rule."""

    __slots__ = ("calls", "chain", "owner", "places", "record", "undo")

    def __init__(self, app: Flask, record: AppRecord) -> None:
        self.record = record
        self.owner = id(app)
        """Whose this is: a copy of an application has all its attributes."""
        self.forget()

    def forget(self) -> None:
        """Nothing is known and nothing is replaced."""
        self.calls: dict[Any, Any] = {}
        """id of a function that Flask calls → where it is registered, and what is called instead;
        in several places, id and scope. Owned by the probe of calls."""
        self.places: dict[str, dict[int, Any]] = {}
        """Kind of hook → id of a function → where it is registered; owned by the probe of hooks."""
        self.chain: tuple[int, tuple[Any, ...]] = (0, ())
        """id of the outermost WSGI callable that was looked at, and the layers found behind it."""
        self.undo: list[Callable[[], None]] = []
        """What gives back what was replaced in the application."""

    def give_back(self) -> None:
        while self.undo:
            self.undo.pop()()
        self.forget()


class Applications:
    """Finds and names records. Looking one up takes no lock; making one does."""

    def __init__(self) -> None:
        self._records: list[AppRecord] = []
        self.traced: dict[int, AppRecord] = {}
        """id of an application that is traced → its record; the entry goes before the id does."""
        self._names: dict[str, int] = {}
        self._programs: dict[str, dict[str, Any]] = {}
        self._lock = Lock()

    def of(self, app: Flask) -> AppRecord:
        """The record of *app*, made when it is new."""
        return self.held(app).record

    def held(self, app: Flask) -> Held:
        """What *app* holds for us, made when it is new."""
        found: Held | None = app.__dict__.get(ATTRIBUTE)
        if found is not None and found.owner == id(app):
            return found
        with self._lock:
            found = app.__dict__.get(ATTRIBUTE)
            if found is None or found.owner != id(app):
                found = Held(app, AppRecord(app, self._key(word(app.name))))
                app.__dict__[ATTRIBUTE] = found
                self._records.append(found.record)
        return found

    def find(self, app: Any) -> AppRecord | None:
        """The record of *app* if that is an application that is traced; cheap, for any object."""
        return self.traced.get(id(app))

    def switch(self, app: Flask, record: AppRecord, on: bool) -> None:
        """Begin or end to trace *app*."""
        record.is_on = on
        if on:
            self.traced[id(app)] = record
            record.gone = finalize(app, self.traced.pop, id(app), None)
            record.gone.atexit = False
        else:
            self.traced.pop(id(app), None)
            if record.gone is not None:
                record.gone.detach()

    def records(self) -> list[AppRecord]:
        """Those whose application is alive, in the order in which they were seen."""
        with self._lock:
            self._records = [record for record in self._records if record.app() is not None]
            return list(self._records)

    def forget(self) -> None:
        """Take the attribute off every application; a later look makes new records, same keys."""
        for record in self.records():
            app = record.app()
            if app is not None and ATTRIBUTE in app.__dict__:
                del app.__dict__[ATTRIBUTE]
        with self._lock:
            self._records.clear()
            self.traced.clear()
            self._names.clear()

    def announce_program(self, key: str, item: Mapping[str, Any]) -> None:
        """Something that is not a Flask application, as one item of ``apps`` in wire.md."""
        with self._lock:
            self._programs[key] = dict(item)

    def programs(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._programs.values())

    def after_fork(self) -> None:
        self._lock = Lock()

    def _key(self, name: str) -> str:
        """*name*, or ``name#2`` for another living application of the same name."""
        taken = {record.key for record in self._records if record.app() is not None}
        if name not in taken:
            return name
        number = self._names.get(name, 1)
        while True:
            number += 1
            key = f"{name}#{number}"
            if key not in taken:
                self._names[name] = number
                return key


def learn_base_url(record: AppRecord, environ: Mapping[str, Any]) -> None:
    """The URL under which *record*'s application is reached, from the first request that says so.

    Never from the Host header, which anybody can write, and not from a test client, whose server
    is made up: each server says what it is, or from which port it was asked.
    """
    if "SERVER_SOFTWARE" in environ or "REMOTE_PORT" in environ:
        scheme = environ.get("wsgi.url_scheme", "http")
        host, port = environ.get("SERVER_NAME"), environ.get("SERVER_PORT")
        learn_address(record, scheme, host, port, environ.get("SCRIPT_NAME", ""))


def learn_address(record: AppRecord, scheme: str, host: Any, port: Any, script: str) -> None:
    """The same from where a server listens, unless it is known already."""
    if record.base_url is not None or record.is_announced or not host or not port:
        return
    if host in ("0.0.0.0", "::", "[::]"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    record.base_url = f"{scheme}://{shown}:{port}{script.rstrip('/')}"
