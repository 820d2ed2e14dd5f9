"""Nothing but a connected application is ever reached, whatever the path or the announcement."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask, request

from tests.web_edge.announcing import Cannon
from tests.web_edge.servers import Canary, canary, serving
from web.config import Config
from web.runtime import Runtime

HOSTILE_PATHS = [
    "",
    "shop",
    "//{canary}/",
    "///{canary}/",
    "////{canary}",
    "http://{canary}/",
    "https://{canary}/",
    "HTTP://{canary}/",
    "http:/{canary}",
    "http:{canary}",
    "http:\\\\{canary}",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "ftp://{canary}/",
    "gopher://{canary}/_GET",
    "@{canary}/",
    ":80@{canary}/",
    ".{canary}/",
    "?http://{canary}/",
    "#http://{canary}/",
    "\\\\{canary}\\",
    "/\\{canary}/",
    "/\\/{canary}/",
    "\\/{canary}/",
    "/#@{canary}/",
    " /",
    " //{canary}/",
    "\t//{canary}/",
    "\n//{canary}/",
    "/\t/{canary}/",
    "/\r/{canary}/",
    "/\n/{canary}",
    "/a\r\nHost: {canary}",
    "/a HTTP/1.1\r\nHost: {canary}\r\n\r\nGET http://{canary}/",
    "/a\x00",
    "/a\x1f",
    "/a\x7f",
    "/a\x85",
    "/a\u2028",
    "/a\ud800",
    "*",
    "{canary}",
    "{canary}:443",
    "[::1]:80/",
    "0x7f000001/",
    "2130706433",
    "/" + "a" * 9000,
    None,
    7,
    ["/"],
    {"path": "/"},
    True,
]

STRANGE_PATHS = [
    "/@{canary}/",
    "/:80@{canary}/",
    "/http://{canary}/",
    "/?url=http://{canary}/",
    "/%2F{canary}/",
    "/%5C%5C{canary}/",
    "/%0d%0aHost:%20{canary}",
    "/..//{canary}/",
    "/../../{canary}",
    "/.//{canary}/",
    "/;@{canary}",
    "/%00",
    "/a b",
    "/ä@{canary}",
    "/。。/{canary}",
    "/[::1]",
    "/%E2%80%A8",
    "/%%%",
    "/a?b?c=//{canary}",
    "/~{canary}",
]


@pytest.fixture(scope="module")
def watched() -> Iterator[Canary]:
    with canary() as found:
        yield found


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    app = Flask("shop")

    @app.route("/", defaults={"path": ""})
    @app.route("/<path:path>")
    def everything(path: str) -> str:
        return f"reached {request.host}"

    with serving(app) as url:
        yield url


@pytest.mark.parametrize("path", HOSTILE_PATHS, ids=ascii)
def test_a_path_that_is_not_one_is_refused_and_nothing_is_reached(
    runtime: Runtime, base_url: str, watched: Canary, path: object
) -> None:
    before = list(watched.visits)
    filled = path.replace("{canary}", f"127.0.0.1:{watched.port}") if type(path) is str else path
    problem = Cannon(runtime, base_url).refused(filled)
    assert (problem.status, watched.visits) == (400, before)


@pytest.mark.parametrize("path", STRANGE_PATHS, ids=ascii)
def test_a_strange_path_reaches_the_application_itself(
    runtime: Runtime, base_url: str, watched: Canary, path: str
) -> None:
    before = list(watched.visits)
    answer = Cannon(runtime, base_url)(path.replace("{canary}", f"127.0.0.1:{watched.port}"))
    assert watched.visits == before
    assert (answer["status"], answer["body"]) in {
        (200, "reached " + base_url.removeprefix("http://")),
        (308, answer["body"]),
        (404, answer["body"]),
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "a=1 HTTP/1.1\r\nHost: x"},
        {"query": "#x"},
        {"query": 7},
        {"query": {"a": {"b": 1}}},
        {"headers": {"Host": "127.0.0.1:1"}},
        {"headers": {"host": "127.0.0.1:1"}},
        {"headers": {"Connection": "keep-alive"}},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"headers": {"Content-Length": "3"}},
        {"headers": {"Upgrade": "websocket"}},
        {"headers": {"Expect": "100-continue"}},
        {"headers": {"Proxy-Authorization": "x"}},
        {"headers": {"Flaskscope-Trace": "0" * 32}},
        {"headers": {"X": "a\r\nHost: 127.0.0.1:1"}},
        {"headers": {"X\r\nHost": "a"}},
        {"headers": {"X:": "a"}},
        {"headers": {"": "a"}},
        {"headers": {"X": "a\x00"}},
        {"headers": {"X": 1}},
        {"headers": {"X": "\u4e2d"}},
        {"headers": ["X: 1"]},
        {"headers": {f"X-{n}": "1" for n in range(101)}},
        {"method": "GET / HTTP/1.1\r\nHost: x"},
        {"method": ""},
        {"method": "G ET"},
        {"method": 1},
        {"body": "a", "json": {}},
        {"body": {"a": 1}},
        {"form": "a=1"},
        {"form": {"a": {"b": 1}}},
        {"cookie_jar": "../x"},
        {"cookie_jar": 1},
        {"base_url": "http://127.0.0.1:1"},
        {"url": "http://127.0.0.1:1"},
    ],
    ids=ascii,
)
def test_a_request_that_would_not_stay_one_request_is_refused(
    runtime: Runtime, base_url: str, asked: dict[str, object]
) -> None:
    assert Cannon(runtime, base_url).refused("/", **asked).status == 400


@pytest.mark.parametrize("asked", [None, [], "x", 1])
def test_a_body_that_is_no_object_is_refused(
    runtime: Runtime, base_url: str, asked: object
) -> None:
    from web.problems import Problem

    cannon = Cannon(runtime, base_url)
    with pytest.raises(Problem, match="400"):
        cannon.fire.fire(cannon.app_id, asked)


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "DELETE", "post", "PROPFIND"])
def test_other_methods_are_refused(runtime: Runtime, base_url: str, method: str) -> None:
    assert Cannon(runtime, base_url).refused("/", method=method).status == 403


@pytest.mark.parametrize(
    "announced",
    [
        "http://192.0.2.7",
        "http://10.0.0.1:80",
        "http://169.254.169.254",
        "http://[fe80::1]:80",
        "http://0.0.0.0:{port}",
        "http://[::]:{port}",
        "http://[::ffff:10.0.0.1]:80",
        "http://user@127.0.0.1:{port}",
        "http://user:pass@127.0.0.1:{port}",
        "http://@127.0.0.1:{port}",
        "http://127.0.0.1:{port}/?a",
        "http://127.0.0.1:{port}/#a",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:{port}/a b",
        "http://127.0.0.1:{port}\r\nX: y",
        "http://127.0.0.1 :{port}",
        "http://127.0.0.1\t:{port}",
        "http://\u0131\u0131:{port}",
        "ftp://127.0.0.1:{port}",
        "file:///etc/passwd",
        "unix:///run/x",
        "//127.0.0.1:{port}",
        "127.0.0.1:{port}",
        "http:///x",
        "http://",
        "nonsense",
        "",
        # The dashboard's own port.
        "http://127.0.0.1:5000",
        "http://localhost:5000",
        "http://[::1]:5000",
        "http://127.0.0.2:5000/shop",
        "http://127.1:5000",
        "http://2130706433:5000",
        "http://0x7f.1:5000",
    ],
    ids=ascii,
)
def test_an_announced_address_elsewhere_is_refused(
    runtime: Runtime, watched: Canary, announced: str
) -> None:
    before = list(watched.visits)
    problem = Cannon(runtime, announced.replace("{port}", str(watched.port))).refused("/")
    assert (problem.status, watched.visits) == (403, before)


def test_a_name_is_looked_up_once_and_its_address_pinned(
    runtime: Runtime, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    port = base_url.rpartition(":")[2]
    answers = [[(2, 1, 6, "", ("127.0.0.1", int(port)))], [(2, 1, 6, "", ("192.0.2.7", 80))]]
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, *args: object, **kwargs: object) -> object:
        if host == "rebind.test":
            asked.append(host)
            return answers.pop(0)
        return real(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    cannon = Cannon(runtime, f"http://rebind.test:{port}")
    assert cannon("/")["body"] == f"reached rebind.test:{port}"
    assert asked == ["rebind.test"]
    assert cannon.refused("/").status == 403


def test_a_name_with_one_address_elsewhere_is_refused(
    runtime: Runtime, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    port = int(base_url.rpartition(":")[2])
    both = [(2, 1, 6, "", ("127.0.0.1", port)), (2, 1, 6, "", ("192.0.2.7", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: both)
    assert Cannon(runtime, f"http://both.test:{port}").refused("/").status == 403


def test_an_allowed_name_may_be_elsewhere_but_not_link_local(
    runtime: Runtime, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    config = Config(port=5000, allowed=("box.test",))
    port = int(base_url.rpartition(":")[2])
    found = [[(2, 1, 6, "", ("169.254.169.254", port))], [(2, 1, 6, "", ("127.0.0.1", port))]]
    real = socket.getaddrinfo

    def lookup(host: str, *args: object, **kwargs: object) -> object:
        return found.pop(0) if host == "box.test" else real(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    cannon = Cannon(runtime, f"http://box.test:{port}", config)
    assert cannon.refused("/").status == 403
    assert cannon("/")["status"] == 200


def test_an_unknown_name_is_502(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def unknown(*args: object, **kwargs: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    problem = Cannon(runtime, "http://nowhere.test").refused("/")
    assert problem.status == 502
    assert re.search("not known", str(problem.found))


def test_localhost_reaches_a_server_that_listens_on_one_family_only(
    runtime: Runtime, base_url: str
) -> None:
    port = base_url.rpartition(":")[2]
    assert Cannon(runtime, f"http://localhost:{port}")("/")["body"] == f"reached localhost:{port}"
