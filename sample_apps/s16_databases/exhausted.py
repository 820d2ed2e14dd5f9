"""A pool of one connection, of which somebody wants a second one."""

from dbutils.pooled_db import PooledDB, TooManyConnectionsError
from flask import Flask

from sample_apps.stores import database

app = Flask("exhausted-pool")


def make_pool():
    return PooledDB(
        database().driver,
        maxconnections=1,
        blocking=False,  # raise, rather than wait
        **database().options,
        **database().for_threads,
    )


@app.get("/refused")
def refused():
    pool = make_pool()
    held = pool.connection()
    answer = second(pool)
    held.close()
    return f"{answer}\nGiven back: {second(pool)}"


@app.get("/leaked")
def leaked():
    pool = make_pool()
    borrowed = [pool.connection()]  # nobody closes this one
    answer = second(pool)
    borrowed.clear()  # Python collects it, and its __del__ gives it back
    return f"{answer}\nForgotten by everybody: {second(pool)}"


def second(pool):
    try:
        pool.connection().close()
    except TooManyConnectionsError as error:
        return f"{database().said}\nHeld: {type(error).__name__}"
    return "there is one again"
