"""How soon the server with the demonstration data is ready, and what it holds when idle."""
import re
import time

from measure import MIB, at_most, percentile, resident
from program import Account, Folder

STARTS, IDLE_SECONDS = 7, 3


def wake_engine(client):
    """The process that answers SQL is started by the first question and stays for a while."""
    answer = client.post("/api/v1/query", json={"dataset": "clients", "sql": "SELECT count(*) FROM clients"})
    answer.raise_for_status()


def run(bench):
    folder = Folder(bench.program)
    try:
        accounts = folder.cli("demo", timeout=600).stdout
        admin = Account("admin@bank.example", re.search(r"admin@bank\.example +(\S+)", accounts)[1])
        ready = []
        for _ in range(STARTS):
            begun = time.monotonic()
            server = bench.server(folder)
            ready.append((time.monotonic() - begun) * 1000)
            if len(ready) == STARTS:
                time.sleep(IDLE_SECONDS)
                alone = resident(server.process.pid)
                wake_engine(server.client(admin))
                time.sleep(IDLE_SECONDS)
                with_engine = resident(server.process.pid)
            server.stop()
    finally:
        folder.remove()
    yield at_most("ready with the demonstration data: median", percentile(ready, 0.5), 200, "ms", 0)
    yield at_most(f"idle with it: memory of all processes, the engine of one organisation among them "
                  f"({alone / MIB:.0f} MB before its first question)", with_engine / MIB, 120, "MB", 0)
