"""A small dashboard for these tests: takes batches over real HTTP and misbehaves on request.

Also runs as a process of its own (``python -m tests.tracer_transport.receiver PORT FILE``), which
appends each batch to FILE before it answers, so that it can be killed.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Reply = tuple[int, dict[str, str], bytes]


class Receiver(ThreadingHTTPServer):
    """Stores batches once each. ``behave`` may answer something else first."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0, key: str = "key") -> None:
        self.key = key
        self.batches: list[dict[str, Any]] = []
        self.shown: list[dict[str, Any]] = []
        """Those that were sent to be stored later."""
        self.requests = 0
        self.connections = 0
        self.arrived = threading.Condition()
        self.behave: Callable[[dict[str, Any]], Reply | None] = lambda batch: None
        self.keep: Callable[[dict[str, Any]], None] = self.batches.append
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def seqs(self) -> list[int]:
        return [seq for batch in self.batches for seq in seqs_of(batch)]

    def seqs_shown(self) -> list[int]:
        return [seq for batch in self.shown for seq in seqs_of(batch)]

    def dropped(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for batch in self.batches:
            for reason, count in batch["dropped"].items():
                total[reason] = total.get(reason, 0) + count
        return total

    def wait_for(self, condition: Callable[[], object], timeout: float = 15.0) -> None:
        """Until *condition* holds, looked at after each request."""
        with self.arrived:
            assert self.arrived.wait_for(condition, timeout), self.batches[-3:]

    def handle_error(self, *_: object) -> None:
        """Clients that went away are part of the game."""

    def __enter__(self) -> Receiver:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Encoding"] == "deflate"
        assert self.headers["Content-Type"] == "application/json"
        batch = json.loads(zlib.decompress(body))
        server = self.server
        with server.arrived:
            server.requests += 1
            status, headers, content = self._answer(batch)
            server.arrived.notify_all()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self, batch: dict[str, Any]) -> Reply:
        if self.path != "/ingest":
            return 404, {}, b""
        if self.headers["Authorization"] != f"Bearer {self.server.key}":
            return 401, {}, b""
        if self.headers["Flaskscope-Store"] == "later":
            self.server.shown.append(batch)
            return problem(503, "Older events come first.")
        reply = self.server.behave(batch)
        if reply is not None:
            return reply
        known = {(b["agent"]["id"], b["batch"]) for b in self.server.batches}
        if (batch["agent"]["id"], batch["batch"]) not in known:
            self.server.keep(batch)
        return 204, {}, b""

    def log_message(self, *_: object) -> None:
        """Quiet."""


def seqs_of(batch: dict[str, Any]) -> list[int]:
    seq, found = batch["base_seq"], []
    for difference in batch["columns"]["seq"]:
        seq += difference
        found.append(seq)
    return found


def problem(status: int, detail: str, **headers: str) -> Reply:
    return status, headers, json.dumps({"title": "Bad batch", "detail": detail}).encode()


def whole_lines(path: Path) -> list[str]:
    """Lines of *path* that end; a kill may have cut the last one, which then was not stored."""
    return path.read_text().split("\n")[:-1] if path.exists() else []


def main(port: int, path: Path) -> None:
    receiver = Receiver(port)
    stored = whole_lines(path)
    path.write_text("".join(f"{line}\n" for line in stored))
    receiver.batches += [json.loads(line) for line in stored]

    def keep(batch: dict[str, Any]) -> None:
        with path.open("a") as file:
            file.write(json.dumps(batch) + "\n")
        receiver.batches.append(batch)
        # Long enough for a kill between storing and answering.
        time.sleep(0.002)

    receiver.keep = keep
    print("ready", flush=True)
    receiver.serve_forever(0.01)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))


def wait_until(condition, timeout: float = 20.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
