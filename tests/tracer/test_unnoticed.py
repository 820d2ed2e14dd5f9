"""The traced application never notices: not in its answers, and not when the tracer is broken."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from blinker import Signal
from flask import (
    Flask,
    Response,
    abort,
    flash,
    g,
    redirect,
    render_template_string,
    request,
    send_file,
    session,
    stream_with_context,
)
from flask.ctx import AppContext
from flask.sessions import SessionInterface
from werkzeug.local import Local
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import EnvironBuilder

from tracer.config import SWITCHES
from tracer.engine import ENGINE
from tracer.hot_path import INNER, Flow
from tracer.probes.catalog import CATALOG, SWITCHED
from tracer.testing import capture_trace

Answer = tuple[Any, ...]


def awkward(log: list[str]) -> Flask:
    """An application whose answers are easily disturbed; what it does goes to *log*."""
    app, local = Flask("awkward"), Local()
    app.secret_key = "a key"
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.logger.disabled = True
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    app.before_request(lambda: log.append("before"))
    app.teardown_request(lambda error: log.append(f"down {type(error).__name__}"))
    app.teardown_appcontext(lambda error: log.append(f"app down {type(error).__name__}"))
    app.add_template_filter(lambda value: value * 2, "double")

    @app.after_request
    def after(response: Response) -> Response:
        log.append(f"after {response.status_code}")
        return response

    @app.errorhandler(ZeroDivisionError)
    def division(error: Exception) -> tuple[str, int]:
        return "division", 400

    @app.route("/")
    def index() -> str:
        return "hello"

    @app.route("/session")
    def touched() -> str:
        return str(session.get("n"))

    @app.route("/write")
    def write() -> str:
        session["n"] = 1
        flash("hello")
        return "written"

    @app.route("/template")
    def template() -> str:
        return render_template_string(
            "{{ 2|double }}{{ request.path }}{% if 1 is odd %}!{% endif %}"
        )

    @app.route("/file")
    def file() -> Response:
        return send_file(Path(__file__), conditional=True)

    @app.route("/304")
    def unchanged() -> Response:
        response = Response("hello")
        response.set_etag("tag")
        return response.make_conditional(request)

    @app.route("/stream")
    def stream() -> Response:
        def chunks() -> Iterator[str]:
            yield "a"
            yield request.path

        return Response(stream_with_context(chunks()))

    @app.route("/body", methods=["POST"])
    def body() -> str:
        return f"{len(request.stream.read())}"

    @app.route("/parsed", methods=["POST"])
    def parsed() -> str:
        local.form = request.form["a"]
        g.form = [local.form]
        del local.form
        return str(g.form)

    @app.route("/late")
    def late() -> Response:
        def chunks() -> Iterator[str]:
            yield "a"
            try:
                yield request.path
            except RuntimeError as error:
                yield str(error)[:33]

        return Response(chunks())

    @app.route("/moved")
    def moved() -> Any:
        return redirect("/")

    @app.route("/zero")
    def zero() -> str:
        return str(1 // 0)

    @app.route("/broken")
    def broken() -> str:
        raise RuntimeError("broken")

    @app.route("/teapot")
    def teapot() -> str:
        abort(418)

    return app


REQUESTS: dict[str, dict[str, Any]] = {
    "hello": {"path": "/"},
    "head": {"path": "/", "method": "HEAD"},
    "options": {"path": "/", "method": "OPTIONS"},
    "session read": {"path": "/session"},
    "session write": {"path": "/write"},
    "template": {"path": "/template"},
    "file": {"path": "/file"},
    "range": {"path": "/file", "headers": {"Range": "bytes=2-9"}},
    "not modified": {"path": "/304", "headers": {"If-None-Match": '"tag"'}},
    "stream": {"path": "/stream"},
    "body": {"path": "/body", "method": "POST", "data": b"x" * 5000},
    "form": {"path": "/body", "method": "POST", "data": {"a": "b"}},
    "parsed form": {"path": "/parsed", "method": "POST", "data": {"a": "b"}},
    "late use": {"path": "/late"},
    "redirect": {"path": "/moved"},
    "handled": {"path": "/zero"},
    "unhandled": {"path": "/broken"},
    "abort": {"path": "/teapot"},
    "nowhere": {"path": "/nowhere"},
    "not latin": {"path": "/närrisch/\udcff".encode("utf-8", "surrogateescape").decode("latin-1")},
}


def answer(app: Flask, options: dict[str, Any], log: list[str]) -> Answer:
    """Status, headers and body as a server would get them, and what the application did."""
    started: list[Any] = []
    environ = EnvironBuilder(**options).get_environ()

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        started.append((status, list(headers)))
        return lambda data: None

    body = app(environ, start_response)
    chunks = list(body)
    if hasattr(body, "close"):
        body.close()
    return started, chunks, list(log)


def undated(found: Answer) -> Answer:
    """Without what the clock writes: dates, and the time and signature of a session cookie."""
    started, chunks, log = found
    shown = [
        (
            status,
            [
                (name, re.sub(r"^(session=[^.;]*)\.[^;]*", r"\1", value))
                for name, value in headers
                if name not in ("Date", "Expires")
            ],
        )
        for status, headers in started
    ]
    return shown, chunks, log


@pytest.mark.parametrize("record", [(), tuple(SWITCHES)], ids=["default", "all switches"])
@pytest.mark.parametrize("name", REQUESTS)
def test_traced_is_untraced(name: str, record: tuple[str, ...]) -> None:
    plain_log: list[str] = []
    plain = undated(answer(awkward(plain_log), REQUESTS[name], plain_log))
    traced_log: list[str] = []
    app = awkward(traced_log)
    with capture_trace(record=record) as captured:
        traced = undated(answer(app, REQUESTS[name], traced_log))
    assert traced == plain
    assert captured.traces[0].root is not None
    assert [probe.faults for probe in ENGINE.probes] == []


@pytest.mark.parametrize("record", [(), tuple(SWITCHES)], ids=["default", "all switches"])
@pytest.mark.parametrize("name", REQUESTS)
def test_no_probe_fails_on_the_way(name: str, record: tuple[str, ...]) -> None:
    log: list[str] = []
    app = awkward(log)
    with capture_trace(record=record):
        answer(app, REQUESTS[name], log)
        assert {probe.name: probe.faults for probe in ENGINE.probes if probe.faults} == {}


# --- faults --------------------------------------------------------------------------------------

ENTRANCES = (
    "begin", "end", "left", "instant", "leaf", "site", "end_site", "open_root", "close_root",
)  # fmt: skip
ERRORS = (ValueError, RecursionError, MemoryError, UnicodeError, RuntimeError)
EVERY_PROBE = (*CATALOG, *SWITCHED.values())
POINTS = sorted({kind for probe in EVERY_PROBE for kind in probe.kinds})


def faulty(original: Callable[..., Any], kind: str, error: type[Exception]) -> Callable[..., Any]:
    def fails(*args: Any, **kwargs: Any) -> Any:
        # A kind, a span that ends, or the plan of a site.
        subject = args[-1] if type(args[0]) is Flow else args[0]
        if type(subject) is tuple:
            subject = subject[0] if len(subject) == 4 else subject[5][0]
        if subject == kind:
            raise error("a fault of ours")
        return original(*args, **kwargs)

    return fails


def answers(app: Flask, log: list[str]) -> dict[str, Answer]:
    """What *app* answers to every request, one after the other."""
    found = {}
    for name, options in REQUESTS.items():
        log.clear()
        found[name] = undated(answer(app, options, log))
    return found


@pytest.mark.parametrize("is_hot", [True, False], ids=["hot path", "slow path"])
@pytest.mark.parametrize("error", ERRORS)
def test_a_fault_at_any_point_never_changes_an_answer(
    error: type[Exception],
    is_hot: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "flaskscope")
    log: list[str] = []
    untouched = answers(awkward(log), log)
    app = awkward(log)
    # Where flows may run inside a thread's, what is written out on the hot path stands back.
    monkeypatch.setattr(INNER, "look", lambda: None)
    monkeypatch.setattr(INNER, "flow_of", None if is_hot else lambda flow: flow)
    for kind in POINTS:
        with monkeypatch.context() as patch:
            for entrance in ENTRANCES:
                original = getattr(ENGINE.collector, entrance)
                patch.setattr(ENGINE.collector, entrance, faulty(original, kind, error))
            with capture_trace(record=SWITCHES):
                used = awkward(log) if kind == "setup" else app
                assert answers(used, log) == untouched, kind


def test_every_point_belongs_to_a_probe_and_names_are_unique() -> None:
    assert len({probe.name for probe in EVERY_PROBE}) == len(EVERY_PROBE)
    assert "view" in POINTS
    assert "signal" in POINTS


REPLACED = ("make_response", "ensure_sync", "request_context")


@pytest.mark.parametrize("method", [name for name in REPLACED if hasattr(Flask, name)])
def test_methods_stay_functions_that_can_be_looked_at_and_replaced_by_a_mock(method: str) -> None:
    app = Flask(__name__)
    app.add_url_rule("/", "index", lambda: ("hello", 201))
    original = getattr(Flask, method)
    signature = inspect.signature(original)
    with capture_trace(app):
        replaced = getattr(Flask, method)
        assert replaced is not original
        assert inspect.isfunction(replaced)
        assert replaced.__name__ == method
        assert inspect.signature(replaced) == signature
        with mock.patch.object(Flask, method, autospec=True, side_effect=replaced) as spy:
            assert app.test_client().get("/").status_code == 201
        assert spy.called


@pytest.mark.parametrize(
    ("owner", "method"),
    [
        (Signal, "send"),
        (AppContext, "push"),
        (AppContext, "pop"),
        (SessionInterface, "save_session"),
    ],
)
def test_what_stands_in_a_method_s_place_is_a_function(owner: type, method: str) -> None:
    with capture_trace():
        assert inspect.isfunction(vars(owner)[method])
