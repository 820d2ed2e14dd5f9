"""Rows that are gone when the connection goes back into its pool."""

from contextlib import closing
from functools import cache

from dbutils.pooled_db import PooledDB
from flask import Flask

from sample_apps.stores import database

app = Flask("forgotten-commit")


@cache
def pool():
    made = PooledDB(
        database().driver, maxconnections=1, **database().options, **database().for_threads
    )
    with closing(made.connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS notes (text VARCHAR(20))")
        connection.commit()
    return made


@app.get("/forgotten")
def forgotten():
    with closing(pool().connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("INSERT INTO notes VALUES ('buy tea')")
    return told()


@app.get("/committed")
def committed():
    with closing(pool().connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("INSERT INTO notes VALUES ('buy tea')")
        connection.commit()
    return told()


def told():
    with closing(pool().connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("SELECT COUNT(*) FROM notes")
        found = cursor.fetchone()[0]
        cursor.execute("DELETE FROM notes")
        connection.commit()
    return f"{database().said}\nNotes found by the next connection: {found}"
