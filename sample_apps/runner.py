"""Serves the lessons, traced, each at its own prefix, in one process with real threads."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType
from typing import Any, TypedDict

from cheroot import wsgi
from cheroot.workers.threadpool import WorkerThread

from tracer import Tracer, current

from .catalog import Lesson, Mount, Sample, offered, select
from .site import SCRIPTS, build_site, load
from .stores import clean

THREADS = 8
"""Requests at once. A fixed pool, so that the picture's lanes stay the same few."""
PORTS_TO_TRY = 20
RECORD = "state,local"
"""What is recorded beyond the tracer's default, unless ``FLASKSCOPE_RECORD`` says otherwise."""
ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class Where(TypedDict):
    """Where an application answers, and what is worth sending to it."""

    base_url: str
    samples: list[dict[str, Any]]
    allow_methods: list[str]


def main(
    dashboard: str, host: str, port: int, only: list[str] | None = None, *, quiet: bool = False
) -> None:
    """Serve the lessons until SIGTERM or SIGINT, and send what happens in them to *dashboard*.

    Blocks; must be called on the main thread. A dashboard that is not there is tried again and
    again while the lessons are served.

    :param only: ids or slugs of lessons; None serves all.
    :param quiet: do not print where they are served.
    :raises ValueError: for a name in *only* that is no lesson's.
    :raises OSError: when *port* and the ports after it are all taken, or *host* is not ours.
    """
    lessons = offered(select(only))
    with threaded_server(host, port) as server:
        tracer = Tracer(dashboard=dashboard, record=os.environ.get("FLASKSCOPE_RECORD", RECORD))
        tracer.instrument_all()
        end_on_signals(tracer)
        base_url = address(host, server.bind_addr[1])
        server.wsgi_app = build_site(lessons, around_script, dashboard)
        announce(tracer, lessons, base_url)
        if not quiet:
            print(f"Samples: {base_url}/ ({counted(lessons)}), traced to {dashboard}", flush=True)
        server.serve()


def address(host: str, port: int) -> str:
    """Where somebody on this machine reaches a server that listens on *host*."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def counted(lessons: Sequence[Lesson]) -> str:
    return "1 lesson" if len(lessons) == 1 else f"{len(lessons)} lessons"


@contextmanager
def threaded_server(host: str, port: int, threads: int = THREADS) -> Iterator[wsgi.Server]:
    """A listening server without an application yet, on *port* or the next free one."""
    for candidate in range(port, min(port + PORTS_TO_TRY, 65536)):
        server = wsgi.Server(
            (host, candidate), wsgi_app=None, numthreads=threads, max=threads, server_name=host
        )
        server.shutdown_timeout = 0
        try:
            server.prepare()
        except OSError as error:
            # The server's library tells the reason in its message only.
            if f"[Errno {errno.EADDRINUSE}]" not in str(error):
                raise OSError(
                    f"The samples cannot listen on {host}:{candidate}: {error}"
                ) from error
            continue
        if candidate != port:
            print(f"Port {port} is taken: the samples use {candidate}.", flush=True)
        name_threads()
        try:
            yield server
        finally:
            server.stop()
        return
    raise OSError(f"Ports {port} to {candidate} are all taken. Choose another with --port.")


def name_threads() -> None:
    workers = [t for t in threading.enumerate() if isinstance(t, WorkerThread)]
    for number, worker in enumerate(workers, 1):
        worker.name = f"samples-{number}"


def end_on_signals(tracer: Tracer) -> None:
    """End at once: idle connections and half-sent responses of a sample are nobody's loss."""

    def end(number: int, frame: FrameType | None) -> None:
        tracer.uninstall()
        clean()
        sys.stdout.flush()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


def around_script(trace_id: str | None) -> AbstractContextManager[object]:
    return nullcontext() if trace_id is None else current.requested_trace(trace_id)


def announce(tracer: Tracer, lessons: Sequence[Lesson], base_url: str) -> None:
    """Tell the dashboard where each application answers and what is worth sending to it."""
    for lesson in lessons:
        for mount in lesson.mounts:
            where: Where = {
                "base_url": f"{base_url}/{lesson.slug}{mount.below}",
                "samples": [sample_item(lesson, s) for s in samples_of(lesson, mount)],
                "allow_methods": ALL_METHODS,
            }
            if lesson.systems:
                system = lesson.systems[mount.variable]
                tracer.announce_program(system, name=system, framework=system, **where)
            else:
                tracer.announce(load(lesson, mount.variable), **where)
    scripts = [lesson for lesson in lessons if lesson.is_script]
    if scripts:
        tracer.announce_program(
            "scripts",
            name="scripts",
            framework="script",
            base_url=f"{base_url}/{SCRIPTS}",
            allow_methods=ALL_METHODS,
            routes=[script_route(lesson) for lesson in scripts],
            samples=[sample_item(lesson, lesson.samples[0]) for lesson in scripts],
        )


def samples_of(lesson: Lesson, mount: Mount) -> list[Sample]:
    return [s for s in lesson.samples if (s.app or lesson.mounts[0].variable) == mount.variable]


def sample_item(lesson: Lesson, sample: Sample) -> dict[str, Any]:
    """A sample in the words of ``docs/wire.md``."""
    is_only_one = len(lesson.samples) < 2
    title = lesson.title.en
    item = {
        "lesson": lesson.id,
        "title": title if is_only_one else f"{title}: {sample.label.en}",
        "text": lesson.watch.en,
    }
    for name in REQUEST:
        value = getattr(sample, name)
        if value is not None:
            item[name] = value
    return item


REQUEST = ("method", "path", "query", "headers", "form", "json", "cookie_jar")


def script_route(lesson: Lesson) -> dict[str, Any]:
    return {"rule": f"/{lesson.slug}", "methods": ["POST"], "endpoint": lesson.slug}
