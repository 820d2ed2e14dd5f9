"""The whole order of every sample request, as text that a person can check line by line.

``python tests/sample_apps/pictures.py`` prints what the tracer sees now; with ``--write`` it
replaces the pictures beside the lessons, all or those of the ids that follow. Read the difference
before you keep it: the pictures are what Flask does, not what we happened to record.

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
from pathlib import Path
from typing import Any

from browser import Answer, Browser

from sample_apps.catalog import LESSONS, Lesson, Sample, select
from sample_apps.runner import RECORD, around_script, threaded_server
from sample_apps.site import build_site
from sample_apps.stores import MARIADB, REDIS
from tracer.events import Event
from tracer.testing import capture_trace

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


def record(lessons: Iterable[Lesson] = LESSONS) -> dict[str, str]:
    """The picture of every lesson, by its id."""
    with served() as port, capture_trace(record=RECORD) as captured:
        SITE.app = build_site(LESSONS, around_script)
        texts = {}
        for lesson in lessons:
            if lesson.systems:
                texts[lesson.id] = of_systems(lesson)
                continue
            browser = Browser(port)
            parts = []
            for number, sample in enumerate(lesson.samples, 1):
                before = len(captured.events)
                answer = send(
                    browser, lesson, sample, f"{LESSONS.index(lesson) + 1:016x}{number:016x}"
                )
                seen = captured.events[before:]
                parts.append(part(sample, apart(seen) if lesson.apart else seen, answer))
            texts[lesson.id] = "\n".join(parts)
    return texts


def of_systems(lesson: Lesson) -> str:
    """The same of a lesson about other systems, each in a process of its own."""
    parts = {function: iter(system_parts(lesson.id, function)) for function in lesson.systems}
    return "\n".join(next(parts[lesson.system_of(sample)]) for sample in lesson.samples)


def system_parts(lesson_id: str, function: str) -> list[str]:
    command = [sys.executable, str(HERE / "systems_recorder.py"), lesson_id, function]
    run = subprocess.run(
        command,
        env={"PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: list[str] = json.loads(run.stdout)
    return found


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


def part(sample: Sample, events: Iterable[Event], answer: Answer) -> str:
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
    said = re.sub(r"(?<=127\.0\.0\.1:)\d+", "PORT", answer.text).splitlines()
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
    lessons = select(ids or None)
    texts = record(lessons)
    if "--json" in arguments:
        print(json.dumps(texts))
    elif "--write" in arguments:
        for lesson in lessons:
            lesson.picture.write_text(texts[lesson.id], encoding="utf-8")
    else:
        print("\n".join(texts.values()))


if __name__ == "__main__":
    main(sys.argv[1:])
