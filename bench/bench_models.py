"""Forecasts beside scikit-learn, run here on the same rows: how good they are, how far coefficients differ, how long training
takes, what memory it needs; then lists of customers in the order of what is forecast of them.

The reference does what CONTRACT says of a training: numbers by their training mean and population deviation, texts one-hot
with every level, the split hash:0.2; features of customers are counted again here, row by row, from the file.
"""
import csv
import gzip
import json
import os
import random
import subprocess
import time
from pathlib import Path

import numpy
from bench_search import Connection
from measure import Figure, Watched, at_least, at_most, percentile, told
from program import ROOT
from reference import RETAIL_TRAIN, design, hash_split
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import log_loss, mean_absolute_error, mean_squared_error, r2_score, roc_auc_score
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

ROWS, COLUMNS = 1000000, 20
LISTS = 3000


def data_file(name):
    file = Path(os.environ.get("VITRINA_TEST_DATA", ROOT.parent / "shared" / "data")) / name
    if not file.exists():
        file = next((p / "shared" / "data" / name for p in ROOT.parents if (p / "shared" / "data" / name).exists()), file)
    return file if file.exists() else None


def logistic(l2=1.0):
    """To the end: with its usual tolerance it stops where digits are missing."""
    return LogisticRegression(C=1 / l2, solver="newton-cholesky", tol=1e-10, max_iter=100)


def furthest(report, names, model):
    """The largest difference of a coefficient from scikit-learn's, beside the largest coefficient."""
    mine = {f["name"].lower(): f["coefficient"] for f in report["features"]}
    theirs = numpy.ravel(model.coef_)
    if set(mine) != {n.lower() for n in names}:
        raise SystemExit(f"other features than scikit-learn's: {set(mine) ^ {n.lower() for n in names}}")
    return max(abs(mine[n.lower()] - t) for n, t in zip(names, theirs)) / abs(theirs).max()


def train(folder, *arguments):
    return folder.cli("train", *arguments, "--json", timeout=900).json()


def classified(folder, name, file, delimiter, target, yes, without, limits):
    folder.cli("import", file, "--name", name, timeout=600)
    exclude = ["--exclude", ",".join(without)] if without else []
    report = train(folder, "logistic", "--dataset", name, "--target", target, "--positive", yes, *exclude)
    with open(file, newline="", encoding="utf-8-sig") as f:
        rows = list(csv.DictReader(f, delimiter=delimiter))
    test = hash_split(len(rows))
    x, names = design(rows, [c for c in rows[0] if c not in (target, *without)], test)
    y = numpy.array([r[target] == yes for r in rows], float)
    model = logistic().fit(x[~test], y[~test])
    chance = model.predict_proba(x[test])[:, 1]
    auc, loss = limits
    yield at_least(f"{name}: ROC AUC (scikit-learn {roc_auc_score(y[test], chance):.4f})", report["metrics"]["roc_auc"], auc,
                   "", 4)
    yield at_most(f"{name}: log-loss (scikit-learn {log_loss(y[test], chance):.4f})", report["metrics"]["log_loss"], loss, "",
                  4)
    score = x[~test] @ model.coef_[0] + model.intercept_[0]
    theirs = numpy.logaddexp(0, -numpy.where(y[~test] > 0.5, score, -score)).sum() + 0.5 * (model.coef_**2).sum()
    yield at_most(f"{name}: objective, beyond scikit-learn's ({report['objective']:.6f} and {theirs:.6f})",
                  report["objective"] - theirs, 1e-6, "", 9)
    # One level of a text is told by its others: the intercept has company, and only the sum of both is one answer.
    yield at_most(f"{name}: coefficients, the furthest from scikit-learn's beside the largest "
                  f"(intercept {report['intercept']:.6f} and {model.intercept_[0]:.6f})", furthest(report, names, model), 1e-6,
                  "", 9)
    if name == "bank":
        yield Figure("bank: objective 9114.4887 ± 0.01 and intercept −2.2329 ± 0.001",
                     f"{report['objective']:.4f}, {report['intercept']:.4f}", "as said",
                     abs(report["objective"] - 9114.4887) <= 0.01 and abs(report["intercept"] + 2.2329) <= 0.001)


# -- customers of the shop --

def invoices(path):
    """{customer: [(moment, spend of the invoice)]}: no cancelled ones, nothing without a customer, quantity or price."""
    found = {}
    with gzip.open(path, "rt", encoding="cp1252", newline="") as file:
        for row in csv.DictReader(file):
            quantity, price = int(row["Quantity"]), float(row["UnitPrice"])
            if not row["CustomerID"] or row["InvoiceNo"].upper().startswith("C") or quantity <= 0 or price <= 0:
                continue
            day, clock = row["InvoiceDate"].split(" ")
            month, date, year = day.split("/")
            at = numpy.datetime64(f"{year}-{int(month):02d}-{int(date):02d}T{clock.zfill(5)}")
            one = found.setdefault(row["CustomerID"], {}).setdefault(row["InvoiceNo"], [at, 0.0])
            one[0] = min(one[0], at)
            one[1] += quantity * price
    return {c: sorted(map(tuple, v.values())) for c, v in found.items()}


NAMES = ["purchases_30d", "spend_30d", "mean_basket", "visits", "days_since_last", "tenure_months"]


def as_of(bought, cut, horizon):
    """Features of everybody known before the day, and what each spends within the horizon after it."""
    day, x, y = numpy.datetime64(f"{cut}T00:00"), [], []
    for list_of in bought.values():
        past = [(at, s) for at, s in list_of if at < day]
        if not past:
            continue
        late = [s for at, s in past if at >= day - numpy.timedelta64(30, "D")]
        days = [(day - at) / numpy.timedelta64(1, "D") for at, _ in past]
        x.append([len(late), sum(late), sum(s for _, s in past) / len(past), len(past), min(days), max(days) / 30.4375])
        y.append(sum(s for at, s in list_of if day <= at < day + numpy.timedelta64(horizon, "D")))
    return numpy.array(x), numpy.array(y)


def several(bought, cuts, horizon):
    parts = [as_of(bought, cut, horizon) for cut in cuts]
    return numpy.concatenate([x for x, _ in parts]), numpy.concatenate([y for _, y in parts])


def scaled(x, other, log=False):
    if log:
        x, other = numpy.log1p(x), numpy.log1p(other)
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    return (x - mean) / deviation, (other - mean) / deviation


def shop(folder):
    file = data_file("OnlineRetail.csv.gz")
    if not file:
        return
    folder.cli("import", file, "--name", "retail", timeout=600)
    bought = invoices(file)

    report = train(folder, "sales", "--dataset", "retail", "--cutoff", "2011-11-09", "--train-cutoffs", RETAIL_TRAIN)
    x, y = several(bought, report["train_cutoffs"], 30)
    held, want = as_of(bought, "2011-11-09", 30)
    z, h = scaled(x, held)
    model = Ridge(1.0, solver="cholesky").fit(z, y)
    got = model.predict(h).clip(0)
    yield at_least(f"sales of the next 30 days: R² (scikit-learn {r2_score(want, got):.4f})", report["metrics"]["r2"], 0.53,
                   "", 4)
    naive = min(report["baselines"], key=lambda b: b["mse"])
    yield at_most(f"sales: MSE (scikit-learn {mean_squared_error(want, got):,.0f}), below the best of the naive ways "
                  f"({naive['name']})", report["metrics"]["mse"], naive["mse"], "", 0)
    best = min(report["variants"], key=lambda v: v["validation_mae"])
    z_log, h_log = scaled(x, held, log=True)
    other = Ridge(1.0, solver="cholesky").fit(z_log, numpy.sqrt(y)).predict(h_log).clip(0) ** 2
    yield at_most(f"sales: MAE of the variant chosen by validation (scikit-learn {mean_absolute_error(want, other):.2f})",
                  best["mae"], 240, "", 2)
    yield at_most("sales: coefficients, the furthest from scikit-learn's beside the largest",
                  furthest(report, NAMES, model), 1e-6, "", 9)

    report = train(folder, "purchase", "--dataset", "retail", "--cutoff", "2011-11-25")
    x, y = several(bought, report["train_cutoffs"], 14)
    held, want = as_of(bought, "2011-11-25", 14)
    z, h = scaled(x, held, log=report["variant"] == "log")
    model = logistic().fit(z, y > 0)
    yield at_least(f"buys within 14 days: ROC AUC (scikit-learn "
                   f"{roc_auc_score(want > 0, model.predict_proba(h)[:, 1]):.4f})", report["metrics"]["roc_auc"], 0.755, "", 4)
    yield at_most("buys within 14 days: coefficients, the furthest from scikit-learn's beside the largest",
                  furthest(report, NAMES, model), 1e-6, "", 9)


def real(bench):
    folder = bench.folder()
    try:
        bank, shoppers = data_file("bank-additional-full.csv"), data_file("online_shoppers_intention.csv")
        if bank:
            yield from classified(folder, "bank", bank, ";", "y", "yes", ["duration"], (0.790, 0.274))
        if shoppers:
            yield from classified(folder, "shoppers", shoppers, ",", "Revenue", "TRUE", [], (0.899, 0.295))
        yield from shop(folder)
    finally:
        folder.remove()


# -- speed --

def generated(rows):
    """Numbers of many sizes, a target of amounts and one of yes and no."""
    chance = numpy.random.default_rng(17)
    x = chance.normal(size=(rows, COLUMNS)) * chance.uniform(0.5, 50, COLUMNS) + chance.uniform(-100, 100, COLUMNS)
    score = (x - x.mean(axis=0)) / x.std(axis=0) @ chance.normal(size=COLUMNS)
    amount = 3 + score + 2 * chance.normal(size=rows)
    bought = (chance.random(rows) < 1 / (1 + numpy.exp(1 - 0.5 * score))).astype(float)
    return x, amount, bought


def spent(work):
    """The least processor seconds and the least wall seconds of two rounds, with one thread and with all."""
    cpu = wall = 1e9
    for threads in (1, None):
        with threadpool_limits(threads):
            for _ in range(2):
                begun = time.process_time(), time.perf_counter()
                work()
                cpu, wall = min(cpu, time.process_time() - begun[0]), min(wall, time.perf_counter() - begun[1])
    return cpu, wall


def ours(bench, kind, l2, x, y):
    file = bench.place / "columns.bin"
    with open(file, "wb") as out:
        numpy.ascontiguousarray(x.T).tofile(out)
        y.tofile(out)
    done = subprocess.run([bench.build / "bench" / "learn_speed", kind, str(len(x)), str(COLUMNS), str(l2), file],
                          capture_output=True, text=True, check=True)
    file.unlink()
    return json.loads(done.stdout)


def beside(what, mine, theirs, limit):
    """The time that a person waits, each side with the threads it takes at its best; and what it cost the processors."""
    text = (f"{what}: times as fast as scikit-learn ({mine['train']['wall']:.3f} s and {theirs[1]:.3f} s; processor time "
            f"{mine['train']['cpu']:.3f} s and {theirs[0]:.3f} s, {theirs[0] / mine['train']['cpu']:.1f} ×)")
    ratio = theirs[1] / mine["train"]["wall"]
    return at_least(text, ratio, limit, "×", 1) if limit else told(text, ratio, "×", 1)


def difference(mine, model):
    theirs = numpy.ravel(model.coef_)
    return max(abs(f[2] - t) for f, t in zip(mine["features"], theirs)) / abs(theirs).max()


def speed(bench, rows):
    x, amount, bought = generated(rows)
    both = [x, numpy.asfortranarray(x)]  # rows together and columns together: scikit-learn is timed with the faster
    size = f"{rows:,} × {COLUMNS}"

    def best(make, y, ready=lambda v: v):
        return min(spent(lambda v=v: make().fit(ready(v), y)) for v in both)

    def scale(v):
        return StandardScaler().fit_transform(v)

    mine = ours(bench, "linear", 0, x, amount)
    yield beside(f"training, linear, {size} from memory, without a penalty, beside LinearRegression", mine,
                 best(LinearRegression, amount), 10)
    model = LinearRegression().fit(scale(x), amount)
    yield at_most("the same: coefficients, the furthest from scikit-learn's beside the largest", difference(mine, model), 1e-6,
                  "", 12)
    mine = ours(bench, "linear", 1, x, amount)
    yield beside(f"training, linear, {size}, penalty 1, beside StandardScaler and Ridge by Cholesky", mine,
                 best(lambda: Ridge(1.0, solver="cholesky", copy_X=False), amount, scale), None)
    model = Ridge(1.0, solver="cholesky").fit(scale(x), amount)
    yield at_most("the same: coefficients, the furthest from scikit-learn's beside the largest", difference(mine, model), 1e-6,
                  "", 12)
    mine = ours(bench, "logistic", 1, x, bought)
    fastest = min(best(lambda s=s: LogisticRegression(C=1, solver=s), bought, scale) for s in ("lbfgs", "newton-cholesky"))
    yield beside(f"training, logistic, {size}, penalty 1, beside StandardScaler and the faster of lbfgs and newton-cholesky "
                 f"with their usual tolerance", mine, fastest, 2)
    model = logistic().fit(scale(x), bought)
    yield at_most("the same: coefficients, the furthest from scikit-learn's (newton-cholesky, tolerance 1e-10) beside the "
                  "largest", difference(mine, model), 1e-6, "", 12)
    yield at_least("forecasts, rows a second of one processor (millions)", rows / mine["forecast"]["cpu"] / 1e6, 1,
                   "million", 1)
    yield told(f"training from memory: most memory beyond the columns themselves ({mine['mib'][0]:.0f} MiB with the program)",
               mine["mib"][1] - mine["mib"][0], "MiB", 1)


def streamed(bench, rows):
    """Memory of a training by the command line, all processes: columns once, and what the engine holds."""
    x, amount, _ = generated(rows)
    file = bench.place / "wide.csv"
    with open(file, "w") as out:
        out.write(",".join([f"x{i}" for i in range(COLUMNS)] + ["y"]) + "\n")
        for start in range(0, rows, 20000):
            numpy.savetxt(out, numpy.column_stack([x[start:start + 20000], amount[start:start + 20000]]), "%.9g", ",")
    del x, amount
    folder = bench.folder()
    try:
        folder.cli("import", file, "--name", "wide", timeout=900)
        file.unlink()
        ran = Watched([bench.program.path, "train", "linear", "--dataset", "wide", "--target", "y", "--data", folder.path,
                       "--json"])
        report = json.loads(ran.stdout)
        if len(report["features"]) != COLUMNS:
            raise SystemExit(f"{len(report['features'])} features")
        columns = rows * (COLUMNS + 1) * 8 / (1 << 20)
        yield told(f"`train linear` on {rows:,} × {COLUMNS} in a data set ({ran.seconds:.1f} s): most memory of all processes "
                   f"(the columns alone are {columns:.0f} MiB)", ran.peak / (1 << 20), "MiB", 0)
    finally:
        folder.remove()


# -- lists --

def many(path, customers):
    """Three purchases of each customer on average over 200 days."""
    chance = numpy.random.default_rng(23)
    start = numpy.datetime64("2025-01-01")
    with open(path, "w") as out:
        out.write("customer_id,invoice,date,product,amount\n")
        for from_ in range(0, 3 * customers, 100000):
            n = min(100000, 3 * customers - from_)
            who, day, cents = chance.integers(1, customers + 1, n), chance.integers(0, 200, n), chance.integers(99, 99999, n)
            out.writelines(f"{w},N{from_ + i},{start + d},Thing {d % 50},{c // 100}.{c % 100:02d}\n"
                           for i, (w, d, c) in enumerate(zip(who, day, cents)))


def lists(bench):
    file = bench.place / "purchases.csv"
    many(file, bench.customers)
    folder = bench.folder()
    try:
        folder.cli("import", file, "--name", "many", timeout=1800)
        file.unlink()
        token = folder.cli("token", "add", "--email", folder.admin.email).stdout.split()[-1]
        server = bench.server(folder)
        try:
            client = server.client(folder.admin)
            seconds = {}
            for kind in ("sales", "purchase"):
                begun = time.monotonic()
                job = client.post(f"/api/v1/models/{kind}/train", json={"dataset": "many"}).json()["job"]["id"]
                done = client.wait_for_job(job, timeout=1800)
                if done["state"] != "done":
                    raise SystemExit(done)
                seconds[kind] = time.monotonic() - begun
            connection = Connection(server, token)
            dataset = connection.get("/api/v1/datasets")[0]["items"][0]["id"]
            base = f"/api/v1/datasets/{dataset}/customers?limit=50"
            page, first = connection.get(f"{base}&sort=-forecast")
            customers = page["total"]
            chooser = random.Random(4)

            def ask():
                return base + chooser.choice([
                    "&sort=-forecast", "&sort=probability", f"&sort=-probability&decile={chooser.randint(1, 10)}",
                    f"&forecast_min={chooser.randint(1, 400)}", f"&probability_min=0.{chooser.randint(10, 60)}&sort=-forecast",
                    f"&sort=-forecast&cursor={chooser.randint(1, customers - 100)}"])
            asked = [connection.get(ask())[1] for _ in range(LISTS)]
        finally:
            server.stop()
    finally:
        folder.remove()
    yield told(f"{customers:,} customers with {3 * bench.customers:,} purchases: training of sales with all forecasts kept (of "
               f"buying {seconds['purchase']:.1f} s)", seconds["sales"], "s", 1)
    yield at_most(f"the list by forecast, chance and decile among {customers:,} customers: p99 (median "
                  f"{percentile(asked, 0.5):.2f} ms, first of all {first:.0f} ms, slowest {max(asked):.0f} ms)", percentile(asked, 0.99), 50, "ms")


def run(bench):
    rows = min(ROWS, bench.customers)
    yield from real(bench)
    yield from speed(bench, rows)
    yield from streamed(bench, rows)
    yield from lists(bench)
