"""A pool of two connections, and a third thread that has to wait for one."""

import threading

from dbutils.pooled_db import PooledDB
from flask import Flask

from sample_apps.stores import database

app = Flask("pool")


def make_pool(somebody_waits):
    class Pool(PooledDB):
        """Tells when a thread has to wait, so that the others give back only then."""

        def _wait_lock(self):
            somebody_waits.set()
            super()._wait_lock()

    return Pool(
        database().driver,
        maxconnections=2,
        blocking=True,  # wait, rather than raise TooManyConnectionsError
        **database().options,
        **database().for_threads,
    )


@app.get("/")
def three_threads():
    both_are_taken = threading.Barrier(3, timeout=10)
    somebody_waits = threading.Event()
    pool = make_pool(somebody_waits)

    def hold():
        connection = pool.connection()
        both_are_taken.wait()
        somebody_waits.wait(10)
        ask(connection)

    def come_late():
        both_are_taken.wait()
        ask(pool.connection())

    works = {"first": hold, "second": hold, "third": come_late}
    threads = [threading.Thread(target=work, name=name) for name, work in works.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool.close()
    return f"{database().said}\nThree threads were served by two connections."


def ask(connection):
    cursor = connection.cursor()
    cursor.execute("SELECT 6 * 7")
    cursor.close()
    connection.close()
