"""Firing at real Flask applications."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask, Response, make_response, redirect, request, session

from tests.web_edge.announcing import AGENT, Cannon
from tests.web_edge.servers import canary, listener, serving
from web import exchange
from web.runtime import Runtime


def build_app() -> Flask:
    app = Flask("shop")
    app.secret_key = "a secret of the test"

    @app.route("/echo", methods=["GET", "POST", "PUT"])
    def echo() -> Response:
        body = {
            "method": request.method,
            "path": request.path,
            "query": request.query_string.decode(),
            "headers": [list(pair) for pair in request.headers],
            "form": request.form.to_dict(flat=False),
            "body": request.get_data(as_text=True),
        }
        return Response(json.dumps(body), content_type="application/json")

    @app.get("/count")
    def count() -> str:
        session["count"] = session.get("count", 0) + 1
        return str(session["count"])

    @app.get("/cookies")
    def cookies() -> Response:
        response = make_response(request.headers.get("Cookie", "none"))
        response.set_cookie("plain", "1")
        response.set_cookie("secret", "2", secure=True)
        response.headers.add("Set-Cookie", "big=" + "x" * 5000)
        response.set_cookie("flaskscope_5000", "stolen")
        return response

    @app.get("/bytes")
    def some_bytes() -> Response:
        return Response(bytes(range(256)), content_type="image/png")

    @app.get("/big")
    def big() -> Response:
        return Response(("ä" * 512 for _ in range(2048)), content_type="text/plain; charset=utf-8")

    @app.get("/away")
    def away() -> Response:
        return redirect(request.args["to"])

    @app.get("/packed")
    def packed() -> Response:
        return Response(gzip.compress(b"text"), headers={"Content-Encoding": "gzip"})

    @app.get("/latin")
    def latin() -> Response:
        return Response("für".encode("latin-1"), content_type="text/plain; charset=latin-1")

    return app


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving(build_app()) as url:
        yield url


@pytest.fixture
def cannon(runtime: Runtime, base_url: str) -> Cannon:
    return Cannon(runtime, base_url, allow_methods=["GET", "HEAD", "POST", "PUT"])


def test_the_request_carries_the_trace_id_that_the_answer_names(cannon: Cannon) -> None:
    answer = cannon("/echo")
    seen = dict(json.loads(answer["body"])["headers"])
    assert seen["Flaskscope-Trace"] == answer["trace_id"]
    assert len(answer["trace_id"]) == 32
    assert cannon.fire.is_fired(answer["trace_id"])
    assert not cannon.fire.is_fired("0" * 32)


def test_every_fired_request_has_a_trace_id_of_its_own(cannon: Cannon) -> None:
    assert cannon("/echo")["trace_id"] != cannon("/echo")["trace_id"]


def test_an_answer_has_exactly_the_documented_members(cannon: Cannon) -> None:
    assert set(cannon("/echo")) == {
        "trace_id",
        "status",
        "headers",
        "header_list",
        "body",
        "truncated",
        "duration_ms",
        "cookies",
    }


def test_the_host_header_is_the_announced_one(cannon: Cannon, base_url: str) -> None:
    seen = dict(json.loads(cannon("/echo")["body"])["headers"])
    assert seen["Host"] == base_url.removeprefix("http://")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "two words", "n": 3, "on": True, "none": None}, "q=two+words&n=3&on=true&none="),
        ({"tag": ["a", "b"]}, "tag=a&tag=b"),
        ("q=a%20b&c", "q=a%20b&c"),
        ("?q=ü", "q=%C3%BC"),
        ({}, ""),
        ("", ""),
    ],
)
def test_a_query_may_be_an_object_or_a_text(cannon: Cannon, query: object, expected: str) -> None:
    assert json.loads(cannon("/echo", query=query)["body"])["query"] == expected


def test_a_query_in_the_path_is_kept_beside_the_other(cannon: Cannon) -> None:
    assert json.loads(cannon("/echo?a=1", query={"b": 2})["body"])["query"] == "a=1&b=2"


def test_a_path_with_spaces_and_umlauts_arrives_as_it_was_typed(cannon: Cannon) -> None:
    answer = cannon("/größe 1/@x")
    assert answer["status"] == 404
    with serving(Flask("other")) as url:
        assert Cannon(cannon.fire._runtime, url)("/%2F%20")["status"] == 404


def test_a_form_arrives_as_a_form(cannon: Cannon) -> None:
    seen = json.loads(cannon("/echo", method="POST", form={"a": "1 &", "b": ["x", "y"]})["body"])
    assert seen["form"] == {"a": ["1 &"], "b": ["x", "y"]}


def test_json_arrives_as_json(cannon: Cannon) -> None:
    seen = json.loads(cannon("/echo", method="POST", json={"a": [1, None]})["body"])
    assert json.loads(seen["body"]) == {"a": [1, None]}
    assert dict(seen["headers"])["Content-Type"] == "application/json"


def test_a_text_body_keeps_the_content_type_that_was_asked_for(cannon: Cannon) -> None:
    headers = {"content-type": "text/csv"}
    seen = json.loads(cannon("/echo", method="PUT", body="a;ä", headers=headers)["body"])
    assert seen["body"] == "a;ä"
    assert dict(seen["headers"])["Content-Type"] == "text/csv"


def test_a_post_without_a_body_says_that_it_is_empty(cannon: Cannon) -> None:
    seen = json.loads(cannon("/echo", method="post")["body"])
    assert dict(seen["headers"])["Content-Length"] == "0"


def test_own_headers_are_sent_and_default_ones_not_doubled(cannon: Cannon) -> None:
    asked = {"User-Agent": "mine", "Accept-Encoding": "gzip", "X-Thing": "1"}
    headers = json.loads(cannon("/echo", headers=asked)["body"])["headers"]
    names = [name for name, _ in headers]
    assert sorted(names) == [
        "Accept-Encoding",
        "Connection",
        "Flaskscope-Trace",
        "Host",
        "User-Agent",
        "X-Thing",
    ]
    assert dict(headers)["User-Agent"] == "mine"


def test_a_head_request_has_headers_and_no_body(cannon: Cannon) -> None:
    answer = cannon("/echo", method="HEAD")
    assert (answer["status"], answer["body"]) == (200, "")
    assert int(answer["headers"]["Content-Length"]) > 0


def test_a_mounted_application_gets_its_prefix(runtime: Runtime, base_url: str) -> None:
    cannon = Cannon(runtime, base_url + "/echo/..")
    assert cannon("/echo")["status"] == 404
    assert Cannon(runtime, base_url + "/ec")("/ho")["status"] == 404


def test_a_redirect_is_shown_and_not_followed(cannon: Cannon) -> None:
    with canary() as elsewhere:
        target = f"http://127.0.0.1:{elsewhere.port}/"
        answer = cannon("/away", query={"to": target})
        assert answer["status"] == 302
        assert answer["headers"]["Location"] == target
        assert elsewhere.visits == []


def test_a_proxy_of_the_environment_is_not_used(
    cannon: Cannon, monkeypatch: pytest.MonkeyPatch
) -> None:
    with canary() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        assert cannon("/echo")["status"] == 200
        assert proxy.visits == []


def test_a_session_lives_in_its_jar(cannon: Cannon) -> None:
    counts = [cannon("/count", cookie_jar="anna")["body"] for _ in range(3)]
    assert counts == ["1", "2", "3"]
    assert cannon("/count", cookie_jar="bert")["body"] == "1"
    assert cannon("/count")["body"] == "1"
    cannon.jars.forget("anna")
    assert cannon("/count", cookie_jar="anna")["body"] == "1"


def test_a_jar_keeps_what_a_browser_would_keep(cannon: Cannon) -> None:
    answer = cannon("/cookies", cookie_jar="anna")
    assert answer["cookies"] == ["plain", "secret"]
    assert cannon("/cookies", cookie_jar="anna")["body"] == "plain=1"


def test_set_cookie_headers_stay_apart(cannon: Cannon) -> None:
    answer = cannon("/cookies")
    assert len(answer["headers"]["Set-Cookie"]) == 4
    assert [v for k, v in answer["header_list"] if k == "Set-Cookie"] == answer["headers"][
        "Set-Cookie"
    ]


def test_cookies_of_the_dashboard_are_never_sent(cannon: Cannon) -> None:
    cookie = {"Cookie": "a=1; flaskscope_5000=secret; flaskscope_5001=x; b=2"}
    assert cannon("/cookies", headers=cookie)["body"] == "a=1; b=2"
    cannon("/cookies", cookie_jar="anna")
    assert cannon("/cookies", headers=cookie, cookie_jar="anna")["body"] == "a=1; b=2; plain=1"


def test_bytes_come_as_base64(cannon: Cannon) -> None:
    answer = cannon("/bytes")
    assert answer["encoding"] == "base64"
    assert base64.b64decode(answer["body"]) == bytes(range(256))


def test_a_packed_body_is_shown_as_it_came(cannon: Cannon) -> None:
    answer = cannon("/packed", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(base64.b64decode(answer["body"])) == b"text"


def test_the_charset_of_the_answer_is_used(cannon: Cannon) -> None:
    assert cannon("/latin")["body"] == "für"


def test_a_body_beyond_a_mebibyte_is_cut_and_marked(cannon: Cannon) -> None:
    answer = cannon("/big")
    assert answer["truncated"]
    assert answer["body"] == "ä" * (1 << 19)


def test_only_reading_methods_are_fired_unless_the_application_allows_more(
    runtime: Runtime, base_url: str
) -> None:
    cannon = Cannon(runtime, base_url)
    assert cannon("/echo")["status"] == 200
    problem = cannon.refused("/echo", method="POST")
    assert (problem.status, problem.asked, problem.found) == (403, "POST", "GET, HEAD")
    assert 'allow_methods=["POST"]' in str(problem.todo)


def test_an_unknown_application_is_404(cannon: Cannon) -> None:
    cannon.app_id = "nobody"
    problem = cannon.refused("/echo")
    assert (problem.status, problem.asked) == (404, "nobody")


def test_an_application_that_said_goodbye_is_502_with_its_name_and_since_when(
    cannon: Cannon,
) -> None:
    cannon.apps.seen(AGENT, [], bye=True)
    problem = cannon.refused("/echo")
    assert problem.status == 502
    assert problem.detail.startswith("shop has not been heard of since 20")


def test_an_application_without_an_address_is_told_to_get_one(runtime: Runtime) -> None:
    assert Cannon(runtime, None).refused().status == 409


def test_a_refused_connection_is_502(runtime: Runtime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    problem = Cannon(runtime, f"http://127.0.0.1:{port}").refused()
    assert problem.status == 502
    assert problem.detail.startswith(
        "The web server of shop did not answer in HTTP; the application was last heard of at 20"
    )
    assert "ConnectionRefusedError" in str(problem.found)


@pytest.mark.parametrize(
    "garbage", [b"", b"\x16\x03\x01\x00\x05", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 two hundred\r\n"]
)
def test_what_does_not_speak_http_is_502(runtime: Runtime, garbage: bytes) -> None:
    with listener(garbage) as server:
        assert Cannon(runtime, f"http://127.0.0.1:{server.port}").refused().status == 502


def test_an_answer_that_drips_is_cut_when_the_time_is_over(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "TIMEOUT", 0.5)
    server = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not stop.wait(0.05):
                try:
                    connection.sendall(b".")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    started = time.monotonic()
    problem = Cannon(runtime, f"http://127.0.0.1:{server.getsockname()[1]}").refused()
    stop.set()
    thread.join()
    server.close()
    assert problem.status == 504
    assert 0.4 < time.monotonic() - started < 3


def test_a_server_that_says_nothing_is_504(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        problem = Cannon(runtime, f"http://127.0.0.1:{server.getsockname()[1]}").refused()
    assert problem.status == 504


def test_four_at_once_and_the_fifth_is_told_to_wait(runtime: Runtime) -> None:
    app, inside, leave = Flask("slow"), threading.Semaphore(0), threading.Event()

    @app.get("/")
    def slow() -> str:
        inside.release()
        leave.wait(10)
        return "done"

    with serving(app) as url:
        cannon = Cannon(runtime, url)
        answers: list[int] = []
        threads = [
            threading.Thread(target=lambda: answers.append(cannon("/")["status"])) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert inside.acquire(timeout=10)
        problem = cannon.refused("/")
        leave.set()
        for thread in threads:
            thread.join()
        assert (problem.status, problem.headers) == (429, {"Retry-After": "1"})
        assert answers == [200] * 4
        assert cannon("/")["status"] == 200
