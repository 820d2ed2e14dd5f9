"""A blueprint with templates and static files of its own."""

from pathlib import Path

from flask import Blueprint, Flask, render_template, url_for

HERE = Path(__file__).parent

app = Flask("folders", root_path=str(HERE))
admin = Blueprint(
    "admin",
    __name__,
    url_prefix="/admin",
    root_path=str(HERE / "admin"),
    template_folder="templates",
    static_folder="static",
)


@admin.get("/own")
def own():
    return render_template("own.html")


@admin.get("/shared")
def shared():
    return render_template("shared.html")


@admin.get("/address")
def address():
    return url_for("admin.static", filename="admin.css")


app.register_blueprint(admin)
