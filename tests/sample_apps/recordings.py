"""The recording of every lesson's requests: what was traced when its pictures were taken.

``pictures.py --write`` keeps it beside the lesson, ``s10_hooks/intercept.jsonl.gz``: a recording as
Flaskscope imports it (see ``docs/wire.md``), whose header has also ``requests``, one for each of
the lesson's: how many of the events are its own, in their order, under which trace they were asked
for, and what was answered. The Learn screen shows it to somebody who fires nothing.

Its times are true. What else differs from run to run and from machine to machine is counted anew:
processes, threads, spans, contexts, ports.
"""

from __future__ import annotations

import gzip
import json
import platform
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from typing import Any

from sample_apps.catalog import Lesson
from tracer.engine import ENGINE
from tracer.events import Event, Lane
from tracer.json_lines import dump_lines
from tracer.pytest_plugin import applications

MAX_ANSWER = 4000
"""Characters of an answer that are kept; no lesson's words are longer."""
OWN = "sample_apps/"
"""Source texts of others are not ours to pass on."""
PORT = "5100"
"""The samples' own: where the lesson would have answered."""


@dataclass(frozen=True, slots=True)
class Fired:
    """One request of a lesson, and all that happened until its last thread had ended."""

    trace: str
    events: Sequence[Event]
    status: int
    answer: str


@dataclass(frozen=True, slots=True)
class Run:
    """What one process did for a lesson."""

    fired: Sequence[Fired]
    apps: Sequence[Mapping[str, Any]]
    sources: Sequence[Mapping[str, Any]]
    versions: Mapping[str, str]

    @classmethod
    def of_this_process(cls, fired: Sequence[Fired]) -> Run:
        """With the applications and the source texts that its events are about; while traced."""
        events = [event for one in fired for event in one.events]
        wanted = {event.attributes.get("source") for event in events}
        sources = [
            source
            for source in ENGINE.sources.all()
            if source["id"] in wanted and source["file"].startswith(OWN)
        ]
        return cls(fired, applications(events), sources, versions())


def versions() -> dict[str, str]:
    """What the pictures depend on."""
    packages = {name: metadata.version(name) for name in ("flask", "werkzeug", "blinker")}
    return {"python": platform.python_version(), **packages}


def to_json(run: Run) -> dict[str, Any]:
    """For another process: see :func:`from_json`."""
    fired = [{**asdict(one), "events": [e.to_dict() for e in one.events]} for one in run.fired]
    return {**asdict(replace(run, fired=())), "fired": fired}


def from_json(data: dict[str, Any]) -> Run:
    """What :func:`to_json` made."""
    fired = [Fired(**{**one, "events": [*map(event, one["events"])]}) for one in data.pop("fired")]
    return Run(fired=fired, **data)


def event(item: Mapping[str, Any]) -> Event:
    """One line of a recording."""
    return Event(**{**item, "lane": Lane(**item["lane"])})


def place(lesson: Lesson) -> Path:
    """Where a lesson's recording lies."""
    return lesson.picture.with_suffix(".jsonl.gz")


def write(lesson: Lesson, order: Sequence[tuple[int, int]], runs: Sequence[Run]) -> None:
    """Keep the recording of *lesson*; *order*: of each request, which run and which of its."""
    text = "".join(lines(lesson, order, runs))
    # Without its own time, so that the same lines make the same file.
    place(lesson).write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def lines(lesson: Lesson, order: Sequence[tuple[int, int]], runs: Sequence[Run]) -> Iterator[str]:
    """The recording, line by line."""
    counted = [Counted(lesson, number, run) for number, run in enumerate(runs)]
    requests, events = [], []
    for run, number in order:
        one = runs[run].fired[number]
        own = [counted[run].event(event) for event in one.events]
        events += own
        requests.append(
            {
                "trace": counted[run].trace(one.trace),
                "events": len(own),
                "status": one.status,
                "answer": counted[run].text(one.answer[:MAX_ANSWER]),
            }
        )
    header = {
        "name": f"{lesson.id} · {lesson.title.en}",
        "agents": [one.agent(run) for one, run in zip(counted, runs, strict=True)],
        "apps": [
            {**json.loads(one.text(json.dumps(app))), "agent": one.agent_id}
            for one, run in zip(counted, runs, strict=True)
            for app in run.apps
        ],
        "requests": requests,
    }
    sources = {source["id"]: source for run in runs for source in run.sources}
    yield from dump_lines(events, sources.values(), **header)


NUMBERED = re.compile(
    r"(app_context |request_context |LocalStack |Thread-|Executor-|Task-|0x)([0-9a-f]+)"
)
LOCAL = re.compile(r"(?<=127\.0\.0\.1:)\d{4,5}")
THREAD = re.compile(r'(?<="thread": )\d+')
IDS = re.compile(r"\b(?:[0-9a-f]{32}|[0-9a-f]{16})\b")


class Counted:
    """What counts within a process, counted from 1 in this lesson."""

    def __init__(self, lesson: Lesson, number: int, run: Run) -> None:
        self._seed = f"{lesson.id} {number}".encode()
        events = [event for one in run.fired for event in one.events]
        self._traces = {event.trace_id for event in events}
        self._spans = {event.span_id for event in events} | {event.parent_id for event in events}
        self.pid = number + 1
        self.agent_id = self._digest(16)
        self.prefix = self._digest(4)
        self._numbers: dict[str, dict[Any, int]] = {}
        self._seq = 0

    def agent(self, run: Run) -> dict[str, Any]:
        known = dict(run.versions)
        return {
            "id": self.agent_id,
            "pid": self.pid,
            "host": "",
            "python": known.pop("python"),
            "tracer": metadata.version("flaskscope"),
            "command": "flaskscope samples",
            "versions": known,
            "span_prefixes": [self.prefix],
        }

    def event(self, event: Event) -> Event:
        self._seq += 1
        lane = event.lane
        return replace(
            event,
            seq=self._seq,
            name=self.text(event.name),
            trace_id=event.trace_id and self.trace(event.trace_id),
            span_id=event.span_id and self._span(event.span_id),
            parent_id=event.parent_id and self._span(event.parent_id),
            lane=Lane(
                self.pid,
                self._number("thread", lane.thread),
                self.text(lane.thread_name),
                lane.greenlet and self._number("greenlet", lane.greenlet),
                lane.task and self.text(lane.task),
            ),
            attributes=self.attributes(event.attributes),
        )

    def attributes(self, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        text = self.text(json.dumps(dict(attributes)))
        text = THREAD.sub(lambda m: str(self._number("thread", int(m[0]))), text)
        told: Mapping[str, Any] = json.loads(IDS.sub(self._id, text))
        return told

    def _id(self, found: re.Match[str]) -> str:
        if found[0] in self._traces:
            return self.trace(found[0])
        return self._span(found[0]) if found[0] in self._spans else found[0]

    def text(self, text: str) -> str:
        text = LOCAL.sub(PORT, text)
        return NUMBERED.sub(lambda m: m[1] + str(self._number(m[1], m[2])), text)

    def trace(self, trace: str) -> str:
        return f"{self._digest(8)}{self._number('trace', trace):016x}"

    def _span(self, span: str) -> str:
        return f"{self.prefix}{self._number('span', span):08x}"

    def _number(self, kind: str, value: Any) -> int:
        numbers = self._numbers.setdefault(kind, {})
        return numbers.setdefault(value, len(numbers) + 1)

    def _digest(self, size: int) -> str:
        return blake2b(self._seed, digest_size=size).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording, read."""

    header: Mapping[str, Any]
    events: Sequence[Event]

    @classmethod
    def of(cls, lesson: Lesson) -> Kept:
        with gzip.open(place(lesson), "rt", encoding="ascii") as file:
            header, *others, _end = map(json.loads, file)
        return cls(header, [event(item) for item in others if "source" not in item])

    def requests(self) -> Iterable[tuple[Mapping[str, Any], Sequence[Event]]]:
        """Each request of the lesson with its events."""
        rest = iter(self.events)
        for request in self.header["requests"]:
            yield request, [next(rest) for _ in range(request["events"])]
