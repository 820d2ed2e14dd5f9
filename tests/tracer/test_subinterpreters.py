"""An application in a subinterpreter, where mod_wsgi has them."""

from __future__ import annotations

import subprocess
import sys

from tests.processes import ROOT

TRACED = """
import sys
sys.path[:0] = {path!r}
from flask import Flask
from tracer import Tracer
from tracer.testing import capture_trace

app = Flask("inner")
app.add_url_rule("/", "index", lambda: "hello")
Tracer(app, enabled=True)
with capture_trace() as captured:
    print(app.test_client().get("/").get_data(as_text=True))
print(*[event.kind for event in captured.events if event.kind.endswith((".push", ".pop"))])
"""
BOTH = f"""
import os, sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
code = {TRACED!r}.format(path=sys.path)
for interpreter in (None, interpreters.create(), interpreters.create()):
    if interpreter is None:
        exec(code)
    else:
        failed = interpreters.run_string(interpreter, code)
        assert failed is None, failed
    sys.stdout.flush()
# Python 3.12.1 aborts here as soon as a subinterpreter has imported asyncio, as Flask does.
os._exit(0)
"""


def test_an_application_is_traced_there_as_it_is_elsewhere() -> None:
    done = subprocess.run(
        [sys.executable, "-u", "-c", BOTH], cwd=ROOT, capture_output=True, text=True, check=False
    )

    lines = done.stdout.splitlines()
    assert (done.returncode, lines[::2]) == (0, ["hello"] * 3), done.stderr
    assert "app_context.push" in lines[1]
    assert lines[1] == lines[3] == lines[5]
