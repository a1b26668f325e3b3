"""Search by name and the page of one customer, over HTTP on a kept connection, among generated customers."""
import http.client
import json
import random
import time
from urllib.parse import quote

import generate
from measure import at_most, percentile

SEARCHES, PAGES = 500, 1000


class Connection:
    def __init__(self, server, token):
        self.http = http.client.HTTPConnection("127.0.0.1", server.port)
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path):
        """The answer and the milliseconds until it was whole."""
        begun = time.perf_counter()
        self.http.request("GET", path, headers=self.headers)
        answer = self.http.getresponse()
        body = answer.read()
        took = (time.perf_counter() - begun) * 1000
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:300]!r}")
        return json.loads(body), took


def terms(chooser):
    """What people type: part of a surname, surname and first name in either order, ё for е, an id."""
    last, first = chooser.choice(generate.LAST), chooser.choice(generate.FIRST)
    return chooser.choice([last[:4], f"{last} {first}", f"{first.lower()} {last.lower()}", last.replace("ё", "е"),
                           str(chooser.randrange(1, 1000000))])


def run(bench):
    file = bench.place / "customers.csv"
    generate.customers(file, bench.customers)
    chooser = random.Random(3)
    folder = bench.folder()
    try:
        folder.cli("import", file, "--name", "people", timeout=1200)
        token = folder.cli("token", "add", "--email", folder.admin.email).stdout.split()[-1]
        server = bench.server(folder)
        try:
            connection = Connection(server, token)
            dataset = connection.get("/api/v1/datasets")[0]["items"][0]["id"]
            base = f"/api/v1/datasets/{dataset}/customers"
            found, first = connection.get(f"{base}?q={quote('иванов')}")
            if not found["items"]:
                raise SystemExit("nobody is called Иванов")
            searches = [connection.get(f"{base}?q={quote(terms(chooser))}")[1] for _ in range(SEARCHES)]
            pages = [connection.get(f"{base}/{chooser.randint(1, bench.customers)}")[1] for _ in range(PAGES)]
        finally:
            server.stop()
    finally:
        folder.remove()
    yield at_most(f"search by name among {bench.customers:,} customers: p99 (median "
                  f"{percentile(searches, 0.5):.2f} ms, first of all {first:.0f} ms)", percentile(searches, 0.99), 10,
                  "ms")
    yield at_most(f"one customer's page: p99 (median {percentile(pages, 0.5):.2f} ms)", percentile(pages, 0.99), 2,
                  "ms")
