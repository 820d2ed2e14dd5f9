"""The line that the list of requests shows about a trace, however its events arrive."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web_data.agents import START, Agent, trace_id
from tracer.events import Lane
from tracer.wire import Columns
from web.store import Store
from web.trace_index import TraceSummary, summarise

ID = trace_id(1)


class Index:
    """Keeps summaries the way the store does."""

    def __init__(self) -> None:
        self.known: dict[str, TraceSummary] = {}

    def take(self, columns: Columns) -> None:
        changed = summarise(columns, lambda ids: self.known)
        self.known.update((summary.trace_id, summary) for summary in changed)

    def item(self, trace: str = ID) -> dict[str, Any]:
        return self.known[trace].item()


def test_a_request_is_summarised_from_its_events() -> None:
    agent, index = Agent(), Index()
    root = agent.span()
    agent.event(
        0, "request", "GET /cart/7", ID, span=root, app=None, method="GET", path="/cart/7", app_="x"
    )
    agent.event(2, "app_context.push", "shop", ID, parent=root)
    agent.event(0, "signal", "appcontext_pushed", ID, span=2, parent=root)
    agent.event(1, "signal", "appcontext_pushed", ID, span=2, parent=root)
    agent.event(2, "request_context.push", "shop", ID, parent=root)
    agent.event(0, "url_match", "/cart/<int:n>", ID, span=3, parent=root)
    agent.event(1, "url_match", "/cart/<int:n>", ID, span=3, parent=root, endpoint="cart")
    agent.event(0, "before_request", "load_user", ID, span=4, parent=root)
    agent.event(1, "before_request", "load_user", ID, span=4, parent=root)
    agent.event(0, "db.query", "SELECT", ID, span=5, parent=root)
    agent.event(0, "template.render", "cart.html", ID, span=6, parent=root)
    agent.event(2, "flash", "info", ID, parent=root)
    agent.event(1, "request", "GET /cart/7", ID, span=root, app=None, status=200)
    index.take(agent.batch().columns)
    assert index.item() == {
        "id": ID,
        "name": "GET /cart/7",
        "kind": "request",
        "app": None,
        "apps": ["shop"],
        "method": "GET",
        "path": "/cart/7",
        "status": 200,
        "start_ts": START + 1000,
        "duration": 12_000,
        "events": 13,
        "complete": True,
        "truncated": False,
        "error": None,
        "short_circuit": None,
        "endpoint": "cart",
        "counts": {
            "hooks": 1,
            "queries": 1,
            "templates": 1,
            "signals": 1,
            "contexts": 2,
            "flashes": 1,
        },
        "pid": 1001,
        "thread": "MainThread",
    }


def test_an_intercepting_hook_and_an_exception_are_named() -> None:
    agent, index = Agent(), Index()
    root = agent.span()
    agent.event(0, "request", "GET /", ID, span=root, method="GET", path="/")
    agent.event(0, "before_request", "guard", ID, span=2, parent=root)
    agent.event(1, "before_request", "guard", ID, span=2, parent=root, short_circuit=True)
    agent.event(0, "before_request", "other", ID, span=3, parent=root)
    agent.event(1, "before_request", "other", ID, span=3, parent=root, short_circuit=False)
    agent.event(2, "exception", "ZeroDivisionError", ID, parent=root)
    agent.event(1, "request", "GET /", ID, span=root, status="500 INTERNAL SERVER ERROR")
    index.take(agent.batch().columns)
    item = index.item()
    assert (item["short_circuit"], item["error"], item["status"]) == (
        "guard",
        "ZeroDivisionError",
        500,
    )


def test_a_script_run_is_a_trace_too() -> None:
    agent, index = Agent(), Index()
    root = agent.span()
    agent.event(0, "run", "shop", ID, span=root)
    agent.event(1, "run", "shop", ID, span=root)
    index.take(agent.batch().columns)
    item = index.item()
    assert (item["kind"], item["name"], item["app"]) == ("run", "shop", "shop")
    assert (item["method"], item["path"], item["status"], item["complete"]) == (
        None,
        None,
        None,
        True,
    )


def test_an_inner_end_does_not_complete_the_trace() -> None:
    agent, index = Agent(), Index()
    agent.request(ID, end=False)
    inner = agent.span()
    agent.event(0, "run", "shop", ID, span=inner)
    agent.event(1, "run", "shop", ID, span=inner)
    index.take(agent.batch().columns)
    assert index.item()["complete"] is False


def test_events_after_the_end_of_the_root_still_count() -> None:
    agent, index = Agent(), Index()
    agent.request(ID)
    index.take(agent.batch().columns)
    before = index.item()
    agent.event(2, "log", "INFO", ID, app="other", lane=Lane(1001, 8, "Thread-1"))
    index.take(agent.batch().columns)
    after = index.item()
    assert after == before | {"events": before["events"] + 1, "apps": ["shop", "other"]}


def test_applications_of_several_processes_take_part() -> None:
    first, second, index = Agent(1), Agent(2), Index()
    root = first.request(ID, end=False)
    index.take(first.batch().columns)
    second.event(2, "log", "INFO", ID, app="stock")
    index.take(second.batch().columns)
    first.end_request(ID, root)
    index.take(first.batch().columns)
    item = index.item()
    assert (item["app"], item["apps"], item["complete"]) == ("shop", ["shop", "stock"], True)
    assert (item["pid"], item["events"]) == (1001, 5)


def test_behind_a_dispatcher_the_first_application_that_is_called_gives_its_name() -> None:
    agent, index = Agent(), Index()
    root = agent.span()
    agent.event(0, "request", "GET /sec/", ID, span=root, app=None)
    agent.event(2, "dispatch", "/sec", ID, parent=root, app=None)
    agent.event(0, "wsgi_app", "admin", ID, span=2, parent=root, app="admin")
    agent.event(0, "wsgi_app", "shop", ID, span=3, parent=2, app="shop")
    index.take(agent.batch().columns)
    assert index.item()["app"] == "admin"


def test_a_trace_whose_begin_was_lost_starts_at_its_first_event() -> None:
    agent, index = Agent(), Index()
    agent.event(2, "log", "elsewhere", trace_id(2))
    agent.event(2, "log", "INFO", ID, lane=Lane(1001, 9, "Thread-9"))
    index.take(agent.batch().columns)
    item = index.item()
    assert (item["start_ts"], item["thread"], item["complete"]) == (START + 2000, "Thread-9", False)


def test_a_trace_that_was_cut_says_so() -> None:
    agent, index = Agent(), Index()
    root = agent.request(ID, end=False)
    agent.event(1, "request", "GET /", ID, span=root, status=200, truncated=17)
    index.take(agent.batch().columns)
    assert index.item()["truncated"] is True


def test_an_answer_of_which_nothing_was_sent_has_no_status() -> None:
    """Flask answered 200, and popping its contexts raised: what the client gets is the server's."""
    agent, index = Agent(), Index()
    for number, chunks in ((1, 0), (2, 3)):
        root = agent.request(trace_id(number), end=False)
        ended = {"status": 200, "left_by": "AssertionError", "chunks": chunks}
        agent.event(1, "request", "GET /", trace_id(number), span=root, **ended)
    index.take(agent.batch().columns)
    items = [index.item(trace_id(number)) for number in (1, 2)]
    assert [(item["status"], item["error"]) for item in items] == [
        (None, "AssertionError"),
        (200, "AssertionError"),
    ]


def test_attributes_of_any_type_do_no_harm() -> None:
    agent, index = Agent(), Index()
    root = agent.span()
    agent.event(0, "request", "x", ID, span=root, method=1, path=["/"], app_=3)
    agent.event(0, "view", "v", ID, span=2, endpoint={"a": 1}, short_circuit=[1])
    agent.event(1, "request", "x", ID, span=root, status=True, left_by=3)
    index.take(agent.batch().columns)
    item = index.item()
    assert (item["method"], item["path"], item["status"], item["endpoint"]) == (None,) * 4


@settings(max_examples=40)
@given(st.lists(st.integers(1, 9), max_size=12))
def test_it_does_not_matter_how_events_are_cut_into_batches(cuts: list[int]) -> None:
    def happenings(agent: Agent) -> list[Any]:
        steps: list[Any] = []
        for number in (1, 2, 3):
            root = number * 100
            trace = trace_id(number)
            steps += [
                (0, "request", f"GET /{number}", trace, root, {"method": "GET", "path": "/x"}),
                (2, "request_context.push", "shop", trace, 0, {}),
                (0, "signal", "request_started", trace, root + 1, {}),
                (1, "signal", "request_started", trace, root + 1, {}),
                (2, "exception", "KeyError", trace, 0, {}),
                (1, "request", f"GET /{number}", trace, root, {"status": 500}),
            ]
        return steps

    whole, parted = Index(), Index()
    one, many = Agent(), Agent()
    left = iter(cuts)
    room = next(left, 100)
    for phase, kind, name, trace, span, attributes in happenings(one):
        one.event(phase, kind, name, trace, span=span, **attributes)
        many.event(phase, kind, name, trace, span=span, **attributes)
        room -= 1
        if room == 0:
            parted.take(many.batch().columns)
            room = next(left, 100)
    whole.take(one.batch().columns)
    parted.take(many.batch().columns)
    assert {i: s.item() for i, s in parted.known.items()} == {
        i: s.item() for i, s in whole.known.items()
    }


def test_the_store_gives_the_same_summary_from_memory_and_from_disk(store: Store) -> None:
    agent = Agent()
    root = agent.request(ID, "/x", end=False)
    store.add(agent.batch())
    store.traces.forget_cached()
    agent.end_request(ID, root, "/x", status=201)
    store.add(agent.batch())
    item = store.trace(ID)
    store.traces.forget_cached()
    assert item == store.trace(ID)
    assert item is not None
    assert (item["complete"], item["status"], item["events"]) == (True, 201, 4)
