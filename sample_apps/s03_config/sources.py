"""A script: where an application's configuration comes from."""

import os

from flask import Flask


class Config:
    DEBUG = False
    DB_HOST = "db.example"
    lower_case = "not taken"

    @property
    def DB_URI(self):
        return f"mysql://{self.DB_HOST}/shop"


class DevelopmentConfig(Config):
    DEBUG = True
    DB_HOST = "localhost"


def main(say=print):
    app = Flask("config_sources")
    app.config.from_object(DevelopmentConfig())
    say(f"debug is {app.debug}, the config says {app.config['DEBUG']}")
    say(f"DB_URI: {app.config['DB_URI']}")
    say(f"lower_case was taken: {'lower_case' in app.config}")
    try:
        app.config.from_object("settings.py.DevelopmentConfig")
    except ImportError as error:
        say(f"a path for a name: {type(error).__name__}")
    os.environ["LESSON_LIMITS"] = '{"pages": 3}'
    app.config.from_prefixed_env("LESSON")
    say(f"from the environment: {app.config['LIMITS']['pages'] + 1}")
    app.secret_key = "only for learning"
    say(f"secret_key is the config's: {app.config['SECRET_KEY'] == app.secret_key}")


if __name__ == "__main__":
    main()
