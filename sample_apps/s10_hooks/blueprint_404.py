"""A 404 handler of the blueprint's own, and one of the application's."""

from flask import Blueprint, Flask, abort

app = Flask("blueprint_404")
books = Blueprint("books", __name__, url_prefix="/books")


@books.errorhandler(404)
def no_such_book(error):
    return "There is no such book.", 404


@books.get("/<int:number>")
def book(number):
    abort(404)


@app.errorhandler(404)
def no_such_page(error):
    return "There is no such page.", 404


app.register_blueprint(books)
