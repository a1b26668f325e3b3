"""The shop's two figures, beside a small Flask program under gunicorn over the same SQLite file; and among many customers.

The shop's file is that of the test data where it is there, else a generated one of its size. wrk asks both in turn, over 64
kept connections (the Flask program over 16, at which it answers most). The Flask program is what one writes for the
task: plain SQL, one connection a request, no cache; two workers.
"""
import os
import random
import re
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import numpy
import requests
from bench_http import free_port
from bench_search import Connection
from measure import at_least, at_most, percentile

ROUNDS, SECONDS = 3, 4
QUESTIONS = 2000
FLASK = '''
import os
import sqlite3

from flask import Flask, g, jsonify

app = Flask(__name__)
BANDS = """SELECT CASE WHEN age BETWEEN 18 AND 24 THEN '18-24' WHEN age BETWEEN 25 AND 30 THEN '25-30'
 WHEN age BETWEEN 31 AND 36 THEN '31-36' WHEN age BETWEEN 37 AND 47 THEN '37-47' WHEN age > 47 THEN '>47' END AS band,
 avg(money_spent) FROM user_spending JOIN user_info USING (user_id) GROUP BY band"""


def db():
    if "db" not in g:
        g.db = sqlite3.connect(os.environ["SHOP_FILE"])
    return g.db


@app.teardown_appcontext
def close(_):
    if "db" in g:
        g.pop("db").close()


@app.get("/total_spent/<int:user_id>")
def total_spent(user_id):
    if not db().execute("SELECT 1 FROM user_info WHERE user_id = ?", (user_id,)).fetchone():
        return jsonify(error="unknown user"), 404
    (spent,) = db().execute("SELECT sum(money_spent) FROM user_spending WHERE user_id = ?", (user_id,)).fetchone()
    return jsonify(user_id=user_id, total_spent=round(spent or 0, 2))


@app.get("/average_spending_by_age")
def average():
    return jsonify({band: round(mean, 2) for band, mean in db().execute(BANDS) if band})
'''


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


def start_flask(place, file):
    port = free_port()
    (place / "shop_flask.py").write_text(FLASK)
    process = subprocess.Popen(["/usr/bin/python3", "-m", "gunicorn", "--workers", "2", "--bind", f"127.0.0.1:{port}",
                                "--log-level", "error", "shop_flask:app"], cwd=place,
                               env=os.environ | {"SHOP_FILE": str(file)})
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            requests.get(url + "/total_spent/1", timeout=5)
            return process, url
        except requests.ConnectionError:
            time.sleep(0.05)
    process.terminate()
    raise SystemExit("gunicorn has not started")


def rate(url, connections, token=None):
    """Requests a second; every answer must be good."""
    header = ["-H", f"Authorization: Bearer {token}"] if token else []
    out = subprocess.run(["wrk", "-t2", f"-c{connections}", f"-d{SECONDS}s", *header, url], capture_output=True, text=True,
                         check=True).stdout
    if "Non-2xx" in out or re.search(r"(connect|read|write) [1-9]", out):
        raise SystemExit(f"{url}: {out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


def compare(server, token, peer, path, least):
    headers = {"Authorization": f"Bearer {token}"}
    ours, theirs = (requests.get(u + path, headers=headers, timeout=10).json() for u in (server.url, peer))
    if ours != theirs:
        raise SystemExit(f"{path}: {ours} and {theirs}")
    pairs = [(rate(server.url + path, 64, token), rate(peer + path, 16)) for _ in range(ROUNDS)]
    mine, other = max(p[0] for p in pairs), max(p[1] for p in pairs)
    return at_least(f"`{path}`: requests a second, as a multiple of Flask under gunicorn with 2 workers "
                    f"({mine:,.0f} and {other:,.0f})", mine / other, least, "×", 0)


def beside_flask(bench):
    file = bench.place / "users_vouchers.db"
    if not file.exists():
        shutil.copy(shop_file(bench), file)
    folder = bench.folder()
    try:
        folder.cli("import", file, "--name", "shop")
        token = folder.cli("token", "add", "--email", folder.admin.email).stdout.split()[-1]
        server = bench.server(folder)
        flask, peer = start_flask(bench.place, file)
        try:
            yield compare(server, token, peer, "/total_spent/791", 50)
            yield compare(server, token, peer, "/average_spending_by_age", 500)
        finally:
            flask.terminate()
            flask.wait()
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
