"""POST /load_db and POST /stat_user: the bank's interface, to the letter."""
import csv
import io
import json

import pytest
from loading import load, upload

HEADER = ["id_user", "client_sirnam", "client_name", "client_middle_name", "client_birthdate", "client_birthplace",
          "client_mobile_phone", "client_take_products", "segment"]
FIRST_ID = 112312323321
SURNAMES, NAMES = ["Иванов", "Петров", "Сидоров", "Кузнецов"], ["Иван", "Пётр", "Сергей", "Алексей"]


def took(i):
    """Newest first, as the file has them: 150 of 200 took the car, 120 the loan after it, 90 insurance after that."""
    products = ["Автомобиль"] if i < 150 else []
    if i < 120:
        products.insert(0, "Автокредит")
    if i < 90:
        products.insert(0, "Страхование")
    if i >= 190:
        products = ["Вклад"]
    return products


def bank_csv(n=200):
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(HEADER)
    for i in range(n):
        rows.writerow([FIRST_ID + i, SURNAMES[i % 4], NAMES[i // 4 % 4], "Иванович",
                       f"{1 + i % 28:02d}.{1 + i % 12:02d}.{1960 + i % 40}", "Казань" if i % 3 else "Москва",
                       f"+7912345{i:04d}", ", ".join(took(i)), "vip" if i % 5 == 0 else "mass"])
    return out.getvalue().encode()


def load_db(client, data, name="clients.csv", **params):
    return client.post("/load_db", files=[("file", (name, data))], params=params)


def stat_user(client, action, user, **more):
    return client.post("/stat_user", json={"index_action": action, "id_user": user, **more})


@pytest.fixture(scope="module")
def bank(shared_client):
    answer = load_db(shared_client, bank_csv())
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_load_db(bank):
    assert list(bank) == ["index_result", "dataset", "stat", "users"]
    assert bank["index_result"] == 200 and bank["dataset"].isdigit()
    assert bank["stat"] == {
        "num_users": 200,
        "popular_product": {"name": "Автомобиль", "num_sales": 150, "percentage_take_produckt": 75},
        "top_10_product": {"1": "Автомобиль", "2": "Автокредит", "3": "Страхование", "4": "Вклад",
                           **{str(i): "" for i in range(5, 11)}}}
    assert list(bank["stat"]["top_10_product"]) == [str(i) for i in range(1, 11)]
    assert list(bank["users"]) == [str(i) for i in range(1, 201)]
    assert bank["users"]["1"] == {"id": "112312323321", "FIO": "Иванов Иван Иванович"}
    assert bank["users"]["200"]["id"] == str(FIRST_ID + 199)


def test_next_products(shared_client, bank):
    user = str(FIRST_ID + 130)  # has the car and nothing after it
    answer = stat_user(shared_client, 1, user, dataset=bank["dataset"])
    assert answer.status_code == 200, answer.text
    got = answer.json()
    assert list(got) == ["index_result", "FIO", "id_user", "product_take_future"]
    assert got["index_result"] == 200 and got["id_user"] == user and got["FIO"] == "Сидоров Иван Иванович"
    future = got["product_take_future"]
    assert list(future) == [str(i + 1) for i in range(len(future))]
    assert [f["name"] for f in future.values()] == ["Автокредит", "Страхование", "Вклад"]
    assert all(list(f) == ["name", "percent"] for f in future.values())
    percents = [f["percent"] for f in future.values()]
    assert percents == sorted(percents, reverse=True)
    # 120 of the 150 who took the car took the loan, 90 insurance, and nobody a deposit: estimates are near the truth.
    assert abs(percents[0] - 80) < 20 and abs(percents[1] - 60) < 20 and percents[2] < 15
    # The newest data set is meant where none is named; numbers are taken as ids too.
    assert stat_user(shared_client, 1, int(user)).json() == got


def test_owned_products_are_not_offered(shared_client, bank):
    for i in (0, 100, 195):
        future = stat_user(shared_client, 1, str(FIRST_ID + i), dataset=bank["dataset"]).json()["product_take_future"]
        assert not {f["name"] for f in future.values()} & set(took(i))


def test_linked(shared_client, bank):
    path = f"/api/v1/datasets/{bank['dataset']}/links"
    assert shared_client.put(path, json={"items": [{"from": "Автомобиль", "to": "Автокредит"}]}).status_code == 200
    future = stat_user(shared_client, 1, str(FIRST_ID + 130), dataset=bank["dataset"]).json()["product_take_future"]
    assert [(f["name"], f.get("linked")) for f in future.values()] == [
        ("Автокредит", None), ("Страхование", None), ("Вклад", None), ("Автокредит", True)]
    assert future["4"] == {"name": "Автокредит", "percent": future["1"]["percent"], "linked": True}
    # Who has the second already is not offered it.
    owner = stat_user(shared_client, 1, str(FIRST_ID), dataset=bank["dataset"]).json()["product_take_future"]
    assert not any(f.get("linked") for f in owner.values())
    shared_client.put(path, json={"items": []})


def test_own_data(shared_client, bank):
    got = stat_user(shared_client, 2, "112312323321", dataset=bank["dataset"]).json()
    assert got == {"index_result": 200, "id_user": "112312323321", "client_name": "Иван",
                   "client_middle_name": "Иванович", "client_sirnam": "Иванов", "client_birthdate": "1960-01-01",
                   "client_birthplace": "Москва", "client_mobile_phone": "+79123450000",
                   "client_take_products": {"1": "Страхование", "2": "Автокредит", "3": "Автомобиль"},
                   "segment": "vip"}
    assert stat_user(shared_client, 2, str(FIRST_ID + 180)).json()["client_take_products"] == {}
    asked = [a for a in shared_client.get("/api/v1/audit").json()["items"] if a["action"] == "contact_read"]
    assert "112312323321" in [a["object_id"] for a in asked]


def test_full_name_in_either_order(client):
    data = ("id,ФИО,Телефон,Продукты,Город\n"
            "7,Иванов Иван Иванович,+79120000001,\"Карта; Вклад\",Казань\n"
            "8,Анна Сергеевна Петрова,+79120000002,Вклад,Москва\n").encode()
    users = load_db(client, data).json()["users"]
    assert users == {"1": {"id": "7", "FIO": "Иванов Иван Иванович"}, "2": {"id": "8", "FIO": "Анна Сергеевна Петрова"}}
    got = [stat_user(client, 2, i).json() for i in "78"]
    assert [(g["client_sirnam"], g["client_name"], g["client_middle_name"]) for g in got] == [
        ("Иванов", "Иван", "Иванович"), ("Петрова", "Анна", "Сергеевна")]
    assert got[0]["client_take_products"] == {"1": "Карта", "2": "Вклад"}
    assert got[0]["Город"] == "Казань"
    assert got[0]["client_birthdate"] == "" and got[0]["client_birthplace"] == ""


@pytest.mark.parametrize("limit, count", [(1, 1), (150, 150), (0, 1200), (5000, 1200), (None, 1000)])
def test_users_limit(client, limit, count):
    answer = load_db(client, bank_csv(1200), **({} if limit is None else {"users_limit": limit}))
    assert answer.status_code == 200, answer.text
    assert answer.json()["stat"]["num_users"] == 1200 and len(answer.json()["users"]) == count


def test_ties_by_name(client):
    data = b"client_id,full_name,products\n1,A B,\"pear, fig\"\n2,C D,\"apple, pear\"\n3,E F,\"fig, apple\"\n"
    stat = load_db(client, data).json()["stat"]
    assert list(stat["top_10_product"].values())[:4] == ["apple", "fig", "pear", ""]
    assert stat["popular_product"] == {"name": "apple", "num_sales": 2, "percentage_take_produckt": 66.67}


@pytest.mark.parametrize("body, status", [
    ({"index_action": 1, "id_user": "404"}, 404),
    ({"index_action": 2, "id_user": "404"}, 404),
    ({"index_action": 1, "id_user": "1 OR 1=1"}, 404),
    ({"index_action": 1, "id_user": "x" * 5000}, 404),
    ({"index_action": 1, "id_user": "112312323321", "dataset": "123"}, 404),
    ({"index_action": 1, "id_user": "112312323321", "dataset": "nothing"}, 404),
    ({"index_action": 3, "id_user": "112312323321"}, 422),
    ({"index_action": "1", "id_user": "112312323321"}, 422),
    ({"index_action": 1}, 422),
    ({"id_user": "112312323321"}, 422),
    ({"index_action": 1, "id_user": ""}, 422),
    ({"index_action": 1, "id_user": "  "}, 422),
    ({"index_action": 1, "id_user": None}, 422),
    ({"index_action": 1, "id_user": ["112312323321"]}, 422),
    ({"index_action": 1, "id_user": 1.5}, 422),
    ({"index_action": 1, "id_user": "112312323321", "more": 1}, 422),
    ([], 422),
])
def test_refused(shared_client, bank, body, status):
    answer = shared_client.post("/stat_user", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["index_result"] == status and answer.json()["error"]["message"]


def test_refused_before_the_handler(shared_client, shared_server, bank):
    answer = shared_client.post("/stat_user", data=b"{\"index_action\":1", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400 and answer.json()["index_result"] == 400
    nobody = shared_server.client()
    answer = nobody.post("/stat_user", json={"index_action": 1, "id_user": "1"})
    assert answer.status_code == 401 and answer.json()["index_result"] == 401
    answer = nobody.post("/load_db", files=[("file", ("a.csv", b"a,b\n1,2\n"))])
    assert answer.status_code == 401 and answer.json()["index_result"] == 401


def test_no_customers(client):
    answer = stat_user(client, 1, "1")
    assert answer.status_code == 404 and answer.json()["index_result"] == 404
    answer = load_db(client, b"colour,size\nred,1\nblue,2\n")
    assert answer.status_code == 200 and answer.json()["users"] == {}
    assert answer.json()["stat"]["num_users"] == 0 and answer.json()["stat"]["popular_product"]["name"] == ""
    assert answer.json()["stat"]["top_10_product"] == {str(i): "" for i in range(1, 11)}


def test_customers_without_purchases(client):
    load_db(client, "id,full_name,phone\n1,Иванов Иван,+79120000001\n2,Петров Пётр,+79120000002\n".encode())
    got = stat_user(client, 1, "2").json()
    assert got == {"index_result": 200, "FIO": "Петров Пётр", "id_user": "2", "product_take_future": {}}


@pytest.mark.parametrize("data", [b"", b"\x1f\x8b\x08\x00 cut short", b"PK\x03\x04 not a workbook"])
def test_unreadable(client, data):
    answer = load_db(client, data)
    assert answer.status_code == 422 and answer.json()["index_result"] == 422
    assert client.get("/api/v1/datasets").json()["total"] == 0


def test_two_organisations(shared_folder, shared_client, shared_make_user, bank):
    shared_folder.cli("org", "add", "Partner")
    partner = shared_make_user("manager", org="Partner")
    user = "112312323321"
    assert stat_user(partner, 1, user).status_code == 404
    assert stat_user(partner, 1, user, dataset=bank["dataset"]).status_code == 404
    operator = shared_make_user("operator")
    assert stat_user(operator, 1, user, dataset=bank["dataset"]).status_code == 200
    answer = load_db(operator, bank_csv(3))
    assert answer.status_code == 403 and answer.json()["index_result"] == 403


def test_same_from_the_command_line(shared_folder, shared_client, bank):
    name = shared_client.get(f"/api/v1/datasets/{bank['dataset']}").json()["name"]
    user = str(FIRST_ID + 130)
    done = shared_folder.cli("recommend", "--dataset", name, "--customer", user, "--json")
    over_http = shared_client.get(f"/api/v1/datasets/{bank['dataset']}/customers/{user}/recommendations").json()
    told = json.loads(done.stdout)
    assert told["items"] == over_http["items"] and told["customer"] == over_http["customer"] == user


def test_load_then_append_is_the_newest(client):
    made = load(client, ("a.csv", bank_csv(3)), name="a")
    answer = upload(client, ("b.csv", bank_csv(5)), path=f"/api/v1/datasets/{made['id']}/versions", mode="replace")
    client.wait_for_job(answer.json()["job"]["id"])
    assert stat_user(client, 2, str(FIRST_ID + 4)).status_code == 200
