"""A lesson that is watched answers as one that is not, and the watcher sees it in order."""

from __future__ import annotations

import difflib
import json
import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from browser import Browser, payload
from itsdangerous import TimestampSigner
from pictures import kept_picture
from recordings import PORT, Kept, place
from werkzeug.test import Client

from sample_apps.catalog import LESSONS, Choice, Lesson, Point, Sample
from sample_apps.site import address, build_site
from tests.golden.twin import compare
from tracer.testing import capture_trace
from tracer.vocabulary import KINDS

HERE = Path(__file__).parent


def by_id(lesson: Lesson) -> str:
    return lesson.id


HERE_ALONE = [lesson for lesson in LESSONS if not lesson.systems]
"""Lessons that run in this process."""


@pytest.mark.parametrize("lesson", [x for x in HERE_ALONE if not x.is_script], ids=by_id)
def test_a_watched_lesson_answers_byte_for_byte_as_an_unwatched_one(
    lesson: Lesson, samples_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A session cookie holds the second of its signing: let no second pass between the two.
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: 1_790_000_000)
    # Sessions that are kept on the server have a number that nobody can guess.
    monkeypatch.setattr(secrets, "token_urlsafe", lambda length=None: "guessed")
    unwatched = answers(lesson, Browser(samples_port))
    with capture_trace() as captured:
        watched = answers(lesson, Browser(samples_port))
    assert watched == unwatched
    assert len([t for t in captured.traces if t.root]) >= len(lesson.samples)


def answers(lesson: Lesson, browser: Browser) -> list[bytes]:
    return [browser.sample(lesson, sample).raw for sample in lesson.samples]


POOL = "ThreadPoolExecutor"
"""Of asgiref, whose threads wait for more."""
SET_UP_ONLY = ("3A", "9B")
"""Nothing runs in them that the twin would see: no context, no request."""


@pytest.mark.parametrize("lesson", [x for x in HERE_ALONE if x.id not in SET_UP_ONLY], ids=by_id)
def test_the_tracer_tells_what_the_twin_saw(lesson: Lesson) -> None:
    def make() -> Callable[[], None]:
        client = Client(build_site([lesson]))
        others = {*threading.enumerate()}

        def run() -> None:
            for sample in lesson.samples:
                send(client, lesson, sample)
                # Beside the next request a thread that works on would have no order.
                for thread in {*threading.enumerate()} - others:
                    if not thread.name.startswith(POOL):
                        thread.join()

        return run

    seen, told = compare(make)
    assert told == seen
    assert seen


def send(client: Client, lesson: Lesson, sample: Sample) -> None:
    """The request without a server, in this thread: the twin watches no other."""
    headers, body = payload(sample)
    target = address(lesson, sample)
    client.open(target, method=sample.method, headers=headers, data=body, buffered=True).close()


@pytest.fixture(scope="session")
def recorded() -> dict[str, str]:
    """The pictures as they are now, taken in a process of its own (see ``pictures.py``)."""
    run = subprocess.run(
        [sys.executable, str(HERE / "pictures.py"), "--json"],
        cwd=HERE.parents[1],
        env={"PYTHONPATH": str(HERE.parents[1]), "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    pictures: dict[str, str] = json.loads(run.stdout)
    return pictures


@pytest.mark.parametrize("lesson", LESSONS, ids=by_id)
def test_the_whole_order_is_the_expected_picture(lesson: Lesson, recorded: dict[str, str]) -> None:
    picture = lesson.picture.read_text(encoding="utf-8")
    difference = difflib.unified_diff(
        picture.splitlines(), recorded[lesson.id].splitlines(), "picture", "recorded", lineterm=""
    )
    assert list(difference) == []


@pytest.mark.parametrize("lesson", LESSONS, ids=by_id)
def test_the_recording_that_comes_along_is_the_expected_picture(lesson: Lesson) -> None:
    # And with it every claim: they are held against the same picture below.
    assert kept_picture(lesson) == lesson.picture.read_text(encoding="utf-8")


@pytest.mark.parametrize("lesson", LESSONS, ids=by_id)
def test_a_recording_names_no_machine(lesson: Lesson) -> None:
    kept = Kept.of(lesson)
    agents = kept.header["agents"]
    assert [agent["host"] for agent in agents] == [""] * len(agents)
    assert {event.lane.pid for event in kept.events} <= {agent["pid"] for agent in agents}
    text = json.dumps([kept.header, *(event.to_dict() for event in kept.events)])
    assert re.findall(r'(?<=")/(?:tmp|home|root|usr|opt|var|work|Users)/[^"]*', text) == []
    assert set(re.findall(r"127\.0\.0\.1:(\d{4,5})", text)) <= {PORT}


def test_a_recording_says_where_its_lesson_pushed_a_context() -> None:
    pushed = [
        (lesson.id, event.attributes["file"])
        for lesson in LESSONS
        for event in Kept.of(lesson).events
        if event.kind == "app_context.push" and "file" in event.attributes
    ]
    sources = {lesson.id: lesson.picture.with_suffix(".py") for lesson in LESSONS}
    assert {id for id, _ in pushed} >= {"12A", "12C", "12K", "12N", "20B"}
    assert [(id, file) for id, file in pushed if not str(sources[id]).endswith(file)] == []


def test_the_recordings_stay_small() -> None:
    sizes = {lesson.id: place(lesson).stat().st_size for lesson in LESSONS}
    assert sum(sizes.values()) < 600_000
    assert {id: size for id, size in sizes.items() if size > 20_000} == {}


CLAIMS = [(lesson, point) for lesson in LESSONS for point in lesson.points]


def by_claim(value: Lesson | Point) -> str:
    return value.id if isinstance(value, Lesson) else str(value.request)


@pytest.mark.parametrize(("lesson", "point"), CLAIMS, ids=by_claim)
def test_what_a_text_says_is_what_the_trace_shows(
    lesson: Lesson, point: Point, recorded: dict[str, str]
) -> None:
    lines = re.split("^== ", recorded[lesson.id], flags=re.M)[point.request + 1].splitlines()
    found = list(steps_found(point.steps, lines))
    assert found == list(point.steps), "\n".join(lines)
    assert [step for step in point.never if any(shows(step, line) for line in lines)] == []


def test_no_claim_names_a_thread_of_the_server() -> None:
    """There is one while the pictures are taken, eight in the samples: any of them may answer."""
    claims = [
        (lesson.id, step) for lesson, point in CLAIMS for step in (*point.steps, *point.never)
    ]
    assert [(id, step) for id, step in claims if re.search(r"\bsamples-\d", step)] == []


PREDICTED = [
    (lesson, choice)
    for lesson in LESSONS
    if lesson.prediction is not None
    for choice in lesson.prediction.choices
]


@pytest.mark.parametrize(("lesson", "choice"), PREDICTED, ids=lambda x: getattr(x, "id", ""))
def test_the_picture_speaks_for_the_right_choice_and_against_the_others(
    lesson: Lesson, choice: Choice, recorded: dict[str, str]
) -> None:
    lines = re.split("^== ", recorded[lesson.id], flags=re.M)[choice.request + 1].splitlines()
    assert list(steps_found(choice.steps, lines)) == list(choice.steps), "\n".join(lines)
    assert [step for step in choice.never if any(shows(step, line) for line in lines)] == []


@pytest.mark.parametrize("lesson", [x for x in LESSONS if x.prediction is not None], ids=by_id)
def test_every_wrong_choice_has_something_against_it(lesson: Lesson) -> None:
    assert lesson.prediction is not None
    choices, answer = lesson.prediction.choices, lesson.prediction.answer
    wrong = [choice for number, choice in enumerate(choices) if number != answer]
    assert [choice.text.en for choice in wrong if not (choice.steps or choice.never)] == []


@pytest.mark.parametrize("lesson", LESSONS, ids=by_id)
def test_what_never_happens_is_a_kind_of_event(lesson: Lesson) -> None:
    """A misspelt step would never happen, too."""
    choices = lesson.prediction.choices if lesson.prediction is not None else ()
    steps = [step for one in (*lesson.points, *choices) for step in one.never]
    words = [step.split() for step in steps if not step.startswith(("|", "--"))]
    kinds = [next(word for word in line if word not in MARKS) for line in words]
    assert [kind for kind in kinds if kind not in KINDS] == []


def steps_found(steps: Iterable[str], lines: Iterable[str]) -> Iterator[str]:
    """Those of *steps* that stand in *lines* in their order, up to the first that does not."""
    rest = iter(lines)
    for step in steps:
        if not any(shows(step, line) for line in rest):
            return
        yield step


def shows(step: str, line: str) -> bool:
    """Whether *line* of a picture is *step*: its mark (a begin's or an instant's, if none is
    said), the beginning of its kind and name, and its attributes among those of the line."""
    wanted, words = step.split(), line.split()
    marks = (wanted.pop(0),) if wanted[0] in MARKS else (">", "·")
    plain = [word for word in wanted if "=" not in word]
    asked = [word.partition("=") for word in wanted if "=" in word]
    shown = {name: value for name, _, value in (word.partition("=") for word in words)}
    return (
        words[:1] in [[mark] for mark in marks]
        and words[1 : 1 + len(plain)] == plain
        and all(value in shown.get(name, "").split(",") for name, _, value in asked)
    )


MARKS = (">", "<", "·", "--", "|")


def test_every_lesson_has_its_program_its_texts_and_its_picture() -> None:
    folders = HERE.parents[1] / "sample_apps"
    pictures = set(folders.glob("s*/*.txt"))
    assert pictures == {lesson.picture for lesson in LESSONS}
    programs = {path.with_suffix("") for path in folders.glob("s*/*.py") if path.stem[0] != "_"}
    assert {lesson.picture.with_suffix("") for lesson in LESSONS} <= programs
    assert [lesson.id for lesson in LESSONS if not lesson.points or not lesson.samples] == []
