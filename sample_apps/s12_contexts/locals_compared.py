"""Three workers, each keeping its number in the same object: who gets its own back?"""

import asyncio
import threading
from contextvars import ContextVar

from flask import Flask
from werkzeug.local import Local

app = Flask("locals_compared")
NUMBERS = (1, 2, 3)


class Foo:
    pass


class InContextVar:
    """One attribute, kept in a ContextVar."""

    def __init__(self):
        self.__dict__["_kept"] = ContextVar("kept")

    def __setattr__(self, name, value):
        self._kept.set(value)

    def __getattr__(self, name):
        return self._kept.get()


KINDS = {
    "a plain object": Foo,
    "threading.local": threading.local,
    "ContextVar": InContextVar,
    "Werkzeug's Local": Local,
}


def table(work):
    rows = [f"{name}: {' '.join(map(str, work(kind())))}\n" for name, kind in KINDS.items()]
    return "".join(rows), {"Content-Type": "text/plain; charset=utf-8"}


@app.get("/threads")
def threads():
    return table(in_threads)


@app.get("/tasks")
def tasks():
    return table(lambda kept: asyncio.run(in_tasks(kept)))


@app.get("/greenlets")
def greenlets():
    return table(in_greenlets)


@app.errorhandler(ModuleNotFoundError)
def package_missing(error):
    return f"This lesson needs {error.name}: pip install {error.name}\n", 501


def in_threads(kept):
    found = {}
    all_written = threading.Event()

    def work(number, written):
        kept.value = number
        written.set()
        all_written.wait()
        found[number] = kept.value

    workers = []
    for number in NUMBERS:
        written = threading.Event()
        worker = threading.Thread(target=work, args=(number, written), name=f"worker-{number}")
        worker.start()
        written.wait()
        workers.append(worker)
    all_written.set()
    for worker in workers:
        worker.join()
    return [found[number] for number in NUMBERS]


async def in_tasks(kept):
    async def work(number):
        kept.value = number
        await asyncio.sleep(0)  # the other tasks write now
        return kept.value

    return await asyncio.gather(*map(work, NUMBERS))


def in_greenlets(kept):
    from greenlet import getcurrent, greenlet

    def work(number):
        kept.value = number
        getcurrent().parent.switch()  # the other greenlets write now
        return kept.value

    workers = [greenlet(work) for _ in NUMBERS]
    for number, worker in zip(NUMBERS, workers, strict=True):
        worker.switch(number)
    return [worker.switch() for worker in workers]
