"""The same two pages twice: as a blueprint of one application, and as an application of its own."""

from flask import Blueprint, Flask, current_app, request, url_for
from werkzeug.middleware.dispatcher import DispatcherMiddleware

shop = Flask("shop_with_blueprint")
office = Flask("office")
admin = Blueprint("admin", __name__, url_prefix="/admin")


@shop.before_request
def of_the_shop():
    pass


@admin.get("/")
def index():
    return f"{current_app.name}: {request.path} below {request.script_root}, {url_for('.index')}"


@office.get("/")
def home():
    return f"{current_app.name}: {request.path} below {request.script_root}, {url_for('home')}"


shop.register_blueprint(admin)
application = DispatcherMiddleware(shop, {"/office": office})
