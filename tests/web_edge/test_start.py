"""Starting and ending: one line when it is ready, one sentence when it cannot be."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from tests.processes import (
    MODES,
    DashboardProcess,
    free_port,
    make_bundle,
    prepare_dashboard,
    start_dashboard,
)
from tests.socket_client import OrderedSimpleClient


def run_to_the_end(
    dashboard: DashboardProcess, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*dashboard.command, *arguments],
        cwd=dashboard.folder,
        env=dashboard.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def sentence(result: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a start that failed."""
    assert result.returncode == 1, result
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("Error: ")
    return result.stderr.removeprefix("Error: ").strip()


@pytest.mark.parametrize("mode", MODES)
def test_one_line_is_printed_and_a_signal_ends_it_at_once(tmp_path: Path, mode: str) -> None:
    dashboard = start_dashboard(tmp_path, mode)
    assert dashboard.request("GET", "/healthz", key=None).status == 200
    client = OrderedSimpleClient()
    client.connect(
        dashboard.url,
        auth={"token": dashboard.token},
        namespace="/live",
        transports=["websocket"],
    )
    idle = socket.create_connection(("127.0.0.1", dashboard.port))
    client.client.reconnection = False
    connection = client.client.eio.ws
    try:
        assert dashboard.stop() < 2
    finally:
        idle.close()
        client.disconnect()
        connection.shutdown()
    assert dashboard.process.returncode == 0
    assert dashboard.lines == [f"Flaskscope: {dashboard.url}/?token={dashboard.token}"]
    assert dashboard.stderr == ""
    assert dashboard.url == f"http://127.0.0.1:{dashboard.port}"


@pytest.mark.parametrize("mode", ["eventlet", "threading"])
def test_control_c_ends_it_without_a_traceback(tmp_path: Path, mode: str) -> None:
    dashboard = start_dashboard(tmp_path, mode)
    dashboard.process.send_signal(signal.SIGINT)
    assert dashboard.process.wait(5) == 0
    assert dashboard.stderr == ""


@pytest.mark.parametrize("mode", MODES)
def test_a_restart_keeps_the_ingest_key_and_renews_the_other(tmp_path: Path, mode: str) -> None:
    dashboard = start_dashboard(tmp_path, mode)
    ingest, token = dashboard.ingest_key, dashboard.token
    dashboard.kill()
    dashboard.restart()
    assert dashboard.ingest_key == ingest
    assert dashboard.token != token
    assert dashboard.request("GET", "/api/status", key=token).status == 401
    assert dashboard.request("GET", "/api/status").status == 200
    dashboard.stop()


def test_keys_have_256_bits_and_their_files_are_their_owners_alone(tmp_path: Path) -> None:
    dashboard = start_dashboard(tmp_path)
    control = dashboard.data_folder / f"control-{dashboard.port}.key"
    assert control.read_text() == dashboard.token
    assert (len(dashboard.token), len(dashboard.ingest_key)) == (43, 43)
    for file in (control, dashboard.data_folder / "ingest.key"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(dashboard.data_folder.stat().st_mode) == 0o700
    dashboard.kill()
    control.chmod(0o644)
    dashboard.restart()
    assert control.read_text() == dashboard.token
    assert stat.S_IMODE(control.stat().st_mode) == 0o600
    dashboard.stop()
    assert not control.exists()


@pytest.mark.parametrize("mode", ["eventlet", "threading"])
def test_a_taken_port_is_one_sentence_that_names_who_has_it(tmp_path: Path, mode: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        dashboard = prepare_dashboard(tmp_path, mode, PORT=str(port))
        told = sentence(run_to_the_end(dashboard))
    assert told.startswith(f"Port {port} is taken by process {os.getpid()} (")
    assert told.endswith("; end that, or choose another with --port.")


def test_a_second_dashboard_does_not_take_the_port_or_the_key_file_of_the_first(
    tmp_path: Path,
) -> None:
    dashboard = start_dashboard(tmp_path)
    assert f"Port {dashboard.port} is taken" in sentence(run_to_the_end(dashboard))
    control = dashboard.data_folder / f"control-{dashboard.port}.key"
    assert control.read_text() == dashboard.token
    assert dashboard.request("GET", "/api/status").status == 200
    dashboard.stop()


def test_two_dashboards_do_not_share_a_database(tmp_path: Path) -> None:
    first = start_dashboard(tmp_path)
    second = prepare_dashboard(tmp_path)
    told = sentence(run_to_the_end(second))
    assert told.endswith(
        f"is used by another dashboard (process {first.process.pid}); end that, or choose another "
        "file with --db or FLASKSCOPE_DB."
    )
    first.kill()
    second.start()
    second.stop()


def test_a_missing_page_is_one_sentence(tmp_path: Path) -> None:
    dashboard = prepare_dashboard(tmp_path, FLASKSCOPE_BUNDLE=str(tmp_path / "nothing"))
    told = sentence(run_to_the_end(dashboard))
    assert told.startswith(f"The dashboard's page is not built: {tmp_path / 'nothing'} has no")
    assert "run `make build`" in told


def test_a_page_with_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    (bundle / "assets" / "main-0a1b2c3d.css").unlink()
    dashboard = prepare_dashboard(tmp_path, FLASKSCOPE_BUNDLE=str(bundle))
    assert "run `make build`" in sentence(run_to_the_end(dashboard))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "box.example"])
def test_other_machines_are_let_in_only_with_a_key_that_was_chosen(
    tmp_path: Path, host: str
) -> None:
    told = sentence(run_to_the_end(prepare_dashboard(tmp_path), "--host", host))
    assert told.startswith(f"Listening on {host} lets other machines in")
    assert "FLASKSCOPE_TOKEN" in told


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("PORT", "http", "PORT is 'http'; a port is a number from 1 to 65535."),
        ("PORT", "65536", "PORT is '65536'; a port is a number from 1 to 65535."),
        (
            "FLASKSCOPE_ASYNC_MODE",
            "gevent",
            "FLASKSCOPE_ASYNC_MODE is 'gevent'; it can be eventlet or threading.",
        ),
        ("FLASKSCOPE_TOKEN", "schlüssel", "The key in FLASKSCOPE_TOKEN or --token must be"),
        ("FLASKSCOPE_ALLOWED_HOSTS", "a/b", "FLASKSCOPE_ALLOWED_HOSTS has 'a/b'; write host"),
        ("FLASKSCOPE_DB", "/proc/nothing/here", "The database"),
        ("FLASKSCOPE_DB", "nonsense://x", "The database"),
        ("XDG_DATA_HOME", "/proc/nothing", "The data folder /proc/nothing/flaskscope cannot"),
    ],
)
def test_an_unusable_setting_is_one_sentence(
    tmp_path: Path, variable: str, value: str, expected: str
) -> None:
    dashboard = prepare_dashboard(tmp_path)
    dashboard.environment[variable] = value
    assert sentence(run_to_the_end(dashboard)).startswith(expected)


def test_an_unusable_token_argument_is_refused_by_the_command_line(tmp_path: Path) -> None:
    result = run_to_the_end(prepare_dashboard(tmp_path), "--port", "0")
    assert result.returncode == 2
    assert "Invalid value for '--port'" in result.stderr


@pytest.mark.parametrize("mode", ["eventlet", "gthread"])
def test_a_chosen_token_opens_everything_and_the_stored_key_still_delivers(
    tmp_path: Path, mode: str
) -> None:
    dashboard = start_dashboard(tmp_path, mode, FLASKSCOPE_TOKEN="a chosen/key")
    try:
        assert dashboard.token == "a chosen/key"
        assert dashboard.lines[0].endswith("/?token=a%20chosen%2Fkey")
        assert dashboard.request("GET", "/api/status").status == 200
        json_type = {"Content-Type": "application/json"}
        for key in (dashboard.token, dashboard.ingest_key):
            answer = dashboard.request("POST", "/ingest", b"{}", key=key, headers=json_type)
            assert answer.status == 400
        assert dashboard.request("GET", "/api/status", key=dashboard.ingest_key).status == 401
    finally:
        dashboard.stop()


def test_arguments_come_before_the_environment(tmp_path: Path) -> None:
    port = free_port()
    dashboard = prepare_dashboard(tmp_path, FLASKSCOPE_TOKEN="one", FLASKSCOPE_DB="/nowhere/x")
    database = tmp_path / "deep" / "er" / "other.sqlite3"
    more = ["--port", str(port), "--token", "two", "--db", str(database), "--async-mode=threading"]
    dashboard.command += more
    dashboard.start()
    try:
        assert (dashboard.url, dashboard.token) == (f"http://127.0.0.1:{port}", "two")
        assert dashboard.request("GET", "/api/status").status == 200
        assert database.exists()
    finally:
        dashboard.stop()


def test_allowed_hosts_are_answered_and_may_change_things(tmp_path: Path) -> None:
    allowed = "box.lan, other.lan:8080 https://scope.example"
    dashboard = start_dashboard(tmp_path, FLASKSCOPE_ALLOWED_HOSTS=allowed)
    try:
        hosts = [f"box.lan:{dashboard.port}", "other.lan:8080", "scope.example", "box.lan"]
        statuses = [
            dashboard.request("GET", "/healthz", headers={"Host": host}).status for host in hosts
        ]
        assert statuses == [200, 200, 200, 421]
        for origin, status in [
            (f"http://box.lan:{dashboard.port}", 204),
            ("https://scope.example", 204),
            ("http://scope.example", 403),
        ]:
            headers = {"Host": "scope.example", "Origin": origin}
            answer = dashboard.request("DELETE", "/api/cookie_jars/x", headers=headers)
            assert answer.status == status
    finally:
        dashboard.stop()


def test_ipv6_loopback_can_be_listened_on(tmp_path: Path) -> None:
    dashboard = prepare_dashboard(tmp_path)
    dashboard.command += ["--host", "::1"]
    dashboard.start()
    try:
        assert dashboard.url == f"http://[::1]:{dashboard.port}"
        assert dashboard.request("GET", "/api/status").status == 200
    finally:
        dashboard.stop()


def test_a_start_that_fails_leaves_no_key_behind(tmp_path: Path) -> None:
    dashboard = prepare_dashboard(tmp_path, FLASKSCOPE_BUNDLE=str(tmp_path / "nothing"))
    run_to_the_end(dashboard)
    assert list(dashboard.data_folder.glob("control-*.key")) == []
