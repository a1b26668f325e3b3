"""Forecasts as columns of the customer list: sorted, filtered, exported, and what is said where there are none."""
import csv
import io

import openpyxl
import pytest
from loading import load
from test_models import purchases_csv, train

IDS = [f"C{i:03d}" for i in range(60)]


@pytest.fixture(scope="module")
def shop(shared_client):
    made = load(shared_client, ("shop.csv", purchases_csv()), name="shop")
    train(shared_client, "sales", dataset="shop")
    train(shared_client, "purchase", dataset="shop")
    return made


def listed(client, data, status=200, **params):
    answer = client.get(f"/api/v1/datasets/{data['id']}/customers", params=params)
    assert answer.status_code == status, answer.text
    return answer.json()


def all_pages(client, data, **params):
    rows, cursor = [], None
    while True:
        page = listed(client, data, **params, **({"cursor": cursor} if cursor else {}))
        rows += page["items"]
        cursor = page["next"]
        if not cursor:
            assert len(rows) == page["total"]
            return rows


@pytest.fixture(scope="module")
def stored(shared_client, shop):
    def of(customer):
        got = shared_client.get(f"/api/v1/datasets/{shop['id']}/customers/{customer}/forecasts").json()
        return got["sales"][0]["forecast"], got["purchase"][0]["probability"]
    return {c: of(c) for c in IDS}


def test_rows_and_which_model(shared_client, shop, stored):
    page = listed(shared_client, shop, limit=100)
    assert {r["id"]: (r["forecast"], r["probability"]) for r in page["items"]} == stored
    sales, purchase = page["forecasts"]["sales"], page["forecasts"]["purchase"]
    assert sales["model"] == 1 and purchase["model"] == 1 and purchase["threshold"] == 0.7
    assert sales["customers"] == 60 and sales["as_of"].startswith("2025-07-2") and sales["made_at"]


@pytest.mark.parametrize("sort, place", [("forecast", 0), ("probability", 1)])
def test_sorted_page_by_page(shared_client, shop, stored, sort, place):
    up = all_pages(shared_client, shop, sort=sort, limit=7)
    assert [r[sort] for r in up] == sorted(v[place] for v in stored.values())
    down = all_pages(shared_client, shop, sort=f"-{sort}", limit=7)
    assert [r["id"] for r in down] == [r["id"] for r in up][::-1]


@pytest.mark.parametrize("params, fits", [
    ({"forecast_min": "60"}, lambda f, p: f >= 60),
    ({"forecast_max": "60.5"}, lambda f, p: f <= 60.5),
    ({"probability_min": "0.5", "probability_max": "0.9"}, lambda f, p: 0.5 <= p <= 0.9),
    ({"forecast_min": "60", "probability_min": "0.5", "q": "C01"}, lambda f, p: f >= 60 and p >= 0.5),
    ({"forecast_min": "1e9"}, lambda f, p: False),
    ({"forecast_min": "60", "filter": "spend:lt:500"}, lambda f, p: f >= 60),
])
def test_filtered(shared_client, shop, stored, params, fits):
    got = {r["id"]: r for r in all_pages(shared_client, shop, limit=9, **params)}
    wanted = {c for c, v in stored.items() if fits(*v) and params.get("q", "") in c}
    if "filter" in params:
        assert set(got) <= wanted and all(float(r["spend"]["amount"]) < 500 for r in got.values())
    else:
        assert set(got) == wanted


def test_deciles(shared_client, shop, stored):
    tenths = [all_pages(shared_client, shop, decile=d, limit=4) for d in range(1, 11)]
    assert [len(t) for t in tenths] == [6] * 10
    assert {r["id"] for t in tenths for r in t} == set(IDS)
    assert all(r["decile"] == d for d, t in enumerate(tenths, 1) for r in t)
    for above, below in zip(tenths, tenths[1:]):
        assert min(stored[r["id"]][0] for r in above) >= max(stored[r["id"]][0] for r in below)


@pytest.mark.parametrize("params, field", [
    ({"decile": "0"}, "decile"), ({"decile": "11"}, "decile"), ({"decile": "x"}, "decile"),
    ({"forecast_min": "much"}, "forecast_min"), ({"forecast_max": "nan"}, "forecast_max"),
    ({"probability_min": "inf"}, "probability_min"), ({"probability_max": ""}, "probability_max"),
    ({"sort": "decile"}, "sort"),
])
def test_refused(shared_client, shop, params, field):
    assert listed(shared_client, shop, 422, **params)["error"]["field"] == field


def test_exported(shared_client, shop, stored):
    export = f"/api/v1/datasets/{shop['id']}/customers/export"
    wanted = [r["id"] for r in all_pages(shared_client, shop, sort="-forecast", forecast_min="60")]
    columns = "id,forecast,decile,forecast_from,forecast_model,probability"
    params = {"columns": columns, "sort": "-forecast", "forecast_min": "60"}
    text = shared_client.get(export, params=params | {"format": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [r["id"] for r in rows] == wanted and list(rows[0]) == columns.split(",")
    for r in rows:
        assert float(r["forecast"]) == pytest.approx(stored[r["id"]][0], abs=0.006)
        assert float(r["probability"]) == pytest.approx(stored[r["id"]][1], abs=1e-6)
        assert r["forecast_from"].startswith("2025-07-2") and r["forecast_model"] == "1" and 1 <= int(r["decile"]) <= 10
    book = openpyxl.load_workbook(io.BytesIO(shared_client.get(export, params=params | {"format": "xlsx"}).content))
    got = list(book.active.values)
    assert list(got[0]) == columns.split(",") and [r[0] for r in got[1:]] == wanted
    assert got[1][1] == pytest.approx(stored[wanted[0]][0], abs=0.006)
    every = shared_client.get(export).content.decode("utf-8-sig").splitlines()[0]
    assert "forecast" in every and "probability_model" in every


def test_nothing_forecast_yet(client):
    data = load(client, ("shop.csv", purchases_csv()), name="shop")
    page = listed(client, data)
    assert page["forecasts"] == {"sales": None, "purchase": None} and page["items"][0]["forecast"] is None
    for params in ({"sort": "forecast"}, {"sort": "-probability"}, {"forecast_min": 1}, {"decile": 3}):
        error = listed(client, data, 422, **params)["error"]
        assert error["code"] == "not_forecast" and "train the model first" in error["message"]
    export = f"/api/v1/datasets/{data['id']}/customers/export"
    assert client.get(export, params={"columns": "id,forecast"}).json()["error"]["field"] == "columns"
    assert "forecast" not in client.get(export).text.splitlines()[0]


def test_a_new_run_an_added_customer_and_who_may(client, make_user):
    data = load(client, ("shop.csv", purchases_csv()), name="shop")
    train(client, "sales", l2=1)
    before = all_pages(client, data, sort="-forecast", limit=50)
    added = client.post(f"/api/v1/datasets/{data['id']}/customers", json={"id": "new", "full_name": "Anna Nowa"})
    assert added.status_code == 201
    rows = {r["id"]: r for r in all_pages(client, data, sort="-forecast", limit=50)}
    assert rows["new"]["forecast"] is None and rows["new"]["decile"] is None and len(rows) == 61
    assert [r["id"] for r in all_pages(client, data, forecast_min=0, limit=50)] and "new" not in {
        r["id"] for r in all_pages(client, data, forecast_min=0, limit=50)}
    train(client, "sales", l2=100000)
    page = listed(client, data, sort="-forecast")
    assert page["forecasts"]["sales"]["model"] == 2
    assert [r["forecast"] for r in page["items"]][:5] != [r["forecast"] for r in before][:5]
    operator = make_user("operator")
    path = f"/api/v1/datasets/{data['id']}/customers"
    assert operator.get(path, params={"q": "C001", "decile": 1}).status_code == 403
    assert operator.get(path, params={"q": "C001"}).status_code == 200
