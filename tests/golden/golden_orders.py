"""The golden orders of each Flask, read from ``orders.txt`` and its companions.

``orders.txt`` is the newest Flask's. What older ones do differently stands in ``orders-2.1.txt``
and so on, each good for that version and all before it, and what the next one will do in
``orders-from-3.2.txt``. They hold whole lists again, ``absent`` where a situation cannot be, and at
the top what follows upon a line everywhere: with nothing behind the arrow, the line goes.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
ABSENT = ["absent"]


def read(path: Path) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The lists by situation, and which line follows upon which."""
    orders: dict[str, list[str]] = {}
    follows: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            orders[line[3:]] = []
        elif orders:
            orders[list(orders)[-1]].append(line)
        else:
            before, _, after = line.partition(" →")
            follows[before] = after.strip()
    return orders, follows


def version_of(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in path.stem.rpartition("-")[2].split("."))


def expected(flask: tuple[int, ...]) -> dict[str, list[str]]:
    """The orders of that Flask, like ``(3, 1, 3)``."""
    orders, follows = read(HERE / "orders.txt")
    for path in sorted(HERE.glob("orders-*.txt"), key=version_of, reverse=True):
        version = version_of(path)
        same = flask[: len(version)]
        if same >= version if "from" in path.stem else same <= version:
            changed, more = read(path)
            orders.update(changed)
            follows.update(more)
    return {
        name: [one for line in order for one in followed(line, follows)]
        for name, order in orders.items()
        if order != ABSENT
    }


def followed(line: str, follows: dict[str, str]) -> list[str]:
    found = [after for before, after in follows.items() if line.startswith(f"{before} ")]
    return [] if found == [""] else [line, *found]
