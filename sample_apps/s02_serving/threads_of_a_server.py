"""A script: Werkzeug's own server, as app.run() starts it, and the threads of two requests."""

import threading
from urllib.request import urlopen

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

app = Flask("threads_of_a_server")


@app.get("/")
def index():
    name = threading.current_thread().name
    return f"one more of {name.partition('(')[2].rstrip(')')}"


class Quiet(WSGIRequestHandler):
    def log(self, *arguments):
        pass


def wait_for_the_request_threads():
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(5)


def main(say=print):
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    serving = threading.Thread(target=server.serve_forever, name="serving-lesson")
    serving.start()
    try:
        for _ in range(2):
            with urlopen(f"http://127.0.0.1:{server.port}/", timeout=5) as answer:
                say(answer.read().decode())
            wait_for_the_request_threads()
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


if __name__ == "__main__":
    main()
