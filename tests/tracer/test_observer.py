"""The tracer and a dumb observer see the same run: same things, same order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    after_this_request,
    flash,
    render_template_string,
    session,
    stream_with_context,
)
from observer import observed

from tracer.events import Event
from tracer.testing import capture_trace

FUNCTIONS = {
    "before_request", "after_request", "teardown_request", "teardown_appcontext", "view",
    "error_handler", "after_this_request", "url_value_preprocessor", "context_processor",
    "template_filter", "template_global", "signal_receiver",
}  # fmt: skip
SAME = {
    "wsgi_app", "url_match", "session.open", "session.save", "session.null",
    "app_context.push", "app_context.pop", "request_context.push", "request_context.pop",
}  # fmt: skip

Made = tuple[Flask, list[Callable[..., Any]], list[str]]


def seen_by_the_tracer(events: list[Event]) -> list[str]:
    result = []
    for event in events:
        if event.phase == "end" or event.attributes.get("framework"):
            continue
        if event.kind in SAME:
            result.append(event.kind)
        elif event.kind == "signal":
            result.append(f"signal {event.name}")
        elif event.kind in FUNCTIONS:
            result.append(event.name)
    return result


def hooks() -> Made:
    app = Flask("hooks")
    app.secret_key = "a key"

    @app.before_request
    def before_one() -> None: ...

    @app.before_request
    def before_two() -> None: ...

    @app.after_request
    def after_one(response: Response) -> Response:
        return response

    @app.after_request
    def after_two(response: Response) -> Response:
        return response

    @app.teardown_request
    def down(error: BaseException | None) -> None: ...

    @app.teardown_appcontext
    def down_app(error: BaseException | None) -> None: ...

    @app.url_value_preprocessor
    def values(endpoint: str | None, view_args: Any) -> None: ...

    @app.context_processor
    def names() -> dict[str, Any]:
        return {}

    @app.template_filter()
    def double(value: int) -> int:
        return value * 2

    @app.errorhandler(404)
    def missing(error: Exception) -> str:
        return "missing"

    @app.errorhandler(ZeroDivisionError)
    def division(error: Exception) -> str:
        return "division"

    @app.route("/index")
    def index() -> str:
        session["n"] = session.get("n", 0) + 1
        flash("hello")

        @after_this_request
        def once(response: Response) -> Response:
            return response

        return render_template_string(
            "{{ 2|double }}{% for i in [1, 2] %}{{ i|double }}{% endfor %}"
        )

    @app.route("/zero")
    def zero() -> str:
        return str(1 // 0)

    @app.route("/lost")
    def lost() -> str:
        abort(404)

    @app.route("/broken")
    def broken() -> str:
        raise RuntimeError("broken")

    @app.route("/stream")
    def stream() -> Response:
        return Response(stream_with_context(iter(["a", "b"])))

    once_code = next(c for c in index.__code__.co_consts if getattr(c, "co_name", "") == "once")
    inner = type(index)(once_code, {}, "once", None, None)
    functions = [before_one, before_two, after_one, after_two, down, down_app, values, names,
                 double, missing, division, index, zero, lost, broken, stream, inner]  # fmt: skip
    paths = ["/index", "/zero", "/lost", "/broken", "/nowhere", "/stream"]
    return app, functions, paths


def intercepted() -> Made:
    app = Flask("intercepted")

    @app.before_request
    def guard() -> str:
        return "no"

    @app.before_request
    def never() -> None: ...

    @app.after_request
    def after(response: Response) -> Response:
        return response

    @app.route("/")
    def index() -> str:
        return "never"

    return app, [guard, never, after, index], ["/"]


def nested() -> Made:
    app = Flask("nested")
    functions: list[Callable[..., Any]] = []

    def hooked(thing: Flask | Blueprint, label: str) -> None:
        def before() -> None: ...
        def after(response: Response) -> Response:
            return response

        def down(error: BaseException | None) -> None: ...

        for kind, function in (("before", before), ("after", after), ("down", down)):
            function.__name__ = f"{kind}_{label}"
            function.__code__ = function.__code__.replace(co_name=f"{kind}_{label}")
            functions.append(function)
        thing.before_request(before)
        thing.after_request(after)
        thing.teardown_request(down)

    inner, middle, outer = (Blueprint(n, __name__) for n in ("inner", "middle", "outer"))
    for thing, label in ((app, "app"), (outer, "outer"), (middle, "middle"), (inner, "inner")):
        hooked(thing, label)

    @inner.route("/deep")
    def deep() -> str:
        return "deep"

    for parent, child in ((middle, inner), (outer, middle), (app, outer)):
        # 1.1 does not nest them: there they stand beside each other.
        getattr(parent, "register_blueprint", app.register_blueprint)(child)
    return app, [*functions, deep], ["/deep", "/none"]


@pytest.mark.parametrize("make", [hooks, intercepted, nested])
@pytest.mark.parametrize("propagate", [False, True])
def test_tracer_and_observer_agree(make: Callable[[], Made], propagate: bool) -> None:
    def run(app: Flask, path: str) -> None:
        try:
            app.test_client().get(path).close()
        except RuntimeError:
            assert propagate

    _, _, paths = make()
    for path in paths:
        plain, functions, _ = make()
        plain.config["PROPAGATE_EXCEPTIONS"] = propagate
        with observed(*functions) as order:
            run(plain, path)
        traced, _, _ = make()
        traced.config["PROPAGATE_EXCEPTIONS"] = propagate
        with capture_trace() as captured:
            run(traced, path)
        assert seen_by_the_tracer(captured.events) == order, path
