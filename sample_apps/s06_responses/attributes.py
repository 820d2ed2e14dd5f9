"""What a request knows about itself."""

from flask import Flask, request
from werkzeug.utils import secure_filename

app = Flask("attributes")
NAMES = (
    "method",
    "path",
    "full_path",
    "script_root",
    "query_string",
    "args",
    "view_args",
    "endpoint",
    "blueprint",
    "is_json",
    "content_type",
    "content_length",
    "cookies",
    "form",
    "files",
)


@app.route("/i/<int:number>", methods=["GET", "POST"])
def show(number):
    lines = [f"{name}: {getattr(request, name)!r}" for name in NAMES]
    lines.append(f"url_rule: {request.url_rule.rule}")
    return "\n".join(lines), {"Content-Type": "text/plain; charset=utf-8"}


@app.get("/names")
def names():
    return "\n".join(
        f"{name} -> {secure_filename(name)!r}"
        for name in ("../../etc/passwd", "中文.txt", "a b.txt")
    )
