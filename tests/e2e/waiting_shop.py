"""An application that waits for its PostgreSQL; nothing in it is about tracing."""

from __future__ import annotations

import os
from wsgiref.simple_server import make_server

from flask import Flask
from sqlalchemy import create_engine, text

app = Flask("waiting_shop")
engine = create_engine(os.environ["SHOP_DATABASE"])


@app.get("/stock")
def stock() -> str:
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(60) FROM pg_database"))
    return "in stock"


if __name__ == "__main__":
    with make_server("127.0.0.1", 0, app) as server:
        print(server.server_port, flush=True)
        server.serve_forever()
