"""Spending: of one customer, by age band, the top ones; over HTTP against the real program."""
import json
import socket
import time

import pytest
from loading import load

SHOP = {
    "people.csv": "user_id,name,age\n1,Anna Nowak,18\n2,Jan Lis,24\n3,Ewa Maj,25\n4,Adam Sowa,50\n5,Iza Kot,17\n"
                  "6,Ola Mak,30\n",
    "spending.csv": "user_id,money_spent,year\n1,10.005,2022\n1,20,2023\n2,100.10,2023\n3,0.01,2022\n4,5,2023\n5,7,2023\n"
                    "4,2.5,2022\n",
}


def files(**more):
    return [(name, text.encode()) for name, text in (SHOP | more).items()]


def shop(client, name="shop", **more):
    return load(client, *files(**more), name=name)


@pytest.fixture(scope="module")
def loaded(shared_client):
    shop(shared_client)
    return shared_client


def error(answer, status, code=None, field=None):
    assert answer.status_code == status, answer.text
    body = answer.json()["error"]
    assert body["message"]
    assert code is None or body["code"] == code, body
    assert body.get("field") == field, body
    return body


@pytest.mark.parametrize("user, params, spent", [
    ("1", {}, 30.01), ("2", {}, 100.1), ("3", {}, 0.01), ("6", {}, 0),
    ("1", {"year": 2022}, 10.01), ("1", {"year": 2023}, 20), ("1", {"year": 1999}, 0), ("6", {"year": 2023}, 0),
    ("4", {"dataset": "shop"}, 7.5), ("4", {"dataset": "SHOP", "year": 2022}, 2.5),
])
def test_total(loaded, user, params, spent):
    answer = loaded.get(f"/total_spent/{user}", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"user_id": int(user), "total_spent": spent}


@pytest.mark.parametrize("user, params, status, code, field", [
    ("7", {}, 404, "unknown_customer", None), ("0", {}, 404, "unknown_customer", None),
    ("-1", {}, 404, "unknown_customer", None), ("1.0", {}, 404, "unknown_customer", None),
    ("01", {}, 404, "unknown_customer", None), ("abc", {}, 404, "unknown_customer", None),
    ("1%27%20OR%20%271%27=%271", {}, 404, "unknown_customer", None), ("9" * 400, {}, 404, "unknown_customer", None),
    ("%00", {}, 400, "malformed", None), ("%F0%9F%98%80", {}, 404, "unknown_customer", None),
    ("1", {"year": "soon"}, 422, None, "year"), ("1", {"year": "0"}, 422, None, "year"),
    ("1", {"year": "2023.5"}, 422, None, "year"), ("1", {"year": "99999999999999999999"}, 422, None, "year"),
    ("1", {"dataset": "nothing"}, 404, None, None), ("1", {"dataset": "12345"}, 404, None, None),
])
def test_total_refused(loaded, user, params, status, code, field):
    answer = loaded.get(f"/total_spent/{user}", params=params)
    error(answer, status, code, field)


def test_no_user(loaded):
    assert loaded.get("/total_spent/").status_code == 404
    assert loaded.get("/total_spent").status_code == 404
    answer = loaded.post("/total_spent/1", json={})
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]
    assert loaded.head("/total_spent/1").status_code == 200


def test_by_age(loaded):
    def asked(**params):
        answer = loaded.get("/average_spending_by_age", params=params)
        assert answer.status_code == 200, answer.text
        return answer.text

    # The order of the bands is part of the answer.
    assert asked() == '{"18-24":43.37,"25-30":0.01,"31-36":null,"37-47":null,">47":3.75}'
    assert asked(per="record") == asked()
    assert asked(per="customer") == '{"18-24":65.05,"25-30":0.01,"31-36":null,"37-47":null,">47":7.5}'
    assert asked(year=2023) == '{"18-24":60.05,"25-30":null,"31-36":null,"37-47":null,">47":5}'
    assert asked(year=2023, per="customer") == asked(year=2023)
    assert asked(year=1980) == '{"18-24":null,"25-30":null,"31-36":null,"37-47":null,">47":null}'


@pytest.mark.parametrize("params, field", [({"per": "head"}, "per"), ({"per": ""}, "per"), ({"year": "x"}, "year")])
def test_by_age_refused(loaded, params, field):
    error(loaded.get("/average_spending_by_age", params=params), 422, field=field)


def test_overview(loaded):
    seen = loaded.get("/api/v1/spending").json()
    assert seen["dataset"]["name"] == "shop"
    assert (seen["known_customers"], seen["customers"], seen["records"]) == (6, 5, 7)
    assert seen["spend"] == {"amount": "144.615", "currency": None}
    assert [b["band"] for b in seen["bands"]] == ["18-24", "25-30", "31-36", "37-47", ">47"]
    assert seen["bands"][0]["mean_customer"]["amount"] == "65.05" and seen["bands"][2]["mean_record"] is None
    assert seen["other"]["customers"] == 1
    assert [(y["year"], y["customers"], y["spend"]["amount"]) for y in seen["years"]] == [
        (2022, 3, "12.515"), (2023, 4, "132.10")]
    one = loaded.get("/api/v1/spending", params={"year": 2022}).json()
    assert (one["customers"], one["spend"]["amount"]) == (3, "12.515") and one["years"] == seen["years"]


def test_top(loaded):
    top = loaded.get("/api/v1/spending/top").json()["items"]
    assert [c["id"] for c in top] == ["2", "1", "4", "5", "3"]
    assert top[0] == {"id": "2", "name": "Jan Lis", "age": 24, "records": 1,
                      "spend": {"amount": "100.10", "currency": None}}
    year = loaded.get("/api/v1/spending/top", params={"year": 2022, "limit": 2}).json()["items"]
    assert [c["id"] for c in year] == ["1", "4"]
    for limit in ("0", "1001", "x"):
        error(loaded.get("/api/v1/spending/top", params={"limit": limit}), 422, field="limit")


def test_no_data(client):
    for path in ("/total_spent/1", "/average_spending_by_age", "/api/v1/spending", "/api/v1/spending/top"):
        error(client.get(path), 404, "no_purchases")
    # Clients without purchases, and baskets without amounts, are not spending.
    load(client, ("people.csv", SHOP["people.csv"].encode()), name="people")
    error(client.get("/total_spent/1"), 404, "no_purchases")
    error(client.get("/total_spent/1", params={"dataset": "people"}), 422, "no_amounts")
    shop(client)
    assert client.get("/total_spent/1").json()["total_spent"] == 30.01
    load(client, ("people.csv", SHOP["people.csv"].encode()), name="newer")
    assert client.get("/total_spent/1").json()["total_spent"] == 30.01


def test_without_years(client):
    load(client, ("p.csv", b"customer_id,amount,product\nA-1,10,x\nB-2,20,y\n"), name="timeless")
    assert client.get("/total_spent/A-1").json() == {"user_id": "A-1", "total_spent": 10}
    error(client.get("/total_spent/A-1", params={"year": 2023}), 422, field="year")
    assert client.get("/api/v1/spending").json()["years"] == []


def test_newest_and_removed(client):
    shop(client)
    again = shop(client, name="next", **{"spending.csv": "user_id,money_spent,year\n1,99,2024\n"})
    assert client.get("/total_spent/1").json()["total_spent"] == 99
    assert client.get("/average_spending_by_age", params={"year": 2024}).json()["18-24"] == 99
    assert client.delete(f"/api/v1/datasets/{again['id']}").status_code in (200, 204)
    assert client.get("/total_spent/1").json()["total_spent"] == 30.01
    assert client.get("/average_spending_by_age", params={"year": 2024}).json()["18-24"] is None


def test_new_version(client):
    made = shop(client)
    assert client.get("/average_spending_by_age", params={"year": 2023}).json()[">47"] == 5
    load(client, *files(**{"spending.csv": "user_id,money_spent,year\n4,50,2023\n"}),
         path=f"/api/v1/datasets/{made['id']}/versions", mode="replace")
    assert client.get("/total_spent/4").json()["total_spent"] == 50
    assert client.get("/average_spending_by_age", params={"year": 2023}).json()[">47"] == 50


def test_by_hand(client):
    made = shop(client)
    customers = f"/api/v1/datasets/{made['id']}/customers"
    assert client.get("/average_spending_by_age", params={"year": 2023}).json()["31-36"] is None
    assert client.post(customers, json={"id": "new", "full_name": "New One"}).status_code == 201
    assert client.get("/total_spent/new").json() == {"user_id": "new", "total_spent": 0}
    assert client.get("/total_spent/new", params={"year": 2023}).json()["total_spent"] == 0
    assert client.patch(f"{customers}/4", json={"birth_date": "1700-01-01"}).status_code in (200, 422)
    answer = client.patch(f"{customers}/4", json={"birth_date": "2025-06-01"})
    assert answer.status_code == 200, answer.text
    assert client.get("/average_spending_by_age").json()[">47"] is None


def test_only_ones_own(client, cli, make_user):
    shop(client)
    cli("org", "add", "Partner")
    other = make_user("manager", org="Partner")
    for path in ("/total_spent/1", "/average_spending_by_age"):
        error(other.get(path), 404, "no_purchases")
        error(other.get(path, params={"dataset": "shop"}), 404)
    for path in ("/total_spent/1", "/average_spending_by_age", "/api/v1/spending", "/api/v1/spending/top"):
        for role, status in (("operator", 403), ("client", 403), ("manager", 200), ("analyst", 200)):
            assert make_user(role).get(path).status_code == status, (role, path)


def test_after_a_restart(client, folder, server, start_server):
    shop(client)
    before = [client.get(p).text for p in ("/total_spent/1?year=2022", "/average_spending_by_age?per=customer")]
    server.stop()
    again = start_server().client(folder.admin)
    assert [again.get(p).text for p in ("/total_spent/1?year=2022", "/average_spending_by_age?per=customer")] == before


def test_the_real_shop(client, shared_data):
    with open(shared_data("users_vouchers.db"), "rb") as f:
        load(client, ("users_vouchers.db", f.read()), name="vouchers")
    assert client.get("/total_spent/791").text == '{"user_id":791,"total_spent":26796.21}'
    assert client.get("/total_spent/791", params={"year": 2023}).json()["total_spent"] == 26796.21
    assert client.get("/average_spending_by_age").text == (
        '{"18-24":2509.74,"25-30":2471.58,"31-36":2529.15,"37-47":2495.84,">47":2485.77}')
    assert client.get("/average_spending_by_age", params={"year": 2023}).text == client.get(
        "/average_spending_by_age").text
    assert client.get("/average_spending_by_age", params={"per": "customer"}).json() == {
        "18-24": 20707.98, "25-30": 21603.96, "31-36": 20843.34, "37-47": 19865.90, ">47": 21205.93}
    assert client.get("/total_spent/0").status_code == 404
    assert client.get("/total_spent/3001").status_code == 404
    seen = client.get("/api/v1/spending").json()
    assert (seen["known_customers"], seen["customers"], seen["records"]) == (3000, 1444, 12000)


# --- answers from the loop thread are never older than the store ---

def warm(client, path="/total_spent/1"):
    """Asked until it is answered from memory; what is answered stays the same."""
    return [client.get(path).text for _ in range(4)]


def test_taken_back_at_once(client, server, folder, make_user):
    shop(client)
    token = client.post("/api/v1/tokens", json={"name": "till"}).json()
    program = server.client()
    program.headers["Authorization"] = f"Bearer {token['token']}"
    assert len(set(warm(program))) == 1
    assert client.delete(f"/api/v1/tokens/{token['id']}").status_code in (200, 204)
    assert program.get("/total_spent/1").status_code == 401

    manager = make_user("manager")
    assert len(set(warm(manager))) == 1
    assert client.patch(f"/api/v1/users/{manager.user['id']}", json={"role": "operator"}).status_code == 200
    assert manager.get("/total_spent/1").status_code == 403
    client.patch(f"/api/v1/users/{manager.user['id']}", json={"role": "analyst"})
    warm(manager)
    folder.cli("user", "disable", "--email", manager.account.email)
    assert manager.get("/total_spent/1").status_code == 401

    leaving = make_user("manager")
    warm(leaving)
    kept = dict(leaving.cookies)
    assert leaving.delete("/api/v1/session").status_code == 204
    leaving.cookies.update(kept)
    assert leaving.get("/total_spent/1").status_code == 401


def test_many_in_a_row(client, server, folder):
    """Requests that come together are answered in their order, whoever answers them, and by who asks at that moment."""
    shop(client)
    token = client.post("/api/v1/tokens", json={"name": "till"}).json()
    asked = [("/total_spent/1", 200), ("/total_spent/2", 200), ("/total_spent/none", 404), ("/average_spending_by_age", 200),
             ("/total_spent/1?year=x", 422), ("/total_spent/3", 200), ("/api/v1/spending", 200), ("/nowhere", 404)]
    spent = {"/total_spent/1": 30.01, "/total_spent/2": 100.1, "/total_spent/3": 0.01}
    one = [f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token['token']}\r\n\r\n" for path, _ in asked]
    with socket.create_connection(("127.0.0.1", server.port), 30) as s:
        reader = s.makefile("rb")

        def answer():
            status, length = int(reader.readline().split()[1]), 0
            while (line := reader.readline()) != b"\r\n":
                length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else length
            return status, reader.read(length)

        s.sendall("".join(one).encode() * 50)
        for path, status in asked * 50:
            got, body = answer()
            assert got == status, (path, body)
            assert path not in spent or spent[path] == json.loads(body)["total_spent"]
        # What comes together goes out together.
        s.sendall(one[0].encode() * 16)
        first = reader.read1(65536)
        time.sleep(0.3)
        assert first.count(b"HTTP/1.1 200") == 16, "sixteen answers in one piece"
        assert client.delete(f"/api/v1/tokens/{token['id']}").status_code in (200, 204)
        s.sendall("".join(one).encode() * 2)
        assert {answer()[0] for _ in asked * 2} == {401, 404}


def test_loaded_at_once(client):
    made = shop(client)
    for path in ("/total_spent/4", "/average_spending_by_age"):
        warm(client, path)
    for amount in (50, 60, 70):
        load(client, *files(**{"spending.csv": f"user_id,money_spent,year\n4,{amount},2023\n"}),
             path=f"/api/v1/datasets/{made['id']}/versions", mode="replace")
        assert client.get("/total_spent/4").json()["total_spent"] == amount
        assert client.get("/average_spending_by_age").json()[">47"] == amount
        warm(client, "/average_spending_by_age")
    customers = f"/api/v1/datasets/{made['id']}/customers"
    assert client.patch(f"{customers}/4", json={"birth_date": "2000-06-01"}).status_code == 200
    assert client.get("/average_spending_by_age").json()[">47"] is None


def test_parameters_from_memory(client):
    """The same answers, also to wrong questions, the second and third time."""
    shop(client)
    asked = ["/total_spent/1?year=2022", "/total_spent/1?year=2023", "/total_spent/6?year=2022", "/total_spent/1?per=customer",
             "/average_spending_by_age?year=2022", "/average_spending_by_age?year=2023&per=customer",
             "/average_spending_by_age?per=record", "/average_spending_by_age?year=1999", "/total_spent/1?year=0",
             "/total_spent/1?year=2022&year=2023", "/average_spending_by_age?per=head", "/total_spent/none?year=2022",
             "/total_spent/1?dataset=shop&year=2022", "/total_spent/1?other=1", "/total_spent/1?year="]
    first = [(client.get(path).status_code, client.get(path).text) for path in asked]
    for _ in range(3):
        assert [(client.get(path).status_code, client.get(path).text) for path in asked] == first
    assert [status for status, _ in first] == [200] * 8 + [422, 422, 422, 404, 200, 200, 422]
    assert first[0][1] == '{"user_id":1,"total_spent":10.01}' and '">47":5}' in first[5][1]


def test_mixed_callers(client, cli, make_user):
    """What is kept of one organisation is not another's."""
    shop(client)
    cli("org", "add", "Partner")
    other = make_user("admin", org="Partner")
    load(other, *files(**{"spending.csv": "user_id,money_spent,year\n1,77,2023\n"}), name="shop")
    for _ in range(10):
        assert client.get("/total_spent/1").json()["total_spent"] == 30.01
        assert other.get("/total_spent/1").json()["total_spent"] == 77
    operator = make_user("operator")
    for _ in range(3):
        assert operator.get("/total_spent/1").status_code == 403
        assert client.head("/total_spent/1").content == b""
    wrong = {"Authorization": "Bearer vtr_" + "A" * 43}
    for _ in range(3):
        assert type(client)(client.url).get("/total_spent/1", headers=wrong).status_code == 401
