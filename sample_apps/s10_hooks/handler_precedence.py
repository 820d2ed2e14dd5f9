"""Error handlers for a class, its parent, everything and a status, on blueprint and app."""

from flask import Blueprint, Flask, abort

app = Flask("handler_precedence")
shop = Blueprint("shop", __name__, url_prefix="/shop")


class ShopError(Exception):
    pass


class OutOfStock(ShopError):
    pass


@app.errorhandler(Exception)
def anything(error):
    return "the application's handler for Exception", 500


@app.errorhandler(500)
def server_error(error):
    return f"the application's handler for 500, caused by {error.original_exception}", 500


@app.errorhandler(ShopError)
def app_shop_error(error):
    return "the application's handler for ShopError", 400


@app.errorhandler(OutOfStock)
def app_out_of_stock(error):
    return "the application's handler for OutOfStock", 400


@shop.errorhandler(OutOfStock)
def blueprint_out_of_stock(error):
    return "the blueprint's handler for OutOfStock", 400


@shop.get("/special")
def special():
    raise OutOfStock


@shop.get("/general")
def general():
    raise ShopError


@app.get("/divide")
def divide():
    return str(1 / 0)


@app.get("/abort")
def give_up():
    abort(500)


app.register_blueprint(shop)
