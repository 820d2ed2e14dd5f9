"""Flask-SQLAlchemy: a session for each application context, and a pool below it."""

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine

from sample_apps.stores import folder

address = f"sqlite:///{folder() / 'notes.db'}"

app = Flask("orm")
app.config["SQLALCHEMY_DATABASE_URI"] = address
db = SQLAlchemy(app)


class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.String(20))


# db.create_all() would do the same, in an application context; tables need none.
db.metadata.create_all(create_engine(address))


@app.get("/flushed")
def flushed():
    db.session.add(Note(text="buy tea"))
    db.session.flush()
    return f"Flushed. Notes in this session: {db.session.query(Note).count()}"


@app.get("/count")
def count():
    return f"Notes: {db.session.query(Note).count()}"


@app.get("/committed")
def committed():
    db.session.add(Note(text="buy tea"))
    db.session.commit()
    return "Committed."


@app.get("/clear")
def clear():
    db.session.query(Note).delete()
    db.session.commit()
    return "All notes are gone."
