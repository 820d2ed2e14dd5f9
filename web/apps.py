"""The applications that are connected, and the last ones that went away."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .problems import Problem
from .runtime import Runtime

SILENCE: Final = 15.0
"""Seconds without a batch after which a process counts as gone; it sends one every 5."""

MAX_APPS: Final = 500
"""Applications kept at once, those gone included; the longest silent go first."""

MAX_COUNTED: Final = 5000
"""Routes and registry entries kept of one application."""


@dataclass(slots=True)
class AnnouncedApp:
    """One application in one process. Changed by :class:`Apps` only, under its lock."""

    id: str
    key: str
    """What the application's events carry as ``app``."""
    agent: Mapping[str, Any]
    announcement: Mapping[str, Any]
    heard: float
    """Monotonic seconds of the last batch of its process."""
    order: int
    """Rising with every application that appears."""
    gone_since: int | None = None
    """Nanoseconds since the epoch, None while it is connected."""

    @property
    def base_url(self) -> str | None:
        url = self.announcement.get("base_url")
        return url.rstrip("/") if isinstance(url, str) else None

    @property
    def allow_methods(self) -> tuple[str, ...]:
        """Methods that may be fired; reading ones always."""
        more = (str(m).upper() for m in _items(self.announcement, "allow_methods"))
        return tuple(dict.fromkeys(("GET", "HEAD", *more)))

    def to_item(self) -> dict[str, Any]:
        """The application item of ``docs/wire.md``."""
        announced, agent = self.announcement, self.agent
        return {
            "id": self.id,
            "name": self.key,
            "framework": announced.get("framework"),
            "version": announced.get("version"),
            "pid": agent.get("pid"),
            "base_url": self.base_url,
            "connected": self.gone_since is None,
            "gone_since": self.gone_since,
            "agent": agent.get("id"),
            "host": agent.get("host"),
            "python": agent.get("python"),
            "command": agent.get("command"),
            "allow_methods": list(self.allow_methods),
            "samples": _items(announced, "samples"),
        }

    def routes(self) -> list[Mapping[str, Any]]:
        return _routes(self.announcement)

    def registry(self) -> list[Mapping[str, Any]]:
        return _registry(self.announcement)

    @property
    def _twin(self) -> tuple[str, Any]:
        return self.key, self.agent.get("command")


Remembered = tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]
"""An agent, and the applications that it announced."""


@dataclass(slots=True)
class _Known:
    """What :class:`Apps` guards with its lock."""

    apps: dict[str, AnnouncedApp] = field(default_factory=dict)
    remembered: dict[str, Remembered] = field(default_factory=dict)
    """By agent: those that the dashboard before this one knew, and this one did not hear yet."""
    awaited_until: float = 0.0
    """Until when they may be there all the same, in monotonic seconds."""
    counter: int = 0


class Apps:
    """Who is connected. Tasks of the runtime may call everything here, at the same time too."""

    def __init__(
        self, runtime: Runtime, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._runtime = runtime
        self._monotonic = monotonic
        self._lock = runtime.lock()
        self._known = _Known()

    def remember(self, processes: Iterable[Remembered]) -> None:
        """Agents and what they announced to the dashboard that ran before.

        They announce themselves once, so their next batch counts as if it had brought this.
        """
        with self._lock:
            for agent, announced in processes:
                self._known.remembered[str(agent.get("id"))] = agent, announced
            self._known.awaited_until = self._monotonic() + SILENCE

    def awaited(self) -> list[int]:
        """Processes that the dashboard before this one knew and that may yet be heard again."""
        with self._lock:
            if self._monotonic() > self._known.awaited_until:
                return []
            pids = [agent.get("pid") for agent, _ in self._known.remembered.values()]
        return [pid for pid in pids if isinstance(pid, int)]

    def seen(
        self, agent: Mapping[str, Any], apps: Sequence[Mapping[str, Any]], *, bye: bool
    ) -> bool:
        """A batch of *agent* came, announcing *apps*; whether anything to show has changed."""
        with self._lock:
            changed = self._hear(agent, apps, bye=bye)
            if changed:
                self._forget_twins()
            return changed

    def sweep(self) -> bool:
        """Count processes that fell silent as gone; whether there were any."""
        limit = self._monotonic() - SILENCE
        with self._lock:
            silent = [a for a in self._known.apps.values() if not a.gone_since and a.heard < limit]
            for app in silent:
                app.gone_since = self.heard_at(app)
            if silent:
                self._forget_twins()
            return bool(silent)

    def heard_at(self, app: AnnouncedApp) -> int:
        """When the last batch of *app*'s process came, in nanoseconds since the epoch."""
        return self._runtime.now() - int((self._monotonic() - app.heard) * 1e9)

    def items(self) -> list[dict[str, Any]]:
        """Application items: connected ones first, newest process first, as announced within one.

        One that went is not listed while the same command runs it again.
        """
        self.sweep()
        with self._lock:
            live = {app._twin for app in self._known.apps.values() if app.gone_since is None}
            shown = [
                app
                for app in self._known.apps.values()
                if app.gone_since is None or app._twin not in live
            ]
            begun: dict[Any, int] = {}
            for app in shown:
                agent = app.agent.get("id")
                begun[agent] = min(app.order, begun.get(agent, app.order))
            shown.sort(
                key=lambda app: (
                    app.gone_since is not None, -begun[app.agent.get("id")], app.order
                )
            )  # fmt: skip
            return [app.to_item() for app in shown]

    def registered(self) -> list[dict[str, Any]]:
        """What is registered in each application that :meth:`items` lists, in the same order."""
        with self._lock:
            known = dict(self._known.apps)
        shown = [known[item["id"]] for item in self.items() if item["id"] in known]
        return [registered_item(app.agent.get("id"), app.announcement) for app in shown]

    def get(self, app_id: str) -> AnnouncedApp:
        """The application with this id, gone or not; a 404 :class:`Problem` without one."""
        self.sweep()
        with self._lock:
            app = self._known.apps.get(app_id)
        if app is None:
            raise Problem(
                404,
                "Unknown application",
                "No application with this id has reported to this dashboard.",
                asked=app_id,
                todo="GET /api/apps lists those that have; a restarted process has a new id.",
            )
        return app

    def _hear(
        self, agent: Mapping[str, Any], apps: Sequence[Mapping[str, Any]], *, bye: bool
    ) -> bool:
        now, changed = self._monotonic(), False
        _, remembered = self._known.remembered.pop(str(agent.get("id")), ((), ()))
        for announcement in (*remembered, *apps):
            self._announce(agent, announcement, now)
            changed = True
        gone_since = self._runtime.now() if bye else None
        for app in self._known.apps.values():
            if app.agent.get("id") != agent.get("id"):
                continue
            app.heard = now
            if (app.gone_since is None) == bye:
                app.gone_since = gone_since
                changed = True
        return changed

    def _announce(
        self, agent: Mapping[str, Any], announcement: Mapping[str, Any], now: float
    ) -> None:
        key = str(announcement.get("key", ""))
        app_id = _app_id(str(agent.get("id", "")), key)
        known = self._known
        if app_id in known.apps:
            known.apps[app_id].announcement = announcement
            return
        known.counter += 1
        known.apps[app_id] = AnnouncedApp(
            id=app_id, key=key, agent=agent, announcement=announcement, heard=now,
            order=known.counter,
        )  # fmt: skip

    def _forget_twins(self) -> None:
        """Of the applications that went, keep the last one per name and command."""
        kept: dict[tuple[str, Any], AnnouncedApp] = {}
        for app in sorted(self._known.apps.values(), key=lambda app: app.gone_since or 0):
            if app.gone_since is None:
                continue
            if app._twin in kept:
                del self._known.apps[kept[app._twin].id]
            kept[app._twin] = app
        too_many = len(self._known.apps) - MAX_APPS
        if too_many > 0:
            longest_silent = sorted(self._known.apps.values(), key=lambda app: app.heard)
            for app in longest_silent[:too_many]:
                del self._known.apps[app.id]


def registered_item(agent: object, announcement: Mapping[str, Any]) -> dict[str, Any]:
    """What one process announced as registered in one application: ``Registered`` of the API."""
    return {
        "app": str(announcement.get("key", "")),
        "agent": str(agent or ""),
        "version": announcement.get("version"),
        "routes": _routes(announcement),
        "registry": _registry(announcement),
    }


def _routes(announcement: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    routes = _items(announcement, "routes")[:MAX_COUNTED]
    return [_route_item(route) for route in routes if isinstance(route, Mapping)]


def _registry(announcement: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    entries = _items(announcement, "registry")[:MAX_COUNTED]
    return [entry for entry in entries if isinstance(entry, Mapping)]


def _app_id(agent: str, key: str) -> str:
    # An application's key may hold anything; the id stands in addresses.
    return hashlib.sha256(f"{agent}\0{key}".encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _items(announcement: Mapping[str, Any], name: str) -> list[Any]:
    value = announcement.get(name)
    return list(value) if isinstance(value, list | tuple) else []


_ROUTE_FIELDS: Final = (
    "rule", "methods", "endpoint", "arguments", "defaults", "file", "line", "registered_by",
)  # fmt: skip


def _route_item(route: Mapping[str, Any]) -> dict[str, Any]:
    return {name: route.get(name) for name in _ROUTE_FIELDS}
