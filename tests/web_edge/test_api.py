"""Applications, firing, settings, snippet and sources of a running dashboard, over HTTP."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Mapping
from http.client import HTTPResponse
from typing import Any

import pytest
from flask import Flask, request

from tests.processes import DashboardProcess
from tests.web_edge.servers import canary, serving
from tracer.wire import Batch, ColumnsBuilder, encode_batch


class Agent:
    """A traced process, as far as the dashboard can tell."""

    def __init__(self, dashboard: DashboardProcess) -> None:
        self.id = secrets.token_hex(16)
        self._dashboard = dashboard
        self._number = 0

    def send(self, *apps: Mapping[str, Any], bye: bool = False, **fields: Any) -> None:
        self._number += 1
        batch = Batch(
            agent={
                "id": self.id, "pid": 4711, "host": "box", "python": "3.11.7", "tracer": "0.1.0",
                "command": f"flask run {self.id}", "started": 1, "versions": {},
            },
            number=self._number,
            columns=ColumnsBuilder(0, 0, "0a0b0c0d").build(),
            apps=apps,
            bye=bye,
            **fields,
        )  # fmt: skip
        answer = self._dashboard.request(
            "POST",
            "/ingest",
            encode_batch(batch),
            key=self._dashboard.ingest_key,
            headers={"Content-Type": "application/json"},
        )
        assert answer.status == 204, answer.body

    def item(self) -> dict[str, Any]:
        items = self._dashboard.request("GET", "/api/apps").json["items"]
        found: dict[str, Any] = next(item for item in items if item["agent"] == self.id)
        return found


def shop(base_url: str, **fields: Any) -> dict[str, Any]:
    return {
        "key": "shop", "name": "shop", "framework": "flask", "version": "3.1.3",
        "base_url": base_url, "allow_methods": ["GET", "HEAD"], "routes": [], "registry": [],
        "samples": [], **fields,
    }  # fmt: skip


@pytest.fixture
def agent(dashboard: DashboardProcess) -> Agent:
    return Agent(dashboard)


def test_an_application_is_announced_fired_at_and_gone(
    dashboard: DashboardProcess, agent: Agent
) -> None:
    app = Flask("shop")
    seen: list[tuple[str, str | None]] = []

    @app.get("/cart/<int:number>")
    def cart(number: int) -> str:
        seen.append((request.full_path, request.headers.get("Flaskscope-Trace")))
        return f"cart {number}"

    route = {
        "rule": "/cart/<int:number>", "methods": ["GET", "HEAD", "OPTIONS"], "endpoint": "cart",
        "arguments": ["number"], "defaults": {}, "file": "shop.py", "line": 3,
        "registered_by": None,
    }  # fmt: skip
    with serving(app) as base_url:
        agent.send(shop(base_url, routes=[route], registry=[{"kind": "view", "name": "cart"}]))
        item = agent.item()
        path = f"/api/apps/{item['id']}"
        assert item["connected"]
        assert dashboard.request("GET", f"{path}/routes").json == {"items": [route]}
        registry = dashboard.request("GET", f"{path}/registry").json["items"]
        assert [entry["name"] for entry in registry] == ["cart"]
        everywhere = dashboard.request("GET", "/api/apps/registry").json["items"]
        assert [found for found in everywhere if found["agent"] == agent.id] == [
            {
                "app": "shop", "agent": agent.id, "version": "3.1.3", "routes": [route],
                "registry": [{"kind": "view", "name": "cart"}],
            }
        ]  # fmt: skip

        answer = dashboard.request(
            "POST", f"{path}/fire", {"method": "GET", "path": "/cart/7", "query": {"a": 1}}
        )
        assert (answer.status, answer.json["status"], answer.json["body"]) == (200, 200, "cart 7")
        assert seen == [("/cart/7?a=1", answer.json["trace_id"])]

        refused = dashboard.request("POST", f"{path}/fire", {"method": "POST", "path": "/cart/7"})
        assert refused.status == 403
        absolute = dashboard.request("POST", f"{path}/fire", {"path": f"{base_url}/cart/7"})
        assert absolute.status == 400

    closed = dashboard.request("POST", f"{path}/fire", {"path": "/cart/7"})
    assert closed.status == 502
    agent.send(bye=True)
    assert not agent.item()["connected"]
    gone = dashboard.request("POST", f"{path}/fire", {"path": "/cart/7"})
    assert gone.status == 502
    assert gone.json["detail"].startswith("shop has not been heard of since ")


def test_the_dashboard_cannot_be_made_to_fire_at_itself(
    dashboard: DashboardProcess, agent: Agent
) -> None:
    for name in ("127.0.0.1", "localhost", "127.0.0.2", "[::1]"):
        agent.send(shop(f"http://{name}:{dashboard.port}"))
        answer = dashboard.request(
            "POST", f"/api/apps/{agent.item()['id']}/fire", {"path": "/healthz"}
        )
        assert (answer.status, answer.json["title"]) == (403, "Address not allowed")
    agent.send(bye=True)


def test_an_application_elsewhere_is_not_fired_at(
    dashboard: DashboardProcess, agent: Agent
) -> None:
    with canary() as watched:
        agent.send(shop(f"http://0.0.0.0:{watched.port}"))
        path = f"/api/apps/{agent.item()['id']}/fire"
        assert dashboard.request("POST", path, {"path": "/"}).status == 403
        assert watched.visits == []
    agent.send(bye=True)


def test_a_slow_answer_holds_nobody_else_up(dashboard: DashboardProcess, agent: Agent) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        agent.send(shop(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        path = f"/api/apps/{agent.item()['id']}/fire"
        body = b'{"path": "/"}'
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{dashboard.port}\r\n"
            f"Authorization: Bearer {dashboard.token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", dashboard.port)) as waiting:
            waiting.sendall(head.encode() + body)
            connection, _ = silent.accept()
            with connection:
                assert dashboard.request("GET", "/api/status").status == 200
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            assert waiting.recv(4096).startswith(b"HTTP/1.1 200")
    agent.send(bye=True)


def test_an_unknown_application_is_404(dashboard: DashboardProcess) -> None:
    for method, path in (("POST", "fire"), ("GET", "routes"), ("GET", "registry")):
        body = {"path": "/"} if method == "POST" else None
        assert dashboard.request(method, f"/api/apps/nobody/{path}", body).status == 404


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_malformed_batch_is_400_whatever_it_is_called(
    dashboard: DashboardProcess, kind: str | None
) -> None:
    head = f"POST /ingest HTTP/1.1\r\nHost: 127.0.0.1:{dashboard.port}\r\nContent-Length: 4\r\n"
    head += f"Authorization: Bearer {dashboard.ingest_key}\r\nConnection: close\r\n"
    head += "" if kind is None else f"Content-Type: {kind}\r\n"
    with socket.create_connection(("127.0.0.1", dashboard.port), timeout=10) as connection:
        connection.sendall(f"{head}\r\nnope".encode())
        answer = HTTPResponse(connection)
        answer.begin()
        problem = json.loads(answer.read())
    assert (answer.status, problem["title"]) == (400, "Not a batch")


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b"nope"])
def test_a_body_that_is_no_json_is_400(dashboard: DashboardProcess, body: bytes) -> None:
    answer = dashboard.request("PATCH", "/api/settings", body)
    assert (answer.status, answer.json["title"]) == (400, "Not JSON")


def test_a_body_that_is_too_long_is_413_before_it_is_sent(dashboard: DashboardProcess) -> None:
    head = (
        f"PATCH /api/settings HTTP/1.1\r\nHost: 127.0.0.1:{dashboard.port}\r\n"
        f"Authorization: Bearer {dashboard.token}\r\nContent-Length: {(2 << 20) + 1}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", dashboard.port), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = HTTPResponse(connection)
        answer.begin()
        problem = json.loads(answer.read())
    assert (answer.status, problem["found"], problem["todo"]) == (
        413,
        "2097153 bytes",
        "Send at most 2097152 bytes.",
    )


def test_settings_are_changed_and_stay(dashboard: DashboardProcess) -> None:
    before = dashboard.request("GET", "/api/settings").json
    changed = dashboard.request("PATCH", "/api/settings", {"ignored_paths": ["/health*"]})
    assert changed.json == {**before, "ignored_paths": ["/health*"]}
    assert dashboard.request("GET", "/api/settings").json == changed.json
    wrong = dashboard.request("PATCH", "/api/settings", {"size_cap": 1})
    assert (wrong.status, wrong.headers["Content-Type"]) == (422, "application/problem+json")
    assert dashboard.request("PATCH", "/api/settings", before).json == before


def test_the_snippet_holds_the_address_and_the_ingest_key(dashboard: DashboardProcess) -> None:
    snippet = dashboard.request("GET", "/api/snippet").json
    assert (snippet["url"], snippet["key"]) == (dashboard.url, dashboard.ingest_key)
    assert (
        f'Tracer(app, dashboard="{dashboard.url}", token="{dashboard.ingest_key}")'
        in (snippet["python"])
    )
    assert snippet["environment"].splitlines() == [
        f"FLASKSCOPE_DASHBOARD={dashboard.url}",
        f"FLASKSCOPE_TOKEN={dashboard.ingest_key}",
    ]
    assert dashboard.token not in str(snippet)


def test_a_source_comes_with_tokens(dashboard: DashboardProcess, agent: Agent) -> None:
    source = {
        "id": secrets.token_hex(8), "file": "shop.py", "line": 3, "name": "cart",
        "text": "def cart():\n    return '<script>'\n",
    }  # fmt: skip
    agent.send(sources=[source])
    answer = dashboard.request("GET", f"/api/sources/{source['id']}")
    assert answer.status == 200
    tokens = answer.json["tokens"]
    assert tokens[0][:3] == [["k", "def"], ["w", " "], ["nf", "cart"]]
    assert "\n".join("".join(text for _, text in line) for line in tokens) == source["text"]
    assert dashboard.request("GET", "/api/sources/0000000000000000").status == 404
    agent.send(bye=True)


def test_a_jar_is_forgotten(dashboard: DashboardProcess, agent: Agent) -> None:
    app = Flask("shop")

    @app.get("/")
    def visits() -> tuple[str, int, dict[str, str]]:
        return request.headers.get("Cookie", ""), 200, {"Set-Cookie": "seen=1"}

    with serving(app) as base_url:
        agent.send(shop(base_url))
        path = f"/api/apps/{agent.item()['id']}/fire"
        jar = agent.id
        bodies = [
            dashboard.request("POST", path, {"path": "/", "cookie_jar": jar}).json["body"]
            for _ in range(2)
        ]
        assert dashboard.request("DELETE", f"/api/cookie_jars/{jar}").status == 204
        bodies.append(
            dashboard.request("POST", path, {"path": "/", "cookie_jar": jar}).json["body"]
        )
    assert bodies == ["", "seen=1", ""]
    agent.send(bye=True)


def test_the_status_counts_what_is_connected(dashboard: DashboardProcess, agent: Agent) -> None:
    agent.send(shop("http://127.0.0.1:1"), dropped={"buffer_full": 3})
    status = dashboard.request("GET", "/api/status").json
    assert agent.id in [item["agent"] for item in status["apps"]]
    assert status["dropped"]["buffer_full"] >= 3
    assert status["store"] == {"ok": True, "problem": None}
    agent.send(bye=True)


def test_the_page_names_its_script_and_holds_no_secret(dashboard: DashboardProcess) -> None:
    for path in ("/", "/hooks", "/compare", "/learn", "/recordings", "/recordings/7"):
        page = dashboard.request("GET", path)
        text = page.body.decode()
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert text.startswith('<!doctype html>\n<html lang="en">')
        assert "<title>Flaskscope</title>" in text
        assert f'<body data-url="{dashboard.url}"' in text
        assert "<script>" not in text
        assert "style=" not in text
        assert dashboard.token not in text
        assert dashboard.ingest_key not in text


NAVIGATES = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}


def test_an_address_without_a_page_has_a_way_back_for_people(dashboard: DashboardProcess) -> None:
    page = dashboard.request("GET", "/nowhere/%3Cb%3E" + "x" * 300, headers=NAVIGATES)
    text = page.body.decode()
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>No such page</h1>" in text
    assert 'href="/"' in text
    assert f"/nowhere/&lt;b&gt;{'x' * 188}</bdi>" in text
    chinese = dashboard.request("GET", "/nowhere?lang=zh", headers=NAVIGATES)
    assert "<h1>没有这个页面</h1>" in chinese.body.decode()


def test_an_address_without_a_page_is_a_problem_for_programs(dashboard: DashboardProcess) -> None:
    for path, headers in (
        ("/nowhere", {}),
        ("/nowhere", {"Accept": "text/html", "Sec-Fetch-Mode": "cors"}),
        ("/api/nowhere", NAVIGATES),
        ("/static/dist/assets/nothing.js", NAVIGATES),
    ):
        answer = dashboard.request("GET", path, headers=headers)
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("query", "headers", "tag"),
    [
        ("", {"Accept-Language": "de, zh-CN;q=0.8, en;q=0.5"}, "zh-Hans"),
        ("", {"Accept-Language": "en-GB, zh;q=0.9"}, "en"),
        ("", {"Accept-Language": "zh;q=0, fr"}, "en"),
        ("", {"Cookie": "flaskscope_language=en", "Accept-Language": "zh-TW"}, "en"),
        ("?lang=zh_CN", {"Cookie": "flaskscope_language=en"}, "zh-Hans"),
        ("?lang=tlh", {"Cookie": "flaskscope_language=zh"}, "zh-Hans"),
    ],
)
def test_the_page_speaks_the_language_of_the_address_the_choice_or_the_browser(
    dashboard: DashboardProcess, query: str, headers: dict[str, str], tag: str
) -> None:
    page = dashboard.request("GET", f"/{query}", headers=headers)
    kept = page.headers.get("Set-Cookie", "").partition(";")[0]
    assert (page.body.decode().splitlines()[1], kept) == (
        f'<html lang="{tag}">',
        "flaskscope_language=zh" if query == "?lang=zh_CN" else "",
    )


def test_the_page_has_an_icon(dashboard: DashboardProcess) -> None:
    icon = dashboard.request("GET", "/static/favicon.svg")
    assert icon.headers["Content-Type"].startswith("image/svg+xml")
