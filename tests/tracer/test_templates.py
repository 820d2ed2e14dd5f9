"""Templates and the functions in them: what is said of them, and in whose request."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Any

import blinker
import flask
import jinja2
import pytest
from flask import render_template, render_template_string
from jinja2 import DictLoader

from tests.tracer.test_truth import at_end, made, seen
from tracer.engine import ENGINE
from tracer.hot_path import INNER
from tracer.testing import Capture, capture_trace


def test_functions_of_templates_are_those_that_were_registered_whatever_they_are() -> None:
    app = made()

    def first(value: int) -> int:
        return value

    def second(value: int) -> int:
        return value

    app.jinja_env.globals.update(show=first, total=sum)
    app.jinja_env.filters["whole"] = int
    app.view_functions["index"] = lambda: render_template_string(
        "{{ show(1) }}{{ total([n, 2]) }}{{ n|whole }}{{ n|abs }}{{ range(n) }}", n=1
    )

    def called() -> list[tuple[str, str]]:
        return [
            (event.kind, event.name)
            for event in seen(app)
            if event.kind.startswith("template_") and event.phase == "begin"
        ]

    rest = [("template_global", "sum"), ("template_filter", "int")]
    with capture_trace():
        assert called() == [("template_global", "first"), *rest]
        app.jinja_env.globals["show"] = second
        assert called() == [("template_global", "second"), *rest]


def test_a_function_whose_answers_are_cached_has_its_own_name() -> None:
    app = made()
    shown = lru_cache(with_options)
    app.add_template_filter(partial(shown, None), "shown")
    app.before_request(lru_cache(named_hook))
    app.view_functions["index"] = lambda: render_template_string("{{ n|shown }}", n=1)
    events = [event for event in seen(app) if event.phase == "begin"]
    assert [e.name for e in events if e.kind == "before_request"] == ["named_hook"]
    assert [e.name for e in events if e.kind == "template_filter"] == ["with_options"]


def named_hook() -> None:
    pass


# Up to Jinja 2 each had a mark of its own.
pass_context: Any = getattr(jinja2, "pass_context", None) or vars(jinja2)["contextfilter"]


class Prices:
    def bound(self, value: str) -> str:
        return value

    @pass_context
    def with_context(self, context: Any, value: str) -> str:
        return f"{value}{context['n']}"

    def __call__(self, value: str) -> str:
        return value


def with_options(options: Any, value: str) -> str:
    return value


def test_functions_that_jinja_calls_itself_are_seen_whatever_they_are() -> None:
    """A constant's filter runs when the template is compiled, that of ``map`` through a name."""
    app = made()
    functions: dict[str, Any] = {
        "bound": Prices().bound,
        "partial": partial(with_options, None),
        "class": str,
        "object": Prices(),
    }
    app.jinja_env.filters.update(functions, context=Prices().with_context)
    app.jinja_env.tests.update(functions)
    shown = "".join(
        f"{{{{ 'c'|{name} }}}}{{{{ ['m']|map('{name}')|first }}}}"
        f"{{{{ ['s']|select('{name}')|first }}}}"
        for name in functions
    )
    app.view_functions["index"] = lambda: render_template_string(
        shown + "{{ ['m']|map('context')|first }}", n=1
    )

    def call() -> str:
        return app.test_client().get("/").get_data(as_text=True)

    assert call() == "cms" * 4 + "m1"
    app.jinja_env.cache.clear()  # type: ignore[union-attr]
    with capture_trace(app) as captured:
        assert call() == "cms" * 4 + "m1"
    begun = [event for event in captured.events if event.phase == "begin"]
    names = ["bound", "with_options", "str", "Prices"]
    assert [e.name for e in begun if e.kind == "template_test"] == names
    filters = [e.name for e in begun if e.kind == "template_filter"]
    assert sorted(filters) == sorted([*names, *names, "with_context"])


@pytest.fixture
def only_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process without greenlets and asyncio, where calls of filters are stamped."""
    monkeypatch.setattr(INNER, "look", lambda: None)
    monkeypatch.setattr(INNER, "flow_of", None)


class Imported:
    """A page whose macro is imported, which Jinja keeps for all renderings, and calls a filter."""

    def __init__(self) -> None:
        self.app = made()
        self.app.jinja_env.loader = DictLoader(
            {
                "rows.html": "{% macro row(one) %}{{ one|price }}{% endmacro %}",
                "page.html": "{% from 'rows.html' import row %}"
                "{% for one in ones %}{{ row(one) }}{% endfor %}",
            }
        )
        self.app.add_template_filter(lambda value: f"{value} EUR", "price")
        self.app.add_url_rule("/<name>", "page", self.page)
        self.others: Callable[[str], None] = lambda name: None

    def page(self, name: str) -> str:
        def ones() -> Iterator[int]:
            yield from (1, 2)
            self.others(name)
            yield 3

        return render_template("page.html", ones=ones())

    def visit(self, name: str) -> None:
        assert self.app.test_client().get(f"/{name}").data == b"1 EUR2 EUR3 EUR"


def filters_of(captured: Capture) -> list[tuple[str, int]]:
    return [
        (trace.events[0].name, sum(e.kind == "template_filter" for e in trace.events))
        for trace in captured.traces
    ]


@pytest.mark.usefixtures("only_threads")
def test_an_imported_macro_s_filters_belong_to_the_request_that_calls_them() -> None:
    page = Imported()
    is_half_way, is_visited = threading.Event(), threading.Event()

    def others(name: str) -> None:
        if name == "first":
            is_half_way.set()
            assert is_visited.wait(10)

    page.others = others
    with capture_trace(page.app) as captured, ThreadPoolExecutor(1) as pool:
        first = pool.submit(page.visit, "first")
        assert is_half_way.wait(10)
        page.visit("meanwhile")
        is_visited.set()
        first.result()
        page.visit("later")
    names = ("GET /first", "GET /meanwhile", "GET /later")
    assert filters_of(captured) == [(name, 6) for name in names]


def test_an_imported_macro_outlives_the_tracer_and_says_nothing_then() -> None:
    page = Imported()
    with capture_trace(page.app):
        page.visit("first")
    waiting = len(ENGINE.collector.buffer)
    page.visit("untraced")
    assert len(ENGINE.collector.buffer) == waiting
    with capture_trace(made("other")):
        waiting = len(ENGINE.collector.buffer)
        page.visit("untraced")
        assert len(ENGINE.collector.buffer) == waiting
    with capture_trace(page.app) as captured:
        page.visit("again")
    assert filters_of(captured) == [("GET /again", 6)]


@pytest.mark.usefixtures("only_threads")
def test_a_filter_that_is_called_inside_itself_is_inside_itself() -> None:
    app = made()
    app.add_template_filter(lambda value: value() if callable(value) else value, "plain")
    app.view_functions["index"] = lambda: render_template_string(
        "{% macro one() %}{{ n|plain }}{% endmacro %}{{ n|plain }}{{ one|plain }}{{ n|plain }}", n=1
    )
    phases = [event.phase for event in seen(app) if event.kind == "template_filter"]
    assert phases == ["begin", "end", "begin", "begin", "end", "end", "begin", "end"]


if hasattr(flask, "stream_template_string"):  # from 2.2 on

    def test_a_streamed_template_is_a_generator_as_without_the_tracer() -> None:
        app = made()
        kept: list[Any] = []

        @app.route("/stream")
        def stream() -> Any:
            kept.append(flask.stream_template_string("{{ 1 }}{{ 2 }}"))
            return "never read"

        events = seen(app, "/stream")
        assert type(kept[0]).__name__ == "generator"
        assert at_end(events, "template.stream", "left_open") == ["capture ended"]
        with capture_trace() as captured:
            seen(app, "/stream")
            kept.clear()
        assert at_end(captured.events, "template.stream", "left_open") == ["abandoned"]

    @pytest.mark.usefixtures("only_threads")
    def test_who_makes_a_piece_of_another_trace_s_stream_stays_where_he_is() -> None:
        app = made()
        app.add_template_filter(str, "shown")
        signal = blinker.NamedSignal("is worked on")
        template = "{% for one in '12' %}{{ one|shown }}{% endfor %}"
        kept: list[Any] = []

        def later() -> None:
            next(kept[0])
            kept[1].run(signal.send)
            list(kept[0])

        with capture_trace(app) as captured:
            with app.app_context():  # in a request the stream would keep that pushed
                kept.append(flask.stream_template_string(template))
            with app.app_context():
                kept.append(contextvars.copy_context())
            thread = threading.Thread(target=later)
            thread.start()
            thread.join()
        streamed, worked = captured.traces
        assert sum(event.kind == "template_filter" for event in streamed.events) == 4
        assert sum(event.name == signal.name for event in worked.events) == 2


# --- coroutines ----------------------------------------------------------------------------------
