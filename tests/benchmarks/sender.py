"""A traced application under steady load: ``python -m tests.benchmarks.sender``.

A line of input is ``REQUESTS_PER_SECOND SECONDS``; the answer is the number of requests served.
"""

from __future__ import annotations

import sys
import time

from .worker import instrument
from .workloads import PATHS, WORKLOADS, Caller


def main() -> None:
    (app,) = WORKLOADS["W2"]()
    instrument(app, "flaskscope")
    call = Caller(app, PATHS["W2"])
    for line in sys.stdin:
        rate, seconds = map(float, line.split())
        start, served = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            due = int(elapsed * rate) + 1 - served
            for _ in range(due):
                call()
            served += due
            time.sleep(0.002)
        print(served, flush=True)


if __name__ == "__main__":
    main()
