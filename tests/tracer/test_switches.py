"""What is recorded beyond the default when asked for, and bad input."""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Iterable
from typing import Any

import pytest
from flask import Flask, g

from tracer import Tracer
from tracer.config import SWITCHES, TracerConfig
from tracer.engine import ENGINE
from tracer.exporters.native import warn
from tracer.probes.catalog import CATALOG, SWITCHED
from tracer.probes.flask_compat import refusal
from tracer.testing import capture_trace


def app_with_g() -> Flask:
    app = Flask("shop")

    @app.route("/")
    def index() -> str:
        g.user = "ann"
        return "hello"

    return app


def on() -> list[str]:
    return [probe.name for probe in ENGINE.probes if probe.name in SWITCHES]


def test_every_switch_has_its_probe_of_the_same_name() -> None:
    assert [*SWITCHED, "sql"] == list(SWITCHES)  # which the probes of databases ask for
    assert [probe.name for probe in SWITCHED.values()] == list(SWITCHED)
    assert not {probe.name for probe in CATALOG} & set(SWITCHES)


@pytest.mark.parametrize(
    ("record", "variable", "found"),
    [
        (None, "", set()),
        (None, "proxy, state", {"proxy", "state"}),
        ("proxy,state", "", {"proxy", "state"}),
        (("values",), "proxy", {"values"}),
        ((), "proxy", set()),
        ("", "proxy", set()),
    ],
)
def test_the_argument_goes_before_the_variable(
    record: str | Iterable[str] | None, variable: str, found: set[str]
) -> None:
    environ = {"FLASKSCOPE_RECORD": variable}
    assert TracerConfig.read(record=record, environ=environ).record == found


def test_the_default_has_no_patch_of_a_switch_and_one_tracers_switch_ends_with_it() -> None:
    app = app_with_g()
    plain = Tracer(app, enabled=True)
    patches = ENGINE.patches()
    assert on() == []
    one = Tracer(app, enabled=True, record=("state", "local"))
    other = Tracer(app, enabled=True, record="state,proxy")
    assert sorted(on()) == ["local", "proxy", "state"]
    one.uninstall()
    assert sorted(on()) == ["proxy", "state"]
    other.uninstall()
    assert on() == []
    assert ENGINE.patches() == patches
    plain.uninstall()


def test_a_switch_takes_effect_on_functions_that_were_called_before_and_goes_again() -> None:
    app = app_with_g()
    counts = []
    with capture_trace() as captured:
        for record in ((), ("state",), ()):
            before = len(captured.events)
            one = Tracer(app, enabled=True, record=record)
            for _ in range(2):
                app.test_client().get("/").close()
            one.uninstall()
            kinds = [event.kind for event in captured.events[before:]]
            counts.append((kinds.count("state"), kinds.count("view")))
    assert counts == [(0, 4), (2, 4), (0, 4)]


def test_an_application_whose_view_leads_to_it_is_freed_while_others_are_traced() -> None:
    def visited() -> weakref.ref[Flask]:
        app = app_with_g()
        app.add_url_rule("/name", "name", lambda: app.name)
        app.test_client().get("/name").close()
        return weakref.ref(app)

    other = app_with_g()
    one = Tracer(other, enabled=True, record="state")
    everything = Tracer()
    everything.instrument_all()
    gone = visited()
    gc.collect()
    assert gone() is None
    everything.uninstall()
    one.uninstall()


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize("record", ["proxi", ("state", "proxi"), ("state", 42)])
def test_an_unknown_name_is_told_with_those_there_are_before_anything_is_patched(
    record: Any,
) -> None:
    app = app_with_g()
    with pytest.raises(
        ValueError, match=r"called ('proxi'|42)\. There are: proxy, local, state, values, sql\."
    ):
        Tracer(app, enabled=True, record=record)
    assert ENGINE.patches() == 0


def test_an_unknown_name_in_the_variable_is_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASKSCOPE_RECORD", "stat")
    with pytest.raises(ValueError, match=r"called 'stat'.*set FLASKSCOPE_RECORD"):
        Tracer()


@pytest.mark.parametrize("token", ["two words", "schlüssel", "line\n"])
def test_a_key_that_cannot_be_one_is_told_before_anything_is_patched(token: str) -> None:
    app = app_with_g()
    with pytest.raises(ValueError, match=r"token= or FLASKSCOPE_TOKEN.*printable ASCII"):
        Tracer(app, dashboard="http://127.0.0.1:9", token=token)
    assert ENGINE.patches() == 0
    assert "ensure_sync" not in vars(app)


def test_a_second_dashboard_is_one_warning_and_the_application_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app, other = app_with_g(), app_with_g()
    one = Tracer(app, dashboard="http://127.0.0.1:9", token="a")
    same = Tracer(app, dashboard="http://127.0.0.1:9", token="a")
    two = Tracer(other, dashboard="http://127.0.0.1:10", token="a")
    said = [record.message for record in caplog.records if "already" in record.message]
    assert said == [
        "Flaskscope sends to http://127.0.0.1:9 already, so nothing goes to http://127.0.0.1:10: "
        "a process has one dashboard. Uninstall the tracer that named the first one, or leave "
        "dashboard= out."
    ]
    assert other.test_client().get("/").get_data(as_text=True) == "hello"
    for tracer in (one, same, two):
        tracer.uninstall()
    caplog.clear()
    alone = Tracer(other, dashboard="http://127.0.0.1:10", token="a")
    alone.uninstall()
    assert [record for record in caplog.records if "already" in record.message] == []


def test_a_warning_goes_to_our_logger(caplog: pytest.LogCaptureFixture) -> None:
    warn("to whom it may concern")
    assert caplog.record_tuples == [("flaskscope", logging.WARNING, "to whom it may concern")]


@pytest.mark.parametrize("version", ["1.1.0", "1.1.4", "2.0.3", "3.1.3", "3.2.dev0", "unknown"])
def test_flask_from_1_1_on_is_traced(version: str) -> None:
    assert refusal(version) is None


def test_an_older_flask_is_one_warning_and_the_application_runs_untraced(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sentence = "Flaskscope traces Flask 1.1 and newer; this is Flask 1.0.4, which is not traced."
    assert refusal("1.0.4") == sentence
    monkeypatch.setattr("tracer.engine.flask_version", lambda: "1.0.4")
    app = app_with_g()
    one = Tracer(app, enabled=True)
    Tracer(app, enabled=True)
    assert [record.message for record in caplog.records] == [sentence]
    assert ENGINE.patches() == 0
    assert app.test_client().get("/").get_data(as_text=True) == "hello"
    one.uninstall()
    with pytest.raises(RuntimeError, match=r"Flask 1\.0\.4"), capture_trace():
        pass
