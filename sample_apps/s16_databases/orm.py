"""Flask-SQLAlchemy: a session for each application context, and a pool below it."""

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask("orm")
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)


class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.String(20))


with app.app_context():
    db.create_all()


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
