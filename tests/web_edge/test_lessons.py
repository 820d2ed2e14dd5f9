"""The lessons over HTTP: told by the dashboard, which does not import them."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from sample_apps.catalog import HOUR, LESSONS, SECTIONS, Lesson
from sample_apps.site import address
from tracer.wire import decode_block, split_frame

if TYPE_CHECKING:
    from tests.processes import DashboardProcess


def test_the_lessons_are_listed_in_the_tutorials_order(dashboard: DashboardProcess) -> None:
    items = dashboard.request("GET", "/api/lessons").json["items"]
    assert items == [
        {
            "id": lesson.id,
            "slug": lesson.slug,
            "section": lesson.section,
            "section_title": asdict(SECTIONS[lesson.section]),
            "title": asdict(lesson.title),
            "hour": HOUR.index(lesson.id) + 1 if lesson.id in HOUR else None,
        }
        for lesson in LESSONS
    ]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_a_lesson_is_told_whole(dashboard: DashboardProcess, lesson: Lesson) -> None:
    told = dashboard.request("GET", f"/api/lessons/{lesson.id}").json
    for name in ("title", "question", "watch", "mistake", "then", "now"):
        text = getattr(lesson, name)
        assert told[name] == (text and asdict(text))
    assert (told["script"], told["apart"]) == (lesson.is_script, lesson.apart)
    assert told["systems"] == list(lesson.systems)
    targets = [request["mount"] + request["path"] for request in told["requests"]]
    assert targets == [address(lesson, sample).partition("?")[0] for sample in lesson.samples]
    for request, sample in zip(told["requests"], lesson.samples, strict=True):
        assert (request["label"], request["method"]) == (asdict(sample.label), sample.method)
        for name in ("query", "headers", "form", "json", "cookie_jar"):
            assert request.get(name) == getattr(sample, name)
    claims = [(p["request"], p["steps"], p["never"], p["en"], p["zh"]) for p in told["points"]]
    assert claims == [
        (p.request, [*p.steps], [*p.never], p.text.en, p.text.zh) for p in lesson.points
    ]
    guess = lesson.prediction
    assert told["prediction"] == (
        guess
        and {
            "choices": [asdict(choice.text) for choice in guess.choices],
            "answer": guess.answer,
            "point": guess.point,
        }
    )
    headings = [f"== {s.label.en}: {s.method} {s.path}" for s in lesson.samples]
    pictures = [f"{h}\n{p}" for h, p in zip(headings, told["pictures"], strict=True)]
    assert re.split(r"\n+(?=== )", lesson.picture.read_text(encoding="utf-8").rstrip("\n")) == (
        pictures
    )
    assert told["file"] == f"sample_apps/{lesson.place}.py"
    assert told["code"] == lesson.picture.with_suffix(".py").read_text(encoding="utf-8")
    colored = "\n".join("".join(text for _, text in line) for line in told["tokens"])
    assert colored.rstrip("\n") == told["code"].rstrip("\n")


def test_a_lesson_is_found_by_its_name_as_well(dashboard: DashboardProcess) -> None:
    assert dashboard.request("GET", "/api/lessons/intercept").json["id"] == "10B"
    assert dashboard.request("GET", "/api/lessons/10b").json["slug"] == "intercept"


def test_a_lesson_that_is_none_is_a_problem_that_says_where_to_look(
    dashboard: DashboardProcess,
) -> None:
    answer = dashboard.request("GET", "/api/lessons/99Z")
    assert (answer.status, answer.json["asked"]) == (404, "99Z")
    assert answer.json["todo"] == "GET /api/lessons lists them."


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_a_lessons_recording_is_told_with_the_events_of_each_request(
    dashboard: DashboardProcess, lesson: Lesson
) -> None:
    told = dashboard.request("GET", f"/api/lessons/{lesson.slug}/recording").json
    frame = dashboard.request("GET", f"/api/lessons/{lesson.id}/recording/events.bin").body
    events = [event for block in split_frame(frame)[0] for event in decode_block(block)[0].events()]
    assert len(told["requests"]) == len(lesson.samples)
    assert sum(request["events"] for request in told["requests"]) == len(events)
    traces = [event.trace_id for event in events if event.trace_id]
    assert [item["id"] for item in told["traces"]] == list(dict.fromkeys(traces))
    assert [i["id"] for i in told["traces"] if i["events"] != traces.count(i["id"])] == []
    assert {item["app"] for item in told["registered"]} >= {
        event.app for event in events if event.app and not (lesson.systems or lesson.is_script)
    }


def test_a_lessons_recording_is_put_among_the_others_once(dashboard: DashboardProcess) -> None:
    answers = [dashboard.request("POST", "/api/lessons/10B/recording", {}) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 200]
    first, second = (answer.json for answer in answers)
    assert (first["id"], first["name"]) == (second["id"], "10B · A hook that answers")
    told = dashboard.request("GET", "/api/lessons/10B/recording").json
    kept = dashboard.request("GET", f"/api/recordings/{first['id']}/traces").json["items"]
    assert kept == told["traces"]
    registry = dashboard.request("GET", f"/api/recordings/{first['id']}/registry").json["items"]
    assert registry == told["registered"]
    page = dashboard.request("GET", f"/api/recordings/{first['id']}/export?format=html")
    assert (page.status, b"A hook that answers" in page.body) == (200, True)
    dashboard.request("DELETE", f"/api/recordings/{first['id']}")
