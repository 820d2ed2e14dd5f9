"""``flaskscope list``, ``export``, ``import`` and ``samples`` against a running dashboard."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, DashboardProcess, clean_environment
from tracer.events import Event, Lane
from tracer.json_lines import dump_lines


def flaskscope(
    dashboard: DashboardProcess, *arguments: str, **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "web", *arguments],
        cwd=dashboard.folder,
        env={**dashboard.environment, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def lines_of_a_recording(name: str) -> str:
    lane = Lane(1, 2, "MainThread", None, None)
    events = [
        Event(
            seq=seq, ts=1_790_000_000_000_000_000 + seq, phase=phase, kind="request",
            name="GET /", app="shop", trace_id="ab" * 16, span_id="0a0b0c0d00000001",
            parent_id=None, lane=lane, attributes={"method": "GET", "path": "/"},
        )
        for seq, phase in ((1, "begin"), (2, "end"))
    ]  # fmt: skip
    agent = {"id": "c" * 32, "pid": 1, "command": "flask run"}
    return "".join(dump_lines(events, name=name, exported=1, agents=[agent], apps=[]))


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    file = tmp_path / "exported.jsonl"
    file.write_text(lines_of_a_recording(tmp_path.name))
    return file


def items(dashboard: DashboardProcess) -> list[dict[str, object]]:
    found: list[dict[str, object]] = dashboard.request("GET", "/api/recordings").json["items"]
    return found


def test_a_recording_comes_in_is_listed_and_goes_out_again(
    dashboard: DashboardProcess, exported: Path, tmp_path: Path
) -> None:
    imported = flaskscope(dashboard, "import", str(exported))
    assert (imported.returncode, imported.stderr) == (0, "")
    recording = imported.stdout.split()[0]
    assert imported.stdout.split()[2:4] == ["2", "events"]

    listed = flaskscope(dashboard, "list", "--json")
    found = [json.loads(line) for line in listed.stdout.splitlines()]
    assert next(item for item in found if item["id"] == recording)["name"] == tmp_path.name
    assert imported.stdout in flaskscope(dashboard, "list").stdout

    target = tmp_path / "again.jsonl"
    by_name = flaskscope(dashboard, "export", tmp_path.name, "-o", str(target))
    assert by_name.returncode == 0, by_name.stderr
    by_id = flaskscope(dashboard, "export", recording)
    assert [line for line in by_id.stdout.splitlines() if '"seq"' in line] == [
        line for line in target.read_text().splitlines() if '"seq"' in line
    ]
    assert json.loads(target.read_text().splitlines()[-1]) == {"end": True, "events": 2}
    assert list(tmp_path.glob(".*")) == []


def test_two_recordings_of_one_name_are_told_apart_by_their_ids(
    dashboard: DashboardProcess, exported: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        assert flaskscope(dashboard, "import", str(exported)).returncode == 0
    result = flaskscope(dashboard, "export", tmp_path.name)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: 2 recordings have the name {tmp_path.name!r}; `flaskscope list` shows their ids.\n"
    )


def test_a_file_that_is_not_ours_is_one_sentence(
    dashboard: DashboardProcess, tmp_path: Path
) -> None:
    file = tmp_path / "other.jsonl"
    file.write_text("hello\n")
    before = items(dashboard)
    result = flaskscope(dashboard, "import", str(file))
    assert result.returncode == 1
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert items(dashboard) == before


def test_an_unknown_recording_is_one_sentence(dashboard: DashboardProcess, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    result = flaskscope(dashboard, "export", "no such one", "-o", str(target))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "Error: No recording has the name 'no such one'; `flaskscope list` shows their ids.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_another_token_is_refused_in_one_sentence(dashboard: DashboardProcess) -> None:
    result = flaskscope(dashboard, "list", "--token", "wrong")
    assert result.returncode == 1
    assert result.stderr.startswith("Error: This dashboard opens with the key")
    assert " Found: a wrong key. Open the address " in result.stderr
    assert result.stderr.count("\n") == 1
    good = flaskscope(dashboard, "list", FLASKSCOPE_TOKEN=dashboard.token, XDG_DATA_HOME="/none")
    assert good.returncode == 0


def test_without_a_dashboard_or_a_key_there_is_one_sentence(dashboard: DashboardProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    nobody = flaskscope(dashboard, "list", "--dashboard", f"http://127.0.0.1:{port}")
    assert nobody.stderr.startswith(f"Error: There is no key for http://127.0.0.1:{port}")
    silent = flaskscope(
        dashboard, "list", "--dashboard", f"http://127.0.0.1:{port}", "--token", "x"
    )
    assert silent.stderr.startswith(f"Error: No dashboard answers at http://127.0.0.1:{port} (")
    assert {nobody.returncode, silent.returncode} == {1}
    wrong = flaskscope(dashboard, "list", "--dashboard", "file:///etc/passwd", "--token", "x")
    assert "'file:///etc/passwd' cannot be used: it does not start with http" in wrong.stderr
    printed = flaskscope(dashboard, "list", "--dashboard", f"{dashboard.url}/?token=secret")
    assert "cannot be used: it goes on after the path" in printed.stderr
    assert "secret" not in printed.stderr


def test_the_own_key_is_never_sent_to_another_machine(dashboard: DashboardProcess) -> None:
    url = f"http://box.example:{dashboard.port}"
    result = flaskscope(dashboard, "list", "--dashboard", url)
    assert result.returncode == 1
    assert result.stderr.startswith(f"Error: There is no key for {url}")


def test_the_samples_are_listed(dashboard: DashboardProcess) -> None:
    result = flaskscope(dashboard, "samples", "--list")
    assert (result.returncode, result.stderr) == (0, "")
    assert "10A " in result.stdout


def test_help_names_every_command(dashboard: DashboardProcess) -> None:
    text = flaskscope(dashboard, "--help").stdout
    commands = [line.split()[0] for line in text.partition("Commands:\n")[2].splitlines()]
    assert commands == ["convert", "dashboard", "export", "import", "list", "run", "samples"]


@pytest.mark.parametrize("missing", ["eventlet", "sqlalchemy"])
def test_a_dashboard_without_its_packages_says_how_to_get_them(
    tmp_path: Path, missing: str
) -> None:
    (tmp_path / f"{missing}.py").write_text(
        f"raise ModuleNotFoundError('No module named {missing}', name='{missing}')"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "web", "dashboard", "--port", "1"],
        env={**clean_environment(tmp_path), "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == (
        f"Error: The dashboard needs {missing}: pip install 'flaskscope[dashboard]'\n"
    )
