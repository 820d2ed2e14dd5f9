"""A script: a request whose first teardown function raises."""

from flask import Flask

app = Flask("teardown_trouble")


@app.teardown_request
def close_files(error):
    pass


# Registered last: it runs first.
@app.teardown_request
def close_cache(error):
    raise OSError("the cache is gone")


@app.get("/")
def index():
    return "The view has done its part."


def main(say=print):
    try:
        app.test_client().get("/")
    except OSError as error:
        say(f"the server was handed: {error}")


if __name__ == "__main__":
    main()
