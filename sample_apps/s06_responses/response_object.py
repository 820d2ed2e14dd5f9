"""The response itself: status, headers, cookies, and who may still change them."""

from flask import Flask, make_response, redirect, request

app = Flask("response_object")


@app.after_request
def stamp(response):
    response.headers["X-Stamped"] = "yes"
    return response


@app.get("/")
def index():
    response = make_response("A response of one's own.", 202)
    response.headers["X-Kind"] = "made by hand"
    response.set_cookie("colour", "teal", max_age=3600)
    return response


@app.get("/forget")
def forget():
    response = make_response(f"The colour was {request.cookies.get('colour')}.")
    response.delete_cookie("colour")
    return response


@app.get("/elsewhere")
def elsewhere():
    return redirect("/")
