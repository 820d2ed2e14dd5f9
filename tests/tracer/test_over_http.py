"""Traced is untraced, byte by byte, over a real threaded server: what a client gets, what the
application did, and in which order."""

from __future__ import annotations

import io
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import pytest
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    flash,
    redirect,
    render_template_string,
    request,
    send_file,
    session,
    stream_template_string,
    stream_with_context,
)
from flask.globals import request_ctx
from werkzeug.serving import WSGIRequestHandler, make_server

from tracer.engine import ENGINE
from tracer.probes.flask_compat import session_of
from tracer.testing import capture_trace

Log = list[str]


def application(log: Log) -> Flask:
    """Everything that is easily disturbed; what it does goes to *log*."""
    app = Flask("over_http")
    app.config.update(SECRET_KEY="a key", PROPAGATE_EXCEPTIONS=False, MAX_CONTENT_LENGTH=100_000)
    app.logger.disabled = True

    @app.before_request
    def before() -> None:
        log.append(f"before {request.method}")

    @app.after_request
    def after(response: Response) -> Response:
        # The session itself: the proxy would take the question for an access.
        own = session_of(request_ctx._get_current_object())  # type: ignore[attr-defined]
        log.append(f"after {response.status_code} {own.accessed} {own.modified}")
        response.call_on_close(lambda: log.append("response closed"))
        return response

    @app.teardown_request
    def down(error: BaseException | None) -> None:
        log.append(f"down {type(error).__name__}")

    @app.teardown_appcontext
    def app_down(error: BaseException | None) -> None:
        log.append(f"app down {type(error).__name__}")

    @app.errorhandler(ZeroDivisionError)
    def division(error: Exception) -> tuple[str, int]:
        return "division", 400

    @app.errorhandler(418)
    def teapot(error: Exception) -> tuple[str, int, dict[str, str]]:
        return "short and stout", 418, {"X-Kettle": "on"}

    app.add_url_rule("/", "index", lambda: "hello")
    app.add_url_rule("/zero", "zero", lambda: str(1 // 0))
    app.add_url_rule("/moved", "moved", lambda: redirect("/"))
    app.add_url_rule("/teapot", "teapot", lambda: abort(418))
    app.add_url_rule("/nothing", "nothing", lambda: None)
    app.add_url_rule("/<int:number>/slash/", "slash", lambda number: str(number))
    app.register_blueprint(sessions())
    app.register_blueprint(bodies(log))
    app.register_blueprint(streams(log))
    return app


def sessions() -> Blueprint:
    part = Blueprint("sessions", __name__)
    part.add_url_rule("/read", "read", lambda: str(session.get("n")))
    part.add_url_rule("/template", "template", lambda: render_template_string("{{ session.n }}"))

    @part.route("/write")
    def write() -> str:
        session["n"] = 1
        flash("hello")
        return "written"

    @part.route("/permanent")
    def permanent() -> str:
        session.permanent = True
        return "kept"

    @part.route("/nested")
    def nested() -> Response:
        session["list"] = []
        session["list"].append(1)
        response = Response("nested")
        response.vary.add("Accept")
        response.set_cookie("own", "1")
        return response

    return part


def bodies(log: Log) -> Blueprint:
    part = Blueprint("bodies", __name__)

    @part.route("/body", methods=["POST"])
    def body() -> str:
        data = request.stream.read()
        return f"{len(data)} {hash(data) == hash(b'x' * len(data))} {len(request.form)}"

    @part.route("/form", methods=["POST"])
    def form() -> str:
        files = {name: file.read() for name, file in request.files.items()}
        return f"{sorted(request.form.items())} {files}"

    @part.route("/json", methods=["POST"])
    def json() -> Any:
        return {"got": request.get_json()}

    @part.route("/unread", methods=["POST"])
    def unread() -> str:
        return "not looked at"

    @part.route("/file")
    def file() -> Response:
        return send_file(
            io.BytesIO(bytes(range(256)) * 40),
            mimetype="application/x-bytes",
            conditional=True,
            etag="tag",
        )

    @part.route("/disk")
    def disk() -> Response:
        return send_file(__file__, conditional=True)

    @part.route("/304")
    def unchanged() -> Response:
        response = Response("hello")
        response.set_etag("tag")
        return response.make_conditional(request)

    return part


def streams(log: Log) -> Blueprint:
    part = Blueprint("streams", __name__)

    def pieces(count: int, size: int = 3, fail: bool = False) -> Iterator[str]:
        try:
            for _ in range(count):
                yield request.path[1] * size
            if fail:
                raise RuntimeError("in the middle")
        finally:
            log.append("generator ended")

    def stream(*given: Any) -> Callable[[], Response]:
        return lambda: Response(stream_with_context(pieces(*given)))

    part.add_url_rule("/few", "few", stream(3))
    part.add_url_rule("/none", "none", stream(0))
    part.add_url_rule("/endless", "endless", stream(100_000, 65_536))
    part.add_url_rule("/fails", "fails", stream(2, 3, True))
    part.add_url_rule("/list", "list", lambda: Response(["a", "b"]))
    part.add_url_rule("/direct", "direct", lambda: Response(["a"], direct_passthrough=True))

    for path, times in (("/page", 2), ("/pages", 2_000_000)):
        part.add_url_rule(path, path[1:], rendered(times))

    return part


def rendered(times: int) -> Callable[[], Any]:
    return lambda: stream_template_string(
        "{% for n in range(times) %}{{ n }}{{ request.path }}{% endfor %}", times=times
    )


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        """Quiet."""


class Server:
    """One application on a server of its own, and one request at a time to it."""

    def __init__(self, app: Flask, log: Log) -> None:
        self._app = app
        self._log = log
        self._through: SimpleQueue[None] = SimpleQueue()
        self._server = make_server(
            "127.0.0.1", 0, self._outermost, threaded=True, request_handler=Handler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _outermost(self, environ: Any, start_response: Any) -> Iterator[bytes]:
        """The server's own side: tells when the application's iterable has been closed."""
        body: Any = ()
        try:
            body = self._app(environ, start_response)
            yield from body
        finally:
            getattr(body, "close", lambda: None)()
            self._through.put(None)

    def ask(self, sent: bytes, read: int | None = None) -> tuple[bytes, Log]:
        """What came back for *sent*, and what the application did until all was closed.

        With *read* the client goes away after so many bytes.
        """
        self._log.clear()
        with socket.create_connection(self._server.server_address, timeout=30) as client:
            client.sendall(sent)
            if read is None:
                client.shutdown(socket.SHUT_WR)  # the server waits for the rest of a body
            found = b""
            while read is None or len(found) < read:
                piece = client.recv(65_536 if read is None else read - len(found))
                if not piece:
                    break
                found += piece
            if read is not None:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._through.get(timeout=30)
        return undated(found), list(self._log)


def undated(answer: bytes) -> bytes:
    """Without what the clock writes: the Date, times in cookies and their signatures."""
    answer = re.sub(rb"(?m)^(Date|Last-Modified): .*\r\n", b"", answer)
    answer = re.sub(rb"(Expires)=[^;\r]*", rb"\1", answer)
    return re.sub(rb"(session=[^.;]*\.)[^;\r]*", rb"\1", answer)


def get(path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def post(path: str, body: bytes, kind: str = "text/plain", *headers: str) -> bytes:
    length = f"Content-Length: {len(body)}"
    return get(path, length, f"Content-Type: {kind}", *headers, method="POST", body=body)


def chunked(path: str, *pieces: bytes) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))
    header = "Transfer-Encoding: chunked"
    return get(path, header, "Content-Type: text/plain", method="POST", body=body)


MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    b'--b\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nfile\r\n--b--\r\n'
)
SESSION = "Cookie: session=eyJuIjoxfQ.aaaaaa.bbbb"

ASKED: dict[str, bytes] = {
    "get": get("/"),
    "head": get("/", method="HEAD"),
    "head of a stream": get("/few", method="HEAD"),
    "options": get("/", method="OPTIONS"),
    "method not allowed": get("/", method="DELETE"),
    "unknown method": get("/", method="BREW"),
    "nowhere": get("/nowhere"),
    "not latin": get("/n\xc3\xa4rrisch/\xff?q=\xe4"),
    "percent": get("/%C3%A4%FF?q=%00"),
    "slash is missing": get("/7/slash"),
    "redirect": get("/moved"),
    "old protocol": b"GET / HTTP/1.0\r\n\r\n",
    "session read": get("/read"),
    "session read with a bad cookie": get("/read", SESSION),
    "session in a template": get("/template"),
    "session written": get("/write"),
    "session permanent": get("/permanent"),
    "cookies and vary": get("/nested", "Accept: */*"),
    "body": post("/body", b"x" * 50_000),
    "body too large": post("/body", b"x" * 100_001),
    "body of no length": get("/body", method="POST"),
    "body in chunks": chunked("/body", b"x" * 10, b"x" * 20_000, b"x"),
    "body not read": post("/unread", b"x" * 50_000),
    "body expected": post("/body", b"x" * 10, "text/plain", "Expect: 100-continue"),
    "form": post("/form", b"a=1&b=2&a=3", "application/x-www-form-urlencoded"),
    "form read as a stream": post("/body", b"a=1", "application/x-www-form-urlencoded"),
    "files": post("/form", MULTIPART, "multipart/form-data; boundary=b"),
    "json": post("/json", b'{"a": [1, null]}', "application/json"),
    "json that is none": post("/json", b"{", "application/json"),
    "not modified": get("/304", 'If-None-Match: "tag"'),
    "modified": get("/304", 'If-None-Match: "other"'),
    "file": get("/file"),
    "file from the disk": get("/disk"),
    "head of a file": get("/file", method="HEAD"),
    "range": get("/file", "Range: bytes=2-9"),
    "range at the end": get("/disk", "Range: bytes=-10"),
    "range that cannot be": get("/file", "Range: bytes=99999-"),
    "range of another version": get("/file", "Range: bytes=2-9", 'If-Range: "other"'),
    "stream": get("/few"),
    "stream of nothing": get("/none"),
    "stream that fails": get("/fails"),
    "stream of a template": get("/page"),
    "list": get("/list"),
    "direct": get("/direct"),
    "handled": get("/zero"),
    "handled by its code": get("/teapot"),
    "unhandled": get("/nothing"),
}  # fmt: skip
LEFT = {
    "stream": (get("/endless"), 100_000),
    "file": (get("/disk"), 20),
    "pages": (get("/pages"), 99_000),
}
"""What a client asks for and how many bytes it reads before it is gone."""


@contextmanager
def traced(app: Flask) -> Iterator[None]:
    with capture_trace(app) as captured:
        yield
        assert {probe.name: probe.faults for probe in ENGINE.probes if probe.faults} == {}
        assert [event.phase for event in captured.events if event.kind == "request"][-1] == "end"


@pytest.fixture(scope="module")
def servers() -> Iterator[list[Server]]:
    """The application untraced, and another one that is traced."""
    logs: list[Log] = [[], []]
    plain, watched = (application(log) for log in logs)
    with Server(plain, logs[0]) as one, Server(watched, logs[1]) as other:
        yield [one, other]


@pytest.mark.parametrize("name", ASKED)
def test_client_and_application_see_what_they_saw_untraced(
    name: str, servers: list[Server]
) -> None:
    untraced = [server.ask(ASKED[name]) for server in servers]
    assert untraced[0] == untraced[1]
    with traced(servers[1]._app):
        assert servers[1].ask(ASKED[name]) == untraced[0]
        assert servers[1].ask(ASKED[name]) == untraced[0]
    assert servers[1].ask(ASKED[name]) == untraced[0]


@pytest.mark.parametrize("name", LEFT)
def test_a_client_that_goes_away_changes_nothing(name: str, servers: list[Server]) -> None:
    sent, size = LEFT[name]
    untraced = servers[0].ask(sent, size)
    assert untraced[1][0] == "before GET"
    with traced(servers[1]._app):
        assert servers[1].ask(sent, size) == untraced


def test_the_trap_is_seen_by_this_test(servers: list[Server]) -> None:
    """A tracer that looked at the session, or at the form, would be noticed here."""
    plain = [server.ask(ASKED["body"]) for server in servers]
    app = servers[1]._app
    hooks = app.before_request_funcs[None]
    hooks.insert(0, lambda: dict(session, body=request.get_data()).clear())
    disturbed = servers[1].ask(ASKED["body"])
    del hooks[0]
    assert disturbed != plain[0] == plain[1]
