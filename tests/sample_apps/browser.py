"""A browser of the smallest kind: one request a connection, and the dashboard's cookie jars."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import Parser
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import cast
from urllib.parse import quote, urlencode

from sample_apps.catalog import Lesson, Sample
from sample_apps.site import address
from web.cookie_jars import CookieJars, cookie_header, keep_cookies


@dataclass(frozen=True)
class Answer:
    """A response as it came over the wire."""

    raw: bytes
    """Everything, byte for byte, without what the clock writes: Date, and a cookie's Expires."""
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    """As it was sent: a chunked one still has its chunk sizes."""

    @property
    def text(self) -> str:
        if ("Transfer-Encoding", "chunked") in self.headers:
            return "".join(chunks(self.body))
        return self.body.decode()

    def header(self, name: str) -> str:
        return dict(self.headers)[name]

    def info(self) -> Message:
        """The headers, as a cookie jar asks for them."""
        return Parser().parsestr("".join(f"{name}: {value}\n" for name, value in self.headers))


@dataclass
class Browser:
    """Sends to one port of this machine. Whatever is sent without a jar's name is in one jar."""

    port: int
    jars: CookieJars = field(default_factory=CookieJars)

    def send(
        self,
        method: str,
        target: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        jar: str | None = "browser",
    ) -> Answer:
        """The answer; the server is done with the request when this returns."""
        url = f"http://127.0.0.1:{self.port}{target}"
        kept = CookieJar() if jar is None else self.jars.get(jar)
        lines = {"Host": f"127.0.0.1:{self.port}", "Connection": "close", **(headers or {})}
        if body:
            lines["Content-Length"] = str(len(body))
        if cookies := cookie_header(kept, url):
            lines["Cookie"] = cookies
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        where = quote(target, safe="/?=&%+:@")
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(f"{method} {where} HTTP/1.1\r\n{head}\r\n".encode() + body)
            answer = parse(b"".join(iter(lambda: connection.recv(65536), b"")))
        keep_cookies(kept, url, cast("HTTPResponse", answer))
        return answer

    def post(self, target: str, **form: str) -> Answer:
        return self.send("POST", target, headers=FORM, body=urlencode(form).encode())

    def sample(self, lesson: Lesson, sample: Sample, trace_id: str | None = None) -> Answer:
        """Send what the catalogue says, to where the runner mounts it, as the dashboard would."""
        headers, body = payload(sample)
        if trace_id is not None:
            headers["Flaskscope-Trace"] = trace_id
        return self.send(
            sample.method,
            address(lesson, sample),
            headers=headers,
            body=body,
            jar=sample.cookie_jar,
        )


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def payload(sample: Sample) -> tuple[dict[str, str], bytes]:
    headers = dict(sample.headers or {})
    if sample.form is not None:
        return {**headers, **FORM}, urlencode(sample.form).encode()
    if sample.json is not None:
        return {**headers, "Content-Type": "application/json"}, json.dumps(sample.json).encode()
    return headers, b""


def parse(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in rest)]
    kept = "\r\n".join([first, *(line for line in rest if not line.startswith("Date: "))])
    kept = re.sub("(?<=; Expires=)[^;]+", "later", kept)
    return Answer(
        raw=kept.encode("latin-1") + b"\r\n\r\n" + body,
        status=int(first.split()[1]),
        headers=headers,
        body=body,
    )


def chunks(body: bytes) -> Iterator[str]:
    size, _, rest = body.partition(b"\r\n")
    while int(size, 16):
        yield rest[: int(size, 16)].decode()
        size, _, rest = rest[int(size, 16) + 2 :].partition(b"\r\n")
