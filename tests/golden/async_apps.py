"""Coroutines wherever Flask takes a function: asgiref runs them, in loops of other threads."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import blinker
from apps import Run, get, named, plain
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    after_this_request,
    copy_current_request_context,
    render_template_string,
    request_started,
    session,
    url_for,
)
from flask.views import MethodView, View


async def nothing(*args: Any) -> None:
    await asyncio.sleep(0)


async def same(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


async def no_names() -> dict[str, Any]:
    return {}


def coroutine(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """*function* under a name of its own."""

    async def call(*args: Any) -> Any:
        return await function(*args)

    return named(name, call)


def hooked(app: Flask | Blueprint, label: str) -> None:
    app.before_request(coroutine(f"before_{label}", nothing))
    app.context_processor(coroutine(f"names_{label}", no_names))
    app.after_request(coroutine(f"after_{label}", same))
    app.teardown_request(coroutine(f"down_{label}", nothing))


def everywhere() -> Run:
    app, part = plain(), Blueprint("part", __name__)
    hooked(app, "app")
    hooked(part, "part")
    app.teardown_appcontext(coroutine("down_context", nothing))
    once = coroutine("once", same)

    @part.route("/")
    async def index() -> str:
        after_this_request(once)
        session["n"] = 1
        await asyncio.sleep(0)
        return render_template_string("{{ n }}", n=url_for("part.index"))

    app.register_blueprint(part)
    return get(app)


def failing() -> Run:
    app = plain()
    hooked(app, "app")

    @app.route("/zero")
    async def zero() -> str:
        await asyncio.sleep(0)
        return str(1 // 0)

    @app.route("/lost")
    async def lost() -> str:
        abort(404)

    @app.errorhandler(404)
    async def missing(error: Exception) -> tuple[str, int]:
        return "missing", 404

    @app.errorhandler(ZeroDivisionError)
    async def division(error: Exception) -> tuple[str, int]:
        await asyncio.sleep(0)
        return "division", 500

    def run() -> None:
        for path in ("/zero", "/lost", "/none"):
            get(app, path)()

    return run


def propagated() -> Run:
    app = plain()
    app.config["PROPAGATE_EXCEPTIONS"] = True
    hooked(app, "app")

    @app.route("/")
    async def zero() -> str:
        return str(1 // 0)

    def run() -> None:
        with suppress(ZeroDivisionError):
            get(app)()

    return run


def intercepted() -> Run:
    app = plain()

    @app.before_request
    async def guard() -> str:
        return "no"

    hooked(app, "app")
    return get(app)


def class_views() -> Run:
    class Item(MethodView):
        async def get(self) -> str:
            await asyncio.sleep(0)
            return "item"

    class Page(View):
        async def dispatch_request(self) -> str:  # type: ignore[override]
            return "page"

    app = plain()
    app.add_url_rule("/item", view_func=Item.as_view("item"))
    app.add_url_rule("/page", view_func=Page.as_view("page"))

    def run() -> None:
        get(app, "/item")()
        get(app, "/page")()

    return run


def receivers() -> Run:
    signal = blinker.NamedSignal("own")
    app = plain()

    async def heard(sender: Any, **arguments: Any) -> None:
        await asyncio.sleep(0)

    def heard_too(sender: Any, **arguments: Any) -> None: ...

    @app.route("/")
    async def index() -> str:
        signal.send(app)
        return "sent"

    def run() -> None:
        with request_started.connected_to(heard, app), signal.connected_to(heard_too):
            get(app)()

    return run


def one_after_the_other() -> Run:
    """Tasks of one loop, each of which waits for the one before."""
    app = plain()
    signal = blinker.NamedSignal("step")

    async def step(number: int, before: asyncio.Event, after: asyncio.Event) -> None:
        await before.wait()
        signal.send(number)
        after.set()

    @app.route("/")
    async def index() -> str:
        events = [asyncio.Event() for _ in range(4)]
        tasks = [asyncio.create_task(step(n, events[n], events[n + 1])) for n in reversed(range(3))]
        events[0].set()
        await asyncio.gather(*tasks)
        return "done"

    return get(app)


def threads_and_contexts() -> Run:
    """From a coroutine: a function in a thread, a copied context, a copied request."""
    app = plain()
    signal = blinker.NamedSignal("work")
    app.teardown_request(named("down", lambda error: None))

    @app.route("/")
    async def index() -> str:
        @copy_current_request_context
        def work() -> str:
            signal.send("copied request")
            return url_for("index")

        @copy_current_request_context
        async def later() -> str:
            signal.send("copied request in a task")
            return url_for("index")

        await asyncio.to_thread(signal.send, "thread")
        await asyncio.to_thread(work)
        await later()
        contextvars.copy_context().run(signal.send, "context")
        thread = threading.Thread(target=work)
        thread.start()
        await asyncio.to_thread(thread.join)
        return "done"

    return get(app)


def another_application() -> Run:
    inner, outer = plain(name="inner"), plain(name="outer")

    @inner.route("/")
    async def inside() -> str:
        return "inside"

    @outer.route("/")
    def outside() -> str:
        return inner.test_client().get("/").get_data(as_text=True)

    @outer.route("/async")
    async def both() -> Response:
        text = await asyncio.to_thread(lambda: inner.test_client().get("/").get_data(as_text=True))
        return Response(text)

    def run() -> None:
        get(outer)()
        get(outer, "/async")()

    return run


ASYNC: dict[str, Callable[[], Run]] = {
    f"async {make.__name__}": make
    for make in (
        everywhere, failing, propagated, intercepted, class_views, receivers, one_after_the_other,
        threads_and_contexts, another_application,
    )
}  # fmt: skip
