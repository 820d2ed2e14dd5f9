"""Find over HTTP: each line leaves as soon as it is known, on both kinds of server."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import BinaryIO

from tests.processes import DashboardProcess
from tests.web_data.agents import Agent, trace_id


def chunks_of(stream: BinaryIO) -> list[bytes]:
    """The chunks of an answer as they were sent."""
    found = []
    while size := int(stream.readline(), 16):
        found.append(stream.read(size))
        stream.readline()
    return found


def record(dashboard: DashboardProcess, requests: int) -> str:
    """The id of a recording of as many requests."""
    recording: str = dashboard.request("POST", "/api/recordings", {"name": "many"}).json["id"]
    agent = Agent()
    for number in range(requests):
        agent.request(trace_id(number + 1))
    headers = {"Content-Type": "application/json"}
    key = dashboard.ingest_key
    assert (
        dashboard.request("POST", "/ingest", agent.body(), key=key, headers=headers).status == 204
    )
    dashboard.request("POST", f"/api/recordings/{recording}/stop")
    return recording


def test_each_line_is_sent_when_it_is_known(dashboard: DashboardProcess) -> None:
    recording = record(dashboard, 1200)
    connection = HTTPConnection("127.0.0.1", dashboard.port, timeout=20)
    headers = {"Authorization": f"Bearer {dashboard.token}"}
    connection.request("GET", f"/api/recordings/{recording}/find?q=nowhere", headers=headers)
    answer = connection.getresponse()
    assert answer.fp is not None
    sent = [json.loads(chunk)["share"] for chunk in chunks_of(answer.fp)]
    connection.close()
    assert dashboard.request("DELETE", f"/api/recordings/{recording}").status == 204
    dashboard.request("DELETE", "/api/traces")
    assert sent == [0.25, 0.5, 0.75, 1]
