"""Applications behind one address: DispatcherMiddleware chooses by the path."""

from flask import Flask, url_for
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

app01 = Flask("app01")
app02 = Flask("app02")
app03 = Flask("app03")


@app01.get("/index")
def index():
    return f"app01 answers, and its address for this page is {url_for('index')}"


@app02.get("/index2")
def index2():
    return f"app02 answers, and its address for this page is {url_for('index2')}"


@app03.get("/index3")
def index3():
    return f"app03 answers, and its address for this page is {url_for('index3')}"


@app01.get("/relay")
def relay():
    return f"app01 asked: {Client(application).get('/sec/index2').text}"


application = DispatcherMiddleware(app01, {"/sec": app02, "/third": app03, "/again": app03})
