"""With a dashboard that takes nothing: what the tracer holds, and does on a request's thread."""

from __future__ import annotations

import gc
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask, Response, flash, render_template, session, url_for
from jinja2 import DictLoader
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import EnvironBuilder

from tests.tracer.test_unnoticed import REQUESTS, answer, awkward
from tracer import Tracer
from tracer.engine import ENGINE
from tracer.exporters import native

NOBODY = "http://127.0.0.1:9"
MIB = 1024 * 1024
_audited: list[Callable[[str], None]] = []


def _hook(event: str, arguments: Any) -> None:
    for see in _audited:
        see(event)


sys.addaudithook(_hook)  # for good: it cannot be taken out, only told to do nothing


@contextmanager
def traced(app: Flask) -> Iterator[Tracer]:
    one = Tracer(app, dashboard=NOBODY, token="key")
    try:
        yield one
    finally:
        one.uninstall()


@pytest.fixture
def no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exporter's thread never gets to run, as on a machine that has no time for it."""

    def refuse(target: Callable[[], None]) -> None:
        raise RuntimeError("no time")

    monkeypatch.setattr(native, "start_thread", refuse)


def test_a_request_that_is_on_its_way_starts_no_thread_for_a_tracer_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Flask("gone")
    app.add_url_rule("/", "index", lambda: "hello")
    with traced(app):
        outlet = ENGINE.collector._outlets[-1]
        app.test_client().get("/").close()
    started: list[Any] = []
    monkeypatch.setattr(native, "start_thread", started.append)
    outlet.wake()  # as a request does that looked for outlets before this one was taken out
    assert started == []


@pytest.mark.usefixtures("no_thread")
def test_what_is_not_packed_yet_counts_as_waiting() -> None:
    app = Flask("waiting")
    app.add_url_rule("/", "index", lambda: "hello")
    client = app.test_client()
    with traced(app) as one:
        assert one._outlet is not None
        one._outlet.drain(1000)  # that it listens is a row, and so is what others left behind
        lost = ENGINE.collector.lost()
        while ENGINE.collector.lost() == lost:
            client.get("/").close()
        waiting = len(ENGINE.collector.buffer)
        batch = one._outlet.drain(1000)
        assert batch is not None
        assert batch.count == 1000
        assert len(ENGINE.collector.buffer) == waiting - 1000
        ENGINE.collector.buffer.clear()


@pytest.mark.usefixtures("no_thread")
@pytest.mark.parametrize("path", ["/nowhere/{}", "/?q={}", "/arguments/{}", "/raise/{}", "/url/{}"])
def test_long_texts_count_against_the_bound(path: str) -> None:
    app = Flask("long")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.logger.disabled = True

    @app.route("/")
    def index() -> str:
        return "hello"

    @app.route("/arguments/<path:text>")
    def arguments(text: str) -> str:
        return "hello"

    @app.route("/raise/<path:text>")
    def fail(text: str) -> str:
        raise RuntimeError(text)

    @app.route("/url/<path:text>")
    def url(text: str) -> str:
        for number in range(20):
            url_for("arguments", text=f"{number}{text}")
        return "hello"

    def ask(number: int) -> None:
        environ = EnvironBuilder(path=path.format(f"{number}".rjust(2000, "x"))).get_environ()
        body = app(environ, lambda *started: lambda data: None)
        list(body)
        body.close()  # type: ignore[attr-defined]

    with traced(app):
        for number in range(20):
            ask(number)
        ENGINE.collector.buffer.clear()
        lost = ENGINE.collector.lost().get("buffer_full", 0)
        gc.collect()
        tracemalloc.start()
        before, number = tracemalloc.get_traced_memory()[0], 0
        while ENGINE.collector.lost().get("buffer_full", 0) == lost:
            number += 1
            ask(number)
        gc.collect()
        held = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        ENGINE.collector.buffer.clear()
        assert ENGINE.collector.buffer.weight == 0
    assert held < 8 * MIB
    assert number > 50


LONG = [f"{n}".rjust(1000, "x") for n in range(60)]


def lengthy() -> Flask:
    """An application whose names are a kilobyte each, wherever it has any to give."""
    app = Flask("lengthy")
    app.secret_key = "a key"
    app.jinja_loader = DictLoader({LONG[0]: "hello"})
    app.wsgi_app = lengthening(app.wsgi_app)  # type: ignore[method-assign]

    @app.route("/session")
    def keys() -> str:
        session.update(dict.fromkeys(LONG, 1))
        return "hello"

    @app.route("/template")
    def template() -> str:
        return render_template(LONG[0], **dict.fromkeys(LONG, 1))

    @app.route("/flash")
    def flashing() -> str:
        flash("hello", LONG[0] * 2)
        return "hello"

    @app.route("/headers")
    def headers() -> Response:
        return Response("hello", headers=[(name, "1") for name in LONG])

    @app.route("/status")
    def status() -> Response:
        return Response("hello", status=f"299 {LONG[0]}{LONG[1]}")

    return app


def lengthening(inner: Callable[..., Any]) -> Callable[..., Any]:
    def middleware(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/environ":
            environ.update(dict.fromkeys(LONG, "1"))
        return inner(environ, start_response)

    return middleware


def texts(value: Any) -> Iterator[str]:
    """Every text that *value* holds."""
    if type(value) is str:
        yield value
    elif type(value) in (tuple, list):
        for item in value:
            yield from texts(item)
    elif type(value) is dict:
        yield from texts(list(value.items()))


def own_part(row: Any) -> Any:
    """What *row* holds alone: its name and its dynamic attributes."""
    if len(row) in (5, 6):
        return row[3][1], row[4:]
    name, dynamic = (row[5][1], row[6]) if len(row) >= 7 else (row[1][5][1], row[2])
    # A name that becomes known late comes with the end.
    return dynamic if (type(name) is list) is (len(row) >= 7) else (name, dynamic)


def heavier_than_counted(rows: list[Any]) -> list[tuple[int, Any]]:
    """Rows with kilobytes of text that no number in front of them speaks of."""
    found, counted = [], 0
    seen: set[int] = set()  # rows of one request share what they say
    for row in rows:
        if type(row) is int:
            counted += row
            continue
        if len(row) <= 2:  # an outlet that listens from here on, calls that are only stamped
            continue
        own = {id(text): len(text) for text in texts(own_part(row))}
        size = sum(length for number, length in own.items() if number not in seen)
        seen |= own.keys()
        if size > counted + 1000:
            found.append((size - counted, row))
        counted = 0
    return found


@pytest.mark.usefixtures("no_thread")
@pytest.mark.parametrize(
    "options",
    [
        {"path": "/session"},
        {"path": "/template"},
        {"path": "/flash"},
        {"path": "/headers"},
        {"path": "/status"},
        {"path": "/environ"},
        {"path": "/", "method": LONG[0] + LONG[1]},
        {"path": "/", "headers": {"traceparent": "".join(LONG)}},
        {"path": "/mounted/" + "".join(LONG)},
    ],
    ids=lambda options: options["path"][:9] + " ".join([*options][1:]),
)
def test_no_row_is_heavier_than_it_was_counted(options: dict[str, Any]) -> None:
    app = lengthy()
    dispatcher = DispatcherMiddleware(app, {"/mounted": Flask("mounted")})
    everything = Tracer(dashboard=NOBODY, token="key")
    everything.instrument_all()
    try:
        environ = EnvironBuilder(**options).get_environ()
        body: Any = dispatcher(environ, lambda *started: lambda data: None)
        list(body)
        body.close()
        buffer = ENGINE.collector.buffer
        rows = [(buffer.oldest(), buffer.drop())[0] for _ in range(len(buffer))]
        assert heavier_than_counted(rows) == []
        assert any(type(row) is not int and len(row) >= 7 for row in rows)
    finally:
        ENGINE.collector.buffer.clear()
        everything.uninstall()


def test_nothing_is_opened_and_nobody_is_called_on_the_thread_of_a_request() -> None:
    """With a dashboard that is dead: no file, no socket, no look-up, no process."""
    log: list[str] = []
    app = awkward(log)
    here = threading.get_ident()
    seen: list[str] = []

    def see(event: str) -> None:
        kind = event.partition(".")[0]
        if threading.get_ident() == here and kind in ("open", "os", "socket", "subprocess"):
            seen.append(event)

    def ask() -> list[str]:
        for name, options in REQUESTS.items():
            log.clear()
            seen.append(name)
            answer(app, options, log)
        found = list(seen)
        seen.clear()
        return found

    _audited.append(see)
    try:
        ask()  # Jinja compiles, Python imports
        plain = ask()
        with traced(app):
            seen.clear()
            assert ask() == plain
            assert ask() == plain
    finally:
        _audited.clear()
    assert "open" in plain  # the file that is sent: the hook does see
