"""Each lesson over real HTTP, with nobody watching: an application like any other."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from html import escape
from typing import TYPE_CHECKING

import pytest

from sample_apps.catalog import LESSONS, SECTIONS, offered, select
from sample_apps.site import run_script

if TYPE_CHECKING:
    from browser import Browser

PREDICTIONS = [(lesson, lesson.prediction) for lesson in LESSONS if lesson.prediction]


def test_both_hooks_and_the_view_answer(browser: Browser) -> None:
    answer = browser.send("GET", "/hook-order/")
    assert (answer.status, answer.text) == (
        200,
        "The view ran between two functions before and two after.",
    )


def test_without_a_ticket_the_hook_answers(browser: Browser) -> None:
    answer = browser.send("GET", "/intercept/")
    assert (answer.status, answer.text) == (403, "No ticket: the view never ran.")


def test_with_a_ticket_the_view_answers(browser: Browser) -> None:
    answer = browser.send("GET", "/intercept/?ticket=yes")
    assert (answer.status, answer.text) == (200, "You have a ticket: the view ran.")


def test_the_login_guard_sends_to_the_login_until_someone_logged_in(browser: Browser) -> None:
    stopped = browser.send("GET", "/login-guard/")
    assert (stopped.status, stopped.header("Location")) == (302, "/login-guard/login")
    assert browser.send("GET", "/login-guard/login").status == 200
    logged_in = browser.post("/login-guard/login", user="Ada")
    assert (logged_in.status, logged_in.header("Location")) == (302, "/login-guard/")
    assert browser.send("GET", "/login-guard/").text == "Welcome, Ada."


def test_an_unknown_page_gets_the_handlers_text_and_status(browser: Browser) -> None:
    answer = browser.send("GET", "/not-found/nowhere")
    assert (answer.status, answer.text) == (404, "404: there is no such page.")


def test_a_handler_that_returns_text_alone_makes_a_200_of_it(browser: Browser) -> None:
    assert browser.send("GET", "/not-found/gone").status == 200


def test_an_unhandled_error_becomes_a_500(browser: Browser) -> None:
    answer = browser.send("GET", "/unhandled/divide")
    assert answer.status == 500
    assert "Internal Server Error" in answer.text


def test_a_handled_error_becomes_what_the_handler_returns(browser: Browser) -> None:
    known = browser.send("GET", "/unhandled/price/tea")
    assert (known.status, known.text) == (200, "tea costs 3.")
    unknown = browser.send("GET", "/unhandled/price/coffee")
    assert (unknown.status, unknown.text) == (404, "There is no coffee.")


def test_the_template_uses_filter_global_and_context_processor(browser: Browser) -> None:
    assert browser.send("GET", "/templates/members/ada.lovelace").text == (
        "<!doctype html>\n"
        "<title>The Analytical Club</title>\n"
        "<h1>ada.lovelace (AL)</h1>\n"
        "<p>3 letters and 4 calls make 7 messages.</p>\n"
        "<p>&lt;i&gt;typed by a visitor&lt;/i&gt; <i>written by us</i> <i>said to be safe</i> "
        "<b>ada.lovelace</b></p>"
    )


def test_the_cart_survives_from_request_to_request(browser: Browser) -> None:
    added = browser.post("/session/add", item="tea")
    assert (added.status, added.header("Location")) == (302, "/session/")
    browser.send(
        "POST",
        "/session/add",
        headers={"Content-Type": "application/json"},
        body=b'{"item": "milk"}',
    )
    assert browser.send("GET", "/session/").text == '{"cart":["tea","milk"]}\n'
    browser.send("POST", "/session/empty")
    assert browser.send("GET", "/session/").text == '{"cart":[]}\n'


def test_a_flashed_message_is_read_once_by_the_next_request(browser: Browser) -> None:
    saved = browser.post("/flash/save", note="Buy tea")
    assert (saved.status, saved.header("Location")) == (302, "/flash/")
    first = browser.send("GET", "/flash/").text
    assert first == '{"messages":[["success","Saved: Buy tea"]]}\n'
    assert browser.send("GET", "/flash/").text == '{"messages":[]}\n'


def test_nested_blueprints_answer_below_all_their_prefixes(browser: Browser) -> None:
    answer = browser.send("GET", "/blueprints/shop/books/reviews/1")
    assert (answer.status, answer.text) == (200, "Too many numbers.")
    assert browser.send("GET", "/blueprints/about").status == 200


def test_middlewares_change_the_environ_going_in_and_the_headers_going_out(
    browser: Browser,
) -> None:
    plain = browser.send("GET", "/middleware/")
    assert (plain.text, plain.header("X-Signed-By")) == ("You come from a browser.", "Signature")
    tablet = browser.send("GET", "/middleware/", headers={"X-Client": "a tablet"})
    assert tablet.text == "You come from a tablet."


def test_the_dispatcher_chooses_between_two_applications(browser: Browser) -> None:
    first = browser.send("GET", "/multi-app/index")
    assert first.text == "app01 answers, and its address for this page is /multi-app/index"
    second = browser.send("GET", "/multi-app/sec/index2")
    assert second.text == "app02 answers, and its address for this page is /multi-app/sec/index2"
    assert browser.send("GET", "/multi-app/index2").status == 404
    assert browser.send("GET", "/multi-app/sec/index").status == 404


def test_a_view_steps_into_another_applications_contexts_and_back(browser: Browser) -> None:
    assert browser.send("GET", "/nested-contexts/").text == (
        "counter, asked for /, g has ['customer']\n"
        "storeroom, asked for /, g has []\n"
        "storeroom, asked for /shelf/7, g has []\n"
        "counter, asked for /, g has ['customer']\n"
    )


def test_a_view_sends_a_test_request_to_another_application(browser: Browser) -> None:
    assert browser.send("GET", "/nested-contexts/fetch").text == (
        "counter, asked for /fetch, g has ['customer']\nstoreroom, asked for /shelf/7, g has []\n"
    )


def test_a_thread_has_a_request_only_as_a_copy(browser: Browser) -> None:
    assert browser.send("GET", "/threads/copied").text == "the thread sees /copied"
    assert browser.send("GET", "/threads/plain").text == "Working outside of request context."


def test_a_plain_generator_runs_when_the_request_is_gone(browser: Browser) -> None:
    answer = browser.send("GET", "/streaming/")
    assert answer.header("Transfer-Encoding") == "chunked"
    assert answer.text.splitlines() == [f"{n}: has a request: False" for n in (3, 2, 1)]


def test_stream_with_context_keeps_the_request_for_the_generator(browser: Browser) -> None:
    answer = browser.send("GET", "/streaming-with-context/?name=Ada")
    assert answer.text.splitlines() == [f"{n}: for Ada" for n in (3, 2, 1)]


def test_the_script_sees_one_application_inside_another(browser: Browser) -> None:
    answer = browser.send("POST", "/_scripts/nested-apps")
    assert (answer.status, answer.text) == (
        200,
        "app2, and g belongs to app2\napp1, and g belongs to app1\napp2, and g belongs to app2\n",
    )


def test_the_local_stack_script_has_a_stack_for_each_thread_and_greenlet(browser: Browser) -> None:
    assert browser.send("POST", "/_scripts/local-stack").text == (
        "two pushed, on top: second\n"
        "the other thread saw: None, then mine\n"
        "two greenlets saw: left and right\n"
        "one popped, on top: first\n"
        "both popped, on top: None\n"
    )


def test_a_script_is_run_by_post_alone_and_an_unknown_one_is_not_found(browser: Browser) -> None:
    assert browser.send("GET", "/_scripts/nested-apps").status == 405
    assert browser.send("POST", "/_scripts/nothing").status == 404


@pytest.mark.parametrize("target", ["/locals-compared/greenlets", "/greenlets/plain"])
def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setitem(sys.modules, "greenlet", None)
    answer = browser.send("GET", target)
    assert (answer.status, answer.text) == (
        501,
        "This lesson needs greenlet: pip install greenlet\n",
    )


def test_a_script_names_the_package_that_it_misses() -> None:
    def script(say: Callable[[str], None]) -> None:
        say("begun")
        raise ModuleNotFoundError("No module named 'pymysql'", name="pymysql")

    reply = run_script("lesson", script, nullcontext())
    assert (reply.status, reply.text) == (
        "501 Not Implemented",
        "begun\nThis lesson needs pymysql: pip install pymysql\n",
    )


def test_the_index_page_links_to_samples_that_answer(browser: Browser) -> None:
    page = browser.send("GET", "/")
    assert page.header("Content-Type") == "text/html; charset=utf-8"
    missing = [lesson.id for lesson in LESSONS if escape(lesson.title.en) not in page.text]
    assert missing == []
    assert '<a href="/intercept/?ticket=yes">With a ticket</a>' in page.text
    assert ">OPTIONS</a>" not in page.text


def test_an_address_without_a_lesson_says_where_to_look(browser: Browser) -> None:
    answer = browser.send("GET", "/nothing/here")
    assert (answer.status, answer.text) == (404, "No lesson lives here. See /\n")


def test_ids_and_prefixes_are_unique_and_every_section_has_a_title() -> None:
    assert len({lesson.id for lesson in LESSONS}) == len(LESSONS)
    assert len({lesson.slug for lesson in LESSONS}) == len(LESSONS)
    assert {lesson.section for lesson in LESSONS} == set(SECTIONS)


def test_every_text_is_there_in_both_languages() -> None:
    texts = [
        (lesson.id, text)
        for lesson in LESSONS
        for text in (
            *(lesson.title, lesson.question, lesson.watch, lesson.mistake, lesson.then, lesson.now),
            *(sample.label for sample in lesson.samples),
            *(point.text for point in lesson.points),
            *(c.text for c in (lesson.prediction.choices if lesson.prediction else ())),
        )
        if text is not None
    ]
    chinese = re.compile("[\u4e00-\u9fff]")
    assert [(where, text.en) for where, text in texts if chinese.search(text.en)] == []
    assert [(where, text) for where, text in texts if not text.en or not text.zh] == []
    explained = [(x.id, text) for x in LESSONS for text in (x.question, x.watch, x.mistake)]
    assert [where for where, text in explained if not chinese.search(text.zh)] == []
    assert [x.id for x in LESSONS if (x.then is None) != (x.now is None)] == []


def test_every_lesson_lets_predict_but_the_one_that_compares_five_systems() -> None:
    assert [lesson.id for lesson in LESSONS if lesson.prediction is None] == ["1A"]


def test_a_prediction_has_three_different_choices_and_its_answer_is_shown_by_a_point() -> None:
    for lesson, prediction in PREDICTIONS:
        assert len({choice.text.en for choice in prediction.choices}) == 3
        assert len({choice.text.zh for choice in prediction.choices}) == 3
        assert range(3)[prediction.answer] == prediction.answer
        shown_by = lesson.points[prediction.point]
        assert shown_by.steps or shown_by.never


def test_the_right_choice_stands_at_each_place_about_as_often() -> None:
    places = Counter(prediction.answer for _, prediction in PREDICTIONS)
    assert min(places[place] for place in range(3)) > len(PREDICTIONS) / 4


def test_lessons_are_chosen_by_id_or_prefix() -> None:
    assert [lesson.slug for lesson in select(["10a", "Threads"])] == ["hook-order", "threads"]


def test_the_newcomers_lesson_is_offered_first_and_the_others_in_the_tutorials_order() -> None:
    assert offered(list(LESSONS))[0].id == "10A"
    ids = [lesson.id for lesson in LESSONS]
    assert ids == sorted(ids, key=lambda name: (int(name[:-1]), name[-1]))
    assert sorted(ids) == sorted(lesson.id for lesson in offered(list(LESSONS)))


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("10Z", "Did you mean 10A (hook-order), 10B (intercept), "),
        ("interceptor", "Did you mean 10B (intercept)? --list names them all."),
        ("qqqqqqqq", "--list names them all."),
    ],
)
def test_a_lesson_that_does_not_exist_is_answered_with_those_that_come_near(
    asked: str, near: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(f"No lesson is called {asked}. {near}")):
        select(["10A", asked])
