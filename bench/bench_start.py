"""How soon the server with the demonstration data is ready, and what it holds when idle."""
import time

from measure import MIB, at_most, percentile, resident
from program import Folder

STARTS, IDLE_SECONDS = 7, 3


def run(bench):
    folder = Folder(bench.program)
    try:
        folder.cli("demo", timeout=600)
        ready = []
        for _ in range(STARTS):
            begun = time.monotonic()
            server = bench.server(folder)
            ready.append((time.monotonic() - begun) * 1000)
            time.sleep(IDLE_SECONDS if len(ready) == STARTS else 0)
            idle = resident(server.process.pid)
            server.stop()
    finally:
        folder.remove()
    yield at_most("ready with the demonstration data: median", percentile(ready, 0.5), 200, "ms", 0)
    yield at_most("idle with it: memory of all processes", idle / MIB, 120, "MB", 0)
