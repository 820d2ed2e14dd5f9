"""The whole order of every sample request, as text that a person can check line by line.

``python tests/sample_apps/pictures.py`` prints what the tracer sees now; with ``--write`` it
replaces the pictures beside the lessons, all or those of the ids that follow. Read the difference
before you keep it: the pictures are what Flask does, not what we happened to record. The events
themselves are kept as well, as the recording that a reader sees who fires nothing (see
``recordings.py``); one that shows its lesson's picture already stays as it is.

Every request goes over HTTP to the server that the runner starts, with one thread instead of
eight, so that it is known which one answers. It runs in a process of its own, so that the lessons
are imported while they are watched, as the runner does it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from browser import Answer, Browser
from recordings import Fired, Kept, Run, from_json, place, write

from sample_apps.catalog import LESSONS, Lesson, Sample, select
from sample_apps.runner import RECORD, around_script, threaded_server
from sample_apps.site import build_site
from sample_apps.stores import MARIADB, REDIS
from tracer.events import Event
from tracer.testing import Capture, capture_trace

HERE = Path(__file__).parent
MARKS = {"begin": ">", "end": "<", "instant": "·"}
SHOWN = (
    "scope",
    "stack",
    "short_circuit",
    "status",
    "set_cookie",
    "exception",
    "left_by",
    "returned",
)
"""The attributes that tell something about the order; the others are tested with their probe."""
ANSWER_LINES = 20
"""Of the answer's text that a picture keeps at its end."""
PATIENCE = 20.0
"""Seconds that a lesson's own threads get to end after its request."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the requests of one lesson did, each in the one of its processes that answered."""

    lesson: Lesson
    runs: Sequence[Run]
    order: Sequence[tuple[int, int]]
    """Of each request, which run and which of its."""

    @property
    def picture(self) -> str:
        """The whole order of all its requests."""
        fired = [self.runs[run].fired[number] for run, number in self.order]
        return picture(self.lesson, [(one.events, one.answer) for one in fired])


def record(lessons: Iterable[Lesson] = LESSONS) -> dict[str, Recorded]:
    """What the requests of every lesson do, by its id."""
    with served() as port, capture_trace(record=RECORD) as captured:
        SITE.app = build_site(LESSONS, around_script)
        return {
            lesson.id: of_systems(lesson) if lesson.systems else of_flask(lesson, port, captured)
            for lesson in lessons
        }


def of_flask(lesson: Lesson, port: int, captured: Capture) -> Recorded:
    """A lesson that runs in this process."""
    browser = Browser(port)
    fired = []
    for number, sample in enumerate(lesson.samples, 1):
        trace = f"{LESSONS.index(lesson) + 1:016x}{number:016x}"
        before = len(captured.events)
        answer = send(browser, lesson, sample, trace)
        fired.append(Fired(trace, captured.events[before:], answer.status, answer.text))
    order = [(0, number) for number in range(len(fired))]
    return Recorded(lesson, [Run.of_this_process(fired)], order)


def of_systems(lesson: Lesson) -> Recorded:
    """The same of a lesson about other systems, each in a process of its own."""
    functions = list(lesson.systems)
    next_of = {function: count() for function in functions}
    asked = [lesson.system_of(sample) for sample in lesson.samples]
    order = [(functions.index(function), next(next_of[function])) for function in asked]
    return Recorded(lesson, [system_run(lesson.id, name) for name in functions], order)


def system_run(lesson_id: str, function: str) -> Run:
    command = [sys.executable, str(HERE / "systems_recorder.py"), lesson_id, function]
    run = subprocess.run(
        command,
        env={"PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return from_json(json.loads(run.stdout))


class SITE:
    """What the server calls; the lessons are built after it listens."""

    app: Any = None


@contextmanager
def served() -> Iterator[int]:
    with threaded_server("127.0.0.1", 0, threads=1) as server:
        server.wsgi_app = lambda environ, start_response: SITE.app(environ, start_response)
        serving = threading.Thread(target=server.serve, name="serving")
        serving.start()
        try:
            yield server.bind_addr[1]
        finally:
            server.stop()
            serving.join()


def send(browser: Browser, lesson: Lesson, sample: Sample, trace_id: str) -> Answer:
    """Send it, and wait for the end of all threads that it started."""
    threads = set(threading.enumerate())
    answer = browser.sample(lesson, sample, trace_id)
    for thread in set(threading.enumerate()) - threads:
        thread.join(PATIENCE)
    return answer


class Labels:
    """Contexts are numbered per process; here per sample, in order of appearance."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def shown(self, value: object) -> str:
        if not isinstance(value, list):
            return str(value)
        numbers = [self._numbers.setdefault(label, len(self._numbers) + 1) for label in value]
        return "[" + ", ".join(str(number) for number in numbers) + "]"


class Numbers:
    """Unnamed threads, and stacks, are numbered per process; here per sample."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def shown(self, name: str) -> str:
        return re.sub(r"(?<=Thread-)\d+|(?<=Executor-)\d+|(?<=LocalStack )\d+", self._number, name)

    def _number(self, found: re.Match[str]) -> str:
        return str(self._numbers.setdefault(found[0], len(self._numbers) + 1))


def apart(events: Sequence[Event]) -> list[Event]:
    """Threads that run at once have no order among one another: one whole lane after the other,
    the one that the request came in first, the others by name."""
    first = events[0].lane.thread_name
    return sorted(events, key=lambda e: (e.lane.thread_name != first, e.lane.thread_name))


def picture(lesson: Lesson, fired: Iterable[tuple[Sequence[Event], str]]) -> str:
    """The whole order of what each request of *lesson* did, and the text of its answer."""
    return "\n".join(
        part(sample, apart(events) if lesson.apart else events, answer)
        for sample, (events, answer) in zip(lesson.samples, fired, strict=True)
    )


def part(sample: Sample, events: Iterable[Event], answer: str) -> str:
    lines = [f"== {sample.label.en}: {sample.method} {sample.path}"]
    labels = Labels()
    threads, stacks = Numbers(), Numbers()
    depth: dict[str | None, int] = {}
    where = None
    for event in events:
        here = f"{event.app or '–'} in {threads.shown(event.lane.thread_name)}"
        if here != where:
            lines.append(f"   -- {here}")
            where = here
        level = depth.get(event.span_id, depth.get(event.parent_id, -1) + 1)
        if event.phase == "begin":
            depth[event.span_id] = level
        lines.append("  " * (level + 2) + line(event, stacks.shown(event.name), labels))
    said = re.sub(r"(?<=127\.0\.0\.1:)\d+", "PORT", answer).splitlines()
    lines += [f"   | {text}".rstrip() for text in said[:ANSWER_LINES]]
    return "\n".join(lines) + "\n"


def line(event: Event, name: str, labels: Labels) -> str:
    told = [
        f"{name}={labels.shown(event.attributes[name])}"
        for name in SHOWN
        if event.attributes.get(name) not in (None, "", False)
    ]
    told += changes(event.attributes.get("changes", {}))
    return " ".join([MARKS[event.phase], event.kind, name, *told])


def changes(found: dict[str, Any]) -> list[str]:
    """``changes=status,g+user,session~cart``: names without their values."""
    signs = {"added": "+", "removed": "-", "changed": "~"}
    told = ["status"] if "status" in found else []
    for part in ("g", "session", "headers"):
        for how, names in found.get(part, {}).items():
            told += [f"{part}{signs[how]}{name}" for name in names]
    return [f"changes={','.join(told)}"] if told else []


def main(arguments: list[str]) -> None:
    # Pictures are of what every machine has, whatever else this one has.
    os.environ.setdefault(MARIADB, "")
    os.environ.setdefault(REDIS, "")
    ids = [word for word in arguments if not word.startswith("--")]
    recorded = record(select(ids or None))
    texts = {id: one.picture for id, one in recorded.items()}
    if "--json" in arguments:
        print(json.dumps(texts))
    elif "--write" in arguments:
        for one in recorded.values():
            keep(one)
    else:
        print("\n".join(texts.values()))


def keep(recorded: Recorded) -> None:
    """Write the picture, and the recording unless there is one that shows it."""
    lesson, text = recorded.lesson, recorded.picture
    lesson.picture.write_text(text, encoding="utf-8")
    if not (place(lesson).exists() and kept_picture(lesson) == text):
        write(lesson, recorded.order, recorded.runs)


def kept_picture(lesson: Lesson) -> str:
    """The picture that the lesson's recording shows."""
    requests = Kept.of(lesson).requests()
    return picture(lesson, [(events, request["answer"]) for request, events in requests])


if __name__ == "__main__":
    main(sys.argv[1:])
