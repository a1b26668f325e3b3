"""`vitrina train linear|logistic`: beside scikit-learn on the same rows, and what is refused.

The reference is scikit-learn of Debian, given the matrix of reference.py.
"""
import csv
import io
import json
import random

import numpy
import pytest
from reference import RETAIL_TRAIN, design, hash_split, purchases, purchases_csv
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, mean_absolute_error, mean_squared_error, r2_score, roc_auc_score


def train(cli, kind, dataset, target, *options):
    return json.loads(cli("train", kind, "--dataset", dataset, "--target", target, "--json", *options).stdout)


def refused(cli, kind, dataset, target, *options):
    answer = cli("train", kind, "--dataset", dataset, "--target", target, *options, status=None)
    assert answer.status in (1, 2) and len(answer.stderr.strip().splitlines()) == 1, answer.stderr
    assert not answer.stdout
    return answer.stderr


def same(report, names, model):
    """Coefficients equal to a millionth, relative to the largest of them."""
    mine = {f["name"]: f["coefficient"] for f in report["features"]}
    assert set(mine) == set(names)
    theirs = numpy.ravel(model.coef_)
    most = abs(theirs).max()
    for name, value in zip(names, theirs):
        assert abs(mine[name] - value) <= 1e-6 * most, (name, mine[name], value)
    assert report["intercept"] == pytest.approx(float(numpy.ravel(model.intercept_)[0]), rel=1e-6, abs=1e-6)


def made_rows(n=3000, seed=3):
    chance = random.Random(seed)
    rows = []
    for i in range(n):
        age, calls, job = chance.randint(18, 80), chance.randint(0, 9), chance.choice(["clerk", "cook", "none"])
        score = 0.05 * (age - 45) - 0.3 * calls + {"clerk": 1, "cook": 0, "none": -1}[job] + chance.gauss(0, 1)
        rows.append({"age": age, "calls": calls, "rate": f"{chance.gauss(3, 1):.3f}", "job": job,
                     "bought": "yes" if score > 0 else "no", "spent": f"{100 + 10 * score:.2f}"})
    return rows


def as_csv(rows):
    out = io.StringIO()
    w = csv.DictWriter(out, rows[0])
    w.writeheader()
    w.writerows(rows)
    return out.getvalue()


@pytest.fixture(scope="module")
def made(shared_folder, shared_cli, tmp_path_factory):
    """Data sets `made`, and `two` with two tables."""
    rows = made_rows()
    folder = tmp_path_factory.mktemp("train")
    (folder / "made.csv").write_text(as_csv(rows))
    (folder / "other.csv").write_text("code,name\n1,a\n2,b\n")
    shared_cli("import", folder / "made.csv", "--name", "made")
    shared_cli("import", folder / "made.csv", folder / "other.csv", "--name", "two")
    return rows


def test_logistic(shared_cli, made):
    report = train(shared_cli, "logistic", "made", "bought", "--exclude", "spent")
    test = hash_split(len(made))
    x, names = design(made, ["age", "calls", "rate", "job"], test)
    y = numpy.array([r["bought"] == "yes" for r in made], float)
    model = LogisticRegression(C=1, solver="newton-cholesky", tol=1e-10, max_iter=100).fit(x[~test], y[~test])
    same(report, names, model)
    chance = model.predict_proba(x[test])[:, 1]
    metrics = report["metrics"]
    assert metrics["roc_auc"] == pytest.approx(roc_auc_score(y[test], chance), abs=1e-9)
    assert metrics["log_loss"] == pytest.approx(log_loss(y[test], chance), abs=1e-7)
    (tn, fp), (fn, tp) = metrics["confusion_matrix"]
    assert tn + fp + fn + tp == report["rows"]["test"] == test.sum() and report["rows"]["train"] == (~test).sum()
    assert tp + fn == y[test].sum() and tp + fp == (chance >= 0.5).sum()
    assert metrics["accuracy"] == pytest.approx((tp + tn) / test.sum())
    assert metrics["precision"] == pytest.approx(tp / (tp + fp)) and metrics["recall"] == pytest.approx(tp / (tp + fn))
    assert sum(b["rows"] for b in metrics["calibration"]) == test.sum()
    assert report["positive"] == "true" and report["left_out"] == [{"column": "spent", "reason": "excluded"}]
    assert metrics["roc"][0] == [0, 0] and metrics["roc"][-1] == [1, 1]
    (half,) = [t for t in metrics["thresholds"] if t["threshold"] == 0.5]
    assert half["positive"] == tp + fp and half["recall"] == pytest.approx(metrics["recall"])


class LeastNorm:
    """Least squares of collinear columns, for which scikit-learn 1.2 gives coefficients of 10¹⁴."""

    def __init__(self, x, y):
        self.coef_ = numpy.linalg.pinv(x - x.mean(axis=0), rcond=1e-10) @ (y - y.mean())
        self.intercept_ = y.mean() - x.mean(axis=0) @ self.coef_

    def predict(self, x):
        return x @ self.coef_ + self.intercept_


@pytest.mark.parametrize("l2", ["1.0", "0", "250"])
def test_linear(shared_cli, made, l2):
    report = train(shared_cli, "linear", "made", "spent", "--exclude", "bought", "--l2", l2)
    test = hash_split(len(made))
    x, names = design(made, ["age", "calls", "rate", "job"], test)
    y = numpy.array([r["spent"] for r in made], float)
    model = Ridge(float(l2), solver="cholesky").fit(x[~test], y[~test]) if float(l2) else LeastNorm(x[~test], y[~test])
    same(report, names, model)
    forecast = model.predict(x[test])
    assert report["metrics"]["r2"] == pytest.approx(r2_score(y[test], forecast), abs=1e-9)
    assert report["metrics"]["mse"] == pytest.approx(mean_squared_error(y[test], forecast), rel=1e-9)
    assert report["metrics"]["mae"] == pytest.approx(mean_absolute_error(y[test], forecast), rel=1e-9)
    zero, mean = report["baselines"]
    assert (zero["name"], mean["name"]) == ("zero", "mean")
    assert zero["mse"] == pytest.approx((y[test] ** 2).mean()) and zero["r2"] < mean["r2"] < report["metrics"]["r2"]
    # One level of a text is told by the others, which without a penalty leaves no single answer.
    assert report["solver"] == ("cholesky" if float(l2) else "qr")


def test_splits(shared_cli, made):
    last = train(shared_cli, "linear", "made", "spent", "--split", "last:0.25")
    assert last["rows"] == {"train": 2250, "test": 750, "no_target": 0}
    one, again, other = (train(shared_cli, "linear", "made", "spent", "--split", "random:0.5", "--seed", seed)
                         for seed in ("1", "1", "2"))
    assert one["intercept"] == again["intercept"] != other["intercept"]
    assert 1300 < one["rows"]["test"] < 1700


def test_what_gives_the_target_away(shared_cli, made):
    report = train(shared_cli, "logistic", "made", "bought")
    assert [w["columns"] for w in report["warnings"] if w["code"] == "given_away"] == ["spent"], report["warnings"]
    report = train(shared_cli, "logistic", "made", "bought", "--exclude", "spent")
    assert not any(w["code"] == "given_away" for w in report["warnings"]), report["warnings"]


def test_a_person_reads_it(shared_cli, made):
    text = shared_cli("train", "logistic", "--dataset", "made", "--target", "bought", "--exclude", "spent").stdout
    assert "ROC AUC" in text and "the model" in text and "job=clerk" in text and "left out: spent (excluded)" in text


@pytest.mark.parametrize("kind, options, says", [
    ("linear", ["--target", "nothing"], "nothing"),
    ("linear", ["--target", "job"], "job holds VARCHAR"),
    ("logistic", ["--target", "job"], "counts as yes"),
    ("linear", ["--target", "spent", "--exclude", "age,wage"], "wage"),
    ("linear", ["--target", "spent", "--split", "hash:1.5"], "hash:0.2"),
    ("linear", ["--target", "spent", "--split", "some:0.5"], "some"),
    ("linear", ["--target", "spent", "--l2", "-1"], "from 0 on"),
    ("linear", ["--target", "spent", "--l2", "much"], "--l2"),
    ("logistic", ["--target", "bought", "--threshold", "2"], "between 0 and 1"),
    ("logistic", ["--target", "bought", "--positive", "maybe"], "neither"),
    ("logistic", ["--target", "job", "--positive", "baker"], "none is positive"),
])
def test_refused(shared_cli, made, kind, options, says):
    answer = shared_cli("train", kind, "--dataset", "made", *options, status=None)
    assert answer.status in (1, 2) and says in answer.stderr, answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_two_tables(shared_cli, made):
    assert "2 tables" in refused(shared_cli, "linear", "two", "spent")
    assert "wrong" in refused(shared_cli, "linear", "two", "spent", "--table", "wrong")
    report = train(shared_cli, "linear", "two", "spent", "--table", "made")
    assert report["dataset"]["table"] == "made" and report["rows"]["train"] == 2400


def load(cli, tmp_path, name, text):
    (tmp_path / f"{name}.csv").write_text(text)
    cli("import", tmp_path / f"{name}.csv", "--name", name)


def test_columns_that_say_nothing(cli, tmp_path):
    """Constant, empty, a text of each row's own, a date, missing values: handled as stated, and told."""
    rows = ["size,same,void,who,day,half,y"]
    for i in range(2000):
        rows.append(f"{i % 7},5,,person {i},2024-01-{1 + i % 28:02d},{'' if i % 3 else i % 5},{2 * (i % 7) + (i % 2)}")
    load(cli, tmp_path, "odd", "\n".join(rows) + "\n")
    report = train(cli, "linear", "odd", "y")
    assert {c["column"]: c["reason"] for c in report["left_out"]} == {
        "same": "constant", "void": "empty", "who": "many_levels", "day": "date"}
    assert [f["name"] for f in report["features"]] == ["size", "half", "half (missing)"]
    assert report["metrics"]["r2"] > 0.9


def test_little_to_learn_from(cli, tmp_path):
    load(cli, tmp_path, "few", "a,b,y\n" + "".join(f"{i},{i * i},{i % 2}\n" for i in range(6)))
    report = train(cli, "linear", "few", "y", "--split", "last:0.2")  # as many features as rows nearly
    assert report["rows"] == {"train": 5, "test": 1, "no_target": 0} and report["metrics"]["r2"] is None
    load(cli, tmp_path, "one", "a,y\n" + "".join(f"{i},1\n" for i in range(50)))
    assert "all are positive" in refused(cli, "logistic", "one", "y", "--positive", "1")
    load(cli, tmp_path, "apart", "a,y\n" + "".join(f"{i},{int(i > 50)}\n" for i in range(100)))
    assert "penalty" in refused(cli, "logistic", "apart", "y", "--l2", "0")
    report = train(cli, "logistic", "apart", "y", "--l2", "0.001")
    assert any(w["code"] == "separable" and "without error" in w["message"] for w in report["warnings"])
    load(cli, tmp_path, "holes", "a,y\n" + "".join(f"{i},{i if i % 2 else ''}\n" for i in range(100)))
    report = train(cli, "linear", "holes", "y")
    assert report["rows"]["no_target"] == 50 and report["rows"]["train"] + report["rows"]["test"] == 50


def test_another_organisation(cli, tmp_path):
    load(cli, tmp_path, "ours", "a,y\n1,2\n2,3\n3,4\n")
    cli("org", "add", "Partner")
    assert "no such data set" in refused(cli, "linear", "ours", "y", "--org", "Partner")


# -- real files: figures of scikit-learn and of statisticians before us --

def test_bank(cli, shared_data):
    cli("import", shared_data("bank-additional-full.csv"), "--name", "bank")
    report = train(cli, "logistic", "bank", "y", "--positive", "yes", "--exclude", "duration")
    assert report["rows"] == {"train": 32950, "test": 8238, "no_target": 0}
    assert report["objective"] == pytest.approx(9114.488663, abs=0.001)
    assert report["intercept"] == pytest.approx(-2.232863, abs=0.00001)
    coefficient = {f["name"]: f["coefficient"] for f in report["features"]}
    for name, value in {"age": -.00654, "campaign": -.12055, "pdays": -.20768, "emp.var.rate": -2.15798}.items():
        assert coefficient[name] == pytest.approx(value, abs=0.00001)
    metrics = report["metrics"]
    assert metrics["roc_auc"] >= .790 and metrics["log_loss"] <= .274
    assert round(metrics["accuracy"], 4) == .9011 and round(metrics["recall"], 4) == .2381
    assert any(w["columns"] == "duration" for w in train(cli, "logistic", "bank", "y")["warnings"])
    drift = train(cli, "logistic", "bank", "y", "--exclude", "duration", "--split", "last:0.2")["warnings"]
    assert any("6.4 % positive in training, 30.8 %" in w["message"] for w in drift), drift


def test_shoppers(cli, shared_data):
    cli("import", shared_data("online_shoppers_intention.csv"), "--name", "shoppers")
    metrics = train(cli, "logistic", "shoppers", "Revenue", "--positive", "TRUE")["metrics"]
    assert metrics["roc_auc"] >= .899 and metrics["log_loss"] <= .295


# -- sales and purchase: what customers did before a day --

def preset(cli, kind, dataset, *options):
    return json.loads(cli("train", kind, "--dataset", dataset, "--json", *options).stdout)


def features_of(rows, cut, horizon):
    """The slow way to say what §7 says of a cut-off: {customer: (features, spent after)}."""
    day = numpy.datetime64(cut)
    past, after = {}, {}
    for at, c, _, amount in rows:
        if at < day:
            past.setdefault(c, []).append((at, amount))
        elif at < day + horizon:
            after[c] = after.get(c, 0) + amount
    found = {}
    for c, bought in past.items():
        last30 = [a for at, a in bought if at >= day - 30]
        found[c] = ([len(last30), sum(last30), sum(a for _, a in bought) / len(bought), len(bought),
                     (day - max(bought)[0]).astype(int), (day - min(bought)[0]).astype(int) / 30.4375],
                    after.get(c, 0))
    return found


NAMES = ["purchases_30d", "spend_30d", "mean_basket", "visits", "days_since_last", "tenure_months"]


def test_features_know_nothing_of_the_future(cli, tmp_path):
    """Coefficients as of scikit-learn on features computed here row by row, from rows before the day alone."""
    rows = purchases()
    load(cli, tmp_path, "sales", purchases_csv(rows))
    cuts, test = ["2025-04-01", "2025-05-01"], "2025-06-05"
    report = preset(cli, "sales", "sales", "--cutoff", test, "--train-cutoffs", ",".join(cuts))
    assert report["kind"] == "sales" and report["cutoff"] == test and report["train_cutoffs"] == cuts[::-1]
    learn = [f for cut in cuts for f in features_of(rows, cut, 30).values()]
    x, y = numpy.array([f for f, _ in learn], float), numpy.array([s for _, s in learn], float)
    mean, scale = x.mean(axis=0), x.std(axis=0)
    model = Ridge(1.0, solver="cholesky").fit((x - mean) / scale, y)
    same(report, NAMES, model)
    held = list(features_of(rows, test, 30).values())
    z, want = numpy.array([f for f, _ in held], float), numpy.array([s for _, s in held], float)
    got = model.predict((z - mean) / scale).clip(0)
    assert report["rows"] == {"train": len(learn), "test": len(held), "no_target": 0}
    assert report["metrics"]["mse"] == pytest.approx(mean_squared_error(want, got), rel=1e-8)
    naive = {b["name"]: b for b in report["baselines"]}
    assert naive["last_30_days"]["mae"] == pytest.approx(abs(want - z[:, 1]).mean())
    assert set(naive) == {"zero", "mean", "last_30_days", "last_90_days_by_3", "lifetime_month"}


def test_purchase_chooses_before_the_test(cli, tmp_path):
    rows = purchases()
    load(cli, tmp_path, "sales", purchases_csv(rows))
    report = preset(cli, "purchase", "sales")
    assert report["horizon_days"] == 14 and len(report["train_cutoffs"]) == 5
    plain, log = report["variants"]
    better = min((plain, log), key=lambda v: v["validation_log_loss"])
    assert report["variant"] == better["name"] and report["metrics"]["roc_auc"] == better["roc_auc"]
    one = preset(cli, "purchase", "sales", "--cutoff", report["cutoff"], "--train-cutoffs", report["train_cutoffs"][0])
    assert all(v["validation_log_loss"] > 0 for v in one["variants"])
    assert report["metrics"]["threshold"] == 0.7


def test_visits_and_newsletters(cli, tmp_path):
    """Activity before the cut-off counts, and a visitor who never bought is a customer to be forecast too."""
    rows = purchases()
    visits = "customer_id,visit_date,visits,newsletter_opened,ad_clicks,seconds_on_site\n"
    for i in range(600):
        who = f"C{i % 60:03d}" if i % 10 else "VISITOR"
        visits += f"{who},2025-0{1 + i % 6}-{1 + i % 28:02d},{1 + i % 3},{i % 2},{i % 4},{i % 500}\n"
    (tmp_path / "visits.csv").write_text(visits)
    (tmp_path / "sales.csv").write_text(purchases_csv(rows))
    cli("import", tmp_path / "sales.csv", tmp_path / "visits.csv", "--name", "shop",
        "--role", "visits.customer_id=activity.customer_id", "--role", "visits.visit_date=activity.at",
        "--role", "visits.visits=activity.visits", "--role", "visits.newsletter_opened=activity.newsletter_opened",
        "--role", "visits.ad_clicks=activity.ad_clicks", "--role", "visits.seconds_on_site=activity.seconds_on_site")
    report = preset(cli, "purchase", "shop", "--cutoff", "2025-07-01", "--train-cutoffs", "2025-06-01")
    names = [f["name"] for f in report["features"]]
    for name in ["visits_7d", "newsletter_opened", "ad_clicks", "seconds_on_site", "has_bought_before"]:
        assert name in names, names
    assert report["rows"]["train"] == 61 and "mean_basket (missing)" in names


@pytest.mark.parametrize("options, says", [
    (["--cutoff", "2024-01-01"], "2025-01-0"),
    (["--cutoff", "tomorrow"], "such as 2026-01-31"),
    (["--cutoff", "2025-02-30"], "such as 2026-01-31"),
    (["--cutoff", "2025-06-01", "--train-cutoffs", "2025-05-20"], "past the cut-off"),
    (["--cutoff", "2025-06-01", "--train-cutoffs", "2024-05-20"], "before the first purchase"),
    (["--cutoff", "2025-01-20"], "reach back far enough"),
])
def test_cutoffs_refused(shared_cli, tmp_path_factory, options, says):
    folder = tmp_path_factory.mktemp("cut")
    (folder / "cut.csv").write_text(purchases_csv(purchases()))
    if shared_cli("dataset", "show", "cut", status=None).status:
        shared_cli("import", folder / "cut.csv", "--name", "cut")
    answer = shared_cli("train", "sales", "--dataset", "cut", *options, status=None)
    assert answer.status == 1 and says in answer.stderr, answer.stderr


def test_presets_need_purchases_with_dates(cli, tmp_path):
    load(cli, tmp_path, "people", "customer_id,full_name\n1,Anna Kowalska\n2,Jan Nowak\n")
    for kind in ("sales", "purchase"):
        answer = cli("train", kind, "--dataset", "people", status=None)
        assert answer.status == 1 and "purchases with a date" in answer.stderr


def test_retail(cli, shared_data):
    cli("import", shared_data("OnlineRetail.csv.gz"), "--name", "retail")
    report = preset(cli, "sales", "retail", "--cutoff", "2011-11-09", "--train-cutoffs", RETAIL_TRAIN)
    assert report["rows"]["train"] == 15864 and report["rows"]["test"] == 4067
    assert report["metrics"]["r2"] >= .53
    naive = {b["name"]: b for b in report["baselines"]}
    assert all(report["metrics"]["mse"] < b["mse"] for b in naive.values())
    assert naive["lifetime_month"]["mse"] == pytest.approx(735751, abs=1)
    assert naive["last_90_days_by_3"]["mae"] == pytest.approx(243.2, abs=.05)
    best = min(report["variants"], key=lambda v: v["validation_mae"])
    assert best["name"] == "log" and best["mae"] <= 240
    # So many cut-offs are read in parts: each day twice with twice the penalty is the same model on the same test.
    twice = preset(cli, "sales", "retail", "--cutoff", "2011-11-09", "--train-cutoffs", f"{RETAIL_TRAIN},{RETAIL_TRAIN}",
                   "--l2", "2")
    assert twice["rows"]["train"] == 2 * 15864 and twice["rows"]["test"] == 4067
    assert twice["metrics"]["mse"] == pytest.approx(report["metrics"]["mse"], rel=1e-9)
    assert twice["metrics"]["mae"] == pytest.approx(report["metrics"]["mae"], rel=1e-9)
    for mine, theirs in zip(twice["features"], report["features"]):
        assert mine["name"] == theirs["name"] and mine["coefficient"] == pytest.approx(theirs["coefficient"], rel=1e-8)
    for mine, theirs in zip(twice["baselines"][2:], report["baselines"][2:]):
        assert mine["mse"] == pytest.approx(theirs["mse"], rel=1e-9)
    report = preset(cli, "purchase", "retail", "--cutoff", "2011-11-25")
    assert report["rows"]["test"] == 4252 and report["metrics"]["roc_auc"] >= .755
