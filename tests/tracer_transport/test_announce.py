"""What an application tells the dashboard about itself."""

from __future__ import annotations

import json
import threading

import flask
import pytest
from blinker import NamedSignal, Signal
from flask.views import MethodView
from werkzeug.middleware.proxy_fix import ProxyFix

from tracer.announce import describe_app, fingerprint
from tracer.receivers import RECEIVERS
from tracer.testing import capture_trace


def describe(app, **changes):
    fields = {"key": "shop", "base_url": None, "samples": [], "allow_methods": ["HEAD", "GET"]}
    return describe_app(app, **{**fields, **changes})


def entries(app, kind):
    return [e for e in describe(app)["registry"] if e["kind"] == kind]


@pytest.fixture
def app() -> flask.Flask:
    return flask.Flask("shop", static_folder=None)


def test_the_description_is_whole_and_json(app):
    sample = {"lesson": "hooks", "title": "Hello", "method": "GET", "path": "/"}

    item = describe(app, base_url="http://127.0.0.1:5100", samples=[sample])

    assert json.loads(json.dumps(item)) == item
    assert item["key"] == item["name"] == "shop"
    assert item["framework"] == "flask"
    assert item["version"][0].isdigit()
    assert item["base_url"] == "http://127.0.0.1:5100"
    assert item["allow_methods"] == ["GET", "HEAD"]
    assert item["samples"] == [sample]


def test_a_route_is_described(app):
    @app.route("/users/<int:user>/<path:rest>", methods=["POST"], defaults={"page": 1})
    def show(user, rest, page):
        return ""

    (route,) = describe(app)["routes"]

    assert route["line"] == show.__code__.co_firstlineno
    assert route["file"].endswith("test_announce.py")
    assert {k: v for k, v in route.items() if k not in ("file", "line")} == {
        "rule": "/users/<int:user>/<path:rest>",
        "methods": ["OPTIONS", "POST"],
        "endpoint": "show",
        "arguments": ["user", "rest"],
        "converters": {"user": "int", "rest": "path"},
        "defaults": {"page": 1},
        "registered_by": None,
    }


def test_a_class_view_points_into_its_class(app):
    class Things(MethodView):
        def get(self):
            return ""

    app.add_url_rule("/", view_func=Things.as_view("things"))

    (route,) = describe(app)["routes"]

    assert route["line"] == Things.get.__code__.co_firstlineno


def test_a_route_without_a_view_has_no_place(app):
    app.add_url_rule("/later", endpoint="later")

    (route,) = describe(app)["routes"]

    assert (route["file"], route["line"]) == (None, None)


def test_hooks_are_listed_with_scope_and_order(app):
    blueprint = flask.Blueprint("admin", __name__)

    def one(): ...
    def two(): ...
    def three(response):
        return response

    app.before_request(one)
    app.before_request(two)
    blueprint.after_request(three)
    app.teardown_appcontext(lambda error: None)
    app.register_blueprint(blueprint)

    def shown(kind):
        return [(e["name"], e["scope"], e["order"]) for e in entries(app, kind)]

    assert shown("before_request") == [("one", None, 1), ("two", None, 2)]
    assert shown("after_request") == [("three", "admin", 1)]
    assert shown("teardown_appcontext") == [("<lambda>", None, 1)]
    assert shown("blueprint") == [("admin", None, 1)]
    assert entries(app, "before_request")[0]["registered_by"] is None
    assert entries(app, "context_processor")[0]["registered_by"] == "flask"


def test_an_error_handler_says_what_it_is_for(app):
    app.register_error_handler(404, lambda error: "none")
    app.register_error_handler(ValueError, lambda error: "value")

    found = [e["registered_for"] for e in entries(app, "error_handler")]

    assert found == ["404 werkzeug.exceptions.NotFound", "ValueError"]


def test_middleware_is_listed_from_the_outside_in(app):
    class Outer:
        def __init__(self, app):
            self.app = app

        def __call__(self, environ, start_response):
            return self.app(environ, start_response)

    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    app.wsgi_app = Outer(app.wsgi_app)  # type: ignore[method-assign]

    found = [(e["name"], e["order"], e["registered_by"]) for e in entries(app, "middleware")]

    assert found == [("Outer", 1, None), ("ProxyFix", 2, "werkzeug")]


def test_receivers_of_flasks_signals_are_listed(app):
    other = flask.Flask("other")

    def mine(sender, **extra): ...
    def everybodys(sender, **extra): ...
    def elses(sender, **extra): ...

    with (
        flask.request_started.connected_to(mine, app),
        flask.request_started.connected_to(elses, other),
    ):
        flask.request_finished.connect(everybodys)
        found = {(e["name"], e["scope"]) for e in entries(app, "signal_receiver")}
        flask.request_finished.disconnect(everybodys)

    assert found == {("mine", "request_started"), ("everybodys", "request_finished")}


def gone(app):
    """Signal, name and count of the receivers that died, as they are announced."""
    found = entries(app, "signal_receiver")
    return [(e["scope"], e["name"], e["died"]) for e in found if "died" in e]


def test_a_receiver_that_died_is_still_listed(app):
    other = flask.Flask("other")

    def connect_for(sender):
        def forgotten(sender, **extra): ...

        flask.request_started.connect(forgotten, sender)
        return forgotten.__code__.co_firstlineno

    with capture_trace():
        before = fingerprint(app)
        line = connect_for(app)
        connect_for(app)
        connect_for(other)

        def kept(sender, **extra): ...

        flask.request_finished.connect(kept)
        assert gone(app) == [("request_started", "forgotten", 2)]
        (entry,) = [e for e in entries(app, "signal_receiver") if "died" in e]
        assert (entry["line"], entry["registered_by"]) == (line, None)
        assert entry["file"].endswith("test_announce.py")
        assert fingerprint(app) != before
    assert gone(app) == []


def test_what_was_disconnected_or_is_held_did_not_die(app):
    def connect_all():
        def disconnected(sender, **extra): ...
        def held(sender, **extra): ...
        def for_a_moment(sender, **extra): ...

        flask.request_started.connect(receiver=disconnected)
        flask.request_started.disconnect(receiver=disconnected)
        flask.request_started.connect(held, weak=False)
        with flask.request_finished.connected_to(for_a_moment):
            pass
        return held

    with capture_trace():
        held = connect_all()
        assert gone(app) == []
        flask.request_started.disconnect(held)
        del held
    assert gone(app) == []


def test_a_method_and_an_object_die_with_what_they_belong_to(app):
    class Counter:
        def count(self, sender, **extra): ...
        def __call__(self, sender, **extra): ...

    ordered = NamedSignal("ordered")
    with capture_trace():
        counter = Counter()
        ordered.connect(counter.count)
        ordered.connect(counter)
        # Each look at a method makes a new object of it: that is not its death.
        assert gone(app) == []
        del counter
        assert sorted(gone(app)) == [("ordered", "Counter", 1), ("ordered", "count", 1)]


def test_a_fault_in_watching_receivers_is_nobody_elses(app, monkeypatch):
    def fail(*args):
        raise OSError

    def receiver(sender, **extra):
        return 1

    monkeypatch.setattr(RECEIVERS, "connected", fail)
    monkeypatch.setattr(RECEIVERS, "disconnected", fail)
    signal = Signal()
    with capture_trace():
        assert signal.connect(receiver) is receiver
        assert signal.send(app) == [(receiver, 1)]
        signal.disconnect(receiver)
        assert signal.send(app) == []


def test_template_functions_of_the_user_are_listed_without_jinjas_own(app):
    @app.template_filter("shout")
    def shout(text):
        return text.upper()

    @app.template_global()
    def answer():
        return 42

    found = [e["name"] for e in describe(app)["registry"] if e["kind"].startswith("template_")]

    assert found == ["shout", "answer"]


def test_commands_and_extensions_are_listed(app):
    class Mail: ...

    app.extensions["mail"] = Mail()
    app.cli.command("seed")(lambda: None)

    assert [e["name"] for e in entries(app, "extension")] == ["mail"]
    assert [e["name"] for e in entries(app, "command")] == ["seed"]


def test_nothing_is_created_on_the_way(app):
    before = set(vars(app))

    describe(app)
    fingerprint(app)

    assert set(vars(app)) == before
    assert not {"jinja_env", "logger"} & before


def test_an_odd_registration_does_not_hide_the_rest(app):
    class Odd:
        def __getattr__(self, name):
            raise SystemError(name)

    app.before_request_funcs[None] = [Odd(), print, 5]  # type: ignore[list-item]
    app.extensions[7] = Odd()  # type: ignore[index]
    app.teardown_appcontext_funcs.append(lambda error: None)

    names = [(e["kind"], e["name"]) for e in describe(app)["registry"]]

    assert ("teardown_appcontext", "<lambda>") in names
    assert ("extension", "7") in names
    assert len([n for n in names if n[0] == "before_request"]) == 3


def test_defaults_are_shown_safely(app):
    app.add_url_rule("/", "x", defaults={"token": "hunter2", "how": object(), "n": None})

    (route,) = describe(app)["routes"]

    assert route["defaults"] == {"token": "[redacted]", "how": "<object>", "n": None}


def test_an_application_that_changes_meanwhile_is_described(app):
    done = threading.Event()
    problems: list[object] = []

    def register():
        for n in range(1500):
            app.view_functions[f"v{n}"] = register
            app.url_map.add(app.url_rule_class(f"/{n}", endpoint=f"v{n}"))
            app.before_request_funcs.setdefault(f"scope{n}", []).append(register)
            app.extensions[f"e{n}"] = app
        done.set()

    thread = threading.Thread(target=register)
    thread.start()
    while not done.is_set():
        item = describe(app)
        problems.extend(r for r in item["routes"] if r["file"] is None)
        fingerprint(app)
    thread.join()

    assert problems == []
    assert len(describe(app)["routes"]) == 1500


@pytest.mark.parametrize(
    "change",
    [
        lambda app: app.add_url_rule("/new", "new", lambda: ""),
        lambda app: app.before_request(lambda: None),
        lambda app: app.teardown_appcontext(lambda error: None),
        lambda app: app.register_error_handler(404, lambda error: ""),
        lambda app: app.register_blueprint(flask.Blueprint("b", __name__)),
        lambda app: app.extensions.update(mail=1),
        lambda app: app.template_filter("f")(str),
        lambda app: setattr(app, "wsgi_app", ProxyFix(app.wsgi_app)),
    ],
)
def test_the_fingerprint_notices_a_registration(app, change):
    before = fingerprint(app)
    assert fingerprint(app) == before

    change(app)

    assert fingerprint(app) != before


def test_the_fingerprint_notices_a_receiver_that_comes_and_goes(app):
    def receiver(sender):
        pass

    before = fingerprint(app)
    with flask.request_started.connected_to(receiver, app):
        assert fingerprint(app) != before
    assert fingerprint(app) == before
