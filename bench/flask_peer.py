"""The program beside which the shop's figures are measured: a small Flask program under gunicorn, two workers.

It is what one writes for the task: plain SQL over the same SQLite file, one connection a request, no cache. gunicorn is
tried in the ways that it offers for such a program, and the fastest counts: synchronous workers, which close the connection
after each answer, and threads that keep it.
"""
import os
import subprocess
import time

import requests
from asking import Refused, free_port, wrk

TRY_SECONDS = 2
WAYS = {  # gunicorn's options, connections of wrk
    "synchronous workers": ([], 16),
    "1 thread each, kept connections": (["--worker-class", "gthread", "--threads", "1", "--keep-alive", "60"], 16),
    "4 threads each, kept connections": (["--worker-class", "gthread", "--threads", "4", "--keep-alive", "60"], 16),
}
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


class Flask:
    """Running in one of the WAYS; stopped at the end of a `with`."""

    def __init__(self, place, file, way):
        (place / "shop_flask.py").write_text(FLASK)
        port = free_port()
        options, self.connections = WAYS[way]
        self.way, self.url = way, f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-m", "gunicorn", "--workers", "2", "--bind", f"127.0.0.1:{port}", "--log-level", "error",
             *options, "shop_flask:app"], cwd=place, env=os.environ | {"SHOP_FILE": str(file)})

    def __enter__(self):
        for _ in range(200):
            try:
                requests.get(self.url + "/total_spent/1", timeout=5)
                return self
            except requests.ConnectionError:
                time.sleep(0.05)
        self.__exit__()
        raise SystemExit("gunicorn has not started")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def fastest_way(place, file, path):
    """In which of the WAYS it answers most."""
    rates = {}
    for way in WAYS:
        with Flask(place, file, way) as peer:
            try:
                rates[way] = wrk(peer.url + path, peer.connections, TRY_SECONDS).a_second
            except Refused:
                rates[way] = 0  # threads that let connections wait too long
    return max(rates, key=rates.get)
