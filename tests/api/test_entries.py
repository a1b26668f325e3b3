"""Purchases and visits appended by a program: checked, all or none, in every figure afterwards, undone by going back."""
import pytest
from loading import load
from test_models import ask, purchases_csv, train

SHOP = purchases_csv().replace(b".00\n", b".50\n")
VISITS = b"client_id,visit_date,visits,newsletter_opened,ad_clicks,seconds_on_site\n" + b"".join(
    b"C%03d,2025-0%d-%02d,%d,%s,%d,%d\n" % (i % 60, 1 + i % 6, 1 + i % 28, 1 + i % 3, [b"yes", b"no"][i % 2], i % 4, i % 500)
    for i in range(400))


def append(client, made, body, customer=None, state="done"):
    path = f"/api/v1/datasets/{made['id']}" + (f"/customers/{customer}" if customer else "") + "/activity"
    answer = client.post(path, json=body)
    assert answer.status_code == 202, answer.text
    job = client.wait_for_job(answer.json()["job"]["id"])
    assert job["state"] == state and job["kind"] == "activity", job
    return job["result"]


def customer(client, made, who):
    return client.get(f"/api/v1/datasets/{made['id']}/customers/{who}").json()


@pytest.fixture
def shop(client):
    return load(client, ("shop.csv", SHOP), ("visits.csv", VISITS), name="shop")


def test_purchases_of_one(client, shop):
    before = customer(client, shop, "C003")
    result = append(client, shop, {"purchases": [
        {"at": "2025-07-22", "product": "Lamp; \"bright\", 5€", "amount": "12.50", "invoice": "X1"},
        {"at": "2025-07-23T10:00:00Z", "product": "Thing", "amount": 7, "invoice": "X2"},
    ]}, "C003")
    assert result["rows"] == 2 and result["rejects"] == 0
    after = customer(client, shop, "C003")
    assert float(after["spend"]["amount"]) == pytest.approx(float(before["spend"]["amount"]) + 19.5)
    assert after["invoices"] == before["invoices"] + 2 and after["last_purchase"][:10] == "2025-07-23"
    newest = client.get(f"/api/v1/datasets/{shop['id']}/customers/C003/purchases").json()["items"]
    assert [p["product"] for p in newest[:2]] == ["Thing", "Lamp; \"bright\", 5€"]
    assert client.get(f"/api/v1/datasets/{shop['id']}/stats").json()["last_purchase"][:10] == "2025-07-23"


def test_in_the_features_and_undone(client, shop):
    """What was bought now counts in the next forecast; the version before brings the old state back."""
    train(client, "sales", dataset="shop")
    was = ask(client, "sales", customers=["C003"])["items"][0]
    before = customer(client, shop, "C003")
    append(client, shop, {"purchases": [{"customer": "C003", "at": "2025-07-20", "product": "Thing", "amount": 9999,
                                         "invoice": "BIG"}]})
    now = ask(client, "sales", customers=["C003"])["items"][0]
    assert now["forecast"] > was["forecast"] + 10, (was, now)
    assert client.post(f"/api/v1/datasets/{shop['id']}/versions/1/activate").status_code == 200
    assert customer(client, shop, "C003")["spend"] == before["spend"]
    assert ask(client, "sales", customers=["C003"])["items"][0]["forecast"] == was["forecast"]


def test_visits_and_purchases_together(client, shop):
    result = append(client, shop, {
        "purchases": [{"customer": "C001", "at": "2025-07-22", "product": "Thing", "amount": 5, "invoice": "Y1"}],
        "visits": [{"customer": "C002", "at": "2025-07-21", "visits": 3, "newsletter_opened": True, "ad_clicks": 1},
                   {"customer": "C002", "at": "2025-07-22", "visits": 1, "newsletter_opened": False}]})
    assert result["rows"] == 3
    visits = client.get(f"/api/v1/datasets/{shop['id']}/customers/C002/activity").json()["items"]
    assert [v["visits"] for v in visits[:2]] == [1, 3] and visits[1]["newsletter_opened"] is True
    assert visits[0]["seconds_on_site"] is None
    assert customer(client, shop, "C001")["last_purchase"][:10] == "2025-07-22"


GOOD = {"customer": "C001", "at": "2025-07-22", "product": "Thing", "amount": 5, "invoice": "Z"}


@pytest.mark.parametrize("change, status, field", [
    ({"customer": "NOBODY"}, 404, "purchases.1.customer"),
    ({"customer": None}, 422, "purchases.1.customer"),
    ({"at": "yesterday"}, 422, "purchases.1.at"),
    ({"at": "2999-01-01"}, 422, "purchases.1.at"),
    ({"at": None}, 422, "purchases.1.at"),
    ({"amount": -5}, 422, "purchases.1.amount"),
    ({"amount": "much"}, 422, "purchases.1.amount"),
    ({"amount": "1e400"}, 422, "purchases.1.amount"),
    ({"amount": 1.23456789}, 422, "purchases.1.amount"),
    ({"amount": "0.00001"}, 422, "purchases.1.amount"),
    ({"amount": None}, 422, "purchases.1.amount"),
    ({"product": "a\nb"}, 422, "purchases.1.product"),
    ({"product": None}, 422, "purchases.1.product"),
    ({"product": "x" * 5000}, 422, "purchases.1.product"),
    ({"quantity": 2}, 422, "purchases.1.quantity"),
    ({"colour": "red"}, 422, "purchases.1."),
])
def test_one_bad_row_and_nothing_is_appended(shared_client, shared_shop, change, status, field):
    before = shared_client.get(f"/api/v1/datasets/{shared_shop['id']}").json()["version"]
    body = {"purchases": [GOOD, GOOD | change]}
    answer = shared_client.post(f"/api/v1/datasets/{shared_shop['id']}/activity", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field), answer.text
    assert shared_client.get(f"/api/v1/datasets/{shared_shop['id']}").json()["version"] == before


@pytest.fixture(scope="module")
def shared_shop(shared_client):
    return load(shared_client, ("shop.csv", SHOP), name="shop")


def test_refused(shared_client, shared_shop, shared_make_user):
    path = f"/api/v1/datasets/{shared_shop['id']}/activity"
    def status(body):
        return shared_client.post(path, json=body).status_code
    assert status({}) == 422 and status({"purchases": []}) == 422 and status({"purchases": {}}) == 422
    assert status({"purchases": [5]}) == 422 and status({"purchases": [GOOD] * 10001}) == 422
    assert status({"visits": [{"customer": "C001", "at": "2025-07-22"}]}) == 422  # no table of visits
    one = f"/api/v1/datasets/{shared_shop['id']}/customers/NOBODY/activity"
    assert shared_client.post(one, json={"purchases": [{k: v for k, v in GOOD.items() if k != "customer"}]}).status_code == 404
    shared_client.post("/api/v1/orgs", json={"name": "Partner"})
    assert shared_make_user("admin", org="Partner").post(path, json={"purchases": [GOOD]}).status_code == 404
    assert shared_make_user("manager").post(path, json={"purchases": [GOOD]}).status_code == 403


def test_numbers_as_ids_and_prices(client):
    """A shop whose customers are numbers, whose time has hours, and whose amount is quantity times price."""
    rows = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID\n" + "".join(
        f"53{i},85123A,LAMP,{1 + i % 5},2011-0{1 + i % 9}-0{1 + i % 9} 08:26:00,2.55,{17850 + i % 4}\n" for i in range(60))
    made = load(client, ("retail.csv", rows.encode()), name="retail")
    before = float(customer(client, made, "17851")["spend"]["amount"])
    append(client, made, {"purchases": [{"at": "2011-10-01T09:30:00Z", "code": "85123A", "product": "LAMP", "quantity": 3,
                                         "unit_price": 2.5, "invoice": "5999"}]}, "17851")
    after = customer(client, made, "17851")
    assert float(after["spend"]["amount"]) == pytest.approx(before + 7.5) and after["last_purchase"][:10] == "2011-10-01"


def test_cents_in_a_column_of_whole_amounts(client):
    """The column is widened; what it held, and what counts visits, stays whole."""
    whole = b"".join(line.split(b".")[0] + b"\n" for line in purchases_csv().splitlines())
    made = load(client, ("shop.csv", whole), ("visits.csv", VISITS), name="shop")
    kinds = {c["name"]: c["type"] for t in made["tables"] for c in t["columns"]}
    assert kinds["amount"] == kinds["visits"] == "BIGINT"
    before = customer(client, made, "C003")
    result = append(client, made, {"purchases": [{"customer": "C003", "at": "2025-07-22", "product": "Lamp", "amount": "12.5025",
                                                  "invoice": "X1"}]})
    assert result["columns"] == [{"table": "shop", "column": "amount", "what": "widened", "from": "BIGINT",
                                  "to": "DECIMAL(18,4)"}]
    after = customer(client, made, "C003")
    assert float(after["spend"]["amount"]) == pytest.approx(float(before["spend"]["amount"]) + 12.5025, abs=0.005)
    refused = client.post(f"/api/v1/datasets/{made['id']}/activity", json={"visits": [
        {"customer": "C003", "at": "2025-07-22", "visits": 1.5}]})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "visits.0.visits"), refused.text
