"""Who may open the socket."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import socketio
import websocket

from tests.processes import DashboardProcess
from tests.socket_client import OrderedSimpleClient
from web.runtime import Runtime
from web.strangers import Strangers


@contextmanager
def connected(
    dashboard: DashboardProcess,
    headers: dict[str, str] | None = None,
    auth: object = None,
) -> Iterator[socketio.SimpleClient]:
    client = OrderedSimpleClient()
    client.connect(
        dashboard.url,
        headers=headers or {},
        auth=auth,
        transports=["websocket"],
        namespace="/live",
        wait_timeout=10,
    )
    # A connection that the other side ended is left open by the client.
    connection = client.client.eio.ws
    try:
        yield client
    finally:
        client.disconnect()
        connection.shutdown()


def cookie_of(dashboard: DashboardProcess) -> str:

    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", dashboard.port)
    connection.request("GET", f"/?token={dashboard.token}")
    with connection.getresponse() as response:
        cookie = response.getheader("Set-Cookie", "")
    connection.close()
    return cookie.partition(";")[0]


def status_of(client: socketio.SimpleClient) -> object:
    name, payload = client.receive(timeout=10)
    assert name == "status"
    return payload["store"]


def test_a_program_comes_in_with_the_key(dashboard: DashboardProcess) -> None:
    with connected(dashboard, auth={"token": dashboard.token}) as client:
        assert status_of(client) == {"ok": True, "problem": None}


def test_the_page_comes_in_with_its_cookie(dashboard: DashboardProcess) -> None:
    # The client sends the dashboard's own Origin by itself, as a browser does.
    with connected(dashboard, {"Cookie": cookie_of(dashboard)}) as client:
        assert status_of(client) == {"ok": True, "problem": None}


def answer_to(dashboard: DashboardProcess, packet: str) -> str:
    """What the dashboard says to the first packet on a new socket."""
    address = f"ws://127.0.0.1:{dashboard.port}/socket.io/?EIO=4&transport=websocket"
    connection = websocket.create_connection(address, timeout=10)
    try:
        assert connection.recv().startswith("0{")
        connection.send(packet)
        return str(connection.recv())
    finally:
        connection.shutdown()


@pytest.mark.parametrize(
    "auth",
    ["", "{}", '{"token":null}', '{"token":""}', '{"token":"wrong"}', '{"token":7}',
     '{"token":["x"]}', '"wrong"', '["wrong"]', '{"key":"x"}', '{"token":"{ingest}"}'],
)  # fmt: skip
def test_nobody_comes_in_without_the_key(dashboard: DashboardProcess, auth: str) -> None:
    sent = auth.replace("{ingest}", dashboard.ingest_key)
    assert answer_to(dashboard, f"40/live,{sent}").startswith("44/live,")


def test_the_same_packet_with_the_key_comes_in(dashboard: DashboardProcess) -> None:
    packet = f'40/live,{{"token":"{dashboard.token}"}}'
    assert answer_to(dashboard, packet).startswith("40/live,")


@pytest.mark.parametrize("namespace", ["", "/other,", "/live/,"])
def test_there_is_no_other_namespace(dashboard: DashboardProcess, namespace: str) -> None:
    packet = f'40{namespace}{{"token":"{dashboard.token}"}}'
    assert answer_to(dashboard, packet).startswith("44")


def handshake(dashboard: DashboardProcess, **headers: str) -> str:
    """The first line and the headers of the answer to a websocket handshake."""
    lines = {
        "Host": f"127.0.0.1:{dashboard.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
        "Sec-WebSocket-Extensions": "permessage-deflate",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection(("127.0.0.1", dashboard.port), timeout=10) as connection:
        request = f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n{text}\r\n"
        connection.sendall(request.encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = connection.recv(4096)
            assert more, answer
            answer += more
    return answer.partition(b"\r\n\r\n")[0].decode()


def test_the_handshake_is_made_without_compression(dashboard: DashboardProcess) -> None:
    answer = handshake(dashboard)
    assert answer.startswith("HTTP/1.1 101 ")
    assert "deflate" not in answer.lower()


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{p}"]
)
@pytest.mark.parametrize("with_key", [False, True])
def test_another_origin_is_403_whatever_key_it_has(
    dashboard: DashboardProcess, origin: str, with_key: bool
) -> None:
    headers = {"Origin": origin.format(p=dashboard.port), "Cookie": cookie_of(dashboard)}
    key = {"Authorization": f"Bearer {dashboard.token}"} if with_key else {}
    assert handshake(dashboard, **headers, **key).split()[1] == "403"


def test_a_name_that_was_rebound_to_us_is_421(dashboard: DashboardProcess) -> None:
    # What a browser sends from evil.example once that name means 127.0.0.1.
    rebound = f"evil.example:{dashboard.port}"
    answer = handshake(dashboard, Host=rebound, Origin=f"http://{rebound}")
    assert answer.split()[1] == "421"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_socket_from_another_site_is_403(dashboard: DashboardProcess, site: str) -> None:
    answer = handshake(dashboard, Sec_Fetch_Site=site, Origin=dashboard.url)
    assert answer.split()[1] == "403"


def test_a_cookie_without_an_origin_does_not_open_the_socket(dashboard: DashboardProcess) -> None:
    assert handshake(dashboard, Cookie=cookie_of(dashboard)).split()[1] == "403"


def test_a_message_beyond_64_kib_ends_the_connection(dashboard: DashboardProcess) -> None:
    with connected(dashboard, auth={"token": dashboard.token}) as client:
        client.client.reconnection = False
        assert client.call("follow", {"after_seq": None, "x": "a" * 60_000}, timeout=10)
        ended = threading.Event()
        client.client.on("disconnect", ended.set, namespace="/live")
        client.emit("follow", {"after_seq": None, "x": "a" * 80_000})
        assert ended.wait(10)
    assert dashboard.request("GET", "/healthz").status == 200


class Sockets:
    """As much of a Socket.IO server as has to do with strangers."""

    def __init__(self) -> None:
        self.eio = self.manager = self
        self.sockets: dict[str, object] = {}
        self.known: set[str] = set()

    def sid_from_eio_sid(self, sid: str, namespace: str) -> str | None:
        return sid if namespace == "/live" and sid in self.known else None

    def disconnect(self, sid: str) -> None:
        del self.sockets[sid]


CLOSED = (websocket.WebSocketConnectionClosedException, ConnectionError)
UNREADABLE = [
    *["", "x", "9", "0{}", "5", "\0", "b====", "4", "4999", "40/live,{"],
    *["42", "42/live,", "42/live,[", "42/live,[]", "42/live,{}", "42/live,[5]"],
    *['42/live,["connect"]', '42/live,["disconnect"]', "43/live,[]", "43/live,1{}", "43/live,0[]"],
    '451-/live,["follow",{"_placeholder":true,"num":0}]',
    *["42/live," + "[" * 5000, "42/live," + "1" * 200 + "[]"],
]


@pytest.mark.parametrize("with_key", [False, True])
def test_what_cannot_be_read_ends_the_connection_without_a_word_in_the_terminal(
    dashboard: DashboardProcess, with_key: bool
) -> None:
    told = dashboard.stderr
    for message in UNREADABLE:
        connection = websocket.create_connection(
            f"ws://127.0.0.1:{dashboard.port}/socket.io/?EIO=4&transport=websocket", timeout=10
        )
        try:
            connection.recv()
            if with_key:
                connection.send("40/live," + json.dumps({"token": dashboard.token}))
                assert connection.recv().startswith("40/live,")
            connection.send(message)
            with pytest.raises(CLOSED):
                read_to_the_end(connection)
        finally:
            connection.shutdown()
    assert dashboard.stderr == told
    assert dashboard.request("GET", "/healthz").status == 200


def read_to_the_end(connection: websocket.WebSocket) -> None:
    while True:
        connection.recv()


def test_who_shows_no_key_in_time_is_sent_away(runtime: Runtime) -> None:
    sockets = Sockets()
    strangers = Strangers(runtime, sockets, patience=3600)
    sockets.sockets = {"friend": 1, "slow friend": 2, "stranger": 3}
    sockets.known = {"friend"}
    assert strangers.send_away() == 0
    sockets.known = {"friend", "slow friend"}
    sockets.sockets["newcomer"] = 4
    assert strangers.send_away() == 1
    assert set(sockets.sockets) == {"friend", "slow friend", "newcomer"}
