"""Trained models over HTTP: versions, which one serves, the file, forecasts; and who may."""
import json
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
import reference
from loading import load


def purchases_csv(**options):
    return reference.purchases_csv(reference.purchases(**options)).encode()


def train(client, kind, **body):
    answer = client.post(f"/api/v1/models/{kind}/train", json=body)
    assert answer.status_code == 202, answer.text
    job = client.wait_for_job(answer.json()["job"]["id"])
    assert job["state"] == "done", job
    return job


@pytest.fixture(scope="module")
def shop(shared_client):
    made = load(shared_client, ("shop.csv", purchases_csv()), name="shop")
    train(shared_client, "sales", dataset="shop")
    train(shared_client, "purchase", dataset="shop", cutoff="2025-06-20")
    return made


def test_versions(shared_client, shop):
    answer = shared_client.get("/api/v1/models/sales").json()
    assert answer["dataset"]["name"] == "shop" and answer["threshold"] == 0.7
    one = answer["items"][-1]
    assert one["version"] == 1 and one["created_by"] and one["model"]["kind"] == "sales"
    assert one["model"]["metrics"]["r2"] is not None and one["model"]["baselines"][0]["name"] == "zero"
    assert one["model"]["dataset"]["id"] == shop["id"]
    purchase = shared_client.get("/api/v1/models/purchase", params={"dataset": shop["id"]}).json()["items"][-1]
    assert purchase["model"]["cutoff"] == "2025-06-20" and purchase["model"]["metrics"]["roc_auc"] > 0.5


def test_every_customer_has_a_forecast(shared_client, shop):
    for c in ("C000", "C042"):
        forecasts = shared_client.get(f"/api/v1/datasets/{shop['id']}/customers/{c}/forecasts").json()
        assert forecasts["sales"][0]["forecast"] >= 0 and forecasts["sales"][0]["as_of"].startswith("2025-07-2")
        assert 0 <= forecasts["purchase"][0]["probability"] <= 1
        assert forecasts["purchase"][0]["decision"] == (forecasts["purchase"][0]["probability"] >= 0.7)
    none = shared_client.get(f"/api/v1/datasets/{shop['id']}/customers/NOBODY/forecasts").json()
    assert none == {"sales": [], "purchase": []}


def ask(client, kind, **body):
    answer = client.post(f"/api/v1/models/{kind}/predict", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_some_customers(shared_client, shop):
    answer = ask(shared_client, "sales", customers=["C003", "NOBODY", "C001"])
    assert [i["customer"] for i in answer["items"]] == ["C003", "NOBODY", "C001"]
    assert answer["items"][0]["forecast"] >= 0 and answer["items"][1]["error"] == "not_known"
    history = shared_client.get(f"/api/v1/datasets/{shop['id']}/customers/C003/forecasts").json()["sales"]
    assert len(history) >= 2 and history[0]["forecast"] == history[-1]["forecast"]


def test_features_as_the_file_says(shared_client, shop):
    """The formula of the saved file, by hand."""
    number = shared_client.get("/api/v1/models/purchase").json()["items"][0]["version"]
    answer = shared_client.get(f"/api/v1/models/purchase/{number}/file")
    assert f"purchase-{number}.model.json" in answer.headers["Content-Disposition"]
    model = answer.json()
    values = {"purchases_30d": 3, "spend_30d": 120.5, "mean_basket": 40, "visits": 9, "days_since_last": 4,
              "tenure_months": 5.5, "has_bought_before": 1}
    score = model["intercept"]
    for f in model["features"]:
        x = values[f["column"]]
        if f.get("transform") == "log":
            x = numpy.log1p(x)
        score += f["coefficient"] * (x - f["mean"]) / f["scale"]
    got = ask(shared_client, "purchase", features=values)
    assert got["probability"] == pytest.approx(1 / (1 + numpy.exp(-score)), rel=1e-9)


def test_file_in_another_folder(shared_client, shop, client):
    """A model saved in one data folder forecasts the same in another."""
    load(client, ("other.csv", purchases_csv()), name="other")
    number = shared_client.get("/api/v1/models/sales").json()["items"][0]["version"]
    saved = shared_client.get(f"/api/v1/models/sales/{number}/file").json()
    answer = client.post("/api/v1/models/sales/file", json=saved)
    assert answer.status_code == 201 and answer.json()["active"] is True, answer.text
    ids = [f"C{i:03d}" for i in range(60)]
    here = ask(client, "sales", customers=ids)["items"]
    there = ask(shared_client, "sales", customers=ids)["items"]
    assert [i["forecast"] for i in here] == [i["forecast"] for i in there]


def test_asked_while_everybody_is_forecast(client):
    """Each answer is of its own run, whatever other runs end meanwhile."""
    load(client, ("shop.csv", purchases_csv()), name="shop")
    train(client, "sales")
    ids = [f"C{i:03d}" for i in range(60)]
    first = ask(client, "sales", customers=ids)["items"]
    with ThreadPoolExecutor(4) as pool:
        everybody = [pool.submit(client.post, "/api/v1/models/sales/predict", json={}) for _ in range(6)]
        some = [pool.submit(ask, client, "sales", customers=ids) for _ in range(12)]
        assert {answer.result().status_code for answer in everybody} <= {202, 409}
        assert all(answer.result()["items"] == first for answer in some)


@pytest.mark.parametrize("change, field", [
    ({"kind": "linear"}, "kind"),
    ({"kind": "purchase"}, "kind"),
    ({"variant": "cube"}, "variant"),
    ({"intercept": "much"}, "intercept"),
    ({"features": {}}, "features"),
    ({"features": [{"column": "shoe_size", "coefficient": 1, "mean": 0, "scale": 1}]}, "features"),
    ({"features": [{"column": "visits", "coefficient": 1, "mean": 0, "scale": 0}]}, "scale"),
    ({"features": [{"column": "visits", "coefficient": 1, "mean": 0, "scale": 1, "transform": "exp"}]}, "transform"),
    ({"features": [{"column": "visits", "mean": 0, "scale": 1}]}, "coefficient"),
    ({"features": [{"column": "visits", "coefficient": 1, "mean": 0, "scale": 1}] * 23}, "features"),
    ({"features": [{"column": "visits", "coefficient": None, "mean": 0, "scale": 1}]}, "coefficient"),
    ({"intercept": 1e3}, "checksum"),
    ({"note": "mine"}, "checksum"),
    ({"checksum": "0" * 64}, "checksum"),
    ({"checksum": 5}, "checksum"),
    ({"format": 2}, "format"),
    ({"format": "x"}, "format"),
    ({"checksum": None, "warnings": None}, "checksum"),
])
def test_altered_file_is_refused(shared_client, shop, change, field):
    before = shared_client.get("/api/v1/models/sales").json()["total"]
    number = shared_client.get("/api/v1/models/sales").json()["items"][0]["version"]
    saved = shared_client.get(f"/api/v1/models/sales/{number}/file").json()
    answer = shared_client.post("/api/v1/models/sales/file", json=saved | change)
    assert answer.status_code == 422 and answer.json()["error"]["field"] == field, answer.text
    assert shared_client.get("/api/v1/models/sales").json()["total"] == before


def test_a_file_that_is_no_model_of_ours(shared_client, shop):
    """NaN and infinity are not JSON; what a page would need and does not find is named; nothing of it stays."""
    before = shared_client.get("/api/v1/models/sales").json()["total"]
    number = shared_client.get("/api/v1/models/sales").json()["items"][0]["version"]
    saved = shared_client.get(f"/api/v1/models/sales/{number}/file").json()

    def put(text):
        answer = shared_client.post("/api/v1/models/sales/file", data=text, headers={"Content-Type": "application/json"})
        return answer.status_code, answer.json()["error"].get("field")
    whole = json.dumps(saved)
    for word in ("NaN", "Infinity", "1e999"):
        assert put(whole.replace('"intercept": ' + json.dumps(saved["intercept"]), '"intercept": ' + word))[0] in (400, 422)
    assert put(whole[:-20])[0] == 400 and put("[]")[0] in (400, 422) and put("5")[0] in (400, 422)
    by_hand = {k: v for k, v in saved.items() if k not in ("checksum", "format")}
    for gone in ("trained_at", "rows", "metrics", "baselines", "warnings", "left_out"):
        assert put(json.dumps({k: v for k, v in by_hand.items() if k != gone})) == (422, gone)
    assert put(json.dumps(by_hand | {"metrics": {"mse": "low"}})) == (422, "mse")
    assert shared_client.get("/api/v1/models/sales").json()["total"] == before


def test_a_file_through_another_program(shared_client, shop, client):
    """Written anew with other blanks, order and numbers (1.0 as 1), it is the same file."""
    load(client, ("other.csv", purchases_csv()), name="other")
    number = shared_client.get("/api/v1/models/purchase").json()["items"][0]["version"]
    saved = shared_client.get(f"/api/v1/models/purchase/{number}/file").json()

    def as_browsers_do(v):
        if isinstance(v, dict):
            return {k: as_browsers_do(v[k]) for k in reversed(v)}
        if isinstance(v, list):
            return [as_browsers_do(x) for x in v]
        return int(v) if isinstance(v, float) and v == int(v) else v
    answer = client.post("/api/v1/models/purchase/file", data=json.dumps(as_browsers_do(saved), indent=3),
                         headers={"Content-Type": "application/json"})
    assert answer.status_code == 201 and answer.json()["cause"] == "file", answer.text
    again = client.get("/api/v1/models/purchase/1/file").json()
    assert again == saved


def test_choose_and_go_back(client):
    load(client, ("shop.csv", purchases_csv()), name="shop")
    train(client, "sales")
    train(client, "sales", cutoff="2025-06-01", l2=50)
    items = client.get("/api/v1/models/sales").json()["items"]
    assert [(i["version"], i["active"]) for i in items] == [(2, True), (1, False)]
    answer = client.put("/api/v1/models/sales/active", json={"version": 1})
    assert answer.status_code == 200 and answer.json()["version"] == 1
    items = client.get("/api/v1/models/sales").json()["items"]
    assert [(i["version"], i["active"]) for i in items] == [(2, False), (1, True)]
    assert client.put("/api/v1/models/sales/active", json={"version": 9}).status_code == 404
    assert client.put("/api/v1/models/purchase/threshold", json={"threshold": 0.35}).status_code == 200
    assert client.get("/api/v1/models/purchase").json()["threshold"] == 0.35
    assert client.put("/api/v1/models/purchase/threshold", json={"threshold": 1.5}).status_code == 422
    actions = [a["action"] for a in client.get("/api/v1/audit").json()["items"]]
    assert {"model_add", "model_activate", "model_threshold"} <= set(actions)


def test_refused(shared_client, shop):
    def status(method, path, **options):
        return shared_client.request(method, f"/api/v1/models/{path}", **options).status_code
    assert status("GET", "profit") == 404
    assert status("POST", "sales/train", json={"dataset": "nothing"}) == 404
    assert status("POST", "sales/train", json={"l2": -1}) == 422
    assert status("POST", "sales/predict", json={"customers": []}) == 422
    assert status("POST", "sales/predict", json={"customers": [7]}) == 422
    assert status("POST", "sales/predict", json={"customers": ["a"], "features": {}}) == 422
    assert status("POST", "sales/predict", json={"features": {"shoe_size": 41}}) == 422
    assert status("POST", "sales/predict", json={"features": {"visits": "many"}}) == 422
    assert status("GET", "sales/99/file") == 404
    job = shared_client.post("/api/v1/models/sales/train", json={"cutoff": "1999-01-01"})
    failed = shared_client.wait_for_job(job.json()["job"]["id"])
    assert failed["state"] == "failed" and "cut-off has to be between" in failed["error"]["message"]


def test_not_trained(client):
    load(client, ("shop.csv", purchases_csv()), name="shop")
    answer = client.post("/api/v1/models/sales/predict", json={"customers": ["C001"]})
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_trained"
    assert client.get("/api/v1/models/sales").json()["items"] == []


def test_another_organisation(shared_client, shop, shared_make_user):
    shared_client.post("/api/v1/orgs", json={"name": "Partner"})
    other = shared_make_user("admin", org="Partner")
    assert other.get("/api/v1/models/sales", params={"dataset": shop["id"]}).status_code == 404
    assert other.post("/api/v1/models/sales/train", json={"dataset": shop["id"]}).status_code == 404
    assert other.get("/api/v1/models/sales/1/file", params={"dataset": shop["id"]}).status_code == 404


def test_removed_with_its_data(client, folder):
    made = load(client, ("shop.csv", purchases_csv()), name="shop")
    train(client, "sales")
    assert client.delete(f"/api/v1/datasets/{made['id']}").status_code in (200, 204)
    assert client.get("/api/v1/models/sales").status_code == 404


def test_command_line_keeps_a_version(cli, tmp_path):
    (tmp_path / "shop.csv").write_bytes(purchases_csv())
    cli("import", tmp_path / "shop.csv", "--name", "shop")
    cli("train", "sales", "--dataset", "shop")
    assert cli("check").status == 0


def test_dashboard(shared_client, shop):
    answer = shared_client.get("/api/v1/dashboard", params={"dataset": shop["id"]}).json()
    assert answer["dataset"]["id"] == shop["id"] and answer["clients"] == 60
    ids = [f"C{i:03d}" for i in range(60)]
    sales = [i["forecast"] for i in ask(shared_client, "sales", customers=ids)["items"]]
    assert answer["sales"]["customers"] == 60
    assert answer["sales"]["total_forecast"] == pytest.approx(sum(sales), abs=0.5)
    assert answer["sales"]["mean_forecast"] == pytest.approx(sum(sales) / 60, abs=0.01)
    chances = [i["probability"] for i in ask(shared_client, "purchase", customers=ids)["items"]]
    assert answer["purchase"]["above"] == sum(p >= 0.7 for p in chances)
    assert answer["purchase"]["mean_probability"] == pytest.approx(sum(chances) / 60)
    trend = answer["trend"]
    assert [m["month"] for m in trend["months"]] == [f"2025-0{i}" for i in range(1, 8)]
    assert trend["incomplete"] == "2025-07" and trend["method"]
    assert [m["month"] for m in trend["forecast"]] == ["2025-07", "2025-08", "2025-09", "2025-10", "2025-11", "2025-12"]
    assert all(0 <= m["low"] <= m["value"] <= m["high"] for m in trend["forecast"])


def test_dashboard_before_any_training(client):
    load(client, ("people.csv", b"customer_id,full_name\n1,Anna Kowalska\n2,Jan Nowak\n"), name="people")
    answer = client.get("/api/v1/dashboard").json()
    assert answer["clients"] == 2 and answer["sales"] is None and answer["purchase"] is None and answer["trend"] is None


def why(client, data, customer):
    answer = client.get(f"/api/v1/datasets/{data['id']}/customers/{customer}/forecasts/why")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("kind, value", [("sales", "forecast"), ("purchase", "probability")])
def test_what_moved_it(shared_client, shop, kind, value):
    """Contributions by hand, out of the saved file: coefficient × (value − mean), and they add up."""
    for customer in ("C000", "C017", "C059"):
        got = why(shared_client, shop, customer)[kind]
        model = shared_client.get(f"/api/v1/models/{kind}/{got['model']}/file").json()
        by_feature, average = {}, model["intercept"]
        values = {f["feature"]: f["value"] for f in got["features"]}
        for f in model["features"]:
            x = values[f["column"]]
            if f.get("missing"):
                moved = f["coefficient"] * ((x is None) - f["share"])
                average += f["coefficient"] * f["share"]
            elif x is None:
                moved = 0
            else:
                z = numpy.log1p(x) if f.get("transform") == "log" else x
                moved = f["coefficient"] * (z - f["mean"]) / f["scale"]
            by_feature[f["column"]] = by_feature.get(f["column"], 0) + moved
        assert {f["feature"] for f in got["features"]} == set(by_feature)
        for f in got["features"]:
            assert f["contribution"] == pytest.approx(by_feature[f["feature"]], rel=1e-9, abs=1e-12)
            assert f["direction"] == ("raises" if f["contribution"] > 0 else "lowers" if f["contribution"] < 0 else "none")
        strengths = [f["strength"] for f in got["features"]]
        assert strengths == sorted(strengths, reverse=True) and strengths[0] == 1
        assert got["average_score"] == pytest.approx(average)
        assert sum(f["contribution"] for f in got["features"]) == pytest.approx(got["score"] - got["average_score"], abs=1e-9)
        stored = shared_client.get(f"/api/v1/datasets/{shop['id']}/customers/{customer}/forecasts").json()[kind][0]
        assert got[value] == pytest.approx(stored[value], abs=1e-9)
        assert (got["as_of"], got["model"]) == (stored["as_of"], stored["model"])
        if kind == "sales":
            assert got["unit"] == "money" and got["forecast"] == pytest.approx(max(got["score"], 0), abs=0.006)
        else:
            assert got["unit"] == "log_odds"
            assert got["probability"] == pytest.approx(1 / (1 + numpy.exp(-got["score"])))


def test_what_moved_the_logarithmic_variant(client):
    """A model file of that variant: contributions are of the score, whose square is the forecast, and it says so."""
    data = load(client, ("shop.csv", purchases_csv()), name="shop")
    told = {"trained_at": "2025-07-20T00:00:00Z", "rows": {"train": 9, "test": 3}, "l2": 1, "baselines": [], "left_out": [],
            "warnings": [], "metrics": {"r2": 0.1, "mse": 9, "mae": 3}}
    model = told | {"kind": "sales", "variant": "log", "intercept": 4.0, "features": [
        {"column": "spend_30d", "transform": "log", "coefficient": 1.5, "mean": 3.0, "scale": 1.2},
        {"column": "days_since_last", "transform": "log", "coefficient": -9.0, "mean": 2.0, "scale": 0.5},
        {"column": "mean_basket", "missing": True, "coefficient": 0.7, "mean": 0, "scale": 1, "share": 0.25}]}
    assert client.post("/api/v1/models/sales/file", json=model).status_code == 201
    assert client.post("/api/v1/models/sales/file", json=model | {"features": [model["features"][2] | {"share": 2}]}
                       ).json()["error"]["field"] == "share"
    ask(client, "sales", customers=["C001", "C002"])
    for customer in ("C001", "C002"):
        got = why(client, data, customer)["sales"]
        assert got["unit"] == "root_of_money" and got["average_score"] == pytest.approx(4 + 0.7 * 0.25)
        assert sum(f["contribution"] for f in got["features"]) == pytest.approx(got["score"] - got["average_score"])
        assert got["forecast"] == pytest.approx(max(got["score"], 0) ** 2, abs=0.006)
        typical = {f["feature"]: f["typical"] for f in got["features"]}
        assert typical["spend_30d"] == pytest.approx(numpy.expm1(3)) and typical["mean_basket"] is None
    assert why(client, data, "C001")["purchase"] is None
    assert client.get(f"/api/v1/datasets/{data['id']}/customers/NOBODY/forecasts/why").status_code == 404
