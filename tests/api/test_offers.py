"""Lists over all customers: who will most likely take a product, and what to offer this week."""
import csv
import io
import random
import time

import openpyxl
import pytest
from loading import load
from test_recommend import offers, path, shop_csv


@pytest.fixture(scope="module")
def shop(shared_client):
    return load(shared_client, ("listed.csv", shop_csv()), name="listed shop")


def likely(client, dataset, product, **params):
    answer = client.get(path(dataset, "products", product, "customers"), params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_likely_customers(shared_client, shop):
    got = likely(shared_client, shop, "sugar", limit=20)
    assert (got["product"], got["code"], got["customers"]) == ("sugar", "sugar", 401)
    assert len(got["items"]) == 20 and got["next"] and 0 < got["total"] <= 401
    chances = [c["probability"] for c in got["items"]]
    assert chances == sorted(chances, reverse=True) and chances[0] > 0
    # Sugar follows tea, which every second customer and the last one has.
    assert all(c["id"] == "401" or int(c["id"]) % 2 == 0 for c in got["items"])
    for c in got["items"]:
        assert list(c) == ["id", "name", "probability", "repeat", "purchases", "why", "why_parts"]
        assert 1 <= len(c["why"]) <= 3 and len(c["why"]) == len(c["why_parts"])
    assert abs(got["expected"] - sum(c["probability"] for c in everybody(shared_client, shop, "sugar"))) < 0.2


def everybody(client, dataset, product, **params):
    items, cursor = [], None
    while True:
        page = likely(client, dataset, product, limit=150, **params, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page["next"]
        if not cursor:
            assert len(items) == page["total"]
            return items


def test_pages_and_new_only(shared_client, shop):
    bread = everybody(shared_client, shop, "bread")
    assert len({c["id"] for c in bread}) == len(bread) and any(c["repeat"] for c in bread)
    # Everybody has bread but the last one.
    assert [c["id"] for c in everybody(shared_client, shop, "bread", new_only="true")] == ["401"]
    regular = next(c for c in bread if c["id"] == "3")
    shown = next(i for i in offers(shared_client, shop, 3)["items"] if i["product"] == "bread")
    assert regular["repeat"] and regular["probability"] == pytest.approx(shown["probability"], abs=2e-4)
    assert regular["why"] == shown["why"]


@pytest.mark.parametrize("product, params, status", [
    ("nothing", {}, 404), ("sugar", {"limit": 0}, 422), ("sugar", {"limit": 1001}, 422), ("sugar", {"cursor": "x"}, 422),
    ("sugar", {"new_only": "maybe"}, 422), ("%27;--", {}, 404),
])
def test_wrong(shared_client, shop, product, params, status):
    assert shared_client.get(path(shop, "products", product, "customers"), params=params).status_code == status


def test_export(shared_client, shop):
    answer = shared_client.get(path(shop, "products", "sugar", "customers", "export"))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="likely-customers.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))
    assert rows[0] == ["id", "name", "probability", "again", "purchases", "last_purchase"]
    page = everybody(shared_client, shop, "sugar")
    assert [r[0] for r in rows[1:]] == [c["id"] for c in page]
    assert [float(r[2]) for r in rows[1:]] == pytest.approx([c["probability"] for c in page], abs=1e-4)
    book = openpyxl.load_workbook(io.BytesIO(shared_client.get(
        path(shop, "products", "sugar", "customers", "export"), params={"format": "xlsx", "limit": 5}).content))
    sheet = [[c.value for c in row] for row in book.active.iter_rows()]
    assert len(sheet) == 6 and sheet[0] == rows[0] and isinstance(sheet[1][2], float)
    assert shared_client.get("/api/v1/audit").json()["items"][0]["action"] == "customers_export"
    for params, status in (({"format": "pdf"}, 422), ({"limit": 10001}, 422)):
        assert shared_client.get(path(shop, "products", "sugar", "customers", "export"), params=params).status_code == status
    assert shared_client.get(path(shop, "products", "nothing", "customers", "export")).status_code == 404


def test_names_cannot_be_formulas(client):
    rows = ["id,full_name,products"] + [f'{i},"=1+{i}","a;b"' for i in range(30)] + ["99,New One,a"]
    made = load(client, ("f.csv", ("\n".join(rows) + "\n").encode()), name="f", role=["products=customer.products"])
    answer = client.get(path(made, "products", "B", "customers", "export"))
    if answer.status_code == 404:  # the code is the name where a list has no codes
        answer = client.get(path(made, "products", "b", "customers", "export"))
    assert answer.status_code == 200 and "\n=" not in answer.text and ",=" not in answer.text


def test_week(shared_client, shop):
    got = shared_client.get(path(shop, "offers")).json()
    assert got["customers"] == got["looked_at"] == 401 and got["horizon"] == "next_purchase_day"
    assert got["as_of"] == "2024-09-28"  # the data ended long ago, so it is looked at as of its end
    expected = [p["expected"] for p in got["items"]]
    assert expected == sorted(expected, reverse=True)
    top = got["items"][0]
    assert top["product"] == "bread" and top["clients"] >= 300 and top["again"] > 250
    assert 0 < top["expected"] <= top["clients"] and 0 <= top["due"] <= top["again"]
    assert len(shared_client.get(path(shop, "offers"), params={"limit": 1}).json()["items"]) == 1
    assert shared_client.get(path(shop, "offers"), params={"limit": 0}).status_code == 422


def test_only_who_may(client, make_user):
    made = load(client, ("s.csv", shop_csv(60)), name="s")
    for role, list_status, export_status in (("manager", 200, 200), ("analyst", 200, 200), ("operator", 403, 403), ("client", 403, 403)):
        person = make_user(role)
        assert person.get(path(made, "offers")).status_code == list_status, role
        assert person.get(path(made, "products", "sugar", "customers")).status_code == list_status, role
        assert person.get(path(made, "products", "sugar", "customers", "export")).status_code == export_status, role


def test_only_ones_own(client, cli, make_user):
    made = load(client, ("s.csv", shop_csv(60)), name="s")
    cli("org", "add", "Partner")
    other = make_user("manager", org="Partner")
    for part in ("offers", "products/sugar/customers", "products/sugar/customers/export"):
        assert other.get(path(made, part)).status_code == 404


def test_nothing_to_learn_from(client):
    made = load(client, ("c.csv", b"id,full_name,phone\n1,A B,+79120000001\n2,C D,+79120000002\n"), name="c")
    for part in ("offers", "products/x/customers", "products/x/customers/export"):
        answer = client.get(path(made, part))
        assert answer.status_code == 422 and answer.json()["error"]["code"] == "no_purchases"


def test_the_version_before_serves_meanwhile(client):
    """A new version is learned in a job; until then lists come from the one before, and say so."""
    made = load(client, ("s.csv", shop_csv(80)), name="s")
    before = offers(client, made, 2)["model"]["version"]
    more = "\n".join(["customer_id,order_id,date,product,quantity,price"] + [
        f"{c},{9000 + c},2024-12-{1 + c % 28:02d},tray,1,2.5" for c in range(1, 60)]) + "\n"
    answer = client.post(path(made, "versions"), files=[("file", ("more.csv", more.encode()))], data={"mode": "append"})
    assert answer.status_code == 202, answer.text
    deadline, seen = time.monotonic() + 60, []
    while time.monotonic() < deadline:
        got = client.get(path(made, "customers", "2", "recommendations"))
        assert got.status_code == 200, got.text
        seen.append(got.json()["model"]["version"])
        if seen[-1] != before:
            break
    assert seen[-1] != before and seen == sorted(seen, key=lambda v: v != before)
    assert any(j["kind"] == "learn" for j in client.get("/api/v1/jobs").json()["items"])


def wide_csv(customers=8000, products=3000, seed=3):
    """So many products that learning takes a while."""
    chance = random.Random(seed)
    rows = ["customer_id,order_id,date,product,quantity,price"]
    for c in range(2, customers + 2):
        rows += [f"{c},{c}-{m},2024-{m:02d}-{1 + c % 28:02d},p{chance.randrange(products)},1,2" for m in (1, 2, 3) for _ in range(5)]
    return ("\n".join(rows) + "\n").encode()


def test_learning_is_cancelled(client):
    """The job of a new version's learning ends when it is told to; the version before serves until then, and who asks
    afterwards gets the new one, learned for this."""
    made = load(client, ("s.csv", shop_csv(80)), name="s")
    before = offers(client, made, 2)["model"]["version"]
    for job in client.get("/api/v1/jobs").json()["items"]:
        client.wait_for_job(job["id"])
    answer = client.post(path(made, "versions"), files=[("file", ("wide.csv", wide_csv()))], data={"mode": "replace"})
    assert answer.status_code == 202, answer.text
    assert client.wait_for_job(answer.json()["job"]["id"])["state"] == "done"
    job = next(j for j in client.get("/api/v1/jobs").json()["items"] if j["kind"] == "learn" and j["state"] in ("running", "queued"))
    assert offers(client, made, 2)["model"]["version"] == before
    assert client.get(path(made, "recommender")).json()["version"] == before
    gone = client.get(path(made, "customers", "1", "recommendations"))  # who is no longer there is not served from before
    assert gone.status_code == 404, gone.text
    assert client.delete(f"/api/v1/jobs/{job['id']}").status_code == 202
    began = time.monotonic()
    ended = client.wait_for_job(job["id"])
    assert ended["state"] == "cancelled" and ended["error"] is None
    assert time.monotonic() - began < 60
    got = offers(client, made, 2)["model"]
    assert got["version"] != before and got["products"] == 3000
