"""The voucher list, in the store and in a real MongoDB: the same answers; away, slow, stopped in the middle, at once."""
import io
import itertools
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import openpyxl
import pytest
from loading import load
from mongodb import MongoServer, free_port

PEOPLE = "user_id,name,age\n" + "".join(f"{i},Person {i},{20 + i % 40}\n" for i in range(1, 301))
SPENDING = "user_id,money_spent,year\n" + "".join(f"{i},{i * 10},2023\n" for i in range(1, 301))
TEXTS = ("customer_id,amount,day\n" + "".join(f"{i},3000,2024-01-0{1 + n % 9}\n" for n, i in enumerate(
    ["10", "9", "A-2", "A-10", "007", "-5", "Żuk"])))
names = (f"shop{i}" for i in itertools.count())
QUICK = {"VITRINA_MONGODB_SERVER_SELECTION_TIMEOUT_MS": 500, "VITRINA_MONGODB_SOCKET_TIMEOUT_MS": 5000}


@pytest.fixture(scope="module")
def mongo():
    server = MongoServer()
    yield server
    server.remove()


@pytest.fixture
def restarting_mongo():
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


# --- what only MongoDB has ---

def start(start_server, folder, uri, **more):
    server = start_server(VITRINA_MONGODB_URI=uri, **(QUICK | more))
    client = server.client(folder.admin)
    if not client.get("/api/v1/datasets").json()["total"]:
        load(client, ("people.csv", PEOPLE.encode()), ("spending.csv", SPENDING.encode()), name="shop")
    return server, client


def test_away(start_server, folder):
    _, client = start(start_server, folder, f"mongodb://somebody:Se8cretWord@127.0.0.1:{free_port()}/shop")
    for ask in (lambda: client.get("/vouchers"), lambda: client.post("/vouchers/scan"),
                lambda: client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}),
                lambda: client.post("/write_to_mongodb", json=[{"user_id": i, "total_spending": 3000} for i in (1, 2)])):
        assert "MongoDB" in error(ask(), 503, "mongodb_away")["message"]
    assert client.get("/total_spent/1").json()["total_spent"] == 10
    began = time.monotonic()
    for _ in range(20):
        error(client.get("/vouchers"), 503)
    assert time.monotonic() - began < 15, "each of them waits for the whole timeout"


def test_comes_back(start_server, folder, restarting_mongo):
    server, client = start(start_server, folder, restarting_mongo.uri())
    assert client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}).status_code == 201
    restarting_mongo.stop(kill=True)
    error(client.get("/vouchers"), 503)
    error(client.post("/write_to_mongodb", json=[{"user_id": i, "total_spending": 3000} for i in range(1, 9)]), 503)
    error(client.post("/vouchers/scan"), 503)
    restarting_mongo.start()
    wait_until(lambda: client.get("/vouchers").status_code == 200)
    assert everything(client) == {1: 3000}
    assert scan(client)["state"] == "done"
    assert len(everything(client)) == 101


def wait_until(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_restarted_in_the_middle_of_a_scan(start_server, folder, restarting_mongo):
    """Nobody ever sees a part of the list, and no customer is in it twice."""
    server, client = start(start_server, folder, restarting_mongo.uri())
    big = "user_id,money_spent,year\n" + "".join(f"{i},{2500 + i},2023\n" for i in range(1, 3001))
    load(client, ("big.csv", big.encode()), name="big")
    seen = set()
    stop = threading.Event()

    def watch():
        reader = type(client)(client.url)
        reader.cookies.update(client.cookies)
        while not stop.is_set():
            answer = reader.get("/vouchers", params={"limit": 1})
            seen.add(answer.json()["total"] if answer.status_code == 200 else answer.status_code)
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        job = client.post("/vouchers/scan").json()["job"]["id"]
        wait_until(lambda: client.get(f"/api/v1/jobs/{job}").json()["progress"] > 0.1)
        time.sleep(0.5)
        restarting_mongo.stop(kill=True)
        assert client.get(f"/api/v1/jobs/{job}").json()["state"] == "running"
        time.sleep(1)
        restarting_mongo.start()
        done = client.wait_for_job(job)
        assert done["state"] == "done" and done["result"]["found"] == 3000, done
    finally:
        stop.set()
        watcher.join()
    assert seen <= {0, 503, 3000}, seen
    assert everything(client, 1000) == {i: 2500 + i for i in range(1, 3001)}


def test_killed_in_the_middle_of_a_scan(start_server, folder, restarting_mongo):
    """A power cut of the server itself: who asks next is shown nothing before the list is whole."""
    server, client = start(start_server, folder, restarting_mongo.uri())
    big = "user_id,money_spent,year\n" + "".join(f"{i},{2500 + i},2023\n" for i in range(1, 3001))
    load(client, ("big.csv", big.encode()), name="big")
    job = client.post("/vouchers/scan").json()["job"]["id"]
    wait_until(lambda: client.get(f"/api/v1/jobs/{job}").json()["progress"] > 0.1)
    time.sleep(0.5)
    server.kill()
    _, again = start(start_server, folder, restarting_mongo.uri())
    seen = set()

    def whole():
        answer = again.get("/vouchers", params={"limit": 1})
        seen.add(answer.json()["total"] if answer.status_code == 200 else answer.status_code)
        return answer.status_code == 200

    wait_until(whole)
    assert seen <= {503, 3000} and 3000 in seen, seen
    assert len(everything(again, 1000)) == 3000


def test_slow(start_server, folder):
    """A server that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _, client = start(start_server, folder, f"mongodb://127.0.0.1:{silent.getsockname()[1]}/shop")
        began = time.monotonic()
        error(client.get("/vouchers"), 503)
        assert time.monotonic() - began < 10


def test_refuses_writes(start_server, folder, mongo):
    """A collection whose unique index cannot be made: somebody else's doubles are in it."""
    from mongo_wire import command

    database = next(names)
    command(mongo.port, {"insert": "vouchers", "documents": [{"user_id": 1, "org": 7}, {"user_id": 1, "org": 7}],
                         "$db": database})
    _, client = start(start_server, folder, mongo.uri(database))
    error(client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}), 503, "mongodb_failed")
    error(client.post("/write_to_mongodb", json=[{"user_id": i, "total_spending": 3000} for i in (1, 2)]), 503)
    job = client.post("/vouchers/scan").json()["job"]["id"]
    client.delete(f"/api/v1/jobs/{job}")
    assert client.wait_for_job(job)["state"] in ("failed", "cancelled")
    assert client.get("/vouchers").json()["total"] == 0


def test_what_is_stored(start_server, folder, mongo):
    from mongo_wire import command

    database = next(names)
    _, client = start(start_server, folder, mongo.uri(database), VITRINA_MONGODB_COLLECTION="rich")
    client.post("/write_to_mongodb", json={"user_id": 7, "total_spending": 2345.67})
    client.post("/write_to_mongodb", json={"user_id": 7, "total_spending": 2345.68})
    found = command(mongo.port, {"find": "rich", "filter": {}, "$db": database})["cursor"]["firstBatch"]
    assert len(found) == 1
    assert (found[0]["user_id"], found[0]["total_spending"]) == (7, 2345.68)
    indexes = command(mongo.port, {"listIndexes": "rich", "$db": database})["cursor"]["firstBatch"]
    assert [(i["key"], i["unique"]) for i in indexes if i.get("unique")] == [({"user_id": 1, "org": 1}, True)]
    # A document of the same customer that somebody else has put in under an _id of its own is updated, not doubled.
    command(mongo.port, {"insert": "rich", "documents": [{"user_id": 8, "org": found[0]["org"]}], "$db": database})
    assert client.post("/write_to_mongodb", json={"user_id": 8, "total_spending": 4000}).status_code == 200
    assert everything(client) == {7: 2345.68, 8: 4000}
    # What has no form of ours is left out of the list.
    command(mongo.port, {"insert": "rich", "documents": [{"user_id": 9, "org": found[0]["org"], "total_spending": "x"}],
                         "$db": database})
    assert [i["user_id"] for i in client.get("/vouchers").json()["items"]] == [7, 8]


def test_tls(start_server, folder):
    server = MongoServer(tls=True)
    try:
        _, client = start(start_server, folder, server.uri(options=f"?tls=true&tlsCAFile={server.folder}/cert.pem"))
        assert client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}).status_code == 201
        assert everything(client) == {1: 3000}
    finally:
        server.remove()


def test_tls_of_a_stranger(start_server, folder):
    """A certificate that nobody vouches for is refused."""
    server = MongoServer(tls=True)
    try:
        _, client = start(start_server, folder, server.uri(options="?tls=true"))
        error(client.get("/vouchers"), 503)
        error(client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}), 503)
    finally:
        server.remove()


@pytest.mark.parametrize("name, value", [
    ("VITRINA_MONGODB_URI", "http://127.0.0.1/Se8cretWord"), ("VITRINA_MONGODB_URI", "mongodb://u:Se8cretWord@"),
    ("VITRINA_MONGODB_COLLECTION", "a$b"), ("VITRINA_MONGODB_COLLECTION", "system.users"),
    ("VITRINA_MONGODB_SOCKET_TIMEOUT_MS", "0"),
])
def test_wrong_settings(folder, name, value):
    env = {"VITRINA_MONGODB_URI": "mongodb://127.0.0.1:1/x"} | {name: value}
    done = folder.cli("serve", "--listen", "127.0.0.1:0", status=None, **env)
    assert done.status == 2 and name.lower().removeprefix("vitrina_") in done.stderr
    assert "Se8cretWord" not in done.stderr + done.stdout


def test_the_secret_is_nowhere(start_server, folder):
    port = free_port()
    server, client = start(start_server, folder, f"mongodb://u:Se8cretWord@127.0.0.1:{port}/shop",
                           VITRINA_LOG_LEVEL="debug")
    error(client.get("/vouchers"), 503)
    server.stop()
    said = server.read_log() + server.out.read_text() + folder.cli("config", status=None).stdout
    assert "Se8cretWord" not in said and "mongodb_failed" in said
