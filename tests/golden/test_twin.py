"""What the tracer tells of everything that is known to be difficult is what a dumb twin saw."""

from __future__ import annotations

import gc

import pytest
from apps import APPS as SITUATIONS
from async_apps import ASYNC
from failures import CLIENTS, FAILURES, STREAMS
from flask import Flask
from shapes import SHAPES
from test_orders import EXPECTED
from twin import compare

ALL = (SITUATIONS, SHAPES, FAILURES, STREAMS, CLIENTS, ASYNC)
# What this Flask has: the first two by their orders, coroutines from 2.0 on, as context processors
# from 3.0 on.
ABSENT = {*SITUATIONS, *SHAPES} - set(EXPECTED)
if "ensure_sync" not in Flask.update_template_context.__code__.co_names:
    ABSENT.add("async everywhere")
if not hasattr(Flask, "ensure_sync"):
    ABSENT |= {*ASYNC, "overriding_subclass"}  # whose own calls nobody can see there
WATCHED = {name: make for group in ALL for name, make in group.items() if name not in ABSENT}


def test_no_name_is_given_twice() -> None:
    assert len(WATCHED) + len(ABSENT) == sum(map(len, ALL))


@pytest.mark.parametrize("name", WATCHED)
def test_the_tracer_tells_what_the_twin_saw(name: str) -> None:
    seen, told = compare(WATCHED[name])
    gc.collect()  # asgiref leaves its threads to the collector
    assert told == seen
    assert seen
