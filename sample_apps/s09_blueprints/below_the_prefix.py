"""A blueprint with a hook, and addresses below its prefix that it does not know."""

from flask import Blueprint, Flask

app = Flask("below_the_prefix")
shop = Blueprint("shop", __name__, url_prefix="/shop")


@app.before_request
def for_all():
    pass


@shop.before_request
def for_the_shop():
    pass


@shop.get("/")
def index():
    return "The shop."


app.register_blueprint(shop)
