"""One variant of one workload in a process of its own: reads a number, calls so often, answers.

``python -m tests.benchmarks.worker VARIANT WORKLOAD``; a line of input is a number of requests, a
line of output the nanoseconds of CPU that this thread spent on them.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from typing import Any

import flask

from .workloads import PATHS, WORKLOADS, Caller


def flaskscope(apps: list[flask.Flask]) -> None:
    from tracer import Tracer

    for app in apps:
        Tracer(app)


def opentelemetry(apps: list[flask.Flask]) -> None:
    from opentelemetry.instrumentation.flask import FlaskInstrumentor
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    provider = TracerProvider()
    # The base class does nothing with a finished span: no exporter, no queue.
    provider.add_span_processor(SpanProcessor())
    for app in apps:
        FlaskInstrumentor.instrument_app(app, tracer_provider=provider)


def ddtrace(apps: list[flask.Flask]) -> None:
    from ddtrace import patch
    from ddtrace.trace import TraceFilter, tracer

    class Forget(TraceFilter):
        def process_trace(self, trace: Any) -> None:
            return None

    tracer.configure(trace_processors=[Forget()])
    patch(flask=True, jinja2=True)


def sentry(apps: list[flask.Flask]) -> None:
    import sentry_sdk
    from sentry_sdk.transport import Transport

    class Forget(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            return None

    sentry_sdk.init("http://key@127.0.0.1:9/1", traces_sample_rate=1.0, transport=Forget)


def viztracer(apps: list[flask.Flask]) -> None:
    """All functions of the process, into its ring buffer."""
    from viztracer import VizTracer

    VizTracer(verbose=0).start()


VARIANTS: dict[str, Callable[[list[flask.Flask]], None]] = {
    "untraced": lambda apps: None,
    "flaskscope": flaskscope,
    "opentelemetry": opentelemetry,
    "ddtrace": ddtrace,
    "sentry": sentry,
    "viztracer": viztracer,
}
"""Name → what attaches it to applications. What a peer records is thrown away at once."""
EARLY = ("ddtrace", "sentry")
"""They want to be there before the applications are made."""


def main(variant: str, workload: str) -> None:
    instrument = VARIANTS[variant]
    if variant in EARLY:
        instrument([])
    apps = WORKLOADS[workload]()
    if variant not in EARLY:
        instrument(apps)
    call = Caller(apps[0], PATHS[workload])
    for line in sys.stdin:
        times = int(line)
        gc.collect()
        start = time.thread_time_ns()
        for _ in range(times):
            call()
        print(time.thread_time_ns() - start, flush=True)
        assert call.status == "200 OK", call.status


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
