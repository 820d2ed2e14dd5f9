"""Who registers what, where, in which order, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask

from tracer import Tracer
from tracer.testing import Capture, capture_trace

PLACE = ("file", "line", "who", "what", "registered_by")


def setup(captured: Capture) -> list[tuple[str, str | None, dict[str, Any]]]:
    return [
        (
            event.name,
            event.app,
            {name: value for name, value in event.attributes.items() if name not in PLACE},
        )
        for event in captured.events
        if event.kind == "setup"
    ]


def named(name: str, function: Any = lambda *args: None) -> Any:
    def copy(*args: Any) -> Any:
        return function(*args)

    copy.__name__ = name
    return copy


def test_everything_that_can_be_registered_in_order() -> None:
    with capture_trace() as captured:
        app = Flask("shop")
        app.before_request(named("load_user"))
        app.before_request(named("check"))
        app.after_request(named("stamp"))
        app.teardown_request(named("close"))
        app.teardown_appcontext(named("release"))
        app.context_processor(named("add"))
        app.url_value_preprocessor(named("pull"))
        app.url_defaults(named("push"))
        app.shell_context_processor(named("shell"))
        app.errorhandler(404)(named("missing"))
        app.register_error_handler(ValueError, named("wrong"))
        app.template_filter("double")(named("twice"))
        app.add_template_test(named("is_odd"), "odd")
        app.template_global()(named("now"))
        app.route("/")(named("index"))
        app.get("/cart")(named("cart"))
        app.add_url_rule("/old", endpoint="old")
        app.endpoint("old")(named("old_view"))
    scope: dict[str, Any] = {"scope": None}
    assert setup(captured) == [
        ("app shop", "shop", {"class": "Flask"}),
        ("rule /static/<path:filename>", "shop",
         {**scope, "function": "<lambda>", "endpoint": "static"}),
        ("before_request load_user", "shop", {**scope, "order": 1}),
        ("before_request check", "shop", {**scope, "order": 2}),
        ("after_request stamp", "shop", {**scope, "order": 1}),
        ("teardown_request close", "shop", {**scope, "order": 1}),
        ("teardown_appcontext release", "shop", {**scope, "order": 1}),
        ("context_processor add", "shop", {**scope, "order": 2}),
        ("url_value_preprocessor pull", "shop", {**scope, "order": 1}),
        ("url_defaults push", "shop", {**scope, "order": 1}),
        ("shell_context_processor shell", "shop", {**scope, "order": 1}),
        ("error_handler missing", "shop", {**scope, "registered_for": "404"}),
        ("error_handler wrong", "shop", {**scope, "registered_for": "ValueError"}),
        ("template_filter twice", "shop", scope),
        ("template_test is_odd", "shop", scope),
        ("template_global now", "shop", scope),
        ("rule /", "shop", {**scope, "function": "index"}),
        ("rule /cart", "shop", {**scope, "function": "cart"}),
        ("rule /old", "shop", {**scope, "endpoint": "old"}),
        ("endpoint old", "shop", scope),
    ]  # fmt: skip


def test_a_blueprint_registers_first_for_itself_and_then_on_the_application() -> None:
    with capture_trace() as captured:
        app = Flask("shop", static_folder=None)
        parent, child = Blueprint("parent", "parent"), Blueprint("child", "child")
        parent.before_request(named("guard"))
        parent.before_app_request(named("everywhere"))
        parent.app_errorhandler(500)(named("broken"))
        child.route("/item")(named("item"))
        parent.register_blueprint(child, url_prefix="/child")
        app.register_blueprint(parent, url_prefix="/parent", name="shelf")
    parents, children = {"scope": "parent"}, {"scope": "child"}
    app_wide: dict[str, Any] = {"scope": None}
    assert setup(captured) == [
        ("app shop", "shop", {"class": "Flask"}),
        ("before_request guard", None, {**parents, "order": 1}),
        ("before_request everywhere", None, {**parents, "for_app": True}),
        ("rule /item", None, {**children, "function": "item"}),
        ("blueprint child", None, {**parents, "url_prefix": "/child"}),
        ("error_handler broken", "shop", {**app_wide, "registered_for": "500"}),
        ("rule /parent/child/item", "shop",
         {**app_wide, "function": "item", "endpoint": "shelf.child.item"}),
        ("blueprint parent", "shop", {**app_wide, "url_prefix": "/parent", "name": "shelf"}),
    ]  # fmt: skip


def test_the_place_is_that_of_the_call_which_registers() -> None:
    def create_app() -> Flask:
        app = Flask("shop", static_folder=None)
        # No decorator: until 3.10 Python gives its call the line of the function below.
        app.before_request(named("load_user"))
        return app

    with capture_trace() as captured:
        create_app()
    first = create_app.__code__.co_firstlineno
    found = [event.attributes for event in captured.events if event.kind == "setup"]
    assert [
        (a["what"], a["file"].rpartition("/")[2], a["line"] - first, a["who"], a["registered_by"])
        for a in found
    ] == [
        ("app", "test_setup.py", 1, "create_app", None),
        ("before_request", "test_setup.py", 3, "create_app", None),
    ]


def test_what_is_refused_says_why_and_is_refused_as_before() -> None:
    app = Flask("shop", static_folder=None)
    app.route("/")(named("index"))
    one = Tracer(app, enabled=True)
    with capture_trace(app) as captured:
        with pytest.raises(AssertionError, match="overwriting"):
            app.add_url_rule("/other", "index", named("other"))
        blueprint = Blueprint("cart", "cart")
        app.register_blueprint(blueprint)
        with pytest.raises(ValueError, match="already registered"):
            app.register_blueprint(blueprint)
        app.test_client().get("/").close()
        with pytest.raises(AssertionError, match="can no longer be called"):
            app.before_request(named("late"))
    refused = [
        (name, said["refused"].partition(".")[0].partition(" is ")[0].partition(" can ")[0])
        for name, _, said in setup(captured)
        if "refused" in said
    ]
    assert refused == [
        ("rule /other",
         "AssertionError: View function mapping"),
        ("blueprint cart", "ValueError: The name 'cart'"),
        ("before_request late", "AssertionError: The setup method 'before_request'"),
    ]  # fmt: skip
    assert "order" not in setup(captured)[-1][2]
    one.uninstall()


def test_what_is_registered_during_a_request_belongs_to_its_trace() -> None:
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: str(app.url_defaults))
    with capture_trace() as captured:
        app.add_url_rule("/late", "late", named("late"))
        app.test_client().get("/").close()
    (event,) = [event for event in captured.events if event.kind == "setup"]
    assert (event.name, event.trace_id, event.parent_id) == ("rule /late", None, None)


def test_an_application_that_nobody_asked_for_is_not_recorded() -> None:
    app = Flask("shop")
    with capture_trace(app) as captured:
        other = Flask("other")
        other.before_request(named("check"))
    assert setup(captured) == []


def test_an_application_that_cannot_be_made_leaves_nothing_behind() -> None:
    with capture_trace() as captured:
        with pytest.raises(ValueError, match="must be absolute"):
            Flask("shop", instance_path="relative")
        Flask("shop", static_folder=None)
    assert [name for name, _, _ in setup(captured)] == ["app shop"]
