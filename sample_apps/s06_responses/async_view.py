"""An async view and an async hook in an ordinary WSGI application."""

import asyncio

from flask import Flask, g, request

app = Flask("async_view")


@app.before_request
async def before():
    g.seen = ["before"]


@app.teardown_request
def put_away(error):
    g.seen.append("teardown")


@app.get("/")
async def index():
    g.seen.append("view")
    answers = await asyncio.gather(ask("one"), ask("two"))
    return "\n".join(answers)


async def ask(name):
    await asyncio.sleep(0)
    return f"{name} sees {request.path}"
