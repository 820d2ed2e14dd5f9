"""A9, A6: a dashboard is killed, stopped and restarted under load; the application answers, and
every event is stored in the end."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from werkzeug.test import EnvironBuilder

from tests.processes import DashboardProcess, start_dashboard
from tests.soak.memory import application, ask
from tracer import Tracer
from tracer.engine import ENGINE
from tracer.testing import capture_trace

THREADS = 4
PAUSE = 0.01
"""Seconds between the requests of a thread: what waits during one outage must not fall out."""
AWAY = 0.5
"""Seconds that a dashboard is gone, or does not move."""
PATIENCE = 60.0


class Load:
    """Threads that ask *app* all the time, and count."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._over = threading.Event()
        self.answered = [0] * THREADS
        self.errors: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._work, args=(index,)) for index in range(THREADS)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _work(self, index: int) -> None:
        environ = EnvironBuilder().get_environ()
        while not self._over.wait(PAUSE):
            try:
                ask(self._app, environ, self.answered[index])
            except BaseException as error:
                self.errors.append(error)
            self.answered[index] += 1


def outages(rounds: int, folder: Path, seed: int, say: Callable[[str], None]) -> int:
    """One outage a round; how many requests were answered meanwhile."""
    app = application()
    whole = events_of_one(app)
    dashboard = start_dashboard(folder)
    chosen = random.Random(seed)
    one = Tracer(app, dashboard=dashboard.url, token=dashboard.ingest_key)
    lost = ENGINE.collector.lost()
    try:
        with Load(app) as load:
            for number in range(rounds):
                chosen.choice((_killed, _stopped, _restarted))(dashboard)
                # What waits is bounded: an outage is over when all of it has arrived.
                wait_until_stored(dashboard, whole * sum(load.answered))
                say(f"{number + 1} of {rounds} outages, {sum(load.answered)} requests")
        emitted = whole * sum(load.answered)
        stored = wait_until_stored(dashboard, emitted)
        assert load.errors == []
        assert ENGINE.collector.lost() == lost
        assert stored == emitted
    finally:
        one.uninstall()
        dashboard.kill()
    return sum(load.answered)


def events_of_one(app: Flask) -> int:
    """How many events one request has, once all of it is known."""
    counts = []
    for number in range(2):
        with capture_trace(app) as captured:
            ask(app, EnvironBuilder().get_environ(), number)
        counts.append(len(captured.events))
    assert counts[0] == counts[1]
    return counts[0]


def wait_until_stored(dashboard: DashboardProcess, expected: int) -> int:
    """Positions that were given out, which is events that were stored: *expected* or more."""
    end = time.monotonic() + PATIENCE
    while (stored := int(dashboard.request("GET", "/api/status").json["newest_seq"])) < expected:
        assert time.monotonic() < end, f"{stored} of {expected} events are stored"
        time.sleep(0.1)
    return stored


def _killed(dashboard: DashboardProcess) -> None:
    dashboard.kill()
    time.sleep(AWAY)
    dashboard.start()


def _stopped(dashboard: DashboardProcess) -> None:
    dashboard.process.send_signal(signal.SIGSTOP)
    time.sleep(AWAY)
    dashboard.process.send_signal(signal.SIGCONT)
    time.sleep(AWAY)


def _restarted(dashboard: DashboardProcess) -> None:
    dashboard.restart()
    time.sleep(AWAY)
