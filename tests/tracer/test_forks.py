"""A fork at the worst moment, while another thread holds a lock of ours: both sides deliver."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tracer
from tests.processes import ROOT
from tests.tracer.test_sending import columns
from tests.tracer_transport.receiver import Receiver
from tracer.bootstrap import RUN

FOLDER = Path(tracer.__file__).parent
FACTORIES = ("Lock", "RLock", "Condition", "Semaphore", "allocate_lock")


def locks() -> list[str]:
    """Every lock that the tracer's code makes, as ``Class.attribute``."""
    found = set()
    for file in FOLDER.rglob("*.py"):
        for scope in ast.walk(ast.parse(file.read_text())):
            for node in ast.iter_child_nodes(scope) if isinstance(scope, ast.Module) else []:
                assert not _makes_lock(node), f"{file.name} has a lock of the module"
            if isinstance(scope, ast.ClassDef):
                found |= {f"{scope.name}.{name}" for name in _locks_of(scope)}
    return sorted(found)


def _makes_lock(node: ast.AST) -> bool:
    value = getattr(node, "value", None)
    name = getattr(value, "func", None)
    return getattr(name, "attr", getattr(name, "id", "")) in FACTORIES


def _locks_of(scope: ast.ClassDef) -> list[str]:
    return [
        target.attr
        for node in ast.walk(scope)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and _makes_lock(node)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute)
    ]


FORKING = """
import gc, os, sys, threading
from flask import Flask
from tracer import Tracer

app = Flask("forking")
app.add_url_rule("/", "index", lambda: "hello")
tracer = Tracer(app, dashboard=sys.argv[1], token="key")

def ask(times):
    for _ in range(times):
        assert app.test_client().get("/").data == b"hello"

def ask_another(times):
    # All that takes a lock: something is attached, a source text is new, a library is imported.
    import sqlite3
    app = Flask("another")
    exec("def view(): return 'hello'", globals())
    app.add_url_rule("/", "index", view)
    tracer.init_app(app)
    for _ in range(times):
        assert app.test_client().get("/").data == b"hello"

def wait_for(child):
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

ask(1)
cls, attribute = sys.argv[2].split(".")
locks = [
    getattr(found, attribute) for found in gc.get_objects()
    if type(found).__name__ == cls and type(found).__module__.startswith("tracer.")
]
held, done = threading.Event(), threading.Event()

def hold():
    for lock in locks:
        lock.acquire()
    held.set()
    done.wait()
    for lock in locks:
        lock.release()

threading.Thread(target=hold).start()
held.wait()
child = os.fork()
if not child:
    ask(1)
    ask_another(1)
    grandchild = os.fork()
    ask_another(3)
    if grandchild:
        wait_for(grandchild)
    sys.exit()
done.set()
wait_for(child)
ask(4)
print(len(locks))
"""


def requests_by_agent(batches: list[dict[str, Any]]) -> list[int]:
    """How many requests each process told of from begin to end, every event of it once."""
    found: dict[str, list[Any]] = {}
    for batch in batches:
        found.setdefault(batch["agent"]["id"], []).extend(columns(batch).events())
    counts = []
    for events in found.values():
        seqs = [event.seq for event in events]
        assert seqs == list(range(1, len(seqs) + 1))
        begun = sorted(event.span_id for event in events if event.phase == "begin")
        assert begun == sorted(event.span_id for event in events if event.phase == "end")
        counts.append(sum(1 for e in events if (e.kind, e.phase) == ("request", "end")))
    return sorted(counts)


@pytest.mark.parametrize("lock", locks())
def test_a_fork_while_a_lock_is_held_stops_nobody(lock: str) -> None:
    with Receiver() as receiver:
        done = subprocess.run(
            # From 3.12 on Python warns of every fork in a process with threads.
            [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKING, receiver.url, lock],
            cwd=ROOT,
            # What is sent at the end of a process has time, on a busy machine too.
            env={**os.environ, RUN: "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "1\n")
    # A grandchild, a child, the parent: what was asked before a fork is told by who was asked.
    assert requests_by_agent(receiver.batches) == [3, 2 + 3, 1 + 4]
    assert [batch["dropped"] for batch in receiver.batches if batch["dropped"]] == []


def test_the_locks_are_found() -> None:
    assert "Collector._lock" in locks()
