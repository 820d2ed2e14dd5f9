"""The tutorial's own Local: a dictionary for each thread, found by the thread's number."""

import threading

from flask import Flask

app = Flask("own_local")


class OwnLocal:
    def __init__(self):
        object.__setattr__(self, "storage", {})

    def __setattr__(self, name, value):
        self.storage.setdefault(threading.get_ident(), {})[name] = value

    def __getattr__(self, name):
        try:
            return self.storage[threading.get_ident()][name]
        except KeyError:
            raise AttributeError(name) from None


@app.get("/")
def three_threads():
    kept, found = OwnLocal(), {}
    all_written = threading.Event()

    def work(number, written):
        kept.value = number
        written.set()
        all_written.wait()
        found[number] = kept.value

    workers = []
    for number in (1, 2, 3):
        written = threading.Event()
        worker = threading.Thread(target=work, args=(number, written), name=f"own-{number}")
        worker.start()
        written.wait()
        workers.append(worker)
    all_written.set()
    for worker in workers:
        worker.join()
    return f"each its own: {sorted(found.items())}, threads still in it: {len(kept.storage)}"
