"""A connection for each thread, which stays open however often it is closed."""

import threading
from functools import cache

from dbutils.persistent_db import PersistentDB
from flask import Flask

from sample_apps.stores import database

app = Flask("thread-local")


@cache
def pool():
    # for_threads: what a thread leaves behind is closed by another one.
    return PersistentDB(
        database().driver, closeable=False, **database().options, **database().for_threads
    )


@app.get("/same")
def same():
    first = pool().connection()
    ask(first)
    first.close()
    second = pool().connection()
    ask(second)
    second.close()
    return f"{database().said}\nAsked twice, the same connection: {first is second}"


@app.get("/threads")
def threads():
    seen = []

    def work():
        connection = pool().connection()
        ask(connection)
        seen.append(connection)

    for name in ("first", "second"):
        thread = threading.Thread(target=work, name=name)
        thread.start()
        thread.join()
    return f"{database().said}\nTwo threads, the same connection: {seen[0] is seen[1]}"


def ask(connection):
    cursor = connection.cursor()
    cursor.execute("SELECT 6 * 7")
    cursor.close()
