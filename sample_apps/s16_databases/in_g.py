"""A connection that is opened when it is first wanted, and closed with the application context."""

import sqlite3

from flask import Flask, Response, g

app = Flask("connection-in-g")


def get_db():
    if "db" not in g:
        g.db = sqlite3.connect(":memory:")
    return g.db


@app.teardown_appcontext
def close_db(error):
    db = g.pop("db", None)
    if db is not None:
        db.close()


@app.get("/")
def twice():
    product = get_db().execute("SELECT 6 * 7").fetchone()[0]
    total = get_db().execute("SELECT 40 + 2").fetchone()[0]
    return f"{product} and {total}, over one connection"


@app.get("/without")
def without():
    return "No connection was needed, so none was opened."


@app.get("/failing")
def failing():
    return get_db().execute("SELECT * FROM nowhere").fetchone()


@app.get("/stream")
def stream():
    db = get_db()

    def rows():
        try:
            yield str(db.execute("SELECT 6 * 7").fetchone()[0])
        except sqlite3.ProgrammingError as error:
            yield str(error)

    return Response(rows(), mimetype="text/plain")
