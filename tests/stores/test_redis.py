"""Redis, its pipelines, and Flask-Session on it; no session id and no secret is ever shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask_session
import pytest
import redis
import redis.client
from flask import Flask, session

from tests.stores.lines import in_request, lines
from tracer.testing import capture_trace

Make = Callable[..., Any]
OPEN = "session.open RedisSessionInterface"
SAVE = "session.save RedisSessionInterface"


def test_commands_show_their_key_and_their_bytes(client: Make) -> None:
    def work() -> None:
        store = client()
        store.set("cart:7", "twelve bytes")
        assert store.get("cart:7") == b"twelve bytes"
        store.get(b"nothing")
        store.hset("user:1", mapping={"name": "ada"})
        store.incrby("visits", 10)
        store.delete("cart:7", "visits")
        store.ping()

    assert lines(in_request(work)) == [
        "redis.command SET key=cart:7 bytes=18",
        "redis.command GET key=cart:7 bytes=12",
        "redis.command GET key=nothing bytes=7",
        "redis.command HSET key=user:1 bytes=13",
        "redis.command INCRBY key=visits bytes=8",
        "redis.command DEL key=cart:7 bytes=12",
        "redis.command PING bytes=0",
    ]


def test_a_pipeline_is_one_event_and_an_empty_one_none(client: Make) -> None:
    def work() -> None:
        pipeline = client().pipeline()
        pipeline.set("a", 1).get("a").incr("a")
        assert pipeline.execute() == [True, b"1", 2]
        assert pipeline.execute() == []
        with client().pipeline() as watching:
            watching.watch("a")
            watching.get("a")
            watching.multi()
            watching.set("a", 5)
            watching.execute()

    assert lines(in_request(work)) == [
        "redis.command PIPELINE commands=['SET', 'GET', 'INCRBY']",
        "redis.command WATCH key=a bytes=1",
        "redis.command GET key=a bytes=1",
        "redis.command PIPELINE commands=['SET']",
    ]


def test_secrets_in_keys_and_in_commands_without_a_key_stay_hidden(client: Make) -> None:
    canary = "kX3vQ9tB7nR2pL8wZ5yD1cF6gH4jM0sA"

    def work() -> None:
        store = client(decode_responses=True)
        for key in (f"session:{canary}", f"myapp:{canary}", canary, f"token/{canary[:6]}"):
            store.set(key, canary)
            assert store.get(key) == canary
        store.echo(canary)
        store.eval(f"return '{canary}'", 0)
        with pytest.raises(redis.AuthenticationError):
            store.execute_command("AUTH", canary)

    captured = in_request(work)
    assert canary[:6] not in repr(list(captured.events))
    assert lines(captured)[::2] == [
        "redis.command SET key=session:[redacted] bytes=72",
        "redis.command SET key=myapp:[redacted] bytes=70",
        "redis.command SET key=[redacted] bytes=64",
        "redis.command SET key=token/[redacted] bytes=44",
        "redis.command ECHO bytes=32",
        "redis.command AUTH left_by=AuthenticationError",
    ]


def test_errors_are_what_they_were(client: Make) -> None:
    def work() -> None:
        store = client()
        store.set("text", "x")
        with pytest.raises(redis.ResponseError, match="not an integer"):
            store.incr("text")
        with pytest.raises(redis.DataError):
            store.set("bad", object())
        with pytest.raises(redis.ConnectionError):
            redis.Redis(unix_socket_path="/nowhere/redis.sock", retry=None).get("a")

    assert lines(in_request(work))[1:] == [
        "redis.command INCRBY key=text left_by=ResponseError",
        "redis.command SET key=bad left_by=DataError",
        "redis.command GET key=a left_by=ConnectionError",
    ]


def test_nothing_is_reported_outside_a_trace_and_all_is_put_back(client: Make) -> None:
    classes = (redis.client.Redis, redis.client.PubSub, redis.client.Pipeline)
    before = [vars(cls)["execute_command"] for cls in classes]
    with capture_trace() as captured:
        assert redis.client.Redis.execute_command is not before[0]
        client().get("a")
    assert list(captured.events) == []
    assert all(vars(c)["execute_command"] is b for c, b in zip(classes, before, strict=True))


# --- Flask-Session -------------------------------------------------------------------------------


def shop(store: Any) -> Flask:
    app = Flask("shop")
    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=store)
    flask_session.Session(app)

    @app.get("/")
    def read() -> str:
        return str(session.get("cart"))

    @app.post("/")
    def write() -> str:
        session["cart"] = ["book"]
        return ""

    @app.delete("/")
    def clear() -> str:
        session.clear()
        return ""

    return app


def visits(app: Flask) -> list[Any]:
    """Answers to a visit that stores nothing, one that writes, one that reads, one that clears."""
    client = app.test_client()
    found = [client.get("/"), client.post("/"), client.get("/"), client.delete("/")]
    return [
        (one.status, one.data, one.headers.get("Vary"), "Set-Cookie" in one.headers)
        for one in found
    ]


def test_the_reads_and_writes_of_the_session_store_are_inside_of_it(client: Make) -> None:
    app = shop(client())
    with capture_trace() as captured:
        visits(app)
    flags = " permanent=True"
    assert lines(captured, "session.", "redis.") == [
        # Nothing to store.
        f"{OPEN} keys=['_permanent'] modified=False accessed=False new=False{flags}",
        f"{SAVE} keys=['_permanent'] modified=False accessed=True new=False{flags}"
        " set_cookie=False",
        # The first write.
        f"{OPEN} keys=['_permanent'] modified=False accessed=False new=False{flags}",
        f"{SAVE} keys=['_permanent', 'cart'] modified=True accessed=True new=False{flags}"
        " set_cookie=True size=108",
        "  redis.command SET key=session:[redacted] bytes=84",
        # A read, which is stored again.
        f"{OPEN} keys=['_permanent', 'cart'] modified=False accessed=False new=False{flags}",
        "  redis.command GET key=session:[redacted] bytes=24",
        f"{SAVE} keys=['_permanent', 'cart'] modified=False accessed=True new=False{flags}"
        " set_cookie=True size=108",
        "  redis.command SET key=session:[redacted] bytes=84",
        # Cleared.
        f"{OPEN} keys=['_permanent', 'cart'] modified=False accessed=False new=False{flags}",
        "  redis.command GET key=session:[redacted] bytes=24",
        f"{SAVE} keys=['_permanent'] modified=True accessed=True new=False{flags}"
        " set_cookie=True size=66",
        "  redis.command DEL key=session:[redacted] bytes=51",
    ]


def test_the_session_id_is_never_shown(client: Make) -> None:
    app = shop(client())
    browser = app.test_client()
    with capture_trace() as captured:
        browser.post("/")
        browser.get("/")
    cookie = browser.get_cookie("session")
    assert cookie is not None
    assert len(cookie.value) > 20
    assert cookie.value not in repr(list(captured.events))


def test_traced_is_untraced(client: Make) -> None:
    plain = visits(shop(client()))
    with capture_trace():
        traced = visits(shop(client()))
    assert traced == plain
