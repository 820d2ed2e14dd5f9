"""Viewers of a dashboard as real Socket.IO clients in one process, one of them stalled on demand.

``python -m tests.benchmarks.viewers URL TOKEN COUNT STALLED``: prints ``ready``; for ``seen``
prints the number of events that all viewers got so far, for ``take`` a JSON object with what
arrived since the last ``take``.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from itertools import accumulate
from typing import Any

from tests.socket_client import OrderedClient
from tracer.wire import decode_block, split_frame

NAMESPACE = "/live"


class Viewer:
    """Counts events by the positions in the frames; the first one also looks into the blocks."""

    def __init__(self, url: str, token: str, measures: bool, stalls: bool) -> None:
        self.events = 0
        self.gaps = 0
        self.latencies: list[float] = []
        self._measures, self._stalls = measures, stalls
        self.client = OrderedClient(reconnection=False)
        self.client.on("frame", self._frame, namespace=NAMESPACE)
        self.client.on("gap", self._gap, namespace=NAMESPACE)
        self.client.connect(
            url, transports=["websocket"], namespaces=[NAMESPACE], auth={"token": token}
        )
        self.client.call("follow", {"after_seq": None}, namespace=NAMESPACE)

    def _frame(self, frame: bytes) -> None:
        now = time.time_ns()
        blocks, start, stop = split_frame(frame)
        self.events += stop - start
        if self._stalls:
            threading.Event().wait()  # no acknowledgement, ever
        if self._measures:
            for block in blocks:
                columns, _ = decode_block(block)
                times = accumulate(columns.data["ts"], initial=columns.base_ts)
                next(times)
                self.latencies.extend((now - ts) / 1e6 for ts in times)

    def _gap(self, gap: dict[str, Any]) -> None:
        self.gaps += gap["to_seq"] - gap["from_seq"]

    def take(self) -> tuple[int, int, list[float]]:
        taken = self.events, self.gaps, self.latencies
        self.events, self.gaps, self.latencies = 0, 0, []
        return taken


def main(url: str, token: str, count: int, stalled: int) -> None:
    viewers = [Viewer(url, token, n == 0, False) for n in range(count)]
    for _ in range(stalled):
        Viewer(url, token, False, True)
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "seen":
            print(sum(viewer.events for viewer in viewers), flush=True)
            continue
        taken = [viewer.take() for viewer in viewers]
        latencies = sorted(taken[0][2])
        print(
            json.dumps(
                {
                    "least": min(events for events, _, _ in taken),
                    "most": max(events for events, _, _ in taken),
                    "gone": sum(not viewer.client.connected for viewer in viewers),
                    "gaps": max(gaps for _, gaps, _ in taken),
                    "p50": latencies[len(latencies) // 2] if latencies else None,
                    "p99": latencies[len(latencies) * 99 // 100] if latencies else None,
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
