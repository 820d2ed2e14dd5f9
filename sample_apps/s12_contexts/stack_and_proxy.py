"""What stands behind request: a stack, and a proxy that asks it anew at every use."""

from flask import Flask, Request, request
from werkzeug.local import LocalProxy, LocalStack

app = Flask("stack_and_proxy")
users = LocalStack()
current_user = users()


@app.get("/")
def index():
    lines = []
    users.push({"name": "Ada"})
    lines.append(f"current_user is {current_user['name']}")
    users.push({"name": "Grace"})
    lines.append(f"current_user is {current_user['name']}")
    users.pop()
    lines.append(f"current_user is {current_user['name']}")
    users.pop()
    lines.append(f"current_user is there: {bool(current_user)}")
    return "\n".join(lines)


@app.get("/request")
def about_request():
    behind = request._get_current_object()
    return "\n".join(
        (
            f"isinstance(request, Request): {isinstance(request, Request)}",
            f"type(request): {type(request).__name__}",
            f"type of what is behind it: {type(behind).__name__}",
            f"request is what is behind it: {request is behind}",
            f"request == what is behind it: {request == behind}",
            f"LocalProxy: {type(request) is LocalProxy}",
        )
    )


@app.get("/add")
def add():
    return request + 1
