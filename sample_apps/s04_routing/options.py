"""What else a route may say: defaults, methods, redirect_to, subdomain."""

import warnings

from flask import Flask

app = Flask("options")
shop = Flask("shop", subdomain_matching=True)
shop.config["SERVER_NAME"] = "shop.example"


@app.before_request
def before():
    pass


@app.get("/pages", defaults={"number": 1})
@app.get("/pages/<int:number>")
def pages(number):
    return f"page {number}"


@app.post("/order", endpoint="place_order")
def order():
    return "ordered"


@app.get("/old", redirect_to="/options/pages")
def old():
    return "never said"


@shop.get("/", subdomain="admin")
def admin():
    return "the admin's page"


@app.get("/subdomain")
def subdomain():
    client = shop.test_client()
    admins = client.get("/", base_url="http://admin.shop.example")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        others = client.get("/", base_url="http://elsewhere.example")
    return f"admin.shop.example: {admins.text}, elsewhere.example: {others.status_code}"
