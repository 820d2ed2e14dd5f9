"""What the dashboard refuses can be said in Chinese: by its type, with the same values."""

from __future__ import annotations

import ast
import json
import string
from collections.abc import Iterator
from typing import NamedTuple

from tests.processes import ROOT
from web.problems import type_of
from web.store import database

WORDS = ROOT / "web" / "frontend" / "src" / "i18n" / "problems.zh.json"
FOR_PROGRAMS = {"web/ingest.py", "web/api/ingest.py"}
"""Their answers are read by tracers alone."""


class Said(NamedTuple):
    """One call of ``Problem``."""

    title: str
    detail: str
    todo: str


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / "web").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name in FOR_PROGRAMS or "node_modules" in name:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield name, node


def text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def problems() -> dict[str, Said]:
    """By type, what the dashboard may say to a person."""
    found: dict[str, Said] = {}
    for name, call in calls():
        function = call.func.id if isinstance(call.func, ast.Name) else ""
        if function == "Problem" and len(call.args) == 3:
            title, detail = text(call.args[1]), text(call.args[2])
            todo = text(next((k.value for k in call.keywords if k.arg == "todo"), None))
            if title:
                said = Said(title, detail, todo)
                key = type_of(title)
                assert detail, f"{name}:{call.lineno}: a detail is a text with {{names}}"
                assert found.setdefault(key, said) == said, f"{key} says two things"
        if function == "_refused" and name == "web/imports.py":
            title = text(call.args[1])
            found[type_of(title)] = Said(title, "Nothing was imported: {reason}.", "Export …")
    return found


def holes(*texts: str) -> set[str]:
    return {name for one in texts for _, name, _, _ in string.Formatter().parse(one) if name}


def chinese() -> dict[str, dict[str, str]]:
    words = json.loads(WORDS.read_text())["problems"]
    return {f"/problems/{key}": said for key, said in words.items()}


def test_every_refusal_can_be_said_in_chinese() -> None:
    missing = {said.title for key, said in problems().items() if key not in chinese()}
    assert missing == {"WebSocket only"}  # what a program is told


def test_the_chinese_words_have_the_same_values_and_say_what_to_do() -> None:
    words = chinese()
    wrong = []
    for key, said in problems().items():
        there = words.get(key)
        if there is None:
            continue
        if bool(said.todo) != bool(there.get("todo")):
            wrong.append(f"{key}: what to do is said in one language")
        if not holes(there["detail"]) <= holes(said.detail, said.todo):
            wrong.append(f"{key}: {there['detail']}")
    assert wrong == []


def test_what_is_wrong_with_the_store_can_be_said_in_chinese() -> None:
    assert set(database._LASTING.values()) == set(json.loads(WORDS.read_text())["sentences"])
