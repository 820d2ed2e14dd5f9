"""Routes with and without a slash at their end."""

from flask import Flask

app = Flask("slashes")


@app.before_request
def count():
    pass


@app.get("/folder/")
def folder():
    return "a folder"


@app.get("/file")
def file():
    return "a file"


@app.get("/both", strict_slashes=False)
def both():
    return "served with and without"
