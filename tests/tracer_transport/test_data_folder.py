"""The ingest key: found by whoever of the same user starts, in any order."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tracer.data_folder import KEY_FILE, DataFolderError, data_folder, ingest_key


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "flaskscope"


def test_the_folder_follows_xdg(folder, monkeypatch):
    assert data_folder() == folder

    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", "/home/ada")
    assert data_folder() == Path("/home/ada/.local/share/flaskscope")


def test_the_folder_on_macos_and_windows(monkeypatch):
    monkeypatch.setenv("HOME", "/Users/ada")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert data_folder() == Path("/Users/ada/Library/Application Support/flaskscope")

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/c/ada/AppData/Local")
    assert data_folder() == Path("/c/ada/AppData/Local/flaskscope")


def test_without_a_key_there_is_none_and_no_folder_appears(folder):
    assert ingest_key(create=False) is None
    assert not folder.exists()


def test_a_key_has_256_bits_and_stays(folder):
    key = ingest_key(create=True)

    assert key is not None
    assert len(key) == 43
    assert ingest_key(create=True) == key
    assert ingest_key(create=False) == key


def test_only_the_owner_can_read_key_and_folder(folder):
    old_mask = os.umask(0)
    try:
        ingest_key(create=True)
    finally:
        os.umask(old_mask)

    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [p.name for p in folder.iterdir()] == [KEY_FILE]


def test_wider_permissions_are_taken_back(folder):
    key = ingest_key(create=True)
    (folder / KEY_FILE).chmod(0o644)

    assert ingest_key(create=False) == key
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 44, b"\xff" * 43, b"a b" * 14 + b"c"])
def test_a_damaged_key_is_named_and_never_used(folder, content):
    ingest_key(create=True)
    (folder / KEY_FILE).write_bytes(content)

    with pytest.raises(DataFolderError, match=r"is damaged.*Delete the file"):
        ingest_key(create=True)


def test_a_link_in_place_of_the_key_is_not_followed(folder, tmp_path):
    key = ingest_key(create=True)
    assert key is not None
    (folder / KEY_FILE).unlink()
    (tmp_path / "elsewhere").write_text(key)
    (folder / KEY_FILE).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(DataFolderError, match="cannot be read"):
        ingest_key(create=False)


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))

    with pytest.raises(DataFolderError, match="XDG_DATA_HOME"):
        ingest_key(create=True)


def test_processes_that_start_together_agree_on_one_key(folder):
    program = "from tracer.data_folder import ingest_key; print(ingest_key(create=True))"
    started = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]

    keys = {process.communicate(timeout=30)[0].strip() for process in started}

    assert keys == {ingest_key(create=False)}
