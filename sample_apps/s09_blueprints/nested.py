"""Three blueprints inside one another, each with hooks of its own."""

from flask import Blueprint, Flask

app = Flask("bookshop")
shop = Blueprint("shop", __name__, url_prefix="/shop")
books = Blueprint("books", __name__, url_prefix="/books")
reviews = Blueprint("reviews", __name__, url_prefix="/reviews")


@app.before_request
def before_app():
    pass


@app.after_request
def after_app(response):
    return response


@app.teardown_request
def teardown_app(error):
    pass


@shop.before_app_request
def before_app_by_shop():
    pass


@shop.before_request
def before_shop():
    pass


@shop.after_request
def after_shop(response):
    return response


@shop.teardown_request
def teardown_shop(error):
    pass


@books.before_request
def before_books():
    pass


@books.after_request
def after_books(response):
    return response


@reviews.url_value_preprocessor
def read_number(endpoint, values):
    values["number"] -= 1


@reviews.before_request
def before_reviews():
    pass


@reviews.after_request
def after_reviews(response):
    return response


@reviews.get("/<int:number>")
def review(number):
    return ["Too many numbers.", "I laughed on every page."][number % 2]


@app.get("/about")
def about():
    return "No blueprint here: only the application's hooks ran."


books.register_blueprint(reviews)
shop.register_blueprint(books)
app.register_blueprint(shop)
