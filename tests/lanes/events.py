"""What a dashboard has been told about an application, trace by trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.processes import DashboardProcess
from tests.zero_code.commands import traces_of

Lane = tuple[int, int, str, int | None, str | None]


@dataclass(frozen=True)
class Stored:
    """One event, as the dashboard tells it."""

    raw: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.raw["kind"])

    @property
    def name(self) -> str:
        return str(self.raw["name"])

    @property
    def span(self) -> str | None:
        return self.raw["span_id"]  # type: ignore[no-any-return]

    @property
    def parent(self) -> str | None:
        return self.raw["parent_id"]  # type: ignore[no-any-return]

    @property
    def lane(self) -> Lane:
        lane = self.raw["lane"]
        return (
            lane["pid"], lane["thread"], lane["thread_name"], lane["greenlet"], lane["task"]
        )  # fmt: skip


@dataclass(frozen=True)
class StoredTrace:
    pid: int
    path: str
    events: list[Stored]
    """Each begin and instant, in order."""

    def of(self, kind: str) -> list[Stored]:
        return [event for event in self.events if event.kind == kind]

    def canaries(self) -> list[Stored]:
        """The signals that the application sends to say which request it believes to work for."""
        return [event for event in self.of("signal") if event.name.startswith("canary ")]

    def number(self) -> str:
        """Which request it is: the last part of its path."""
        return self.path.rpartition("/")[2]


def stored(dashboard: DashboardProcess, app: str, count: int) -> list[StoredTrace]:
    """The whole traces of *app*, as soon as there are *count*."""
    found = []
    for item in traces_of(dashboard, app, count):
        path = f"/api/traces/{item['id']}/events?limit=5000"
        events = dashboard.request("GET", path).json["items"]
        assert len({event["seq"] for event in events}) == len(events)
        begun = [Stored(event) for event in events if event["phase"] != "end"]
        found.append(StoredTrace(item["pid"], item["path"], begun))
    return found
