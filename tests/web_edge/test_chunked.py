"""Bodies that come in chunks, without a length: ``curl -T -``, streams of other programs."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from http.client import HTTPConnection

from tests.processes import DashboardProcess

HEADER = b'{"flaskscope": 1, "name": "in chunks", "exported": 1, "agents": [], "apps": []}\n'
END = b'{"end": true, "events": 0}\n'


def send(dashboard: DashboardProcess, path: str, chunks: Iterable[bytes]) -> tuple[int, bytes]:
    """POST *chunks* as they are; status and body of the answer."""
    connection = HTTPConnection("127.0.0.1", dashboard.port, timeout=20)
    try:
        headers = {
            "Authorization": f"Bearer {dashboard.token}",
            "Content-Type": "application/json",
            "Transfer-Encoding": "chunked",
        }
        connection.request("POST", path, chunks, headers, encode_chunked=True)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_recording_is_imported_in_chunks(dashboard: DashboardProcess) -> None:
    status, body = send(dashboard, "/api/recordings/import", [HEADER[:20], HEADER[20:], END])
    assert status == 201, body
    item = json.loads(body)
    assert item["name"] == "in chunks"
    assert dashboard.request("DELETE", f"/api/recordings/{item['id']}").status == 204


def test_a_recording_is_named_in_chunks(dashboard: DashboardProcess) -> None:
    status, body = send(dashboard, "/api/recordings", [b'{"name": "whole', b' name"}'])
    assert status == 201, body
    item = json.loads(body)
    assert dashboard.request("DELETE", f"/api/recordings/{item['id']}").status == 204
    assert item["name"] == "whole name"


def test_chunks_beyond_the_bound_are_413(dashboard: DashboardProcess) -> None:
    status, _ = send(dashboard, "/api/recordings", [b"[" + b" " * (1 << 20)] * 3)
    assert status == 413


def test_damaged_chunks_are_400_and_the_dashboard_goes_on(dashboard: DashboardProcess) -> None:
    with socket.create_connection(("127.0.0.1", dashboard.port), timeout=20) as connection:
        connection.sendall(
            b"POST /api/recordings/import HTTP/1.1\r\n"
            b"Host: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\nno number\r\n"
            % (dashboard.port, dashboard.token.encode())
        )
        status = connection.recv(65536).split()[1]
    assert status == b"400"
    assert dashboard.request("GET", "/healthz").status == 200
