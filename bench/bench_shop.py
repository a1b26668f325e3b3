"""The shop's two figures, beside a small Flask program under gunicorn over the same SQLite file; and among many customers.

The shop's file is that of the test data where it is there, else a generated one of its size. wrk asks both in turn: one
request at a time on each connection, and then several in a row (HTTP/1.1's pipelining), which shows what the server can do
when the asking is not half of the work. In between come nginx with a file of the same bytes, and a program that answers
these bytes whatever is asked (bare_answer.c): what asking over loopback costs at all.
"""
import os
import random
import shutil
import socket
import sqlite3
import subprocess
from contextlib import contextmanager
from pathlib import Path

import numpy
import requests
from asking import start_nginx, wrk
from bench_search import Connection
from flask_peer import Flask, fastest_way
from measure import at_least, at_most, children, percentile, told

ROUNDS, SECONDS = 3, 4
QUESTIONS = 2000
CONNECTIONS, DEPTH = 64, 16
NGINX_SHARE = 0.4
PIPELINE = f"""
init = function(args)
  local one = wrk.format(nil, wrk.path)
  several = string.rep(one, {DEPTH})
end
request = function() return several end
"""


def shop_file(bench):
    above = Path(__file__).resolve().parents
    for place in [os.environ.get("VITRINA_TEST_DATA"), *(p / "shared" / "data" for p in above)]:
        if place and (Path(place) / "users_vouchers.db").exists():
            return Path(place) / "users_vouchers.db"
    path = bench.place / "shop.db"
    chooser = random.Random(5)
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE user_info (user_id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE, age INTEGER)")
    db.execute("CREATE TABLE user_spending (user_id INTEGER, money_spent REAL DEFAULT 0.0, year INTEGER)")
    db.executemany("INSERT INTO user_info VALUES (?, ?, ?, ?)",
                   ((i, f"Person {i}", f"person{i}@example.com", chooser.randint(18, 58)) for i in range(1, 3001)))
    db.executemany("INSERT INTO user_spending VALUES (?, ?, 2023)",
                   ((chooser.randint(1, 1500), chooser.randint(33, 499986) / 100) for _ in range(12000)))
    db.commit()
    db.close()
    return path


def answers(url, token=None):
    reply = requests.get(url, headers={"Authorization": f"Bearer {token}"} if token else {}, timeout=10)
    reply.raise_for_status()
    return reply


def processor_time(pid):
    """Seconds of processor that a process and its children have used."""
    ticks = sum(sum(map(int, Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()[11:13])) for one in children(pid))
    return ticks / os.sysconf("SC_CLK_TCK")


class Asked:
    """The best of some rounds, and the processor time of the server for a request over all of them."""

    def __init__(self, url, pid, connections, token=None, script=None):
        self.url, self.pid, self.options = url, pid, (connections, SECONDS, token, script)
        self.rate = self.requests = self.seconds = 0

    def once(self):
        before = processor_time(self.pid)
        rate = wrk(self.url, *self.options).a_second
        self.seconds += processor_time(self.pid) - before
        self.requests += rate * SECONDS
        self.rate = max(self.rate, rate)

    @property
    def cost(self):
        """Microseconds a request."""
        return 1e6 * self.seconds / self.requests


def pipelined_answer(peer, path):
    """Whether the peer answers two requests that came together, as HTTP/1.1 has it."""
    host, port = peer.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 5) as s:
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 2)
        got = b""
        try:
            while got.count(b"HTTP/1.1 200") < 2 and (piece := s.recv(65536)):
                got += piece
        except TimeoutError:
            pass
    return got.count(b"HTTP/1.1 200") == 2


@contextmanager
def bare_answer(bench):
    """The address of a program that answers the bytes of `answer` to whatever arrives."""
    command = [bench.build / "bench" / "bare_answer", bench.place / "answer"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bare:
        try:
            yield bare, f"http://127.0.0.1:{int(bare.stdout.readline())}/"
        finally:
            bare.kill()


def compare(bench, server, token, file, nginx, path, least):
    script = bench.place / "pipeline.lua"
    script.write_text(PIPELINE)
    with Flask(bench.place, file, fastest_way(bench.place, file, path)) as peer:
        ours = answers(server.url + path, token)
        theirs = answers(peer.url + path)
        if ours.json() != theirs.json():
            raise SystemExit(f"{path}: {ours.json()} and {theirs.json()}")
        (bench.place / "answer").write_bytes(ours.content)
        pid = server.process.pid
        single = Asked(server.url + path, pid, CONNECTIONS, token)
        rows = Asked(server.url + path, pid, CONNECTIONS, token, script)
        other = Asked(peer.url + path, peer.process.pid, peer.connections)
        beside_it = Asked(nginx + "/answer", os.getpid(), CONNECTIONS)
        with bare_answer(bench) as (bare, bare_url):
            ceiling = Asked(bare_url, bare.pid, CONNECTIONS)
            for _ in range(ROUNDS):
                for each in (single, other, rows, beside_it, ceiling):
                    each.once()
        in_a_row = "answers one of two requests sent together" if not pipelined_answer(peer, path) else "takes them too"
    beside = f"Flask under gunicorn with 2 workers ({peer.way})"
    yield at_least(f"`{path}`, one request at a time on {CONNECTIONS} connections: requests a second, as a multiple of {beside} "
                   f"({single.rate:,.0f} and {other.rate:,.0f}; a program that answers fixed bytes comes to "
                   f"{ceiling.rate / other.rate:.0f} × and takes {ceiling.cost:.1f} µs of processor)", single.rate / other.rate, least, "×", 0)
    yield at_least(f"the same, as a multiple of nginx with a file of the same bytes ({beside_it.rate:,.0f})",
                   single.rate / beside_it.rate, NGINX_SHARE, "×", 2)
    yield told(f"the same, {DEPTH} requests in a row on each: as a multiple of the Flask program ({rows.rate:,.0f}; it {in_a_row}, "
               f"its figure is that of one at a time)", rows.rate / other.rate, "×", 0)
    yield told(f"the same, one at a time: how many times less processor time of the server a request takes than of the Flask "
               f"program ({single.cost:.1f} µs, in a row {rows.cost:.1f} µs, and {other.cost:,.0f} µs)",
               other.cost / single.cost, "×", 0)


def beside_flask(bench):
    file = bench.place / "users_vouchers.db"
    if not file.exists():
        shutil.copy(shop_file(bench), file)
    folder = bench.folder()
    try:
        folder.cli("import", file, "--name", "shop")
        token = folder.cli("token", "add", "--email", folder.admin.email).stdout.split()[-1]
        server = bench.server(folder)
        nginx, nginx_url = start_nginx(bench.place)
        try:
            for path, least in (("/total_spent/791", 50), ("/average_spending_by_age", 500)):
                yield from compare(bench, server, token, file, nginx_url, path, least)
        finally:
            nginx.terminate()
            nginx.wait()
            server.stop()
    finally:
        folder.remove()


def many(place, customers):
    """Customers with ages, and two purchases each on average."""
    chooser = numpy.random.default_rng(13)
    with open(place / "people.csv", "w") as out:
        out.write("user_id,name,age\n")
        ages = chooser.integers(18, 80, customers)
        out.writelines(f"{i + 1},Person {i + 1},{ages[i]}\n" for i in range(customers))
    with open(place / "spending.csv", "w") as out:
        out.write("user_id,money_spent,year\n")
        who, cents, year = (chooser.integers(a, b, 2 * customers) for a, b in ((1, customers + 1), (33, 499986), (2020, 2025)))
        out.writelines(f"{w},{c // 100}.{c % 100:02d},{y}\n" for w, c, y in zip(who, cents, year))


def among_many(bench):
    many(bench.place, bench.customers)
    folder = bench.folder()
    try:
        folder.cli("import", bench.place / "people.csv", bench.place / "spending.csv", "--name", "many", timeout=1200)
        token = folder.cli("token", "add", "--email", folder.admin.email).stdout.split()[-1]
        server = bench.server(folder)
        try:
            connection = Connection(server, token)
            chooser = random.Random(9)
            first = connection.get("/total_spent/1")[1]
            first_year = connection.get("/total_spent/1?year=2023")[1]
            connection.get("/average_spending_by_age?year=2023")
            some = [chooser.randint(1, bench.customers) for _ in range(QUESTIONS)]
            one = [connection.get(f"/total_spent/{i}")[1] for i in some]
            year = [connection.get(f"/total_spent/{i}?year=2023")[1] for i in some]
            bands = [connection.get("/average_spending_by_age")[1] for _ in some]
            bands += [connection.get("/average_spending_by_age?year=2023&per=customer")[1] for _ in some]
        finally:
            server.stop()
    finally:
        folder.remove()
    yield at_most(f"`/total_spent/…` among {bench.customers:,} customers: p99 (median {percentile(one, 0.5):.2f} ms, first "
                  f"of all {first:.0f} ms)", percentile(one, 0.99), 2, "ms")
    yield at_most(f"the same of one year: p99 (median {percentile(year, 0.5):.2f} ms, first of all {first_year:.0f} ms)",
                  percentile(year, 0.99), 2, "ms")
    yield at_most(f"`/average_spending_by_age`, of all years and of one: p99 (median {percentile(bands, 0.5):.2f} ms)",
                  percentile(bands, 0.99), 2, "ms")


def run(bench):
    yield from beside_flask(bench)
    yield from among_many(bench)
