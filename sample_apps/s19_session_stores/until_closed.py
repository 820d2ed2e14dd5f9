"""A cookie that ends with the browser, and one that outlives it."""

import re

from flask import Flask, make_response, request

app = Flask("until-closed")


@app.get("/short")
def short():
    return answered(expires=None)


@app.get("/long")
def long():
    return answered(max_age=3600)


@app.get("/")
def look():
    return f"The browser sent: {request.cookies.get('visited', 'nothing')}"


def answered(**lifetime):
    response = make_response()
    response.set_cookie("visited", "yes", **lifetime)
    header = re.sub("(?<=Expires=)[^;]+", "(a date)", response.headers["Set-Cookie"])
    response.set_data(f"Set-Cookie: {header}")
    return response
