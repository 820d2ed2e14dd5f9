"""Learn: predict, fire, see in the trace what was claimed; readable while nothing runs."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from playwright.sync_api import Locator, Page, expect

from sample_apps.catalog import HOUR, LESSONS, select
from tests.e2e.screen import Screen
from tests.e2e.slow_page import PATIENCE
from tests.e2e.test_accessibility import AXE, violations
from tests.processes import DashboardProcess, start_dashboard

if TYPE_CHECKING:
    from conftest import OpenPage, Stage

RECORDED_HERE = re.compile(r"Recorded on .+, not fired now\.")
RECORDED_WITH_IT = re.compile(r"Recorded on .+ with Flask 3\.1\.\d+ and shipped with the lesson")
CIRCLES = """
(host) => {
  const probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  probe.fillStyle = getComputedStyle(host).getPropertyValue("--accent");
  probe.fillRect(0, 0, 1, 1);
  const wanted = probe.getImageData(0, 0, 1, 1).data;
  const found = [];
  for (const canvas of host.querySelectorAll("canvas")) {
    const { width, height } = canvas;
    if (width * height === 0) continue;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    const isWanted = (at) => [0, 1, 2].every((i) => Math.abs(data[4 * at + i] - wanted[i]) < 3);
    const seen = new Uint8Array(width * height);
    for (let start = 0; start < seen.length; start++) {
      if (seen[start] || !isWanted(start)) continue;
      let [count, left, right, top, bottom] = [0, width, 0, height, 0];
      const open = [start];
      seen[start] = 1;
      while (open.length > 0) {
        const at = open.pop();
        const [x, y] = [at % width, Math.floor(at / width)];
        count++;
        [left, right] = [Math.min(left, x), Math.max(right, x)];
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
        for (const next of [at - 1, at + 1, at - width, at + width]) {
          if (seen[next] !== 0 || !isWanted(next)) continue;
          seen[next] = 1;
          open.push(next);
        }
      }
      const isRound = [right - left, bottom - top].every((size) => size >= 12 && size <= 17);
      if (!isRound || count < 90) continue;
      const box = canvas.getBoundingClientRect();
      const scale = box.width / width / 2;
      found.push([box.x + (left + right + 1) * scale, box.y + (top + bottom + 1) * scale]);
    }
  }
  return found.sort(([a], [b]) => a - b);
}
"""
"""The centres of the filled circles of the accent's colour that are drawn in a timeline."""

QUESTION = "A before_request function returns a response. Who still runs?"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """A dashboard to which nobody sends."""
    dashboard = start_dashboard(tmp_path_factory.mktemp("alone"), "gthread")
    yield dashboard
    dashboard.stop()


def lesson_address(dashboard: DashboardProcess, lesson: str) -> str:
    return f"{dashboard.url}/learn?lesson={lesson}&token={dashboard.token}"


def expect_lesson(page: Page, question: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(question)


def points(page: Page) -> Locator:
    return page.get_by_test_id("points").get_by_role("listitem")


def expect_points(page: Page, *stages: str) -> None:
    """Each point of the lesson comes to be waiting for its request, unseen, seen or recorded."""
    expect(points(page)).to_have_count(len(stages))
    for number, stage in enumerate(stages):
        expect(points(page).nth(number)).to_have_attribute("data-point", stage)


def stage_of(page: Page, lesson: str) -> Locator:
    """The mark in the list that says how far the reader is."""
    link = page.get_by_role("navigation", name="Lessons").locator(
        f'a[href="/learn?lesson={lesson}"]'
    )
    return link.locator("[data-stage]")


def trace_of(page: Page, label: str) -> Locator:
    """The timeline in the lesson, when it shows the request of that *label*."""
    return page.get_by_role("application", name=f"Timeline of “{label}”. Arrow keys")


def expect_callouts(page: Page, label: str, numbers: str) -> None:
    """The points that the lesson's timeline has a number for."""
    expect(trace_of(page, label)).to_be_visible()
    expect(page.locator(".lesson-timeline")).to_have_attribute("data-callouts", numbers)


def fire(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()
    expect(page.get_by_role("button", name=f"{label} · again", exact=True)).to_be_visible()


def test_a_lesson_is_predicted_fired_and_seen_in_its_trace(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.address)
    screen = Screen(page)
    screen.expect_connected()
    page.get_by_role("link", name="Learn", exact=True).click()
    expect(page.get_by_test_id("done")).to_have_text(f"0 of {len(LESSONS)} done")
    page.get_by_role("link", name="Begin with 10A: The order of hooks").click()
    expect(page).to_have_url(re.compile(r"/learn\?lesson=10A&way=hour$"))
    expect(stage_of(page, "10A")).to_have_attribute("data-stage", "read")
    page.get_by_role("link", name="Next: A hook that answers").click()
    expect_lesson(page, QUESTION)
    expect(page.locator(".lesson-code")).to_contain_text("def process_request1")
    expect(page.get_by_test_id("points")).to_have_count(0)

    page.get_by_role("radio", name="Nobody: it is all over").check()
    fire(page, "Without a ticket")
    expect(page.get_by_role("status").filter(has_text="Point 3")).to_contain_text(
        "You expected something else. Point 3: Both after_request functions run, in reverse"
    )
    expect(page.locator(".choice.right")).to_contain_text("All after_request functions, in reverse")
    expect(page.get_by_role("radio", name="Nobody: it is all over")).to_be_checked()
    expect(page.get_by_role("region", name="Answer to “Without a ticket”")).to_have_text(
        "No ticket: the view never ran."
    )
    expect_points(page, "seen", "seen", "seen", "recorded")
    expect(stage_of(page, "10B")).to_have_text("✓fired, predicted")
    expect_callouts(page, "Without a ticket", "1 3")
    fire(page, "With a ticket")
    expect_points(page, "seen", "seen", "seen", "seen")
    expect_callouts(page, "With a ticket", "4")
    expect(page.get_by_test_id("done")).to_have_text(f"1 of {len(LESSONS)} done")

    page.get_by_role("button", name="Show point 1 in the timeline").click()
    expect(page).to_have_url(re.compile(r"/\?trace=\w+&.*event=\d+"))
    expect(screen.story).to_contain_text("403")
    expect(page.get_by_test_id("event-title")).to_contain_text("before_request process_request1")
    page.go_back()
    expect_lesson(page, QUESTION)
    expect_points(page, "seen", "seen", "seen", "seen")

    # The next visit knows what was reached, and shows the runs that the dashboard has kept.
    page.reload()
    expect(stage_of(page, "10B")).to_have_text("✓fired, predicted")
    expect(page.get_by_role("radio", name="Nobody: it is all over")).to_be_checked()
    expect(page.get_by_role("button", name="Without a ticket", exact=True)).to_be_visible()
    expect_points(page, "recorded", "recorded", "recorded", "recorded")
    expect(page.locator(".answer").first).to_contain_text(RECORDED_HERE)
    expect(page.locator(".answer").first).to_contain_text("403")
    expect_callouts(page, "Without a ticket", "1 3")
    page.get_by_role("button", name="Show point 4 in the timeline").click()
    expect(screen.story).to_contain_text("200")
    expect(page.get_by_test_id("event-title")).to_contain_text("before_request process_request1")


def test_a_script_shows_also_what_it_does_outside_of_its_own_trace(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(lesson_address(stage.dashboard, "10N"))
    Screen(page).expect_connected()
    fire(page, "Run the script")
    expect_points(page, "seen", "seen", "seen")
    # That something never happens is known of a script without a trace of its own, too.
    page.goto(lesson_address(stage.dashboard, "3A"))
    Screen(page).expect_connected()
    fire(page, "Run the script")
    expect_points(page, "seen", "seen", "seen")


def test_what_happened_is_read_on_the_lessons_own_timeline(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(lesson_address(stage.dashboard, "10A"))
    Screen(page).expect_connected()
    button = page.locator(".fire-button").first
    fire(page, button.inner_text())
    timeline = page.get_by_role("application")
    told = page.locator(".lesson-told")
    expect(told).to_contain_text("The numbers are the points beside.")
    timeline.focus()
    page.keyboard.press("ArrowRight")
    expect(told).to_contain_text("GET /hook-order/")
    page.keyboard.press("ArrowDown")
    expect(told).to_contain_text("wsgi_app hook_order")
    page.get_by_role("button", name="Open in the timeline").last.click()
    expect(Screen(page).story).to_contain_text("200")


def test_layers_around_an_application_are_rings_with_their_paths(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(lesson_address(stage.dashboard, "12O"))
    screen = Screen(page)
    screen.expect_connected()
    fire(page, "app02 answers")
    layers = page.get_by_role("region", name="WSGI layers")
    heads = layers.locator(".ring-head")
    expect(heads).to_have_text(
        [
            "server GET /multi-app/sec/index2SCRIPT_NAME/multi-appPATH_INFO/sec/index2",
            "middleware DispatcherMiddlewareSCRIPT_NAME/multi-appPATH_INFO/sec/index2",
            "application app02SCRIPT_NAME/multi-app/secPATH_INFO/index2",
        ]
    )
    expect(layers).to_contain_text("chose what is mounted at /sec")
    layers.get_by_role("button", name="application app02").click()
    expect(page.get_by_test_id("event-title")).to_contain_text("wsgi_app app02")
    # The same rings, and where we stand among them.
    expect(
        page.get_by_role("region", name="WSGI layers").locator("[aria-current=true]")
    ).to_have_text("application app02")


def test_keys_choose_and_lead_from_lesson_to_lesson(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(lesson_address(stage.dashboard, "intercept"))
    expect_lesson(page, QUESTION)
    page.keyboard.press("2")
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("lesson=10C$"))
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("p")
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile("lesson=10A$"))
    page.go_back()
    expect(page).to_have_url(re.compile("lesson=10B$"))
    expect_lesson(page, QUESTION)


def test_the_hour_leads_through_its_own_lessons(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(f"{stage.dashboard.url}/learn?token={stage.dashboard.token}")
    hour = page.get_by_role("region", name="Flask's lifecycle in an hour")
    expect(hour.locator(".id")).to_have_text([*HOUR])
    page.get_by_role("link", name="Begin with 10A").click()
    expect(page).to_have_url(re.compile("lesson=10A&way=hour$"))
    for place, lesson in enumerate(HOUR[1:3], start=2):
        page.keyboard.press("n")
        expect(page).to_have_url(re.compile(f"lesson={lesson}&way=hour$"))
        expect(page.get_by_text(f"in an hour · lesson {place} of {len(HOUR)}")).to_be_visible()
    page.get_by_role("link", name="Previous").click()
    expect(page).to_have_url(re.compile(f"lesson={HOUR[1]}&way=hour$"))
    # The list leads away from it.
    page.get_by_role("navigation", name="Lessons").get_by_role("link", name="10C").click()
    expect(page).to_have_url(re.compile("lesson=10C$"))


def test_an_unknown_lesson_is_said_so_with_those_that_come_near(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(lesson_address(stage.dashboard, "interceptor"))
    expect_lesson(page, "There is no lesson “interceptor”.")
    page.get_by_role("main").get_by_role("link", name="10B · A hook that answers").click()
    expect_lesson(page, QUESTION)


def test_without_samples_a_lesson_can_be_read_and_says_how_to_start_it(
    alone: DashboardProcess, open_page: OpenPage
) -> None:
    page = open_page(lesson_address(alone, "10B"))
    expect_lesson(page, QUESTION)
    button = page.get_by_role("button", name="Without a ticket", exact=True)
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_description(re.compile("flaskscope samples --only 10B"))
    expect(page.locator(".lesson-code")).to_contain_text("def process_request1")
    # What was recorded would give the answer away.
    expect(page.get_by_test_id("lesson-trace")).to_have_count(0)
    expect(page.locator(".answer")).to_have_count(0)
    read_it(page)
    expect_points(page, "recorded", "recorded", "recorded", "recorded")
    picture = page.get_by_role("region", name="Expected picture: Without a ticket")
    expect(picture).to_contain_text("< before_request process_request1 short_circuit=True")
    expect(page.locator(".answer").first).to_contain_text(
        "Recorded with the lesson, not fired now."
    )
    expect(page.get_by_role("region", name="Answer to “Without a ticket”")).to_have_text(
        "No ticket: the view never ran."
    )

    # Each of its requests, step by step.
    expect_callouts(page, "Without a ticket", "1 3")
    expect(page.get_by_test_id("lesson-trace")).to_contain_text(RECORDED_WITH_IT)
    page.get_by_role("combobox", name="Which request is shown").select_option("With a ticket")
    expect_callouts(page, "With a ticket", "4")
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".lesson-told")).to_contain_text("GET /intercept/")


def test_what_comes_along_with_a_lesson_is_looked_at_as_any_recording(
    alone: DashboardProcess, open_page: OpenPage
) -> None:
    page = open_page(lesson_address(alone, "10B"))
    screen = Screen(page)
    read_it(page)
    page.get_by_role("button", name="Show point 1 in the timeline").click()
    expect(page).to_have_url(re.compile(r"/recordings/\d+\?trace=\w+&.*event=\d+"))
    expect(page.get_by_test_id("event-title")).to_contain_text("before_request process_request1")
    expect(page.get_by_text('if "ticket" not in request.args')).to_be_visible()
    page.go_back()
    expect_lesson(page, QUESTION)
    read_it(page)
    page.get_by_role("button", name="Open in the timeline").nth(1).click()
    expect(screen.story).to_contain_text("200")
    kept = alone.request("GET", "/api/recordings").json["items"]
    assert [item["name"] for item in kept] == ["10B · A hook that answers"]


def test_every_lesson_is_read_whole_without_firing_anything(
    alone: DashboardProcess, open_page: OpenPage
) -> None:
    page = open_page(lesson_address(alone, LESSONS[0].id))
    for lesson in LESSONS:
        expect_lesson(page, lesson.question.en.replace("`", ""))
        if lesson.prediction is not None:
            read_it(page)
        expect_points(page, *["recorded"] * len(lesson.points))
        expect(page.locator(".answer")).to_have_count(len(lesson.samples))
        page.keyboard.press("n")


@pytest.mark.parametrize(
    ("lesson", "label", "numbers", "bars"),
    [
        ("10B", "Without a ticket", "1 3", ["process_request1", "make_response tuple"]),
        ("10B", "With a ticket", "4", ["process_request1"]),
        (
            "10E",
            "A token that is no number",
            "1 2 3",
            ["check_token", "make_response InternalServerError", "add_duration"],
        ),
        ("9A", "Three blueprints deep", "1 2", ["before_app", "before_shop"]),
        ("12K", "Run the script", "1 2", ["app2", "app1"]),
    ],
)
def test_the_numbers_of_the_points_stand_at_what_shows_them(
    alone: DashboardProcess,
    open_page: OpenPage,
    lesson: str,
    label: str,
    numbers: str,
    bars: list[str],
) -> None:
    page = open_page(lesson_address(alone, lesson))
    read_it(page)
    choice = page.get_by_role("combobox", name="Which request is shown")
    if len(select([lesson])[0].samples) > 1:
        choice.select_option(label)
    expect_callouts(page, label, numbers)
    host = page.locator(".lesson-timeline")
    host.scroll_into_view_if_needed()
    deadline = time.monotonic() + PATIENCE / 1000
    while len(circles := host.evaluate(CIRCLES)) != len(bars):  # it is being drawn
        assert time.monotonic() < deadline, circles
    for (x, y), bar in zip(circles, bars, strict=True):
        # A number stands over the upper right corner of its bar.
        page.mouse.click(x - 2, y + 10)
        expect(page.locator(".lesson-told")).to_contain_text(re.compile(rf"^{bar}, "))


def read_it(page: Page) -> None:
    page.get_by_role("button", name="Read it without firing").click()


SYSTEMS = "Where does routing happen, and when do the hooks run?"


def lane(page: Page, system: str) -> Locator:
    lanes = page.get_by_role("region", name="Steps of GET /", exact=True)
    return lanes.get_by_role("row").filter(has=page.get_by_role("rowheader", name=system))


def test_systems_stand_side_by_side_as_expected_and_then_as_fired(
    stage: Stage, open_page: OpenPage
) -> None:
    # A firing waits ten seconds; the first request starts the system's process.
    with urlopen(f"{stage.samples.url}/systems/bottle/?name=Ada", timeout=60) as answer:
        assert answer.status == 200
    page = open_page(lesson_address(stage.dashboard, "1A"))
    expect_lesson(page, SYSTEMS)
    Screen(page).expect_connected()
    systems = ["Flask", "Django", "Tornado", "Bottle", "web.py"]
    for system in systems:
        expect(lane(page, system)).to_contain_text("as recorded")
    fire(page, "Bottle: hello")
    expect(lane(page, "Bottle")).to_contain_text("as fired")
    expect(lane(page, "Bottle").get_by_role("cell").first).to_have_text(
        "contextrequest.bindhook beforebefore_requestroutematch"
    )
    expect(lane(page, "Django").get_by_role("cell").first).to_contain_text(
        re.compile("Hooks.process_request.*resolve_request")
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_the_systems_have_no_violation(
    alone: DashboardProcess, open_page: OpenPage, theme: str, width: int
) -> None:
    page = open_page(
        lesson_address(alone, "1A"),
        color_scheme=theme,
        bypass_csp=True,
        viewport={"width": width, "height": 900},
    )
    expect_lesson(page, SYSTEMS)
    page.add_script_tag(content=AXE.read_text())
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_learn_has_no_violation(stage: Stage, open_page: OpenPage, theme: str, width: int) -> None:
    page = open_page(
        lesson_address(stage.dashboard, "10B"),
        color_scheme=theme,
        bypass_csp=True,
        viewport={"width": width, "height": 900},
    )
    expect_lesson(page, QUESTION)
    Screen(page).expect_connected()
    page.add_script_tag(content=AXE.read_text())
    found = {"lesson": violations(page)}
    page.get_by_role("radio").first.check()
    fire(page, "Without a ticket")
    expect_points(page, "seen", "seen", "seen", "recorded")
    found["fired"] = violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="Learn", exact=True).click()
    expect(page.get_by_role("heading", name="Learn", level=1)).to_be_visible()
    found["list"] = violations(page)
    assert {place: lines for place, lines in found.items() if lines} == {}
