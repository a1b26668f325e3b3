"""Customers in tenths by what they are expected to spend, in bands by their chance to buy."""
import pytest
from loading import load
from test_models import ask, purchases_csv, train


@pytest.fixture(scope="module")
def shop(shared_client):
    made = load(shared_client, ("shop.csv", purchases_csv(customers=64)), name="shop")
    train(shared_client, "sales", dataset="shop")
    train(shared_client, "purchase", dataset="shop")
    return made


def segments(client, kind):
    answer = client.get(f"/api/v1/models/{kind}/segments")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_tenths(shared_client, shop):
    told = segments(shared_client, "sales")
    ids = [f"C{i:03d}" for i in range(64)]
    values = sorted((i["forecast"] for i in ask(shared_client, "sales", customers=ids)["items"]), reverse=True)
    tenths = told["deciles"]
    assert [d["decile"] for d in tenths] == list(range(1, 11))
    assert [d["customers"] for d in tenths] == [7, 7, 7, 7, 6, 6, 6, 6, 6, 6]  # 64 does not divide: as ntile
    at = 0
    for d in tenths:
        mine = values[at:at + d["customers"]]
        at += d["customers"]
        assert d["to"] == mine[0] and d["from"] == mine[-1]
        assert d["expected"] == pytest.approx(sum(mine), abs=0.05)
    assert told["customers"] == 64 and told["version"] == 1
    assert sum(d["share"] for d in tenths) == pytest.approx(1)
    model = shared_client.get("/api/v1/models/sales").json()["items"][0]["model"]
    assert sum(d["test"]["customers"] for d in tenths) == model["rows"]["test"]
    assert sum(d["customers"] for d in model["deciles"]) == model["rows"]["test"]
    assert tenths[0]["test"]["forecast"] == pytest.approx(model["deciles"][0]["forecast"], abs=0.01)


def test_bands(shared_client, shop):
    told = segments(shared_client, "purchase")
    ids = [f"C{i:03d}" for i in range(64)]
    chances = [i["probability"] for i in ask(shared_client, "purchase", customers=ids)["items"]]
    assert [b["from"] for b in told["bands"]] == pytest.approx([.9, .8, .7, .6, .5, .4, .3, .2, .1, 0])
    for b in told["bands"]:
        assert b["customers"] == sum(b["from"] <= p < b["to"] or (b["to"] == 1 and p == 1) for p in chances)
    assert sum(b["customers"] for b in told["bands"]) == 64
    assert told["expected"] == pytest.approx(sum(chances), abs=0.01)


def test_none_yet_and_not_ones_own(client, shared_client, shared_make_user, shop):
    load(client, ("shop.csv", purchases_csv()), name="shop")
    none = segments(client, "sales")
    assert none["deciles"] == [] and none["as_of"] is None and none["version"] is None
    assert shared_client.get("/api/v1/models/profit/segments").status_code == 404
    shared_client.post("/api/v1/orgs", json={"name": "Partner"})
    other = shared_make_user("manager", org="Partner")
    assert other.get("/api/v1/models/sales/segments", params={"dataset": shop["id"]}).status_code == 404
