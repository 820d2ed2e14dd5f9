"""A script: one application's context inside another's. The stack holds both."""

from flask import Flask, current_app, g

app1 = Flask("app1")
app2 = Flask("app2")


def main(say=print):
    with app2.app_context():
        g.owner = "app2"
        say(f"{current_app.name}, and g belongs to {g.owner}")
        with app1.app_context():
            g.owner = "app1"
            say(f"{current_app.name}, and g belongs to {g.owner}")
        say(f"{current_app.name}, and g belongs to {g.owner}")


if __name__ == "__main__":
    main()
