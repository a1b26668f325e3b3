"""Next products: the figures on the real sales and baskets beside popularity and a reference in numpy, both made in this
run, the time of learning on one processor, and the time of one customer's list among generated ones."""
import csv
import datetime
import functools
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
HIT_AT, MAP_AT = 10, 7


def is_excluded(code):
    return any(code.startswith(x[:-1]) if x.endswith("*") else code == x for x in EXCLUDED.split(","))


@functools.cache
def moment(text):
    return datetime.datetime.strptime(text, "%m/%d/%Y %H:%M")


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
            when = (moment(row["InvoiceDate"]), at)
            known = invoices.setdefault(row["CustomerID"], {}).setdefault(row["InvoiceNo"], [when, set()])
            known[0] = max(known[0], when)
            known[1].add(code)
    number = {code: i for i, code in enumerate(sorted(codes))}
    rest, hidden = [], []
    for of_customer in invoices.values():
        ordered = sorted(of_customer.values(), key=lambda v: v[0][0])
        last = ordered.pop()[1] if len(ordered) > 1 else set()
        rest.append({number[c] for v in ordered for c in v[1]})
        hidden.append({number[c] for c in last})
    return rest, hidden, len(number)


def baskets(path):
    """Of each basket of the test part (split hash:0.2) item i mod n is hidden; also which baskets are learnt from."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = [[cell.strip() for cell in row if cell.strip()] for row in csv.reader(file)]
    number = {name: i for i, name in enumerate(sorted({cell for line in lines for cell in line}))}
    rest, hidden, learnt = [], [], []
    for i, line in enumerate(lines):
        test = (i * 2654435761 & 0xFFFFFFFF) < 0.2 * 2**32
        out = i % len(line) if test and len(line) > 1 else None
        rest.append({number[cell] for k, cell in enumerate(line) if k != out})
        hidden.append({number[line[out]]} if out is not None else set())
        learnt.append(not test)
    return rest, hidden, len(number), learnt


def best(scores, row, rank):
    """The first ten by score, equal ones by popularity, without those of row."""
    scores = scores.copy()
    scores[list(row)] = -numpy.inf
    few = numpy.argpartition(-scores, HIT_AT * 3)[:HIT_AT * 3]
    return few[numpy.lexsort((rank[few], -scores[few]))][:HIT_AT]


def figures(rest, hidden, products, penalty, new_only, learnt=None):
    """(hit rate@10, MAP@7) of popularity and of EASE with a fixed penalty."""
    at = [(c, p) for c, row in enumerate(rest) if not learnt or learnt[c] for p in row]
    x = sparse.csr_matrix((numpy.ones(len(at), numpy.float32), tuple(zip(*at))), shape=(len(rest), products))
    popular = numpy.asarray(x.sum(0)).ravel()
    rank = numpy.empty(products)
    rank[numpy.lexsort((numpy.arange(products), -popular))] = numpy.arange(products)
    gram = (x.T @ x).toarray().astype(float)
    gram[numpy.diag_indices(products)] += penalty
    inverse = linalg.inv(gram, overwrite_a=True)
    weights = inverse / -numpy.diag(inverse)
    numpy.fill_diagonal(weights, 0)
    sums = numpy.zeros((2, 2))
    asked = [c for c in range(len(rest)) if (hidden[c] - rest[c] if new_only else hidden[c])]
    for c in asked:
        wanted = hidden[c] - rest[c] if new_only else hidden[c]
        for k, scores in enumerate((-rank, weights[list(rest[c])].sum(0))):
            hits = [p in wanted for p in best(scores, rest[c] if new_only else [], rank)]
            precision = sum(sum(hits[:i + 1]) / (i + 1) for i in range(MAP_AT) if hits[i])
            sums[k] += any(hits), precision / min(len(wanted), MAP_AT)
    return sums / len(asked)


def beside(reference):
    return (f"popularity {reference[0][0]:.4f}, EASE in numpy {reference[1][0]:.4f}",
            f"popularity {reference[0][1]:.4f}, EASE in numpy {reference[1][1]:.4f}")


def data_file(name):
    return Path(os.environ.get("VITRINA_TEST_DATA", ROOT.parent / "shared" / "data")) / name


def real_sales(bench):
    file = data_file("OnlineRetail.csv.gz")
    if not file.exists():
        return
    folder = bench.folder()
    try:
        folder.cli("import", file, "--name", "retail", timeout=600)
        evaluate = ["evaluate", "recommend", "--dataset", "retail", "--exclude-products", EXCLUDED, "--json"]
        new = folder.cli(*evaluate, "--new-only", timeout=600).json()
        again = folder.cli(*evaluate, timeout=600).json()
        learned = served(bench, folder)[1]
    finally:
        folder.remove()
    known = histories(file)
    rate, precision = beside(figures(*known, 400, True))
    yield at_least(f"next products on the real sales, new ones only: hit rate@10 ({rate})", new["hit_rate_at_10"], 0.395, "", 4)
    yield at_least(f"the same: MAP@7 ({precision})", new["map_at_7"], 0.045, "", 4)
    rate, precision = beside(figures(*known, 400, False))
    yield at_least(f"the same, repeats count: hit rate@10 ({rate})", again["hit_rate_at_10"], 0.71, "", 4)
    yield at_least(f"the same, repeats count: MAP@7 ({precision})", again["map_at_7"], 0.18, "", 4)
    yield at_most("learning all of it, every method measured: time of one processor", learned["processor_seconds"], 4, "s", 1)


def real_baskets(bench):
    file = data_file("groceries.csv")
    if not file.exists():
        return
    folder = bench.folder()
    try:
        folder.cli("import", file, "--as", "baskets", "--name", "groceries", timeout=600)
        got = folder.cli("evaluate", "recommend", "--dataset", "groceries", "--leave", "hash-item", "--json", timeout=600).json()
    finally:
        folder.remove()
    rest, hidden, products, learnt = baskets(file)
    _, precision = beside(figures(rest, hidden, products, 200, True, learnt))
    yield at_least(f"next products of baskets, one item hidden: MAP@7 ({precision})", got["map_at_7"], 0.185, "", 4)


def served(bench, folder, more=None):
    """A server of the folder is asked how good its newest data set's recommender is; then more(connection, base, learned)."""
    token = folder.cli("token", "add", "--email", folder.admin.email).stdout.split()[-1]
    server = bench.server(folder)
    try:
        connection = Connection(server, token)
        base = f"/api/v1/datasets/{connection.get('/api/v1/datasets')[0]['items'][0]['id']}"
        learned = connection.get(f"{base}/recommender")[0]
        return (more(connection, base, learned) if more else None), learned
    finally:
        server.stop()


def generated(path, customers):
    """Two to nine purchases each; the popular products are the low numbers."""
    chooser = numpy.random.default_rng(5)
    first = datetime.date(2024, 1, 1)
    days = [str(first + datetime.timedelta(d)) for d in range(365)]
    with open(path, "w", encoding="utf-8") as out:
        out.write("customer_id,order_id,date,product,quantity,price\n")
        for start in range(0, customers, 100000):
            who = numpy.arange(start, min(start + 100000, customers))
            who = numpy.repeat(who, 2 + who % 8)
            products = (chooser.random(len(who)) ** 3 * PRODUCTS).astype(int)
            taken = chooser.integers(0, 365, len(who))
            out.writelines([f"{c},{c}-{d},{days[d]},P{p:04d},1,2.50\n"
                            for c, d, p in zip(who.tolist(), taken.tolist(), products.tolist())])


def latency(bench):
    file = bench.place / "purchases.csv"
    generated(file, bench.customers)
    folder = bench.folder()

    def ask(connection, base, learned):
        chooser = random.Random(3)
        one = lambda: f"{base}/customers/{chooser.randrange(bench.customers)}/recommendations"  # noqa: E731
        for _ in range(20):
            connection.get(one())
        lists = [connection.get(one())[1] for _ in range(LISTS)]
        week = connection.get(f"{base}/offers?limit=1")[1]
        return lists, week, connection.get(f"{base}/products/P0003/customers?limit=50")[1]

    try:
        folder.cli("import", file, "--name", "shop", timeout=1200)
        (lists, week, likely), learned = served(bench, folder, ask)
    finally:
        folder.remove()
    yield at_most(f"one customer's next products among {bench.customers:,} customers and {learned['items']:,} products: p99 "
                  f"(median {percentile(lists, 0.5):.2f} ms)", percentile(lists, 0.99), 5, "ms")
    yield told(f"learning from {learned['customers']:,} of them, {learned['rows']:,} products taken: time of one processor",
               learned["processor_seconds"], "s", 1)
    yield told("what to offer this week, the first time it is asked", week / 1000, "s", 1)
    yield told("who will most likely take a product, all customers looked at, the first time", likely / 1000, "s", 1)


def run(bench):
    yield from real_sales(bench)
    yield from real_baskets(bench)
    yield from latency(bench)
