"""Who uses a proxy, what it stands for, and which pop took that away."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Iterator
from typing import Any

import flask.globals
import pytest
import werkzeug.local
from flask import Flask, Response, current_app, flash, g, request, session
from flask.globals import app_ctx, request_ctx
from werkzeug.local import Local, LocalProxy, LocalStack

from tracer import Tracer
from tracer.engine import ENGINE
from tracer.probes.local_proxies import UnboundProxiesProbe
from tracer.testing import Capture, capture_trace

HERE = "test_local_proxies.py"


def shop(view: Callable[[], Any]) -> Flask:
    app = Flask("shop")
    app.secret_key = "a key"
    app.add_url_rule("/", "index", view)
    return app


def uses(captured: Capture) -> list[tuple[str, dict[str, Any]]]:
    """Name and attributes of every use by code of this file."""
    return [
        (event.name, {k: v for k, v in event.attributes.items() if k not in ("file", "line")})
        for event in captured.events
        if event.kind == "proxy" and event.attributes["file"].endswith(HERE)
    ]


def names(captured: Capture) -> list[str]:
    return [name for name, _ in uses(captured)]


def fails(use: Callable[[], Any], message: str = "Working outside of") -> RuntimeError:
    with pytest.raises(RuntimeError, match=message) as caught:
        use()
    return caught.value


# --- uses that fail: always ----------------------------------------------------------------------


def test_a_use_after_the_request_names_the_pop_that_took_its_context() -> None:
    def index() -> Response:
        def late() -> Iterator[str]:
            yield "a"
            fails(lambda: request.path)

        return Response(late())

    app = shop(index)
    with capture_trace() as captured:
        app.test_client().get("/").close()
        app.test_client().get("/").get_data()
    failed = [event for event in captured.events if event.kind == "proxy"]
    assert [(event.name, event.app) for event in failed] == [("request.path", "shop")]
    (event,) = failed
    pops = [one for one in captured.events if one.kind == "request_context.pop"]
    assert event.trace_id == pops[-1].trace_id
    assert event.seq > pops[-1].seq
    attributes = dict(event.attributes)
    assert attributes.pop("file").endswith(HERE)
    assert attributes.pop("line") == index.__code__.co_firstlineno + 3
    assert attributes.pop("removed_ms") >= 0
    assert attributes == {
        "function": "<lambda>",
        "error": "RuntimeError",
        "removed": pops[-1].attributes["context"],
    }


def test_outside_of_the_trace_the_pops_trace_is_named() -> None:
    app = shop(lambda: "hello")
    with capture_trace() as captured:
        app.test_client().get("/").close()
        fails(lambda: g.user)
        fails(lambda: session["cart"])
    pops = {e.kind: e for e in captured.events if e.kind.endswith("context.pop")}
    found = uses(captured)
    assert [(name, use["removed"], use["removed_in"]) for name, use in found] == [
        ("g.user", pops["app_context.pop"].attributes["context"], captured.traces[0].id),
        ("session[…]", pops["request_context.pop"].attributes["context"], captured.traces[0].id),
    ]


def test_in_a_thread_without_a_context_no_pop_is_to_blame() -> None:
    caught: list[RuntimeError] = []

    def index() -> str:
        thread = threading.Thread(target=lambda: caught.append(fails(lambda: request.path)))
        thread.start()
        thread.join()
        return "hello"

    app = shop(index)
    with capture_trace() as captured:
        app.test_client().get("/").close()
    assert uses(captured) == [("request.path", {"function": "<lambda>", "error": "RuntimeError"})]
    assert len(caught) == 1


def test_every_way_to_use_an_unbound_proxy() -> None:
    local, stack = Local(), LocalStack[Any]()
    user, top = local("user"), stack()
    by_function = LocalProxy(lambda: request.path)

    def use_all() -> None:
        for use in (
            lambda: request.method,
            lambda: setattr(g, "user", 1),
            lambda: session["cart"],
            lambda: "cart" in session,
            lambda: list(request.args),
            lambda: len(session),
            lambda: current_app._get_current_object(),  # type: ignore[attr-defined]
            lambda: app_ctx.app,
            lambda: request_ctx.session,
            lambda: request + 1,
            lambda: by_function.upper(),
        ):
            fails(use)
        fails(lambda: user.name, "object is not bound")
        fails(lambda: top.name, "object is not bound")
        with pytest.raises(RuntimeError):
            g.user = 1
        with pytest.raises(RuntimeError):
            del g.user
        with pytest.raises(RuntimeError):
            session["cart"] = 1

    with capture_trace() as captured:
        use_all()
    assert names(captured) == [
        "request.method",
        "g =",
        "session[…]",
        "in session",
        "request.args",
        "len(session)",
        "current_app._get_current_object()",
        "app_ctx.app",
        "request_ctx.session",
        "request.__add__",
        "request.path",
        "LocalProxy.name",
        "LocalProxy.name",
        "g.user =",
        "del g.user",
        "session[…] =",
    ]


def test_what_answers_although_it_is_unbound_does_not_fail() -> None:
    with capture_trace(record="proxy") as captured:
        assert not request
        assert (request == 1, request != 1) == (False, True)
        assert repr(session) == "<LocalProxy unbound>"
        assert dir(g) == []
        assert isinstance(current_app, LocalProxy)
        assert request.__doc__ == LocalProxy.__doc__
    assert uses(captured) == []


def test_the_exception_is_the_one_that_it_would_have_been() -> None:
    plain = fails(lambda: request.path)
    with capture_trace():
        traced = fails(lambda: request.path)
    assert type(traced) is type(plain)
    assert traced.args == plain.args
    assert (traced.__cause__, traced.__suppress_context__) == (
        plain.__cause__,
        plain.__suppress_context__,
    )
    assert len(depth(traced)) == len(depth(plain))


def depth(error: BaseException) -> list[Any]:
    found, traceback = [], error.__traceback__
    while traceback is not None:
        found.append(traceback.tb_frame.f_code)
        traceback = traceback.tb_next
    return found


def test_a_fault_of_ours_leaves_the_exception_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any, frame: Any) -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(UnboundProxiesProbe, "raised", broken)
    with capture_trace():
        fails(lambda: request.path, "Working outside of request context")
        assert not request
        (probe,) = [one for one in ENGINE.probes if one.name == "unbound_proxies"]
        assert probe.faults == 2


def test_the_modules_have_pythons_own_class_again() -> None:
    with capture_trace():
        for module in (werkzeug.local, flask.globals):
            seam = vars(module)["RuntimeError"]
            assert tuple(seam) == (builtins.RuntimeError,)
    for module in (werkzeug.local, flask.globals):
        assert "RuntimeError" not in vars(module)


# --- the ledger: the switch ----------------------------------------------------------------------


def test_without_the_switch_a_use_that_succeeds_is_not_recorded() -> None:
    app = shop(lambda: request.path)
    with capture_trace() as captured:
        app.test_client().get("/").close()
    assert [event for event in captured.events if event.kind == "proxy"] == []


def test_the_ledger_has_every_use_in_order_with_what_it_stood_for() -> None:
    local = Local()
    user = local("user")

    def index() -> str:
        local.user = "ann"
        g.user = user.upper()
        session["cart"] = request.args.get("cart")
        with other.app_context():
            shown = current_app.name
        del g.user
        return shown

    app, other = shop(index), Flask("other")
    with capture_trace(record="proxy") as captured:
        app.test_client().get("/?cart=1").close()
    labels = {
        (event.kind, event.app): event.attributes["context"]
        for event in captured.events
        if event.kind.endswith("context.push")
    }
    request_label = labels["request_context.push", "shop"]
    app_label = labels["app_context.push", "shop"]
    index_ = {"function": "index"}
    assert uses(captured) == [
        ("LocalProxy.upper", {**index_, "target": None, "value": "str"}),
        ("g.user =", {**index_, "target": app_label, "value": "_AppCtxGlobals"}),
        ("request.args", {**index_, "target": request_label, "value": "Request"}),
        ("session[…] =", {**index_, "target": request_label, "value": "SecureCookieSession"}),
        (
            "current_app.name",
            {**index_, "target": labels["app_context.push", "other"], "value": "Flask"},
        ),
        ("del g.user", {**index_, "target": app_label, "value": "_AppCtxGlobals"}),
    ]


def test_flasks_own_uses_say_that_they_are_the_frameworks() -> None:
    def index() -> str:
        flash("hello")
        return "hello"

    app = shop(index)
    with capture_trace(record="proxy") as captured:
        app.test_client().get("/").close()
    found = [e.attributes for e in captured.events if e.kind == "proxy"]
    assert "flash" in {a["function"] for a in found}
    assert {(a["package"], a["framework"]) for a in found} == {("flask", True)}


@pytest.mark.parametrize("record", ["", "proxy"])
def test_a_session_is_accessed_only_by_the_application(record: str) -> None:
    app = shop(lambda: request.path)
    app.add_url_rule("/cart", "cart", lambda: str(session.get("cart")))
    with capture_trace(record=record):
        client = app.test_client()
        answers = [client.get(path) for path in ("/", "/cart")]
        assert ["Vary" in answer.headers for answer in answers] == [False, True]
        for answer in answers:
            answer.close()


def test_proxies_made_before_and_meanwhile_work_on_afterwards() -> None:
    local = Local()
    before = local("name")
    one = Tracer(shop(lambda: ""), enabled=True, record="proxy")
    meanwhile = LocalProxy(local, "name")
    local.name = "ann"
    assert (before.upper(), meanwhile.upper()) == ("ANN", "ANN")
    one.uninstall()
    assert (before.upper(), meanwhile.upper()) == ("ANN", "ANN")
    assert type(LocalProxy.__dict__["_get_current_object"]).__name__ == "member_descriptor"


# --- Local: the switch ---------------------------------------------------------------------------


def test_what_is_set_and_deleted_on_a_local() -> None:
    local, other = Local(), Local()

    def index() -> str:
        local.user = "ann"
        local.password = "hidden"
        other.user = 1
        del local.user
        with pytest.raises(AttributeError):
            del local.user
        werkzeug.local.release_local(local)
        return "hello"

    app = shop(index)
    with capture_trace(record="local") as captured:
        app.test_client().get("/").close()
    found = [event for event in captured.events if event.kind.startswith("local.")]
    numbers: dict[str, int] = {}
    shown = [
        (
            event.kind,
            event.name,
            numbers.setdefault(event.attributes["local"], len(numbers)),
            event.attributes.get("value"),
        )
        for event in found
    ]
    assert shown == [
        ("local.set", "user", 0, "str"),
        ("local.set", "password", 0, "str"),
        ("local.set", "user", 1, "int"),
        ("local.delete", "user", 0, None),
        ("local.delete", "password", 0, None),
    ]
    assert found[0].attributes["ident"] == {
        "thread": threading.get_ident(),
        "greenlet": None,
        "task": None,
    }
    with capture_trace() as plain:
        app.test_client().get("/").close()
    assert [e for e in plain.events if e.kind.startswith("local.")] == []
