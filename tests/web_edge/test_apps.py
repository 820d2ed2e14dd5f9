"""Who is connected, and who has gone."""

from __future__ import annotations

from typing import Any

import pytest

from web.apps import MAX_APPS, SILENCE, Apps
from web.problems import Problem
from web.runtime import Runtime


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def agent(number: int = 1, command: str = "flask run") -> dict[str, Any]:
    return {
        "id": f"{number:032x}", "pid": 4000 + number, "host": "box", "python": "3.11.7",
        "command": command,
    }  # fmt: skip


def shop(**fields: Any) -> dict[str, Any]:
    return {
        "key": "shop", "name": "shop", "framework": "flask", "version": "3.1.3",
        "base_url": "http://127.0.0.1:5100/shop/", **fields,
    }  # fmt: skip


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def apps(runtime: Runtime, clock: Clock) -> Apps:
    return Apps(runtime, monotonic=clock)


def shown(apps: Apps) -> list[tuple[int, bool]]:
    return [(item["pid"], item["connected"]) for item in apps.items()]


def test_an_item_has_the_documented_fields(apps: Apps) -> None:
    samples = [{"lesson": "10A", "path": "/"}]
    apps.seen(agent(), [shop(samples=samples, allow_methods=["POST", "GET"])], bye=False)
    [item] = apps.items()
    assert item.pop("id").isalnum()
    assert item == {
        "name": "shop",
        "framework": "flask",
        "version": "3.1.3",
        "pid": 4001,
        "base_url": "http://127.0.0.1:5100/shop",
        "connected": True,
        "gone_since": None,
        "agent": f"{1:032x}",
        "host": "box",
        "python": "3.11.7",
        "command": "flask run",
        "allow_methods": ["GET", "HEAD", "POST"],
        "samples": samples,
    }


def test_routes_and_registry_are_those_announced_last(apps: Apps) -> None:
    route = {"rule": "/", "methods": ["GET"], "endpoint": "index", "file": "a.py", "line": 3}
    apps.seen(agent(), [shop(routes=[])], bye=False)
    apps.seen(agent(), [shop(routes=[route], registry=[{"kind": "view", "name": "x"}])], bye=False)
    app = apps.get(apps.items()[0]["id"])
    assert app.routes() == [{**route, "arguments": None, "defaults": None, "registered_by": None}]
    assert app.registry() == [{"kind": "view", "name": "x"}]


def test_what_is_registered_comes_in_the_order_of_the_list(apps: Apps) -> None:
    for number, key in ((1, "shop"), (2, "billing")):
        registry = [{"kind": "before_request", "name": f"check_{key}"}, "not an entry"]
        announced = shop(key=key, routes=[None, {"rule": "/"}], registry=registry)
        apps.seen(agent(number), [announced], bye=False)
    found = apps.registered()
    assert [item["app"] for item in found] == [item["name"] for item in apps.items()]
    assert [(item["app"], item["agent"], item["registry"]) for item in found] == [
        ("billing", f"{2:032x}", [{"kind": "before_request", "name": "check_billing"}]),
        ("shop", f"{1:032x}", [{"kind": "before_request", "name": "check_shop"}]),
    ]
    assert [[route["rule"] for route in item["routes"]] for item in found] == [["/"], ["/"]]


def test_an_announcement_of_anything_is_bearable(apps: Apps) -> None:
    apps.seen({}, [{}, {"key": None, "routes": 7, "samples": "x", "base_url": 3}], bye=False)
    assert [(item["name"], item["samples"], item["base_url"]) for item in apps.items()] == [
        ("", [], None),
        ("None", [], None),
    ]


def test_processes_from_before_a_restart_are_awaited_until_they_are_heard_or_silent(
    apps: Apps, clock: Clock
) -> None:
    apps.remember([(agent(1), [shop()]), (agent(2), [shop()])])
    assert apps.awaited() == [4001, 4002]
    apps.seen(agent(1), [], bye=False)
    clock.now += SILENCE
    assert apps.awaited() == [4002]
    clock.now += 0.1
    assert apps.awaited() == []


def test_the_same_application_twice_in_one_process_is_two_items(apps: Apps) -> None:
    apps.seen(agent(), [shop(), shop(key="shop 2")], bye=False)
    assert [item["name"] for item in apps.items()] == ["shop", "shop 2"]
    assert len({item["id"] for item in apps.items()}) == 2


def test_workers_of_one_application_are_items_of_their_own(apps: Apps) -> None:
    for number in (1, 2, 3):
        apps.seen(agent(number), [shop()], bye=False)
    assert shown(apps) == [(4003, True), (4002, True), (4001, True)]


def test_silence_counts_as_gone_and_a_word_as_back(apps: Apps, clock: Clock) -> None:
    apps.seen(agent(), [shop()], bye=False)
    clock.now += SILENCE
    apps.seen(agent(), [], bye=False)
    clock.now += SILENCE
    assert shown(apps) == [(4001, True)]
    clock.now += 0.1
    assert shown(apps) == [(4001, False)]
    assert apps.items()[0]["gone_since"] > 1_700_000_000 * 10**9
    assert apps.seen(agent(), [], bye=False)
    assert shown(apps) == [(4001, True)]
    assert apps.items()[0]["gone_since"] is None


def test_who_fell_silent_has_gone_since_the_last_word(
    runtime: Runtime, apps: Apps, clock: Clock
) -> None:
    apps.seen(agent(), [shop()], bye=False)
    clock.now += 3600  # nobody looked for an hour
    gone_since = apps.items()[0]["gone_since"]
    assert 0 <= runtime.now() - 3600 * 10**9 - gone_since < 60 * 10**9


def test_goodbye_counts_at_once(apps: Apps) -> None:
    apps.seen(agent(), [shop()], bye=False)
    assert apps.seen(agent(), [], bye=True)
    assert shown(apps) == [(4001, False)]


def test_nothing_new_is_no_change(apps: Apps) -> None:
    assert apps.seen(agent(), [shop()], bye=False)
    assert not apps.seen(agent(), [], bye=False)


def test_restarts_do_not_pile_up(apps: Apps, clock: Clock) -> None:
    for number in range(1, 6):
        apps.seen(agent(number), [shop()], bye=False)
        first = apps.items()[0]["id"]
        assert shown(apps) == [(4000 + number, True)]
        apps.seen(agent(number), [], bye=True)
        assert shown(apps) == [(4000 + number, False)]
        clock.now += 1
    assert apps.get(first).gone_since is not None


def test_a_gone_one_is_still_known_by_its_id_while_its_successor_runs(apps: Apps) -> None:
    apps.seen(agent(1), [shop()], bye=False)
    old = apps.items()[0]["id"]
    apps.seen(agent(1), [], bye=True)
    apps.seen(agent(2), [shop()], bye=False)
    assert shown(apps) == [(4002, True)]
    assert apps.get(old).gone_since is not None


def test_another_command_is_another_application(apps: Apps) -> None:
    apps.seen(agent(1), [shop()], bye=True)
    apps.seen(agent(2, "gunicorn shop:app"), [shop()], bye=True)
    apps.seen(agent(3), [shop(key="admin")], bye=False)
    assert shown(apps) == [(4003, True), (4002, False), (4001, False)]


def test_an_unknown_id_is_404(apps: Apps) -> None:
    with pytest.raises(Problem) as caught:
        apps.get("nobody")
    assert (caught.value.status, caught.value.asked) == (404, "nobody")


def test_what_was_announced_to_the_dashboard_before_counts_when_the_process_speaks(
    apps: Apps,
) -> None:
    apps.remember([(agent(1), [shop()]), (agent(2), [shop(key="old")])])
    assert shown(apps) == []
    assert apps.seen(agent(1), [], bye=False)
    assert [(item["name"], item["connected"]) for item in apps.items()] == [("shop", True)]


def test_there_is_a_limit_to_applications(apps: Apps, clock: Clock) -> None:
    for number in range(MAX_APPS + 20):
        clock.now += 0.001
        apps.seen(agent(number, f"command {number}"), [shop()], bye=False)
    pids = [pid for pid, _ in shown(apps)]
    assert (len(pids), pids[0], pids[-1]) == (MAX_APPS, 4000 + MAX_APPS + 19, 4020)
