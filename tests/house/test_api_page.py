"""The tracer's public names: each is on the page of the API, with all of its parameters."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tracer
import tracer.testing

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
PUBLIC = [getattr(m, name) for m in (tracer, tracer.testing) for name in m.__all__]
NOT_FOR_READERS = ("__init__", "accept", "end_open", "wake")
"""Of a capture: what makes it, and what the collector calls."""


def words(text: str) -> set[str]:
    """Those that stand in code."""
    return {word for code in re.findall(r"`([^`\n]+)`", text) for word in re.findall(r"\w+", code)}


def section(name: str) -> str:
    """The section that has *name* in its heading."""
    [found] = [s for s in PAGE.split("\n## ") if name in words(s.partition("\n")[0])]
    return found


def members(thing: Any) -> dict[str, Any]:
    """Public methods and properties that *thing* defines itself."""
    found = vars(thing).items() if isinstance(thing, type) else ()
    return {
        name: value
        for name, value in found
        if (inspect.isfunction(value) or isinstance(value, property))
        and (name == "__init__" or not name.startswith("_"))
        and not (thing is tracer.testing.Capture and name in NOT_FOR_READERS)
    }


def names(thing: Any) -> Iterator[str]:
    """All that a reader may write: the thing, its members, their parameters, its fields."""
    yield thing.__name__
    functions = [value for value in members(thing).values() if not isinstance(value, property)]
    for function in functions or ([] if isinstance(thing, type) else [thing]):
        yield from inspect.signature(function).parameters
    yield from members(thing)
    if dataclasses.is_dataclass(thing):
        yield from (field.name for field in dataclasses.fields(thing))
    yield from getattr(thing, "_fields", ())


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: thing.__name__)
def test_every_public_name_and_parameter_is_on_the_page(thing: Any) -> None:
    assert set(names(thing)) - words(section(thing.__name__)) - {"self", "__init__"} == set()


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: thing.__name__)
def test_everything_public_says_what_it_is(thing: Any) -> None:
    described = {thing.__name__: thing, **members(thing)}
    assert [
        name
        for name, value in described.items()
        if name != "__init__" and not inspect.cleandoc(value.__doc__ or "")
    ] == []
