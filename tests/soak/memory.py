"""A5: with a dashboard that is dead, what the tracer holds is bounded and does not grow."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder

from tracer import Tracer
from tracer.engine import ENGINE

NOBODY = "http://127.0.0.1:9"
MIB = 1024 * 1024
HELD = 8 * MIB
"""What the tracer may hold, whatever happens."""
SLOPE = 1 * MIB
"""How much the process may grow in a million requests."""
MEASURED = 20_000
"""Requests under tracemalloc, which costs three times the time: all bounds are reached by then."""
SAMPLES = 50


def application() -> Flask:
    app = Flask("soak")
    app.secret_key = "a key"
    app.add_url_rule("/<int:number>", "index", lambda number: f"hello {number}")
    app.before_request(lambda: None)
    app.after_request(lambda response: response)
    return app


def ask(app: Flask, environ: dict[str, Any], number: int) -> None:
    """One request as a server makes it, without a client of Werkzeug's around it."""
    body: Any = app({**environ, "PATH_INFO": f"/{number}"}, lambda *started: lambda data: None)
    assert b"".join(body) == f"hello {number}".encode()
    body.close()


def memory(requests: int, say: Callable[[str], None]) -> tuple[int, float]:
    """Bytes that the tracer holds at most, and by how many the process grows in a request.

    The first ``MEASURED`` requests, or all of fewer, tell the first; the rest tells the second.
    """
    app, environ = application(), EnvironBuilder().get_environ()
    for number in range(100):
        ask(app, environ, number)
    one = Tracer(app, dashboard=NOBODY, token="key")
    try:
        measured = min(requests, MEASURED)
        held = _held(app, environ, measured, say)
        assert held <= HELD, f"{held / MIB:.1f} MiB are held"
        sizes = []
        for step in range(SAMPLES if requests > measured else 0):
            for number in range((requests - measured) // SAMPLES):
                ask(app, environ, number)
            sizes.append(resident())
            say(f"{step + 1} of {SAMPLES}: {sizes[-1] / MIB:.1f} MiB resident")
        slope = _slope(sizes) / max(1, (requests - measured) // SAMPLES)
        assert slope * 1_000_000 <= SLOPE, f"{slope:.3f} bytes more with each request"
    finally:
        one.uninstall()
        ENGINE.collector.buffer.clear()
    return held, slope


def _held(app: Flask, environ: dict[str, Any], requests: int, say: Callable[[str], None]) -> int:
    most = 0
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(requests):
        ask(app, environ, number)
        if number % 1000 == 999:
            gc.collect()
            most = max(most, tracemalloc.get_traced_memory()[0] - before)
            say(f"{number + 1} requests: {most / MIB:.2f} MiB held at most")
    tracemalloc.stop()
    return most


def resident() -> int:
    """Bytes of this process in memory (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _slope(sizes: list[int]) -> float:
    """Growth from one sample to the next, by least squares over the second half."""
    half = sizes[len(sizes) // 2 :]
    if len(half) < 2:
        return 0.0
    middle, mean = (len(half) - 1) / 2, sum(half) / len(half)
    over = sum((index - middle) * (size - mean) for index, size in enumerate(half))
    return over / sum((index - middle) ** 2 for index in range(len(half)))
