"""The lessons as data: what each one shows, where its code is and which requests to send.

A lesson is a small program ``s10_hooks/order.py`` and its data beside it: ``order.json`` has its
texts, its requests and what they claim, ``order.txt`` the whole picture that each request draws.
The ids are those of the lesson list that the tutorial's sections were cut into (10A is the first
lesson of section 10). A lesson is a WSGI application below its own prefix, or a script.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in the languages of the page."""

    en: str
    zh: str


SECTIONS = {
    int(number): Text(**title)
    for number, title in json.loads((HERE / "sections.json").read_text(encoding="utf-8")).items()
}
"""The tutorial's sections, by number."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request worth sending to a lesson."""

    label: Text
    """The text of its button."""
    path: str
    """As the application knows it: without the prefix that it is mounted at."""
    method: str = "GET"
    query: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    form: Mapping[str, str] | None = None
    json: Mapping[str, Any] | None = None
    cookie_jar: str | None = None
    """Samples with the same jar see one another's cookies."""
    app: str | None = None
    """The name, in its module, of the application that answers; None: the lesson's first."""


@dataclass(frozen=True, slots=True)
class Mount:
    """One Flask application of a lesson, and where it answers."""

    variable: str
    """Its name in the lesson's module."""
    below: str = ""
    """Its place below the lesson's prefix, ``""`` or a path such as ``"/sec"``."""


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that the text claims of a request's picture, with the steps that show it.

    A step is written as in the picture: ``before_request guard``, ``< view index status=404``.
    """

    text: Text
    request: int = 0
    """Which of the lesson's requests."""
    steps: tuple[str, ...] = ()
    """They happen in this order, others between them."""
    never: tuple[str, ...] = ()
    """They do not happen at all."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers to choose from, and what the picture says of it: what shows the right one,
    what speaks against a wrong one."""

    text: Text
    request: int
    steps: tuple[str, ...]
    never: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a learner may guess before looking."""

    choices: tuple[Choice, ...]
    answer: int
    """Which of the choices is right."""
    point: int
    """The lesson's point that shows it."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One small application, or one script, and what there is to see in it."""

    id: str
    slug: str
    """Its prefix in addresses: ``hook-order`` answers at ``/hook-order/``."""
    place: str
    """Its files without their endings, below this folder: ``s10_hooks/order``."""
    title: Text
    question: Text
    watch: Text
    """What to look at when its request or run appears."""
    mistake: Text
    """What people get wrong."""
    then: Text | None = None
    """What the tutorial's code said, where that no longer runs …"""
    now: Text | None = None
    """… and what it is today."""
    callable: str = "app"
    """The WSGI application in the module; of a script, the function to run."""
    mounts: tuple[Mount, ...] = (Mount("app"),)
    """Its Flask applications; empty for a script."""
    systems: Mapping[str, str] = field(default_factory=dict)
    """Of a lesson about other systems: its functions, each run in a process of its own, and which
    of ``systems.seams`` tells what happens there. They are its mounts, too."""
    needs: tuple[str, ...] = ()
    """Modules that it does not import itself, such as what Flask needs for async views."""
    apart: bool = False
    """Its threads run at once: the picture has one after the other, each in its own order."""
    samples: tuple[Sample, ...] = ()
    points: tuple[Point, ...] = ()
    prediction: Prediction | None = None

    @property
    def section(self) -> int:
        return int(self.id[:-1])

    @property
    def module(self) -> str:
        """Inside the package ``sample_apps``."""
        return self.place.replace("/", ".")

    @property
    def picture(self) -> Path:
        """The whole order of all its requests."""
        return HERE / f"{self.place}.txt"

    @property
    def is_script(self) -> bool:
        return not self.mounts

    def system_of(self, sample: Sample) -> str:
        """Which of its applications, or functions, answers *sample*."""
        return sample.app or self.mounts[0].variable


RUN_THE_SCRIPT = Text("Run the script", "运行脚本")


def read(path: Path) -> Lesson:
    """The lesson of one data file."""
    data = json.loads(path.read_text(encoding="utf-8"))
    place = path.relative_to(HERE).with_suffix("").as_posix()
    texts = {name: Text(**data.pop(name)) for name in TEXTS if name in data}
    data["needs"] = tuple(data.pop("needs", ()))
    points = tuple(point(item) for item in data.pop("points"))
    if "prediction" in data:
        data["prediction"] = prediction(points, **data["prediction"])
    script = data.pop("script", None)
    if script is not None:
        sample = Sample(RUN_THE_SCRIPT, f"/{data['slug']}", method="POST")
        return Lesson(
            place=place, callable=script, mounts=(), samples=(sample,), points=points,
            **texts, **data,
        )  # fmt: skip
    mounts = tuple(Mount(*pair) for pair in data.pop("mounts", {"app": ""}).items())
    samples = tuple(Sample(Text(**r.pop("label")), **r) for r in data.pop("requests"))
    callable_ = data.pop("callable", mounts[0].variable)
    return Lesson(
        place=place, callable=callable_, mounts=mounts, samples=samples, points=points,
        **texts, **data,
    )  # fmt: skip


TEXTS = ("title", "question", "watch", "mistake", "then", "now")


def point(item: Mapping[str, Any]) -> Point:
    return Point(
        text=Text(item["en"], item["zh"]),
        request=item.get("request", 0),
        steps=tuple(item.get("steps", ())),
        never=tuple(item.get("never", ())),
    )


def prediction(
    points: tuple[Point, ...], choices: list[dict[str, Any]], answer: int, point: int
) -> Prediction:
    shown = points[point]
    return Prediction(tuple(choice(item, shown) for item in choices), answer, point)


def choice(item: Mapping[str, Any], shown: Point) -> Choice:
    """One that says nothing of the picture is shown, if it is right, by the point itself."""
    return Choice(
        text=Text(item["en"], item["zh"]),
        request=item.get("request", shown.request),
        steps=tuple(item.get("steps", ())),
        never=tuple(item.get("never", ())),
    )


def in_order(lesson: Lesson) -> tuple[int, str]:
    return lesson.section, lesson.id


LESSONS: tuple[Lesson, ...] = tuple(sorted(map(read, HERE.glob("s*/*.json")), key=in_order))
"""Every lesson, in the order of the tutorial."""
HOUR: tuple[str, ...] = tuple(json.loads((HERE / "hour.json").read_text(encoding="utf-8")))
"""Ids of the lessons that teach the lifecycle in an hour, in the order to take them."""
NEWCOMERS = HOUR[0]
"""The lesson that somebody who is here for the first time is offered."""


def offered(lessons: list[Lesson]) -> list[Lesson]:
    """*lessons* with the newcomer's in front, which a page offers first."""
    return sorted(lessons, key=lambda lesson: (lesson.id != NEWCOMERS, in_order(lesson)))


def select(only: list[str] | None) -> list[Lesson]:
    """The lessons whose id or slug is in *only* (letter case aside), all of them for None.

    :raises ValueError: for a name that is no lesson's, with those that come near it.
    """
    if only is None:
        return list(LESSONS)
    known = {name.lower() for lesson in LESSONS for name in (lesson.id, lesson.slug)}
    unknown = [name for name in only if name.lower() not in known]
    if unknown:
        raise ValueError(" ".join(f"No lesson is called {name}. {near(name)}" for name in unknown))
    wanted = {name.lower() for name in only}
    return [lesson for lesson in LESSONS if {lesson.id.lower(), lesson.slug} & wanted]


def near(name: str) -> str:
    """What somebody who typed *name* may have meant."""
    asked = name.lower()
    number = re.match(r"\d+", asked)
    same = [x for x in LESSONS if number and x.section == int(number[0])]
    slugs = get_close_matches(asked, [lesson.slug for lesson in LESSONS], n=3, cutoff=0.65)
    alike = [
        lesson for lesson in LESSONS if lesson.slug in slugs or (asked and asked in lesson.slug)
    ]
    names = ", ".join(f"{lesson.id} ({lesson.slug})" for lesson in same or alike)
    everything = "--list names them all."
    return f"Did you mean {names}? {everything}" if names else everything
