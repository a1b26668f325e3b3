"""Next products: the figures on the real sales beside popularity and a reference in numpy, both made in this run, and the
time of one customer's list among generated ones."""
import csv
import datetime
import gzip
import os
import random
from pathlib import Path

import numpy
from bench_search import Connection
from measure import at_least, at_most, percentile, told
from program import ROOT
from scipy import linalg, sparse

EXCLUDED = "POST,D,M,BANK CHARGES,C2,DOT,CRUK,PADS,AMAZONFEE,S,B,GIFT*"
PRODUCTS, LISTS = 3659, 1000
LAMBDA = 400


def is_excluded(code):
    return any(code.startswith(x[:-1]) if x.endswith("*") else code == x for x in EXCLUDED.split(","))


def histories(path):
    """Of each customer the products of the invoices but the latest, and those of the latest (none where there is one)."""
    invoices, codes = {}, set()
    with gzip.open(path, "rt", encoding="cp1252", newline="") as file:
        for at, row in enumerate(csv.DictReader(file)):
            code = row["StockCode"].strip().upper()
            if (not row["CustomerID"] or row["InvoiceNo"].upper().startswith("C") or int(row["Quantity"]) <= 0
                    or float(row["UnitPrice"]) <= 0 or is_excluded(code)):
                continue
            codes.add(code)
            when = (datetime.datetime.strptime(row["InvoiceDate"], "%m/%d/%Y %H:%M"), at)
            known = invoices.setdefault(row["CustomerID"], {}).setdefault(row["InvoiceNo"], [when, set()])
            known[0] = max(known[0], when)
            known[1].add(code)
    number = {code: i for i, code in enumerate(sorted(codes))}
    rest, hidden = [], []
    for of_customer in invoices.values():
        ordered = sorted(of_customer.values(), key=lambda v: v[0][0])
        last = ordered.pop()[1] if len(ordered) > 1 else set()
        rest.append({number[c] for v in ordered for c in v[1]})
        hidden.append({number[c] for c in last} - rest[-1])
    return rest, hidden, len(number)


def reference(path):
    """Hit rate@10 of popularity and of EASE with a fixed penalty, new products only."""
    rest, hidden, products = histories(path)
    at = [(c, p) for c, row in enumerate(rest) for p in row]
    x = sparse.csr_matrix((numpy.ones(len(at)), tuple(zip(*at))), shape=(len(rest), products))
    popular = numpy.asarray(x.sum(0)).ravel()
    gram = (x.T @ x).toarray()
    gram[numpy.diag_indices(products)] += LAMBDA
    inverse = linalg.inv(gram)
    weights = inverse / -numpy.diag(inverse)
    numpy.fill_diagonal(weights, 0)
    hits = numpy.zeros(2)
    asked = [c for c in range(len(rest)) if hidden[c]]
    for c in asked:
        for k, score in enumerate((popular.copy(), numpy.asarray(x[c] @ weights).ravel())):
            score[list(rest[c])] = -numpy.inf
            hits[k] += bool(hidden[c] & set(numpy.lexsort((-popular, -score))[:10]))
    return hits / len(asked)


def real_sales(bench):
    file = Path(os.environ.get("VITRINA_TEST_DATA", ROOT.parent / "shared" / "data")) / "OnlineRetail.csv.gz"
    if not file.exists():
        return
    folder = bench.folder()
    try:
        folder.cli("import", file, "--name", "retail", timeout=600)
        evaluate = ["evaluate", "recommend", "--dataset", "retail", "--exclude-products", EXCLUDED, "--json"]
        new = folder.cli(*evaluate, "--new-only", timeout=600).json()
        again = folder.cli(*evaluate, timeout=600).json()
        token = folder.cli("token", "add", "--email", folder.admin.email).stdout.split()[-1]
        server = bench.server(folder)
        try:
            connection = Connection(server, token)
            dataset = connection.get("/api/v1/datasets")[0]["items"][0]["id"]
            seconds = connection.get(f"/api/v1/datasets/{dataset}/recommender")[0]["seconds"]
        finally:
            server.stop()
    finally:
        folder.remove()
    popular, ease = reference(file)
    yield at_least(f"next products on the real sales, new ones only: hit rate@10 (popularity {popular:.4f}, EASE in numpy "
                   f"with a fixed penalty {ease:.4f})", new["hit_rate_at_10"], 0.395, "", 4)
    yield at_least(f"the same: MAP@7 (popularity {new['popularity']['map_at_7']:.4f})", new["map_at_7"], 0.045, "", 4)
    yield at_least(f"the same, repeats count: hit rate@10 (popularity {again['popularity']['hit_rate_at_10']:.4f})",
                   again["hit_rate_at_10"], 0.71, "", 4)
    yield at_least(f"the same, repeats count: MAP@7 (popularity {again['popularity']['map_at_7']:.4f})", again["map_at_7"],
                   0.18, "", 4)
    yield at_most("learning all of it, every method measured, in one thread", seconds, 4, "s", 1)


def generated(path, customers):
    """Two to nine purchases each; the popular products are the low numbers."""
    chooser = numpy.random.default_rng(5)
    with open(path, "w", encoding="utf-8") as out:
        out.write("customer_id,order_id,date,product,quantity,price\n")
        for start in range(0, customers, 100000):
            lines = []
            for c in range(start, min(start + 100000, customers)):
                n = 2 + c % 8
                products = (chooser.random(n) ** 3 * PRODUCTS).astype(int)
                days = chooser.integers(0, 365, n)
                lines += [f"{c},{c}-{d},{numpy.datetime64('2024-01-01') + d},P{p:04d},1,2.50\n" for p, d in zip(products, days)]
            out.writelines(lines)


def latency(bench):
    file = bench.place / "purchases.csv"
    generated(file, bench.customers)
    folder = bench.folder()
    try:
        folder.cli("import", file, "--name", "shop", timeout=1200)
        token = folder.cli("token", "add", "--email", folder.admin.email).stdout.split()[-1]
        server = bench.server(folder)
        try:
            connection = Connection(server, token)
            dataset = connection.get("/api/v1/datasets")[0]["items"][0]["id"]
            base = f"/api/v1/datasets/{dataset}"
            learned = connection.get(f"{base}/recommender")[0]
            chooser = random.Random(3)
            one = lambda: f"{base}/customers/{chooser.randrange(bench.customers)}/recommendations"  # noqa: E731
            for _ in range(20):
                connection.get(one())
            lists = [connection.get(one())[1] for _ in range(LISTS)]
            product = connection.get(f"{base}/offers?limit=1")
            likely = connection.get(f"{base}/products/P0003/customers?limit=50")[1]
        finally:
            server.stop()
    finally:
        folder.remove()
    yield at_most(f"one customer's next products among {bench.customers:,} customers and {learned['items']:,} products: p99 "
                  f"(median {percentile(lists, 0.5):.2f} ms)", percentile(lists, 0.99), 5, "ms")
    yield told(f"learning from {learned['customers']:,} of them, {learned['rows']:,} products taken", learned["seconds"], "s", 1)
    yield told("what to offer this week, the first time it is asked", product[1] / 1000, "s", 1)
    yield told("who will most likely take a product, all customers looked at, the first time", likely / 1000, "s", 1)


def run(bench):
    yield from real_sales(bench)
    yield from latency(bench)
