"""One WSGI callable for all lessons: an index page, each lesson at its prefix, scripts on request.

The mounting is three plain lines rather than a DispatcherMiddleware, because one of the lessons
is about that class and this one must not be mistaken for it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask

from .catalog import SECTIONS, Lesson, Sample
from .packages import how_to_install
from .systems.processes import Systems

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SCRIPTS = "_scripts"
"""The prefix below which a POST runs a script."""
SCRIPT_SECONDS = 10.0
"""How long an answer waits for its script; the script itself goes on after that."""

TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")

AroundScript = Callable[[str | None], AbstractContextManager[object]]
"""Entered in a script's thread, with the trace id that the request asked for or None."""


def load(lesson: Lesson, variable: str | None = None) -> Any:
    """What the lesson is: its WSGI callable, or its function to run. Imports its module.

    Of a lesson whose package is missing, an application, or a function, that says so in its place.

    :param variable: another name in the module, such as that of one of its applications.
    """
    try:
        for needed in lesson.needs:
            import_module(needed)
        module = import_module(f"sample_apps.{lesson.module}")
    except ModuleNotFoundError as error:
        if lesson.is_script:
            return partial(fail, error)
        return stand_in(lesson.slug, variable or lesson.mounts[0].variable, error.name)
    return getattr(module, variable or lesson.callable)


def fail(error: Exception, say: object) -> None:
    """Runs in place of a script that cannot be imported."""
    raise error


def systems(lesson: Lesson, dashboard: str) -> Systems:
    """What starts the lesson's systems when they are wanted, and hands requests on to them."""
    mounts = {mount.variable: mount.below for mount in lesson.mounts}
    return Systems(f"sample_apps.{lesson.module}", lesson.systems, mounts, dashboard)


@cache
def stand_in(slug: str, variable: str, missing: str | None) -> Flask:
    """What answers in place of an application that cannot be imported without *missing*."""
    app = Flask(f"{slug}-{variable}")
    app.before_request(lambda: (how_to_install(missing), 501))
    return app


def build_site(
    lessons: Iterable[Lesson],
    around_script: AroundScript = lambda trace_id: nullcontext(),
    dashboard: str = "",
) -> WSGIApplication:
    """The whole site; the lessons are imported here, so attach whatever watches them before.

    :param dashboard: where the processes of lessons send what happens in them; "" for nowhere.
    """
    mounted = {
        lesson.slug: systems(lesson, dashboard) if lesson.systems else load(lesson)
        for lesson in lessons
        if not lesson.is_script
    }
    scripts = {lesson.slug: load(lesson) for lesson in lessons if lesson.is_script}
    index = index_page(lessons).encode()

    def site(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        first, slash, rest = environ["PATH_INFO"].removeprefix("/").partition("/")
        if not first:
            return answer(start_response, "200 OK", index, "text/html; charset=utf-8")
        if first == SCRIPTS:
            reply = script_reply(scripts, rest, environ, around_script)
            return answer(start_response, reply.status, reply.text.encode())
        if first not in mounted:
            return answer(start_response, "404 Not Found", b"No lesson lives here. See /\n")
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{first}"
        environ["PATH_INFO"] = slash + rest
        called: Iterable[bytes] = mounted[first](environ, start_response)
        return called

    return site


def answer(
    start_response: StartResponse,
    status: str,
    body: bytes,
    content_type: str = "text/plain; charset=utf-8",
) -> list[bytes]:
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request to run a script is answered with."""

    status: str
    text: str


def script_reply(
    scripts: Mapping[str, Callable[..., None]],
    name: str,
    environ: WSGIEnvironment,
    around_script: AroundScript,
) -> Reply:
    if name not in scripts:
        return Reply("404 Not Found", f"There is no script {name!r}.\n")
    if environ["REQUEST_METHOD"] != "POST":
        return Reply("405 Method Not Allowed", "A script is run by POST.\n")
    asked = environ.get("HTTP_FLASKSCOPE_TRACE", "")
    trace_id = asked if TRACE_ID.fullmatch(asked) else None
    return run_script(name, scripts[name], around_script(trace_id))


def run_script(
    name: str, script: Callable[..., None], around: AbstractContextManager[object]
) -> Reply:
    """Run *script* in a fresh thread, where no request is, and hand back what it said."""
    said: list[str] = []
    failures: list[Exception] = []

    def run() -> None:
        try:
            with around:
                script(lambda line: said.append(f"{line}\n"))
        except Exception as error:  # noqa: BLE001 - a script's failure is its answer
            failures.append(error)

    thread = threading.Thread(target=run, name=f"script-{name}", daemon=True)
    thread.start()
    thread.join(SCRIPT_SECONDS)
    text = "".join(said)
    if thread.is_alive():
        return Reply("504 Gateway Timeout", f"{text}Not done after {SCRIPT_SECONDS:g} s.\n")
    if failures and isinstance(failures[0], ModuleNotFoundError):
        return Reply("501 Not Implemented", text + how_to_install(failures[0].name))
    if failures:
        return Reply(
            "500 Internal Server Error", f"{text}{type(failures[0]).__name__}: {failures[0]}\n"
        )
    return Reply("200 OK", text)


def index_page(lessons: Iterable[Lesson]) -> str:
    """All lessons as one page of plain HTML, for whoever opens the samples' own address."""
    items = "\n".join(f"<li>{lesson_item(lesson)}</li>" for lesson in lessons)
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Sample applications</title>'
        f"\n<h1>Sample applications</h1>\n<ul>\n{items}\n</ul>\n</html>\n"
    )


def lesson_item(lesson: Lesson) -> str:
    section = SECTIONS[lesson.section].en
    heading = f"{lesson.id} · {section} · <b>{escape(lesson.title.en)}</b>"
    ways = [sample_link(lesson, sample) for sample in lesson.samples]
    return f"{heading}<br>{escape(lesson.watch.en)}<br>{' '.join(ways)}"


def sample_link(lesson: Lesson, sample: Sample) -> str:
    target = address(lesson, sample)
    label = sample.label.en
    if sample.method == "POST" and sample.json is None:
        return form(target, label, sample.form or {})
    if sample.method != "GET":
        return ""  # nothing that a plain page could send
    return f'<a href="{escape(target)}">{escape(label)}</a>'


def address(lesson: Lesson, sample: Sample) -> str:
    """Where *sample* is sent to, below the site."""
    prefix = SCRIPTS
    if not lesson.is_script:
        named = {mount.variable: mount.below for mount in lesson.mounts}
        prefix = lesson.slug + named[sample.app or lesson.mounts[0].variable]
    query = f"?{urlencode(sample.query)}" if sample.query else ""
    return f"/{prefix}{sample.path}{query}"


def form(action: str, label: str, fields: Mapping[str, str]) -> str:
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    button = f"<button>{escape(label)}</button>"
    return f'<form method="post" action="{escape(action)}">{inputs}{button}</form>'
