"""What differs between versions of Flask, and what must not: run on each by ``make matrix``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import flask.signals
from flask import Flask, Response, after_this_request, current_app

from tracer.testing import capture_trace

ROOT = Path(__file__).resolve().parents[2]
REGISTRIES = (
    "before_request_funcs",
    "after_request_funcs",
    "teardown_request_funcs",
    "teardown_appcontext_funcs",
    "template_context_processors",
    "url_value_preprocessors",
    "url_default_functions",
    "error_handler_spec",
    "view_functions",
)


def busy() -> Flask:
    """An application with a function in every registry."""
    app = Flask("busy")
    app.before_request(lambda: None)
    app.after_request(lambda response: response)
    app.teardown_request(lambda error: None)
    app.teardown_appcontext(lambda error: None)
    app.context_processor(lambda: {})
    app.url_value_preprocessor(lambda endpoint, values: None)
    app.url_defaults(lambda endpoint, values: None)
    app.errorhandler(404)(lambda error: ("nothing", 404))

    @app.route("/")
    def index() -> str:
        return "hello"

    return app


def everything(registry: Any) -> list[Any]:
    """All that is in a registry, however deep, by identity."""
    if isinstance(registry, dict):
        return [one for key, value in registry.items() for one in (key, *everything(value))]
    if isinstance(registry, list):
        return [one for value in registry for one in everything(value)]
    return [id(registry)]


def registries(app: Flask) -> list[tuple[str, int, list[Any]]]:
    return [(n, id(getattr(app, n)), everything(getattr(app, n))) for n in REGISTRIES]


def test_every_registry_is_the_applications_own_during_a_request_and_after_it() -> None:
    app = busy()
    looks = []

    @app.route("/look")
    def look() -> str:
        looks.append(registries(current_app._get_current_object()))  # type: ignore[attr-defined]
        return "looked"

    before = registries(app)
    with capture_trace(app):
        app.test_client().get("/look").close()
        app.test_client().get("/look").close()
    assert looks == [before, before]
    assert registries(app) == before


def test_a_list_that_was_changed_or_replaced_by_hand_is_called_as_it_is() -> None:
    app = busy()
    called = []
    app.before_request_funcs[None][:] = [lambda: called.append("changed")]
    with capture_trace() as captured:
        app.test_client().get("/").close()
        app.before_request_funcs = {None: [lambda: called.append("replaced")]}
        app.view_functions["index"] = lambda: called.append("swapped") or "swapped"
        app.test_client().get("/").close()
    assert called == ["changed", "replaced", "swapped"]
    kinds = [event.kind for event in captured.events if event.phase == "begin"]
    assert [kinds.count(kind) for kind in ("before_request", "view")] == [2, 2]


def test_what_a_hook_is_told_about_itself_is_the_same_on_every_version() -> None:
    app = busy()

    @app.route("/once")
    def once() -> str:
        @after_this_request
        def later(response: Response) -> Response:
            return response

        return "once"

    app.after_request(lambda response: response)
    with capture_trace() as captured:
        app.test_client().get("/once").close()
    hooks = [
        (event.kind, event.attributes.get("scope", "-"), event.attributes.get("order"))
        for event in captured.events
        if event.phase == "begin" and event.kind in HOOKS
    ]
    assert hooks == [
        ("url_value_preprocessor", None, 1),
        ("before_request", None, 1),
        ("view", "-", None),
        ("after_this_request", "-", None),
        ("after_request", None, 2),
        ("after_request", None, 1),
        ("teardown_request", None, 1),
        ("teardown_appcontext", None, 1),
    ]
    returned = [
        (event.kind, event.attributes.get("returned"))
        for event in captured.events
        if event.phase == "end" and event.kind in HOOKS
    ]
    assert returned == [
        ("url_value_preprocessor", "NoneType"),
        ("before_request", "NoneType"),
        ("view", "str"),
        ("after_this_request", "Response"),
        ("after_request", "Response"),
        ("after_request", "Response"),
        ("teardown_request", "NoneType"),
        ("teardown_appcontext", "NoneType"),
    ]


HOOKS = {
    "url_value_preprocessor", "before_request", "view", "after_this_request", "after_request",
    "teardown_request", "teardown_appcontext",
}  # fmt: skip


WITHOUT_BLINKER = """
import sys
sys.modules["blinker"] = None
import flask.signals
del sys.modules["blinker"]
assert not flask.signals.signals_available
from flask import Flask, flash
from tracer.testing import capture_trace

app = Flask("quiet")
app.secret_key = "a key"

@app.route("/")
def index():
    flash("hello")
    return "hello"

with capture_trace() as captured:
    assert app.test_client().get("/").data == b"hello"
for event in captured.events:
    if event.phase != "end" and event.kind in ("signal", "flash"):
        print(event.kind, event.name, event.attributes.get("receivers"))
"""

if "signals_available" in vars(flask.signals):  # up to 2.2, where blinker need not be there

    def test_signals_are_seen_where_flask_did_not_find_blinker() -> None:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", WITHOUT_BLINKER],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stderr == ""
        assert done.stdout.splitlines() == [
            "signal appcontext_pushed 0",
            "signal request_started 0",
            "flash message None",
            "signal message_flashed 0",
            "signal request_finished 0",
            "signal request_tearing_down 0",
            "signal appcontext_tearing_down 0",
            "signal appcontext_popped 0",
        ]
