"""A script: the test client, without and with a with-block around it."""

from flask import Flask, request

app = Flask("test_client")


@app.teardown_request
def put_away(error):
    pass


@app.get("/<word>")
def page(word):
    return word


def main(say=print):
    app.test_client().get("/plain")
    say(f"without: request is there: {bool(request)}")
    with app.test_client() as client:
        client.get("/inside")
        say(f"inside: request.path is {request.path}")
    say(f"after: request is there: {bool(request)}")


if __name__ == "__main__":
    main()
