"""A script: requests while an application context is already there, as in many test suites."""

from flask import Flask, g

app = Flask("already_pushed")


@app.teardown_appcontext
def close_connection(error):
    pass


@app.get("/")
def index():
    return f"g has {sorted(g)}"


def main(say=print):
    client = app.test_client()
    say(f"without a context around it: {client.get('/').text}")
    with app.app_context():
        g.connection = "opened by the test"
        say(f"with one around it: {client.get('/').text}")
        say(f"afterwards: g has {sorted(g)}")


if __name__ == "__main__":
    main()
