"""The voucher list, in the store and in a real MongoDB: the same answers. test_vouchers_mongodb.py has what differs."""
import io
import itertools
from concurrent.futures import ThreadPoolExecutor

import openpyxl
import pytest
from loading import load
from mongodb import MongoServer

PEOPLE = "user_id,name,age\n" + "".join(f"{i},Person {i},{20 + i % 40}\n" for i in range(1, 301))
SPENDING = "user_id,money_spent,year\n" + "".join(f"{i},{i * 10},2023\n" for i in range(1, 301))
TEXTS = ("customer_id,amount,day\n" + "".join(f"{i},3000,2024-01-0{1 + n % 9}\n" for n, i in enumerate(
    ["10", "9", "A-2", "A-10", "007", "-5", "Żuk"])))
names = (f"shop{i}" for i in itertools.count())


@pytest.fixture(scope="module")
def mongo():
    server = MongoServer()
    yield server
    server.remove()


@pytest.fixture(params=["store", "mongodb"])
def settings(request):
    """What the server is started with; both must answer the same."""
    if request.param == "store":
        return {}
    mongo = request.getfixturevalue("mongo")
    return {"VITRINA_MONGODB_URI": mongo.uri(next(names))}


@pytest.fixture
def shop(settings, start_server, folder):
    client = start_server(**settings).client(folder.admin)
    load(client, ("people.csv", PEOPLE.encode()), ("spending.csv", SPENDING.encode()), name="shop")
    return client


def error(answer, status, code=None, field=None):
    assert answer.status_code == status, answer.text
    body = answer.json()["error"]
    assert code is None or body["code"] == code, body
    assert body.get("field") == field, body
    if status == 503:
        assert body["message"] and int(answer.headers["Retry-After"]) > 0
    return body


def everything(client, limit=7):
    """The whole list page by page: each customer once."""
    items, cursor, total = [], None, None
    while True:
        answer = client.get("/vouchers", params={"limit": limit} | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert set(page) == {"items", "next", "total"} and len(page["items"]) <= limit
        items, total, cursor = items + page["items"], page["total"], page["next"]
        if cursor is None:
            break
    ids = [i["user_id"] for i in items]
    assert len(ids) == len(set(ids)) == total
    return {i["user_id"]: i["total_spending"] for i in items}


def scan(client, **params):
    answer = client.post("/vouchers/scan", params=params)
    assert answer.status_code == 202, answer.text
    return client.wait_for_job(answer.json()["job"]["id"])


def test_written_and_updated(shop):
    assert shop.get("/vouchers").json() == {"items": [], "next": None, "total": 0}
    made = shop.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 2000})
    assert made.status_code == 201 and made.json()["user_id"] == 1 and made.json()["message"]
    again = shop.post("/write_to_mongodb", json={"user_id": "1", "total_spending": 2500.505})
    assert again.status_code == 200 and again.json()["user_id"] == 1
    shop.post("/write_to_mongodb", json={"user_id": 300, "total_spending": 1e9})
    seen = shop.get("/vouchers").json()
    assert seen["total"] == 2 and seen["next"] is None
    assert seen["items"][0] | {"updated_at": None} == {
        "user_id": 1, "total_spending": 2500.505, "name": "Person 1", "updated_at": None}
    assert seen["items"][0]["updated_at"].endswith("Z")


@pytest.mark.parametrize("body, status, field", [
    ({}, 422, "user_id"), ({"user_id": 1}, 422, "total_spending"), ({"total_spending": 3000}, 422, "user_id"),
    ({"user_id": 1, "total_spending": 1999.99}, 422, "total_spending"),
    ({"user_id": 1, "total_spending": -1}, 422, "total_spending"),
    ({"user_id": 1, "total_spending": 0}, 422, "total_spending"),
    ({"user_id": 1, "total_spending": "3000"}, 422, "total_spending"),
    ({"user_id": 1, "total_spending": None}, 422, "total_spending"),
    ({"user_id": 1, "total_spending": True}, 422, "total_spending"),
    ({"user_id": 1, "total_spending": 1e300}, 422, "total_spending"),
    ({"user_id": 1.5, "total_spending": 3000}, 422, "user_id"), ({"user_id": True, "total_spending": 3000}, 422, "user_id"),
    ({"user_id": "", "total_spending": 3000}, 422, "user_id"), ({"user_id": [1], "total_spending": 3000}, 422, "user_id"),
    ({"user_id": "x" * 201, "total_spending": 3000}, 422, "user_id"),
    ({"user_id": 1, "total_spending": 3000, "more": 1}, 422, "more"),
    ({"user_id": 999, "total_spending": 3000}, 404, None), ({"user_id": -1, "total_spending": 3000}, 404, None),
    ({"user_id": {"$gt": 0}, "total_spending": 3000}, 422, "user_id"), ({"user_id": "abc", "total_spending": 3000}, 404, None),
    ([], 422, None), ("text", 422, None), (5, 422, None), (False, 422, None),
    ([{"user_id": 1, "total_spending": 3000}, {"user_id": 2, "total_spending": 5}], 422, "[1].total_spending"),
    ([{"user_id": 1, "total_spending": 3000}, {"user_id": 999, "total_spending": 3000}], 404, "[1]"),
    ([{"user_id": 1, "total_spending": 3000}, {"user_id": "1", "total_spending": 3000}], 422, "[1].user_id"),
    ([{"user_id": 1, "total_spending": 3000}, 7], 422, "[1]"),
    ([{"user_id": 1, "total_spending": 3000}] * 10001, 422, None),
])
def test_refused(shared_shop, body, status, field):
    error(shared_shop.post("/write_to_mongodb", json=body), status, field=field)
    assert shared_shop.get("/vouchers").json()["total"] == 0


@pytest.fixture(scope="module")
def shared_shop(shared_client):
    load(shared_client, ("people.csv", PEOPLE.encode()), ("spending.csv", SPENDING.encode()), name="shop")
    return shared_client


@pytest.mark.parametrize("text, status", [
    (b"{", 400), (b"", 400), (b'{"user_id":1,"total_spending":NaN}', 400), (b'{"user_id":1,"total_spending":Infinity}', 400),
    (b'{"user_id":1,"total_spending":1e999}', 400), (b'{"user_id":1,"total_spending":-1e999}', 400),
    (b'{"user_id":99999999999999999999,"total_spending":3000}', 400),
    (b'{"user_id":1,"user_id":2,"total_spending":3000}', 400), (b"[" * 100, 400), (b'{"user_id":"\xff","total_spending":3000}', 400),
    (b"[" + b'{"user_id":1,"total_spending":3000},' * 400000 + b"0]", 413),
])
def test_wrong_json(shared_shop, text, status):
    answer = shared_shop.post("/write_to_mongodb", data=text, headers={"Content-Type": "application/json"})
    error(answer, status)
    assert shared_shop.get("/vouchers").json()["total"] == 0


def test_other_types(shared_shop):
    error(shared_shop.post("/write_to_mongodb", data=b"user_id=1", headers={"Content-Type": "text/plain"}), 415)
    assert shared_shop.get("/write_to_mongodb").status_code == 405
    assert shared_shop.delete("/vouchers").status_code == 405


def test_a_list(shop):
    made = shop.post("/write_to_mongodb", json=[{"user_id": i, "total_spending": 2000 + i} for i in range(1, 101)])
    assert made.status_code == 201, made.text
    assert made.json() | {"message": ""} == {"message": "", "written": 100, "created": 100, "updated": 0}
    again = shop.post("/write_to_mongodb", json=[{"user_id": i, "total_spending": 3000} for i in range(51, 121)])
    assert again.status_code == 201 and (again.json()["created"], again.json()["updated"]) == (20, 50)
    same = shop.post("/write_to_mongodb", json=[{"user_id": i, "total_spending": 3000} for i in range(51, 121)])
    assert same.status_code == 200 and (same.json()["created"], same.json()["updated"]) == (0, 70)
    assert everything(shop) == {i: 2000 + i if i <= 50 else 3000 for i in range(1, 121)}


def test_order_and_pages(settings, start_server, folder):
    client = start_server(**settings).client(folder.admin)
    load(client, ("t.csv", TEXTS.encode()), name="texts")
    assert scan(client)["result"]["found"] == 7
    for limit in (1, 2, 3, 7, 1000):
        assert list(everything(client, limit)) == [-5, 9, 10, "007", "A-10", "A-2", "Żuk"], limit
    for params, field in (({"limit": 0}, "limit"), ({"limit": 1001}, "limit"), ({"cursor": ""}, "cursor"),
                          ({"cursor": "x" * 300}, "cursor")):
        error(client.get("/vouchers", params=params), 422, field=field)
    assert client.get("/vouchers", params={"cursor": "zzz"}).json()["total"] == 7


def test_scan(shop):
    done = scan(shop)
    assert done["state"] == "done", done
    # More than 2000: the one who spent exactly so much is not over the limit.
    assert done["result"] == {"found": 100, "created": 100, "updated": 0}
    assert everything(shop, 1000) == {i: i * 10 for i in range(201, 301)}
    assert scan(shop)["result"] == {"found": 100, "created": 0, "updated": 100}
    assert shop.put("/api/v1/vouchers/limit", json={"limit": "2500.50"}).json()["limit"] == "2500.50"
    assert scan(shop, dataset="shop")["result"]["found"] == 50
    assert len(everything(shop, 1000)) == 100
    assert shop.put("/api/v1/vouchers/limit", json={"limit": "0"}).status_code == 200
    assert scan(shop)["result"]["found"] == 300
    assert everything(shop, 1000)[200] == 2000


def test_scan_refused(shared_shop, client):
    error(shared_shop.post("/vouchers/scan", params={"dataset": "nothing"}), 404)
    error(client.post("/vouchers/scan"), 404, "no_purchases")
    error(client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}), 404, "no_purchases")
    load(client, ("people.csv", PEOPLE.encode()), name="people")
    error(client.post("/vouchers/scan", params={"dataset": "people"}), 422, "no_amounts")


def test_limit(client, make_user):
    assert client.get("/api/v1/vouchers/limit").json() == {"limit": "2000.00", "kept_in": "store"}
    for value in ("", "-1", "many", "1e20", "nan", "inf", "12,5"):
        error(client.put("/api/v1/vouchers/limit", json={"limit": value}), 422, field="limit")
    assert client.get("/api/v1/vouchers/limit").json()["limit"] == "2000.00"
    for role in ("manager", "analyst", "operator"):
        assert make_user(role).put("/api/v1/vouchers/limit", json={"limit": "1"}).status_code == 403
    assert client.put("/api/v1/vouchers/limit", json={"limit": " 150.5 "}).json()["limit"] == "150.50"
    load(client, ("people.csv", PEOPLE.encode()), ("spending.csv", SPENDING.encode()), name="shop")
    assert make_user("manager").post("/write_to_mongodb", json={"user_id": 1, "total_spending": 150.5}).status_code == 201
    error(client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 150.49}), 422, field="total_spending")


def test_roles(shared_shop, shared_make_user):
    body = {"user_id": 999, "total_spending": 3000}
    for role, reads, writes in (("manager", 200, 404), ("analyst", 200, 403), ("operator", 403, 403), ("client", 403, 403)):
        user = shared_make_user(role)
        assert user.get("/vouchers").status_code == reads, role
        assert user.post("/write_to_mongodb", json=body).status_code == writes, role
        assert user.post("/vouchers/scan", params={"dataset": "none"}).status_code == writes, role


def test_only_ones_own(shop, folder):
    """The same id at two organisations is two customers."""
    folder.cli("org", "add", "Partner")
    folder.cli("user", "add", "--email", "boss@partner.example", "--role", "admin", "--org", "Partner", "--password-stdin",
               input="correct horse partner\n")
    other = type(shop)(shop.url)
    other.sign_in(type(folder.admin)("boss@partner.example", "correct horse partner"))
    error(other.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 9000}), 404, "no_purchases")
    load(other, ("people.csv", PEOPLE.encode()), ("spending.csv", SPENDING.encode()), name="theirs")
    assert shop.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 2001}).status_code == 201
    assert other.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 9000}).status_code == 201
    error(other.post("/vouchers/scan", params={"dataset": "shop"}), 404)
    assert everything(shop) == {1: 2001} and everything(other) == {1: 9000}
    assert shop.get("/vouchers").json()["items"][0]["name"] == "Person 1"


def test_the_same_customer_at_once(shop):
    def write(amount):
        client = type(shop)(shop.url)
        client.cookies.update(shop.cookies)
        return client.post("/write_to_mongodb", json={"user_id": 5, "total_spending": amount}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(write, range(2000, 2040)))
    assert sorted(statuses) == [200] * 39 + [201]
    listed = everything(shop)
    assert list(listed) == [5] and 2000 <= listed[5] < 2040


def test_after_a_restart(settings, start_server, folder):
    first = start_server(**settings)
    client = first.client(folder.admin)
    load(client, ("people.csv", PEOPLE.encode()), ("spending.csv", SPENDING.encode()), name="shop")
    scan(client)
    first.stop()
    again = start_server(**settings).client(folder.admin)
    assert everything(again, 1000) == {i: i * 10 for i in range(201, 301)}


def test_export(shop):
    assert shop.get("/vouchers/export").text == "user_id,name,total_spending,updated_at\r\n"
    shop.post("/write_to_mongodb", json=[{"user_id": i, "total_spending": 2000.5} for i in (12, 2)])
    answer = shop.get("/vouchers/export", params={"format": "csv"})
    assert answer.headers["Content-Type"].startswith("text/csv") and "vouchers.csv" in answer.headers["Content-Disposition"]
    rows = [line.split(",") for line in answer.text.split("\r\n")]
    assert [r[:3] for r in rows[1:3]] == [["2", "Person 2", "2000.50"], ["12", "Person 12", "2000.50"]] and rows[3] == [""]
    book = openpyxl.load_workbook(io.BytesIO(shop.get("/vouchers/export", params={"format": "xlsx"}).content))
    assert [list(r)[:3] for r in book.active.values] == [
        ["user_id", "name", "total_spending"], [2, "Person 2", 2000.5], [12, "Person 12", 2000.5]]
    error(shop.get("/vouchers/export", params={"format": "pdf"}), 422, field="format")
    assert shop.get("/api/v1/audit", params={"action": "vouchers_export"}).json()["total"] == 3


def test_audited(shop):
    shop.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 2000})
    shop.post("/write_to_mongodb", json=[{"user_id": i, "total_spending": 2000} for i in (2, 3)])
    events = shop.get("/api/v1/audit", params={"action": "voucher_write"}).json()["items"]
    assert [(e["object_id"], e["detail"]["customers"]) for e in events] == [("", 2), ("1", 1)]


def test_the_real_shop(settings, start_server, folder, shared_data):
    client = start_server(**settings).client(folder.admin)
    with open(shared_data("users_vouchers.db"), "rb") as f:
        load(client, ("users_vouchers.db", f.read()), name="vouchers")
    assert scan(client)["result"] == {"found": 1440, "created": 1440, "updated": 0}
    listed = everything(client, 1000)
    assert len(listed) == 1440 and listed[791] == 26796.21 and min(listed.values()) > 2000
