"""The processes of the lessons about other systems, and how requests get there.

One is started when its lesson gets a request, ends when it had none for a while, and is started
again at the next one, also when it has died. It reads its standard input, which ends when this
process does, in whatever way.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

from sample_apps.packages import how_to_install

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

IDLE_SECONDS = 300.0
"""Without a request, after which a process is ended."""
START_SECONDS = 30.0
"""Within which a process says where it listens; else it is killed."""
END_SECONDS = 5.0
ANSWER_SECONDS = 10.0
PER_CONNECTION = ("connection", "content-length", "date", "keep-alive", "server",
                  "transfer-encoding")  # fmt: skip
"""Headers that the server in front of us makes anew."""
TRACE = "HTTP_FLASKSCOPE_TRACE"


class MissingError(Exception):
    """The system is not installed; the name of its module."""


class DiedError(Exception):
    """The process ended before it had answered; how it ended."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Process:
    """One system of a lesson. Requests go one after the other."""

    module: str
    function: str
    system: str
    environment: Mapping[str, str]
    """What it gets beyond this process's own."""
    idle_seconds: float = IDLE_SECONDS
    start_seconds: float = START_SECONDS
    running: subprocess.Popen[str] | None = field(default=None, init=False)
    _port: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _idle: threading.Timer | None = field(default=None, init=False)

    def answer(self, environ: WSGIEnvironment) -> Reply:
        """What it answers; it is started if it does not run.

        :raises MissingError: when the system is not installed.
        :raises DiedError: when it ends meanwhile; the next request starts it again.
        """
        with self._lock:
            if self._idle is not None:
                self._idle.cancel()
            try:
                if self.running is None or self.running.poll() is not None:
                    self._start()
                return self._ask(environ)
            finally:
                self._idle = threading.Timer(self.idle_seconds, self._end_if_idle)
                self._idle.daemon = True
                self._idle.start()

    def end(self) -> None:
        """End it, and wait for that."""
        with self._lock:
            if self._idle is not None:
                self._idle.cancel()
            self._end()

    def _end_if_idle(self) -> None:
        # A request that comes at this moment has cancelled us, and holds the lock.
        with self._lock:
            if threading.current_thread() is self._idle:
                self._end()

    def _end(self) -> None:
        process, self.running = self.running, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.kill()
        process.wait()
        process.stdout.close()
        with suppress(OSError):  # what it no longer read is written once more
            process.stdin.close()

    def _start(self) -> None:
        self._end()
        command = ["-m", "sample_apps.systems", self.module, self.function, self.system]
        self.running = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # they write a line for each request
            text=True,
            bufsize=1,
        )
        line = first_line(self.running, self.start_seconds)
        told = json.loads(line) if line else {}
        if "missing" in told:
            self._end()
            raise MissingError(told["missing"])
        if "port" not in told:
            raise self._died()
        self._port = told["port"]

    def _ask(self, environ: WSGIEnvironment) -> Reply:
        try:
            with socket.socket() as connection:
                connection.settimeout(ANSWER_SECONDS)
                connection.bind(("127.0.0.1", 0))
                self._announce(connection.getsockname()[1], environ)
                connection.connect(("127.0.0.1", self._port))
                return exchange(connection, environ)
        except TimeoutError as error:
            raise DiedError(f"no answer in {ANSWER_SECONDS:g} s") from error
        except (OSError, HTTPException) as error:
            raise self._died() from error

    def _announce(self, port: int, environ: WSGIEnvironment) -> None:
        """Say what will come from *port*: some systems open it before they have read a byte."""
        assert self.running is not None
        assert self.running.stdin is not None
        expected = (port, environ["REQUEST_METHOD"], target(environ), environ.get(TRACE))
        print(json.dumps(expected), file=self.running.stdin, flush=True)

    def _died(self) -> DiedError:
        """It has closed its end of a connection or pipe, which is the first thing of its end."""
        assert self.running is not None
        try:
            code = self.running.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return DiedError("a connection that was not answered")
        return DiedError(f"signal {-code}" if code < 0 else f"exit status {code}")


def first_line(process: subprocess.Popen[str], seconds: float) -> str:
    """What *process* says first; "" when it says nothing, after *seconds* at the latest."""
    assert process.stdout is not None
    killing = threading.Timer(seconds, process.kill)
    killing.start()
    try:
        return process.stdout.readline()
    finally:
        killing.cancel()


def target(environ: WSGIEnvironment) -> str:
    query = environ.get("QUERY_STRING")
    return (environ["PATH_INFO"] or "/") + (f"?{query}" if query else "")


def exchange(connection: socket.socket, environ: WSGIEnvironment) -> Reply:
    client = HTTPConnection("127.0.0.1")
    client.sock = connection
    client.request(
        environ["REQUEST_METHOD"],
        target(environ),
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or None,
        {**dict(sent_headers(environ)), "Connection": "close"},
    )
    response = client.getresponse()
    headers = [(n, v) for n, v in response.getheaders() if n.lower() not in PER_CONNECTION]
    return Reply(f"{response.status} {response.reason}", headers, response.read())


def sent_headers(environ: WSGIEnvironment) -> Iterable[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_") and name != "HTTP_CONNECTION":
            yield name.removeprefix("HTTP_").replace("_", "-").title(), value
    if environ.get("CONTENT_TYPE"):
        yield "Content-Type", environ["CONTENT_TYPE"]


class Systems:
    """The WSGI application of a lesson about systems: the first part of the path names one."""

    def __init__(
        self, module: str, systems: Mapping[str, str], mounts: Mapping[str, str], dashboard: str
    ) -> None:
        environment = {"FLASKSCOPE_DASHBOARD": dashboard} if dashboard else {}
        self.processes = {
            mounts[function]: Process(module, function, system, environment)
            for function, system in systems.items()
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        first, slash, rest = environ["PATH_INFO"].removeprefix("/").partition("/")
        process = self.processes.get(f"/{first}")
        if process is not None:
            environ["SCRIPT_NAME"] += f"/{first}"
            environ["PATH_INFO"] = slash + rest
        else:
            process = self.processes.get("")
        if process is None:
            return said(start_response, "404 Not Found", "No system lives here.\n")
        try:
            reply = process.answer(environ)
        except MissingError as missing:
            return said(start_response, "501 Not Implemented", how_to_install(str(missing)))
        except DiedError as error:
            text = f"The process of {process.system} has ended ({error}). "
            return said(start_response, "502 Bad Gateway", f"{text}Send it again to restart it.\n")
        start_response(reply.status, [*reply.headers, ("Content-Length", str(len(reply.body)))])
        return [reply.body]


def said(start_response: Any, status: str, text: str) -> list[bytes]:
    body = text.encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]
