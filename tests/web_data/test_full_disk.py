"""A full disk, whoever filled it: deleting always works, and nothing eats the room for it."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.web_data.agents import Agent, trace_id
from web.store import Store, StoreUnavailable


@dataclass
class Disk:
    """A small file system; where none can be mounted, a folder that is never full."""

    folder: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/store.db"

    @property
    def ballast(self) -> Path:
        return self.folder / "store.db.ballast"

    def fill(self) -> None:
        """Somebody else writes, until there is no byte left."""
        with (self.folder / "somebody else's").open("wb", buffering=0) as file:
            for size in (1 << 16, 1 << 9, 1):
                with suppress(OSError):
                    for _ in range((30 << 20) // (1 << 16)):
                        file.write(bytes(size))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True).returncode == 0
    yield Disk(folder)
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def stores(disk: Disk) -> Iterator[Callable[[], Store]]:
    """Opens the store on the small disk, which stays small where none could be mounted."""
    opened: list[Store] = []

    def open_store() -> Store:
        opened.append(Store.open(disk.url, size_cap=1 << 30))
        with opened[-1].database.reading() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1800")
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


def noise(agent: Agent) -> None:
    agent.event(2, "log", "INFO", text=random.randbytes(50_000).hex())


def fill_with_events(store: Store, agent: Agent) -> None:
    for _ in range(2_000):
        noise(agent)
        if store.add(agent.batch()).problem is not None:
            return
    raise AssertionError("the disk never became full")


def delete(store: Store, recording: int) -> None:
    store.archive.stop(recording)
    assert store.archive.hide(recording)
    while store.archive.remove_some(recording):
        pass
    while store.clear_some():
        pass


def assert_stores_again(store: Store, disk: Disk, agent: Agent) -> None:
    agent.request(trace_id(1))
    assert store.add(agent.batch()).problem is None
    assert disk.ballast.exists()
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_while_the_disk_is_full_nothing_begins_that_would_fill_it_further(
    disk: Disk, stores: Callable[[], Store]
) -> None:
    store, agent = stores(), Agent()
    recording = store.archive.start("until it is full") or 0
    fill_with_events(store, agent)
    with pytest.raises(StoreUnavailable, match="disk is full"):
        store.archive.start("one more")
    with pytest.raises(StoreUnavailable, match="disk is full"):
        store.archive.start_import("a file", "{}")
    with pytest.raises(StoreUnavailable, match="disk is full"):
        store.archive.import_events(99, [])
    delete(store, recording)
    assert_stores_again(store, disk, agent)


def test_an_import_that_fills_the_disk_is_removed_again(
    disk: Disk, stores: Callable[[], Store]
) -> None:
    store, agent = stores(), Agent()
    recording = store.archive.start_import("too large", "{}")
    number = 0
    with pytest.raises(StoreUnavailable, match="disk is full"):  # noqa: PT012 (the loop is it)
        for number in range(1, 2_000):
            noise(agent)
            batch = agent.batch()
            store.archive.import_events(recording, [(agent.id, number, number, batch.columns)])
    assert number > 10
    assert not disk.ballast.exists()
    while store.archive.remove_some(recording):
        pass
    while store.archive.shrink_some():
        pass
    assert_stores_again(store, disk, agent)


def test_what_somebody_else_filled_is_freed_by_deleting(
    disk: Disk, stores: Callable[[], Store]
) -> None:
    store, agent = stores(), Agent()
    recording = store.archive.start("x") or 0
    for _ in range(30):
        noise(agent)
        assert store.add(agent.batch()).problem is None
    disk.fill()
    delete(store, recording)
    (disk.folder / "somebody else's").unlink()
    store.database.shrink_some()  # look again at once
    assert_stores_again(store, disk, agent)


def test_a_dashboard_starts_on_a_full_disk_and_frees_it(
    disk: Disk, stores: Callable[[], Store]
) -> None:
    store, agent = stores(), Agent()
    recording = store.archive.start("it runs when the process ends") or 0
    for _ in range(30):
        noise(agent)
        assert store.add(agent.batch()).problem is None
    store.close()
    disk.fill()
    store = stores()
    (item,) = store.archive.items()
    assert item["state"] == "interrupted"
    delete(store, recording)
    (disk.folder / "somebody else's").unlink()
    store.database.shrink_some()
    assert_stores_again(store, disk, agent)
