"""Data that regressions cannot learn from, or only with care: each is refused clearly, or handled and told; on the command
line, and over HTTP for the models of customers."""
import random
import sqlite3

import pytest
from loading import load
from test_models import ask, purchases_csv
from test_train import refused, train


def put(cli, tmp_path, name, header, rows):
    (tmp_path / f"{name}.csv").write_text(header + "\n" + "".join(",".join(map(str, r)) + "\n" for r in rows))
    cli("import", tmp_path / f"{name}.csv", "--name", name)


def names(report):
    return {f["column"] for f in report["features"]}


def left_out(report):
    return {c["column"]: c["reason"] for c in report["left_out"]}


def codes(report):
    return {w["code"]: w["columns"] for w in report["warnings"]}


# -- on the command line --

def test_constant_and_empty_columns(cli, tmp_path):
    put(cli, tmp_path, "flat", "a,same,void,z,y", [(i, 7, "", i % 2, 3 * i + i % 3) for i in range(200)])
    for report in (train(cli, "linear", "flat", "y"), train(cli, "logistic", "flat", "z", "--positive", "1")):
        assert left_out(report) == {"same": "constant", "void": "empty"}
        assert all(f["coefficient"] is not None for f in report["features"])  # NaN would be null


def test_nothing_but_empty_and_constant_columns(cli, tmp_path):
    """Then it is the mean, and is told to be no better."""
    put(cli, tmp_path, "void", "same,void,y", [(7, "", i % 10) for i in range(200)])
    report = train(cli, "linear", "void", "y")
    assert report["features"] == [] and abs(report["metrics"]["r2"]) < 0.1
    mean = next(b for b in report["baselines"] if b["name"] == "mean")
    assert report["metrics"]["mse"] == pytest.approx(mean["mse"])


def test_target_that_is_missing_everywhere(cli, tmp_path):
    put(cli, tmp_path, "holes", "a,b,y", [(i, i % 3, "") for i in range(50)])
    assert "y" in refused(cli, "linear", "holes", "y")


def test_one_class(cli, tmp_path):
    put(cli, tmp_path, "one", "a,y", [(i, "yes") for i in range(60)])
    assert "all are positive" in refused(cli, "logistic", "one", "y", "--positive", "yes")
    assert "none is positive" in refused(cli, "logistic", "one", "a", "--positive", "1000")


def test_target_among_the_features(cli, tmp_path):
    """The target itself never is one; a copy of it under another name is told of."""
    chance = random.Random(8)
    rows = [(chance.gauss(0, 1), y := chance.randint(0, 1), y, 5 * y + 1) for _ in range(600)]
    put(cli, tmp_path, "copy", "a,y,again,scaled", rows)
    report = train(cli, "logistic", "copy", "y", "--positive", "1")
    assert "y" not in names(report)
    told = [w["columns"] for w in report["warnings"] if w["code"] == "given_away"]
    assert told == ["again", "scaled"] and "separable" in codes(report)
    assert "y" not in names(train(cli, "logistic", "copy", "y", "--positive", "1", "--exclude", "again,scaled"))
    report = train(cli, "linear", "copy", "scaled")
    assert {w["columns"] for w in report["warnings"] if w["code"] == "given_away"} == {"y", "again"}
    assert "no column" in refused(cli, "linear", "copy", "y", "--exclude", "y,wrong")


def test_more_columns_than_rows(cli, tmp_path):
    chance = random.Random(9)
    header = ",".join(f"x{i}" for i in range(80)) + ",y,yes"
    rows = [[f"{chance.gauss(0, 1):.6f}" for _ in range(80)] + [chance.randint(0, 50), i % 2] for i in range(40)]
    put(cli, tmp_path, "wide", header, rows)
    report = train(cli, "linear", "wide", "y", "--exclude", "yes")
    assert report["rows"]["train"] < len(report["features"]) == 80 and report["solver"] == "cholesky"
    report = train(cli, "linear", "wide", "y", "--exclude", "yes", "--l2", "0")
    assert report["solver"] == "qr" and "collinear" in codes(report)  # of least norm, and said so
    assert all(f["std_error"] is None for f in report["features"])
    report = train(cli, "logistic", "wide", "yes", "--exclude", "y")
    assert "separable" in codes(report)
    assert "penalty" in refused(cli, "logistic", "wide", "yes", "--exclude", "y", "--l2", "0")


def test_a_million_texts(cli, tmp_path):
    """10^6 rows, each with a text of its own: the column is left out and told, the others are learnt from."""
    with open(tmp_path / "million.csv", "w") as f:
        f.write("who,size,y\n")
        f.writelines(f"person {i * 7919 % 1000003},{i % 13},{3 * (i % 13) + i % 2}\n" for i in range(1_000_000))
    cli("import", tmp_path / "million.csv", "--name", "million")
    report = train(cli, "linear", "million", "y")
    assert left_out(report) == {"who": "many_levels"} and names(report) == {"size"}
    assert report["rows"]["train"] + report["rows"]["test"] == 1_000_000 and report["metrics"]["r2"] > 0.99


def test_infinities(cli, tmp_path):
    """No file makes an infinite number: what stands there is a text, or is set aside. Learnt from, it is a level or missing;
    as a target it is refused, or has no row. (Parquet, which has them: test_forecast_learn.c.)"""
    rows = [("inf" if i % 10 == 3 else i % 7, "1e999" if i % 200 == 4 else f"{i % 5}.5", 2 * (i % 7) + i % 5)
            for i in range(1000)]
    put(cli, tmp_path, "inf", "a,b,y", rows)
    report = train(cli, "linear", "inf", "y")
    assert all(abs(f["coefficient"]) < 100 for f in report["features"]) and report["metrics"]["r2"] > 0.5
    assert "a=inf" in {f["name"] for f in report["features"]}
    assert "not numbers" in refused(cli, "linear", "inf", "a")
    with sqlite3.connect(tmp_path / "inf2.sqlite") as db:
        db.execute("CREATE TABLE t (a REAL, y REAL)")
        db.executemany("INSERT INTO t VALUES (?, ?)", [
            (float("inf") if i % 10 == 3 else i % 7, 2 * (i % 7) + i % 3) for i in range(1000)])
    cli("import", tmp_path / "inf2.sqlite", "--name", "inf2")
    report = train(cli, "linear", "inf2", "y", "--table", "t")
    assert all(abs(f["coefficient"]) < 1000 for f in report["features"]) and report["metrics"]["r2"] > 0.5


@pytest.mark.parametrize("day", ["1999-01-01", "2099-01-01", "2025-02-30", "soon"])
def test_cut_off_outside_the_data(cli, tmp_path, day):
    (tmp_path / "shop.csv").write_bytes(purchases_csv())
    cli("import", tmp_path / "shop.csv", "--name", "shop")
    for kind in ("sales", "purchase"):
        answer = cli("train", kind, "--dataset", "shop", "--cutoff", day, status=None)
        assert answer.status == 1 and ("has to be between" in answer.stderr or "a day such as" in answer.stderr)
        assert "cutoff" in answer.stderr or "cut-off" in answer.stderr


def test_cut_off_too_near_to_the_end(cli, tmp_path):
    """Inside the data, but they end before the days that are forecast: trained, and said."""
    (tmp_path / "shop.csv").write_bytes(purchases_csv())
    cli("import", tmp_path / "shop.csv", "--name", "shop")
    late = cli("train", "sales", "--dataset", "shop", "--cutoff", "2025-07-10", "--json").json()
    assert "short_horizon" in codes(late) and "days before" in next(
        w["message"] for w in late["warnings"] if w["code"] == "short_horizon")
    assert "short_horizon" not in codes(cli("train", "sales", "--dataset", "shop", "--json").json())


# -- over HTTP --

def job(client, kind, **body):
    answer = client.post(f"/api/v1/models/{kind}/train", json=body)
    assert answer.status_code == 202, answer.text
    return client.wait_for_job(answer.json()["job"]["id"])


def failure(client, kind, **body):
    ended = job(client, kind, **body)
    assert ended["state"] == "failed", ended
    assert client.get(f"/api/v1/models/{kind}").json()["items"] == []
    return ended["error"]


def shop_of(client, rows, name="shop"):
    text = "customer_id,invoice,date,product,amount\n" + "".join(f"{c},N{i},{d},Thing,{a}\n" for i, (c, d, a) in enumerate(rows))
    return load(client, (f"{name}.csv", text.encode()), name=name)


def days(n, start="2025-01-01"):
    import datetime
    first = datetime.date.fromisoformat(start)
    return [(first + datetime.timedelta(i)).isoformat() for i in range(n)]


def test_constant_features_are_told(client):
    """Everybody bought before, and for the same amount each time."""
    shop_of(client, [(f"C{c}", d, "10.00") for i, d in enumerate(days(150)) for c in range(12) if (i + c) % (3 + c) == 0])
    assert job(client, "sales")["state"] == "done"
    model = client.get("/api/v1/models/sales").json()["items"][0]["model"]
    assert left_out(model)["has_bought_before"] == "constant" and left_out(model)["mean_basket"] == "constant"
    assert {"visits_7d", "ad_clicks"} <= {c for c, why in left_out(model).items() if why == "no_column"}


def test_everybody_buys(client):
    """One class only: there is nothing to tell apart, and no model is left."""
    shop_of(client, [(f"C{c}", d, "10.00") for i, d in enumerate(days(120)) for c in range(10) if (i + c) % 5 == 0])
    assert failure(client, "purchase")["code"] == "one_class"


def test_no_amounts_no_days_too_short(client):
    load(client, ("codes.csv", b"customer_id,date,product\n" + b"".join(
        b"%d,2025-0%d-1%d,Thing\n" % (i % 7, 1 + i % 6, i % 10) for i in range(80))), name="codes")
    assert failure(client, "sales")["code"] == "no_amounts"
    shop_of(client, [(f"C{c}", d, "10.00") for d in days(20) for c in range(5)], name="short")
    assert failure(client, "sales")["code"] == "too_short"
    load(client, ("people.csv", b"customer_id,full_name\n1,Anna Kowalska\n2,Jan Nowak\n"), name="people")
    assert failure(client, "purchase")["code"] == "no_purchases"


@pytest.mark.parametrize("cutoff", ["1999-01-01", "2099-01-01", "2025-02-30"])
def test_cut_off_outside_the_data_over_http(shared_client, shared_shop, cutoff):
    before = shared_client.get("/api/v1/models/sales").json()["total"]
    ended = job(shared_client, "sales", cutoff=cutoff)
    assert ended["state"] == "failed" and ended["error"]["field"] == "cutoff", ended
    assert shared_client.get("/api/v1/models/sales").json()["total"] == before


@pytest.fixture(scope="module")
def shared_shop(shared_client):
    return load(shared_client, ("shop.csv", purchases_csv()), name="shop")


@pytest.mark.parametrize("body, status, field", [
    ({"cutoff": "2025"}, 422, "cutoff"), ({"cutoff": 5}, 422, "cutoff"), ({"l2": -1}, 422, "l2"),
    ({"l2": "1"}, 422, "l2"), ({"target": "amount"}, 422, "target"), ({"dataset": "nothing"}, 404, None),
])
def test_a_request_that_is_wrong(shared_client, shared_shop, body, status, field):
    answer = shared_client.post("/api/v1/models/sales/train", json=body)
    assert (answer.status_code, answer.json()["error"].get("field")) == (status, field), answer.text
    assert shared_client.post("/api/v1/models/sales/train", data='{"l2": Infinity}').status_code in (400, 415)


def test_predictions_of_odd_values(shared_client, shared_shop):
    assert job(shared_client, "sales")["state"] == "done"

    def status(features):
        return shared_client.post("/api/v1/models/sales/predict", json={"features": features}).status_code
    assert status({"visits": 1e308}) == 200 and status({}) == 200 and status({"visits": None}) == 200
    assert status({"visits": True}) == 422 and status({"visits": [1]}) == 422 and status({"visits": "1"}) == 422
    answer = ask(shared_client, "sales", features={"visits": -1e308, "spend_30d": 1e308})
    assert answer["forecast"] >= 0
    ids = [f"C{i % 60:03d}" for i in range(10001)]
    assert shared_client.post("/api/v1/models/sales/predict", json={"customers": ids}).status_code == 422
