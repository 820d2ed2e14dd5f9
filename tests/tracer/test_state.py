"""What changes from step to step, and values in place of names: opted in, bounded, redacted."""

from __future__ import annotations

import gc
from typing import Any, ClassVar

import pytest
from flask import (
    Flask,
    Response,
    abort,
    after_this_request,
    g,
    make_response,
    render_template_string,
    request,
    session,
)
from flask.sessions import SessionInterface, SessionMixin

from tracer.engine import ENGINE
from tracer.testing import Capture, capture_trace

State = list[tuple[str, str, dict[str, Any]]]


def states(captured: Capture) -> State:
    return [
        (event.attributes["after"], event.name, event.attributes["changes"])
        for event in captured.events
        if event.kind == "state"
    ]


def shop() -> Flask:
    app = Flask("shop")
    app.secret_key = "a key"
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def traced(app: Flask, record: str, **options: Any) -> Capture:
    with capture_trace(record=record) as captured:
        app.test_client().open(**{"path": "/", **options}).close()
        assert {probe.name: probe.faults for probe in ENGINE.probes if probe.faults} == {}
    return captured


def test_each_step_says_what_it_changed() -> None:
    app = shop()

    @app.before_request
    def load() -> None:
        g.user = "ann"
        g.seen = [1]

    @app.before_request
    def idle() -> None: ...

    @app.route("/")
    def index() -> Response:
        @after_this_request
        def also(response: Response) -> Response:
            response.headers["X-Also"] = "2"
            return response

        g.seen.append(2)
        session["cart"] = {"items": 3}
        session["csrf_token"] = "do not tell"
        return make_response("hello")

    @app.after_request
    def stamp(response: Response) -> Response:
        response.status_code = 201
        response.headers["X-Stamp"] = "1"
        del response.headers["Content-Length"]
        response.set_cookie("who", "ann")
        session["cart"] = {}
        return response

    @app.teardown_request
    def close(error: Any) -> None:
        session.pop("cart")

    @app.teardown_appcontext
    def release(error: Any) -> None:
        g.pop("user")

    assert states(traced(app, "state")) == [
        ("before_request", "load", {"g": {"added": {"user": "'ann'", "seen": "[1]"}}}),
        ("before_request", "idle", {}),
        (
            "view",
            "index",
            {
                "g": {"changed": {"seen": ["[1]", "[1, 2]"]}},
                "session": {"added": {"cart": "{'items': 3}", "csrf_token": "[redacted]"}},
                "status": [None, "200 OK"],
                "headers": {
                    "added": {"Content-Type": "text/html; charset=utf-8", "Content-Length": "5"}
                },
            },
        ),
        ("after_this_request", "also", {"headers": {"added": {"X-Also": "2"}}}),
        (
            "after_request",
            "stamp",
            {
                "session": {"changed": {"cart": ["{'items': 3}", "{}"]}},
                "status": ["200 OK", "201 CREATED"],
                "headers": {
                    "added": {"X-Stamp": "1", "Set-Cookie": "who=[redacted]; Path=/"},
                    "removed": {"Content-Length": "5"},
                },
            },
        ),
        ("teardown_request", "close", {"session": {"removed": {"cart": "{}"}}}),
        ("teardown_appcontext", "release", {"g": {"removed": {"user": "'ann'"}}}),
    ]


def test_each_cookie_is_set_by_the_step_that_set_it() -> None:
    app = shop()
    app.add_url_rule("/", "index", lambda: "hello")
    app.after_request(lambda response: cookie(response, "first"))
    app.after_request(lambda response: cookie(response, "second"))

    def cookie(response: Response, name: str) -> Response:
        response.set_cookie(name, "1")
        return response

    changes = [changed for step, _, changed in states(traced(app, "state")) if step != "view"]
    assert changes == [
        {"headers": {"added": {"Set-Cookie": "second=[redacted]; Path=/"}}},
        {"headers": {"added": {"Set-Cookie (2)": "first=[redacted]; Path=/"}}},
    ]


def test_the_instant_comes_right_after_the_end_of_its_step() -> None:
    app = shop()
    app.add_url_rule("/", "index", lambda: "hello")
    app.before_request(lambda: None)
    events = traced(app, "state").events
    before = [(events[i - 1].phase, events[i - 1].kind) for i, e in enumerate(events)
              if e.kind == "state"]  # fmt: skip
    assert before == [("end", "before_request"), ("end", "view")]


def test_a_step_that_raises_says_what_it_had_changed() -> None:
    app = shop()

    @app.route("/")
    def index() -> str:
        g.half = True
        abort(404)

    @app.errorhandler(404)
    def missing(error: Exception) -> tuple[str, int]:
        g.handled = 1
        return "missing", 404

    assert states(traced(app, "state")) == [
        ("view", "index", {"g": {"added": {"half": "True"}}}),
        ("error_handler", "missing", {"g": {"added": {"handled": "1"}}}),
    ]


@pytest.mark.parametrize("record", [(), ("state",)])
def test_what_g_holds_goes_when_the_request_is_over_also_after_an_exception(
    record: tuple[str, ...],
) -> None:
    app, log = shop(), []
    app.logger.disabled = True

    class Connection:
        def __del__(self) -> None:
            log.append("closed")

    @app.route("/")
    def index() -> str:
        g.connection = Connection()
        raise ValueError

    gc.disable()
    try:
        with capture_trace(record=record):
            app.test_client().get("/").close()
            assert log == ["closed"]
    finally:
        gc.enable()


def test_a_context_of_another_application_inside_has_a_state_of_its_own() -> None:
    app, other = shop(), shop()

    @other.teardown_appcontext
    def release(error: Any) -> None:
        g.inner = 2

    @app.route("/")
    def index() -> str:
        g.outer = 1
        with other.app_context():
            pass
        return "hello"

    assert states(traced(app, "state")) == [
        ("teardown_appcontext", "release", {"g": {"added": {"inner": "2"}}}),
        ("view", "index", {"g": {"added": {"outer": "1"}}}),
    ]


def test_long_and_many_values_are_bounded() -> None:
    app = shop()

    @app.route("/")
    def index() -> str:
        g.long = "x" * 10_000
        for number in range(200):
            setattr(g, f"n{number}", number)
        return "hello"

    ((_, _, changes),) = states(traced(app, "state"))
    added = changes["g"]["added"]
    assert len(added) == 51
    assert added["…"] == "201 names"
    assert added["long"].endswith("(10000 characters)")
    assert max(map(len, added.values())) < 250


class Bomb:
    """Whatever is asked of it is the application's code."""

    ran: ClassVar[list[str]] = []

    def __getattribute__(self, name: str) -> Any:
        Bomb.ran.append(name)
        raise SystemError("the application's code ran")


def _bomb(name: str) -> Any:
    def explode(*args: Any, **kwargs: Any) -> Any:
        Bomb.ran.append(name)
        raise SystemError("the application's code ran")

    return explode


_DUNDERS = """
    repr str len iter bool hash eq ne lt contains getitem int index float format dir call enter
    exit get html
""".split()  # noqa: SIM905
for _name in _DUNDERS:
    setattr(Bomb, f"__{_name}__", _bomb(_name))


class Held(dict[str, Any], SessionMixin):
    """A session whose own methods are the application's code as well."""

    __len__ = __iter__ = __contains__ = items = keys = get = _bomb("session")  # type: ignore[assignment]


class HeldInterface(SessionInterface):
    def open_session(self, app: Any, request: Any) -> Held:
        held = Held()
        dict.__setitem__(held, "bomb", Bomb())
        return held

    def save_session(self, app: Any, session: Any, response: Any) -> None: ...


def test_values_are_described_without_running_a_line_of_their_code() -> None:
    app = shop()
    app.session_interface = HeldInterface()

    @app.route("/", methods=["POST"])
    def index() -> str:
        g.bomb = Bomb()
        assert request.form["a"] == "1"
        return render_template_string("hello", bomb=Bomb())

    captured = traced(app, "state,values,proxy,local", method="POST", data={"a": "1"})
    assert Bomb.ran == []
    bomb = "<test_state.Bomb>"
    values = {
        (event.kind, event.phase): event.attributes["values"]
        for event in captured.events
        if "values" in event.attributes
    }
    assert values == {
        ("session.open", "end"): {"bomb": bomb},
        ("form", "instant"): {"a": "'1'"},
        ("template.render", "begin"): {"bomb": bomb},
        ("session.save", "end"): {"bomb": bomb},
    }
    assert states(captured)[0][2]["g"] == {"added": {"bomb": bomb}}


# --- values --------------------------------------------------------------------------------------


def test_names_alone_without_the_switch() -> None:
    app = shop()

    @app.route("/", methods=["POST"])
    def index() -> str:
        session["cart"] = 1
        return render_template_string(request.form["a"], name="ann")

    captured = traced(app, "", method="POST", data={"a": "1"})
    assert [event.kind for event in captured.events if "values" in event.attributes] == []
    assert [event.kind for event in captured.events if event.kind in ("form", "state")] == []


def test_values_of_session_template_and_form_without_their_secrets() -> None:
    app = shop()

    @app.route("/", methods=["POST"])
    def index() -> str:
        session["cart"] = request.form.getlist("a")
        session["password"] = "hidden"
        return render_template_string("", name="ann", api_key="hidden", at=1.5)

    captured = traced(
        app, "values", method="POST", data={"a": ["1", "2"], "token": "hidden", "b": "x"}
    )
    found = [
        (event.kind, event.attributes["values"])
        for event in captured.events
        if "values" in event.attributes
    ]
    assert found == [
        ("session.open", {}),
        ("form", {"a": "['1', '2']", "token": "[redacted]", "b": "'x'"}),
        ("template.render", {"name": "'ann'", "api_key": "[redacted]", "at": "1.5"}),
        ("session.save", {"cart": "['1', '2']", "password": "[redacted]"}),
    ]
    saved = next(e for e in captured.events if e.kind == "session.save" and e.phase == "end")
    assert saved.attributes["keys"] == ["cart", "password"]


@pytest.mark.parametrize("read", ["form", "stream", "data", "nothing"])
def test_a_form_is_shown_only_when_the_application_had_it_parsed(read: str) -> None:
    app = shop()

    @app.route("/", methods=["POST"])
    def index() -> str:
        looks = {
            "form": lambda: request.form["a"],
            "stream": lambda: request.stream.read().decode(),
            "data": lambda: request.get_data(as_text=True),
            "nothing": lambda: "",
        }
        return looks[read]()

    with (
        capture_trace(record="values") as captured,
        app.test_client().post("/", data={"a": "1"}) as response,
    ):
        assert response.get_data(as_text=True) == {"form": "1", "stream": "a=1", "data": "a=1"}.get(
            read, ""
        )
    forms = [event.attributes["values"] for event in captured.events if event.kind == "form"]
    assert forms == ([{"a": "'1'"}] if read == "form" else [])


@pytest.mark.parametrize("record", ["state", "values"])
def test_what_is_described_counts_against_the_bound_of_the_buffer(record: str) -> None:
    app = shop()

    @app.route("/", methods=["POST"])
    def index() -> str:
        g.long = request.form["long"]
        session["long"] = g.long
        return render_template_string("", long=g.long)

    weights = []
    for chosen in ("", record):
        with capture_trace(record=chosen):
            app.test_client().post("/", data={"long": "x" * 5000}).close()
            weights.append(ENGINE.collector.buffer.weight)
            ENGINE.collector.pump()
    assert weights[1] - weights[0] > 400
