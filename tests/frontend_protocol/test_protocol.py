"""The browser's side of the wire: generated types that do not drift, files that both sides read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import invented
import pytest

from tracer.json_lines import dump_lines
from tracer.wire import decode_block, split_frame

ROOT = Path(__file__).resolve().parents[2]
DEMO_DATA = ROOT / "web" / "frontend" / "demo-data"


def generate_protocol(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = ROOT / "scripts" / "generate_protocol.py"
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_generated_types_are_those_of_the_tracer() -> None:
    check = generate_protocol("--check")
    assert (check.returncode, check.stdout) == (0, "")


def test_a_changed_wire_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import generate_protocol as generator

    target = tmp_path / "generated.ts"
    target.write_text(generator.generate().replace("VERSION = 1", "VERSION = 0"))
    monkeypatch.setattr(generator, "TARGET", target)
    monkeypatch.setattr(generator, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["generate_protocol.py", "--check"])
    assert generator.main() == 1


def test_the_file_that_vitest_reads_is_what_python_writes() -> None:
    items = invented.events()
    assert (DEMO_DATA / "invented.bin").read_bytes() == invented.frame(items)
    lines = dump_lines(
        items, name="invented", exported=invented.EPOCH, agents=[{"id": invented.AGENT}], apps=[]
    )
    assert (DEMO_DATA / "invented.jsonl").read_text(encoding="utf-8") == "".join(lines)


@pytest.mark.parametrize("name", ["invented.bin", "samples.bin"])
def test_python_reads_the_frames_too(name: str) -> None:
    blocks, from_seq, to_seq = split_frame((DEMO_DATA / name).read_bytes())
    events = [event for block in blocks for event in decode_block(block)[0].events()]
    assert (from_seq, to_seq) == (0, len(events))
    assert [e.seq for e in events] == sorted(e.seq for e in events)


def test_no_file_names_a_path_of_the_machine_that_recorded_it() -> None:
    blocks, _, _ = split_frame((DEMO_DATA / "samples.bin").read_bytes())
    texts = [text for block in blocks for text in decode_block(block)[0].attributes]
    files = {json.loads(text).get("file", "") for text in texts}
    assert [file for file in files if file.startswith("/")] == []


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((ROOT / "web" / "frontend" / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_every_version_is_pinned() -> None:
    package = json.loads((ROOT / "web" / "frontend" / "package.json").read_text())
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert [v for v in versions.values() if not v.replace(".", "").isdigit()] == []
