"""A script: what Flask refuses when blueprints are registered, and what names it makes."""

from flask import Blueprint, Flask


def news():
    return "news"


def main(say=print):
    app = Flask("refused")
    blueprint = Blueprint("news", __name__, url_prefix="/news")
    blueprint.add_url_rule("/", view_func=news)
    app.register_blueprint(blueprint)
    app.register_blueprint(blueprint, name="old_news", url_prefix="/old")
    say(f"endpoints: {sorted(app.view_functions)}")

    attempts = {
        "a hook after registering": lambda: blueprint.before_request(print),
        "the same name again": lambda: app.register_blueprint(Blueprint("news", __name__)),
        "a dot in a name": lambda: Blueprint("news.today", __name__),
        "two functions, one endpoint": lambda: app.add_url_rule("/x", "news.news", print),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except (AssertionError, ValueError) as error:
            say(f"{name}: {type(error).__name__}")


if __name__ == "__main__":
    main()
