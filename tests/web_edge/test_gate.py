"""Nobody gets in: real dashboards, spoken to byte by byte where a client would be too polite."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from werkzeug.routing import Rule

from tests.processes import Answer, DashboardProcess


def ask(
    dashboard: DashboardProcess,
    method: str = "GET",
    path: str = "/api/status",
    headers: Mapping[str, str | None] | None = None,
    *,
    key: bool = True,
) -> Answer:
    """One request with exactly these headers; a value of None leaves a header away."""
    sent: dict[str, str | None] = {"Host": f"127.0.0.1:{dashboard.port}", **(headers or {})}
    if key:
        sent.setdefault("Authorization", f"Bearer {dashboard.token}")
    lines = [f"{name}: {value}" for name, value in sent.items() if value is not None]
    text = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "Connection: close", "", ""])
    with socket.create_connection(("127.0.0.1", dashboard.port), timeout=10) as connection:
        connection.sendall(text.encode("latin-1"))
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        with response:
            return Answer(response.status, dict(response.headers), response.read())


def cookie_of(dashboard: DashboardProcess) -> str:
    answer = ask(dashboard, path=f"/?token={dashboard.token}", key=False)
    return answer.headers["Set-Cookie"].partition(";")[0]


def filled(rule: Rule) -> str:
    values = dict.fromkeys(rule.arguments, "1")
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return built[1]


# --- keys --------------------------------------------------------------------------------------


def test_every_route_without_a_key_is_401(dashboard: DashboardProcess, rules: list[Rule]) -> None:
    asked = {
        (method, filled(rule)): ask(dashboard, method, filled(rule), key=False).status
        for rule in rules
        for method in rule.methods or ()
    }
    assert len(asked) > 40
    closed = {at: status for at, status in asked.items() if at[1] != "/healthz"}
    assert set(closed.values()) == {401}, closed
    assert ask(dashboard, path="/healthz", key=False).json == {"status": "ok"}


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/%2e%2e/", "//", "/socket.io/", "/socket.io", "/static/", "/healthz/", "/Ingest",
     "/healthz/../api/status", "/ingest/", "/api/status?x=/healthz", "/*"],
)  # fmt: skip
def test_every_other_path_without_a_key_is_401(dashboard: DashboardProcess, path: str) -> None:
    assert ask(dashboard, path=path, key=False).status == 401


@pytest.mark.parametrize(
    "header",
    ["Bearer ", "Bearer", "", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x",
     "Bearer x{token}", "Bearer {token} {token}", "Bearer {ingest}", "Bearer \xff", "bearer\t"],
)  # fmt: skip
def test_another_key_is_401(dashboard: DashboardProcess, header: str) -> None:
    value = header.format(token=dashboard.token, ingest=dashboard.ingest_key)
    answer = ask(dashboard, headers={"Authorization": value}, key=False)
    assert answer.status == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["title"] == "No key"


def test_the_key_opens_pages_and_api(dashboard: DashboardProcess) -> None:
    assert ask(dashboard).status == 200
    assert ask(dashboard, path="/").body.startswith(b"<!doctype html>")


def test_the_ingest_key_opens_ingest_and_nothing_else(
    dashboard: DashboardProcess, rules: list[Rule]
) -> None:
    ingest = {
        "Authorization": f"Bearer {dashboard.ingest_key}",
        "Content-Type": "application/json",
        "Content-Length": "0",
    }
    statuses = {
        (method, filled(rule)): ask(dashboard, method, filled(rule), ingest).status
        for rule in rules
        for method in rule.methods or ()
        if rule.rule not in {"/healthz", "/ingest"}
    }
    assert set(statuses.values()) == {401}, statuses
    assert ask(dashboard, "POST", "/ingest", ingest).status == 400


def test_the_control_key_does_not_open_ingest(dashboard: DashboardProcess) -> None:
    assert ask(dashboard, "POST", "/ingest", {"Content-Length": "0"}).status == 401
    cookie = {"Cookie": cookie_of(dashboard), "Origin": dashboard.url, "Content-Length": "0"}
    assert ask(dashboard, "POST", "/ingest", cookie, key=False).status == 401


# --- the cookie --------------------------------------------------------------------------------


def test_the_printed_address_is_exchanged_for_a_cookie(dashboard: DashboardProcess) -> None:
    answer = ask(dashboard, path=f"/recordings?a=1&token={dashboard.token}&b=%20x", key=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/recordings?a=1&b=+x")
    name, _, rest = answer.headers["Set-Cookie"].partition("=")
    session, *attributes = rest.split("; ")
    assert name == f"flaskscope_{dashboard.port}"
    assert attributes == ["HttpOnly", "SameSite=Strict", "Path=/"]
    nonce, _, signature = session.partition(".")
    assert (len(nonce), bool(signature)) == (43, True)
    assert dashboard.token not in session
    cookie = {"Cookie": f"other=1; {name}={session}; broken;;"}
    assert ask(dashboard, path="/", headers=cookie, key=False).status == 200


def test_two_browsers_get_two_sessions_and_one_browser_keeps_its_own(
    dashboard: DashboardProcess,
) -> None:
    first, second = cookie_of(dashboard), cookie_of(dashboard)
    assert first != second
    again = ask(dashboard, path=f"/?token={dashboard.token}", headers={"Cookie": first}, key=False)
    assert again.status == 303
    assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize("token", ["", "wrong", "{ingest}", "{token}x", "%ff", "%00"])
def test_another_token_in_the_address_is_401(dashboard: DashboardProcess, token: str) -> None:
    value = token.format(token=dashboard.token, ingest=dashboard.ingest_key)
    answer = ask(dashboard, path=f"/?token={value}", key=False)
    assert answer.status == 401
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/api/status", "/static/favicon.svg", "/socket.io/", "/api/"])
def test_a_token_in_the_address_of_anything_but_a_page_opens_nothing(
    dashboard: DashboardProcess, path: str
) -> None:
    answer = ask(dashboard, path=f"{path}?token={dashboard.token}", key=False)
    assert answer.status == 401
    assert "Set-Cookie" not in answer.headers


def test_signing_in_never_leads_elsewhere(dashboard: DashboardProcess) -> None:
    for path in ("//evil.example/", "///evil.example", "/\\evil.example", "//%5cevil.example"):
        answer = ask(dashboard, path=f"{path}?token={dashboard.token}", key=False)
        location = answer.headers.get("Location", "/")
        assert urlsplit(location).netloc == ""
        assert not location.startswith(("//", "/\\"))


@pytest.mark.parametrize("value", ["", "x", "{token}", "{name}", '"{session}'])
def test_another_cookie_is_401(dashboard: DashboardProcess, value: str) -> None:
    name, _, session = cookie_of(dashboard).partition("=")
    forged = value.format(token=dashboard.token, name=name, session=session[:-1])
    assert ask(dashboard, headers={"Cookie": f"{name}={forged}"}, key=False).status == 401


# --- Host --------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1:{p}", "localhost:{p}", "[::1]:{p}", "LocalHost:{p}"])
def test_own_hosts_are_answered(dashboard: DashboardProcess, host: str) -> None:
    assert ask(dashboard, headers={"Host": host.format(p=dashboard.port)}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "127.0.0.1",
        "localhost",
        "127.0.0.1:1",
        "127.0.0.1:{p}0",
        "127.0.0.1.:{p}",
        "localhost.:{p}",
        "evil.example",
        "evil.example:{p}",
        "127.0.0.1.evil.example:{p}",
        "localhost.evil.example:{p}",
        "127.0.0.1:{p}.evil.example",
        "127.0.0.1:{p}@evil.example",
        "evil.example@127.0.0.1:{p}",
        "127.0.0.1:{p}, evil.example",
        "127.0.0.2:{p}",
        "127.1:{p}",
        "2130706433:{p}",
        "0.0.0.0:{p}",
        "0:{p}",
        "[::]:{p}",
        "::1:{p}",
        "[::1%25lo]:{p}",
        "[0:0:0:0:0:0:0:1]:{p}",
        "[::ffff:127.0.0.1]:{p}",
        "[::1]",
        "169.254.169.254",
        "http://127.0.0.1:{p}",
        "127.0.0.1:{p}/",
        "127.0.0.1 :{p}",
        "127.0.0.1:{p}#",
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/healthz", "/", "/api/status", "/ingest", "/socket.io/"])
def test_another_host_is_421(dashboard: DashboardProcess, host: str | None, path: str) -> None:
    value = host and host.format(p=dashboard.port)
    answer = ask(dashboard, path=path, headers={"Host": value})
    # Without a Host header HTTP/1.1 is broken already: a server may say so before the gate does.
    assert answer.status in ({400, 421} if not host else {421})


def test_two_host_headers_open_nothing(dashboard: DashboardProcess) -> None:
    own = f"127.0.0.1:{dashboard.port}"
    answer = ask(dashboard, headers={"Host": f"{own}\r\nHost: evil.example"})
    assert answer.status in {400, 421}


def test_an_absolute_address_of_another_host_opens_nothing(dashboard: DashboardProcess) -> None:
    assert ask(dashboard, path="http://evil.example/api/status").status == 421


# --- Origin and Sec-Fetch-Site -----------------------------------------------------------------

FOREIGN_ORIGINS = [
    "null",
    "",
    "http://evil.example",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://localhost",
    "https://127.0.0.1:{p}",
    "http://127.0.0.1:{p}/",
    "http://127.0.0.1:{p}.evil.example",
    "http://127.0.0.1.evil.example:{p}",
    "http://localhost.:{p}",
    "http://[::]:{p}",
    "HTTP://127.0.0.1:{p}",
    "ws://127.0.0.1:{p}",
    "chrome-extension://127.0.0.1:{p}",
    "http://127.0.0.1:{p} http://evil.example",
    "http://127.0.0.1:{p}, http://evil.example",
    "file://",
]


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT", "OPTIONS"])
def test_an_unsafe_method_from_another_origin_is_403(
    dashboard: DashboardProcess, origin: str, method: str
) -> None:
    value = origin.format(p=dashboard.port)
    answer = ask(dashboard, method, "/api/recordings", {"Origin": value, "Content-Length": "0"})
    assert answer.status == 403
    assert [name for name in answer.headers if name.lower().startswith("access-control")] == []


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:{p}", "http://localhost:{p}", "http://[::1]:{p}"]
)
def test_an_unsafe_method_from_the_own_page_is_let_in(
    dashboard: DashboardProcess, origin: str
) -> None:
    headers = {
        "Origin": origin.format(p=dashboard.port),
        "Cookie": cookie_of(dashboard),
        "Sec-Fetch-Site": "same-origin",
    }
    answer = ask(dashboard, "DELETE", "/api/cookie_jars/none", headers, key=False)
    assert answer.status == 204


def test_a_cookie_without_an_origin_may_read_and_not_change(dashboard: DashboardProcess) -> None:
    cookie = {"Cookie": cookie_of(dashboard)}
    assert ask(dashboard, headers=cookie, key=False).status == 200
    assert ask(dashboard, "DELETE", "/api/cookie_jars/none", cookie, key=False).status == 403


def test_a_program_with_the_key_needs_no_origin(dashboard: DashboardProcess) -> None:
    assert ask(dashboard, "DELETE", "/api/cookie_jars/none").status == 204


@pytest.mark.parametrize(
    "site", ["cross-site", "same-site", "none, same-origin", "", "Same-Origin"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_a_browser_that_comes_from_elsewhere_is_403(
    dashboard: DashboardProcess, site: str, method: str
) -> None:
    headers = {"Sec-Fetch-Site": site, "Cookie": cookie_of(dashboard)}
    assert ask(dashboard, method, "/api/cookie_jars/none", headers, key=False).status == 403
    assert ask(dashboard, method, f"/?token={dashboard.token}", headers).status == 403


def test_a_typed_address_may_be_read_and_changes_nothing(dashboard: DashboardProcess) -> None:
    typed = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
    assert ask(dashboard, path="/", headers=typed).status == 200
    assert ask(dashboard, "DELETE", "/api/cookie_jars/none", typed).status == 403


def test_a_fired_request_never_comes_in(dashboard: DashboardProcess) -> None:
    assert ask(dashboard, path="/healthz", headers={"Flaskscope-Trace": "0" * 32}).status == 403


# --- answers -----------------------------------------------------------------------------------

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types flaskscope"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.parametrize(
    "path",
    ["/", "/api/status", "/api/nowhere", "/healthz", "/static/favicon.svg", "/socket.io/",
     "/recordings/7", "/api/events.bin", "/api/openapi.json"],
)  # fmt: skip
def test_every_answer_carries_the_security_headers(dashboard: DashboardProcess, path: str) -> None:
    answer = ask(dashboard, path=path)
    assert {name: answer.headers.get(name) for name in SECURITY} == SECURITY
    assert [name for name in answer.headers if name.lower().startswith("access-control")] == []


@pytest.mark.parametrize("path", ["/", "/api/status", "/api/traces", "/nowhere", "/healthz"])
def test_answers_are_not_stored(dashboard: DashboardProcess, path: str) -> None:
    assert ask(dashboard, path=path).headers["Cache-Control"] == "no-store"


def test_a_file_with_a_hash_in_its_name_may_be_kept(dashboard: DashboardProcess) -> None:
    page = ask(dashboard, path="/").body.decode()
    script = page.partition('<script type="module" src="')[2].partition('"')[0]
    answer = ask(dashboard, path=script)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"


def test_an_unknown_path_is_a_problem_and_not_a_page_of_flask(dashboard: DashboardProcess) -> None:
    answer = ask(dashboard, path="/api/nowhere")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["asked"] == "GET /api/nowhere"
    wrong = ask(dashboard, "POST", "/api/status", {"Content-Length": "0"})
    assert (wrong.status, wrong.json["status"]) == (405, 405)
    assert "GET" in wrong.headers["Allow"]


def test_a_refusal_says_what_was_asked_without_the_key_in_it(dashboard: DashboardProcess) -> None:
    problem = ask(dashboard, path="/?token=wrong&x=1", key=False).json
    assert (problem["asked"], problem["found"]) == (
        "GET /",
        "a token that is not this dashboard's",
    )


def test_a_browser_without_a_key_gets_a_page_to_read(dashboard: DashboardProcess) -> None:
    browser = {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}
    answer = ask(dashboard, path="/recordings/1", headers=browser, key=False)
    assert answer.status == 401
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"Open the address that the terminal printed." in answer.body
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
    script = ask(dashboard, path="/api/status", headers=browser, key=False)
    assert json.loads(script.body)["status"] == 401


def test_a_refused_head_request_has_no_body(dashboard: DashboardProcess) -> None:
    answer = ask(dashboard, "HEAD", key=False)
    assert (answer.status, answer.body) == (401, b"")


def test_long_polling_is_refused(dashboard: DashboardProcess) -> None:
    for path in ("/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=4", "/socket.io"):
        for method in ("GET", "POST", "OPTIONS"):
            answer = ask(dashboard, method, path, {"Content-Length": "0"})
            assert (answer.status, answer.json["title"]) == (400, "WebSocket only")
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
    assert ask(dashboard, path="/socket.io/?EIO=4&transport=polling", headers=upgrade).status == 400


def test_the_files_of_the_page_are_inside_their_folder(dashboard: DashboardProcess) -> None:
    for path in ("../../../pyproject.toml", "..%2f..%2f..%2fpyproject.toml", "/etc/passwd"):
        assert ask(dashboard, path=f"/static/dist/{path}").status in {308, 404}
        assert ask(dashboard, path=f"/static/{path}").status in {308, 404}
