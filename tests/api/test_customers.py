"""Customers of a data set: search, lists, one page, statistics, edits by hand."""
import gzip

import pytest
from loading import load, sqlite_file, upload

PEOPLE = ("id,full_name,birth_date,birth_place,phone,email,registered_at,products,Город\n"
          "00017,Иванов Иван Иванович,1980-05-01,Казань,+79123456701,ivan@mail.ru,2020-01-05,\"Вклад, Карта\",Казань\n"
          "00018,Ёлкина Алёна Петровна,1991-12-31,Москва,+79123456702,alena@mail.ru,2021-03-01,Карта,Москва\n"
          "A-19,Пётр Сидоров,1975-01-15,Омск,8 (912) 345-67-03,petr@mail.ru,2019-07-11,,Омск\n"
          "A-20,Иванова Анна,2001-02-03,Москва,,,2022-02-02,\"Карта; Вклад; Кредит\",Москва\n").encode()
SALES = ("customer_id,order_id,date,product,quantity,price\n"
         "7,1,2024-01-05,Tea,2,1.255\n7,2,2024-02-05,tea ,1,1.255\n7,3,2024-02-05,Jam,1,3\n"
         "9,4,2024-01-06,Tea,1,2\n9,C5,2024-01-07,Tea,-1,2\n9,6,2024-01-08,Jam,1,0\n,7,2024-03-01,Jam,1,3\n"
         "11,8,2024-03-02,Jam,-2,3\n").encode()


def path(dataset, *more):
    return "/".join([f"/api/v1/datasets/{dataset['id']}", *more])


@pytest.fixture(scope="module")
def people(shared_client):
    return load(shared_client, ("people.csv", PEOPLE), name="people")


@pytest.fixture(scope="module")
def sales(shared_client):
    return load(shared_client, ("sales.csv", SALES), name="sales")


def find(client, dataset, **params):
    answer = client.get(path(dataset, "customers"), params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("q, ids", [
    ("", ["00017", "00018", "A-19", "A-20"]),
    ("иванов", ["00017", "A-20"]),
    ("ИВАНОВ", ["00017", "A-20"]),
    ("ванов анн", ["A-20"]),
    ("анна иванова", ["A-20"]),
    ("елкина", ["00018"]),
    ("ЁЛК алена", ["00018"]),
    ("петр", ["00018", "A-19"]),
    ("пётр сид", ["A-19"]),
    ("  иван   иванович ", ["00017"]),
    ("17", ["00017"]),
    ("00017", ["00017"]),
    ("a-", ["A-19", "A-20"]),
    ("20 анна", ["A-20"]),
    ("нет такого", []),
    ("%", []), ("_", []), ("'", []), ("иванов'; DROP TABLE customer;--", []),
    ("7912", []),  # phones are not searched: they are masked
])
def test_search(shared_client, people, q, ids):
    got = find(shared_client, people, q=q)
    assert [c["id"] for c in got["items"]] == ids and got["total"] == len(ids) and got["next"] is None


@pytest.mark.parametrize("sort, ids", [
    ("file", ["00017", "00018", "A-19", "A-20"]),
    ("-file", ["A-20", "A-19", "00018", "00017"]),
    ("name", ["00018", "00017", "A-20", "A-19"]),
    ("-name", ["A-19", "A-20", "00017", "00018"]),
    ("age", ["A-20", "00018", "00017", "A-19"]),
    ("-purchases", ["A-20", "00017", "00018", "A-19"]),
])
def test_sort(shared_client, people, sort, ids):
    assert [c["id"] for c in find(shared_client, people, sort=sort)["items"]] == ids


def test_pages(shared_client, people):
    seen, cursor = [], None
    while True:
        page = find(shared_client, people, sort="name", limit=1, **({"cursor": cursor} if cursor else {}))
        assert page["total"] == 4 and len(page["items"]) == 1
        seen.append(page["items"][0]["id"])
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["00018", "00017", "A-20", "A-19"]


@pytest.mark.parametrize("wish, ids", [
    ("spend:gt:3", ["7"]), ("spend:ge:2,spend:le:2", ["9"]), ("purchases:eq:0", ["11"]),
    ("last:ge:2024-02-05", ["7"]), ("last:lt:2024-02-05", ["9"]), ("age:ge:0", []),
])
def test_filter(shared_client, sales, wish, ids):
    assert [c["id"] for c in find(shared_client, sales, filter=wish)["items"]] == ids


@pytest.mark.parametrize("params, field", [
    ({"sort": "phone"}, "sort"), ({"sort": ""}, "sort"), ({"filter": "age"}, "filter"), ({"filter": "age:ge:x"}, "filter"),
    ({"filter": "x:eq:1"}, "filter"), ({"limit": 0}, "limit"), ({"limit": 1001}, "limit"), ({"cursor": "x"}, "cursor"),
    ({"cursor": "-1"}, "cursor"), ({"q": "x" * 2000}, "q"),
])
def test_wrong_lists(shared_client, people, params, field):
    answer = shared_client.get(path(people, "customers"), params=params)
    assert answer.status_code == 422 and answer.json()["error"]["field"] == field


def test_page_is_masked_until_asked(shared_client, people):
    one = shared_client.get(path(people, "customers", "00017")).json()
    assert one["masked"] is True and one["phone"] == "+7********01" and one["email"] == "i***@mail.ru"
    assert one["name"] == "Иванов Иван Иванович" and one["birth_date"] == "1980-05-01"
    assert (one["last_name"], one["first_name"], one["middle_name"]) == ("Иванов", "Иван", "Иванович")
    assert one["birth_place"] == "Казань" and one["age"] >= 44 and one["other"] == {"Город": "Казань"}
    assert [p["product"] for p in one["products"]] == ["Вклад", "Карта"] and one["spend"] is None
    row = find(shared_client, people, q="00017")["items"][0]
    assert row["phone"] == "+7********01" and row["email"] == "i***@mail.ru" and row["products"] == 2
    def asked():
        items = shared_client.get("/api/v1/audit").json()["items"]
        return [a["object_id"] for a in items if a["action"] == "contact_read"]
    before = len(asked())
    full = shared_client.get(path(people, "customers", "00017"), params={"contact": "true"}).json()
    assert full["phone"] == "+79123456701" and full["email"] == "ivan@mail.ru" and full["masked"] is False
    assert len(asked()) == before + 1 and asked()[0] == "00017"
    none = shared_client.get(path(people, "customers", "A-20")).json()
    assert none["phone"] is None and none["email"] is None


def test_left_out_and_totals(shared_client, sales):
    stats = shared_client.get(path(sales, "stats")).json()
    assert stats["customers"] == 3 and stats["buyers"] == 2 and stats["products"] == 2 and stats["purchases"] == 4
    assert stats["left_out"] == {"no_customer": 1, "cancelled": 2, "no_price": 1, "rows": 4}
    assert stats["revenue"] == {"amount": "8.765", "currency": None}
    assert stats["repeat"] == {"customers": 1, "rate": 0.5, "several_products": 1}
    assert [(m["month"], m["purchases"], m["revenue"]["amount"]) for m in stats["by_month"]] == [
        ("2024-01", 2, "4.51"), ("2024-02", 2, "4.255")]
    assert [m["new_buyers"] for m in stats["by_month"]] == [2, 0]
    top = stats["top_products"]
    assert [(p["product"], p["customers"], p["sales"], p["revenue"]["amount"]) for p in top] == [
        ("Tea", 2, 3, "5.765"), ("Jam", 1, 1, "3.00")]
    seven = shared_client.get(path(sales, "customers", "7")).json()
    assert seven["spend"]["amount"] == "6.765" and seven["purchases"] == 3 and seven["invoices"] == 3
    assert seven["first_purchase"] == "2024-01-05" and seven["last_purchase"] == "2024-02-05"
    assert [(p["product"], p["times"]) for p in seven["products"]] == [("Jam", 1), ("Tea", 2)]
    nothing = shared_client.get(path(sales, "customers", "11")).json()
    assert nothing["spend"]["amount"] == "0.00" and nothing["last_purchase"] is None


def test_purchases(shared_client, sales):
    page = shared_client.get(path(sales, "customers", "9", "purchases")).json()
    assert page["total"] == 3 and page["next"] is None
    assert [(p["product"], p["at"], p["invoice"], p["left_out"]) for p in page["items"]] == [
        ("Jam", "2024-01-08", "6", "no_price"), ("Tea", "2024-01-07", "C5", "cancelled"), ("Tea", "2024-01-06", "4", None)]
    assert page["items"][2]["amount"] == {"amount": "2.00", "currency": None} and page["items"][2]["quantity"] == 1
    first = shared_client.get(path(sales, "customers", "9", "purchases"), params={"limit": 2}).json()
    rest = shared_client.get(path(sales, "customers", "9", "purchases"), params={"limit": 2, "cursor": first["next"]}).json()
    assert first["items"] + rest["items"] == page["items"] and rest["next"] is None
    assert shared_client.get(path(sales, "customers", "nobody", "purchases")).status_code == 404


def test_add_and_change(client):
    people = load(client, ("people.csv", PEOPLE), name="people")
    made = client.post(path(people, "customers"), json={
        "id": "N-1", "last_name": "Кузнецов", "first_name": "Олег", "phone": "+7 (912) 000-00-01",
        "birth_date": "1999-09-09", "other": {"Город": "Пермь", "vip": True}})
    assert made.status_code == 201, made.text
    assert made.json()["name"] == "Кузнецов Олег" and made.json()["edited"] and made.json()["products"] == []
    assert [c["id"] for c in find(client, people, q="кузнецов пол")["items"]] == []
    assert [c["id"] for c in find(client, people, q="олег кузн")["items"]] == ["N-1"]
    assert find(client, people)["total"] == 5
    assert client.get(path(people, "stats")).json()["customers"] == 5
    changed = client.patch(path(people, "customers", "00018"), json={"last_name": "Смирнова", "first_name": "Алёна",
                                                                    "phone": "", "other": {"Город": None}})
    assert changed.status_code == 200, changed.text
    assert changed.json()["name"] == "Смирнова Алёна" and changed.json()["phone"] is None
    assert changed.json()["email"] == "a***@mail.ru" and changed.json()["other"] == {}
    assert [p["product"] for p in changed.json()["products"]] == ["Карта"]
    assert find(client, people, q="ёлкина")["total"] == 0 and find(client, people, q="смирн")["total"] == 1
    actions = [a["action"] for a in client.get("/api/v1/audit").json()["items"]]
    assert actions[:2] == ["customer_changed", "customer_added"]


def test_edits_survive_a_new_version(client):
    people = load(client, ("people.csv", PEOPLE), name="people")
    client.patch(path(people, "customers", "A-19"), json={"full_name": "Сидоров Пётр Ильич", "email": "new@mail.ru"})
    client.patch(path(people, "customers", "A-19"), json={"birth_place": "Тверь"})
    client.post(path(people, "customers"), json={"id": "N-1", "full_name": "Новый Клиент"})
    client.post(path(people, "customers"), json={"id": "N-2", "full_name": "Придёт Потом"})
    new = PEOPLE.replace("Омск,8".encode(), "Томск,8".encode()) + "N-2,Пришёл Сам,,,,,,Карта,Уфа\n".encode()
    answer = upload(client, ("people.csv", new), path=path(people, "versions"), mode="replace")
    assert client.wait_for_job(answer.json()["job"]["id"])["state"] == "done"
    one = client.get(path(people, "customers", "A-19"), params={"contact": "true"}).json()
    assert one["name"] == "Сидоров Пётр Ильич" and one["email"] == "new@mail.ru" and one["birth_place"] == "Тверь"
    assert one["edited"] and one["other"]["Город"] == "Омск"
    assert client.get(path(people, "customers", "N-1")).json()["name"] == "Новый Клиент"
    came = client.get(path(people, "customers", "N-2")).json()  # in the file now; what was typed stays over it
    assert came["name"] == "Придёт Потом" and [p["product"] for p in came["products"]] == ["Карта"]
    assert [c["id"] for c in find(client, people)["items"]] == ["00017", "00018", "A-19", "A-20", "N-2", "N-1"]
    assert [c["id"] for c in find(client, people, q="ильич")["items"]] == ["A-19"]


@pytest.mark.parametrize("body, field", [
    ({}, "id"), ({"id": "", "full_name": "x"}, "id"), ({"id": " 5", "full_name": "x"}, "id"), ({"id": "5"}, "full_name"),
    ({"id": "x" * 201, "full_name": "x"}, "id"), ({"id": "a\nb", "full_name": "x"}, "id"),
    ({"id": 5, "full_name": "x"}, "id"), ({"id": "5", "full_name": "x" * 401}, "full_name"),
    ({"id": "5", "full_name": "a\x07"}, "full_name"), ({"id": "5", "full_name": ["x"]}, "full_name"),
    ({"id": "5", "full_name": "x", "birth_date": "31.12.1990"}, "birth_date"),
    ({"id": "5", "full_name": "x", "birth_date": "1990-02-30"}, "birth_date"),
    ({"id": "5", "full_name": "x", "birth_date": "2990-01-01"}, "birth_date"),
    ({"id": "5", "full_name": "x", "birth_date": "1700-01-01"}, "birth_date"),
    ({"id": "5", "full_name": "x", "phone": "12"}, "phone"), ({"id": "5", "full_name": "x", "phone": "call me"}, "phone"),
    ({"id": "5", "full_name": "x", "phone": "1234567890123456"}, "phone"),
    ({"id": "5", "full_name": "x", "phone": "12+34567"}, "phone"),
    ({"id": "5", "full_name": "x", "email": "no at"}, "email"), ({"id": "5", "full_name": "x", "email": "@b.c"}, "email"),
    ({"id": "5", "full_name": "x", "email": "a@b"}, "email"), ({"id": "5", "full_name": "x", "email": "a@b@c.d"}, "email"),
    ({"id": "5", "full_name": "x", "email": "a@b.c."}, "email"),
    ({"id": "5", "full_name": "x", "other": []}, "other"), ({"id": "5", "full_name": "x", "other": {"a": {}}}, "other"),
    ({"id": "5", "full_name": "x", "other": {"": "b"}}, "other"),
    ({"id": "5", "full_name": "x", "other": {"a": "y" * 20000}}, "other"),
    ({"id": "5", "full_name": "x", "salary": "1"}, "salary"),
])
def test_wrong_input(shared_client, people, body, field):
    answer = shared_client.post(path(people, "customers"), json=body)
    assert answer.status_code == 422 and answer.json()["error"]["field"] == field, answer.text
    assert find(shared_client, people)["total"] == 4


def test_conflicts_and_unknown(shared_client, people):
    answer = shared_client.post(path(people, "customers"), json={"id": "A-19", "full_name": "x y"})
    assert answer.status_code == 409 and answer.json()["error"]["field"] == "id"
    answer = shared_client.patch(path(people, "customers", "A-19"), json={"id": "A-21"})
    assert answer.status_code == 422 and answer.json()["error"]["field"] == "id"
    for call in (shared_client.get, shared_client.patch):
        for wrong in ("nobody", "a-19", "00017%20", "%27%20OR%201=1", "x" * 3000):
            answer = call(path(people, "customers", wrong), **({} if call == shared_client.get else {"json": {"phone": ""}}))
            assert answer.status_code == 404, (wrong, answer.text)
    for part in ("customers", "customers/1", "stats", "recommender", "links"):
        assert shared_client.get(f"/api/v1/datasets/123/{part}").status_code == 404


def test_no_customers(shared_client):
    things = load(shared_client, ("things.csv", b"colour,size\nred,1\n"), name="things")
    for part in ("customers", "customers/1", "stats", "recommender", "links"):
        answer = shared_client.get(path(things, part))
        assert answer.status_code == 404 and answer.json()["error"]["code"] == "no_customers", part


def test_roles_and_organisations(shared_folder, shared_client, shared_make_user, people):
    operator, manager = shared_make_user("operator"), shared_make_user("manager")
    assert operator.get(path(people, "customers"), params={"q": "иванов"}).status_code == 200
    assert operator.get(path(people, "customers")).status_code == 403  # may find, not list
    assert operator.get(path(people, "customers"), params={"q": "иванов", "filter": "age:ge:3"}).status_code == 403
    assert operator.get(path(people, "customers", "A-19")).status_code == 200
    assert operator.get(path(people, "customers", "A-19", "recommendations")).status_code == 200
    assert operator.get(path(people, "stats")).status_code == 403
    assert operator.post(path(people, "customers"), json={"id": "1", "full_name": "x"}).status_code == 403
    assert manager.get(path(people, "customers")).status_code == 200
    assert manager.put(path(people, "links"), json={"items": []}).status_code == 403
    shared_folder.cli("org", "add", "Other bank")
    stranger = shared_make_user("admin", org="Other bank")
    for part in ("customers", "customers/A-19", "customers/A-19/purchases", "customers/A-19/recommendations", "stats",
                 "recommender", "links"):
        assert stranger.get(path(people, part)).status_code == 404
    assert stranger.patch(path(people, "customers", "A-19"), json={"phone": ""}).status_code == 404
    assert stranger.post(path(people, "customers"), json={"id": "1", "full_name": "x"}).status_code == 404
    assert stranger.put(path(people, "links"), json={"items": []}).status_code == 404


def test_hostile_columns(client):
    hostile = ['id', 'full_name', 'o0', 'r0', 'ord', 'why', 'key', 'a"b', "a'b", 'x); DROP TABLE client; --', 'select',
               '$1', '?', 'Город "Ω"']
    columns = ", ".join('"' + h.replace('"', '""') + '" TEXT' for h in hostile)
    values = ", ".join(f"({n}, 'Иванов Иван {n}', " + ", ".join(f"'{n}{i}'" for i in range(2, len(hostile))) + ")"
                       for n in (1, 2, 3))
    file = sqlite_file(f"CREATE TABLE \"t'able; \"\"\" ({columns})", f"INSERT INTO \"t'able; \"\"\" VALUES {values}")
    made = load(client, ("h.db", file), name='na"me; --', role=["id=customer.id", "full_name=customer.full_name"])
    one = client.get(path(made, "customers", "1")).json()
    assert one["name"] == "Иванов Иван 1"
    assert one["other"] == {h: f"1{i}" for i, h in enumerate(hostile) if i > 1}


def test_ids_that_differ_in_blanks(client):
    made = load(client, ("s.csv", b'id,full_name,email\n7,A B,a@b.cc\n"  7 ",C D,c@d.ee\n8,E F,e@f.gg\n'), name="s")
    got = find(client, made)["items"]
    assert [(c["id"], c["name"]) for c in got] == [("7", "A B"), ("8", "E F")]


def test_two_tables_and_years(shared_client, shared_data):
    made = load(shared_client, ("users_vouchers.db", shared_data("users_vouchers.db").read_bytes()), name="vouchers")
    stats = shared_client.get(path(made, "stats")).json()
    assert stats["customers"] == 3000 and stats["buyers"] == 1444 and stats["purchases"] == 12000
    one = shared_client.get(path(made, "customers", "791")).json()
    assert one["spend"]["amount"] == "26796.21"
    assert sum(float(p["amount"]["amount"]) for p in shared_client.get(
        path(made, "customers", "791", "purchases"), params={"limit": 1000}).json()["items"]) == pytest.approx(26796.21)
    assert len(one["first_purchase"]) == 4  # a year is all that is known
    assert sum(b["customers"] for b in stats["age_bands"]) == 3000
    assert find(shared_client, made, filter="spend:gt:0")["total"] == 1444


def test_orders_lines_and_catalog(client):
    file = sqlite_file("CREATE TABLE customers (CustomerID TEXT, ContactName TEXT, Phone TEXT)",
                       "INSERT INTO customers VALUES ('ALFKI', 'Maria Anders', '030-0074321'), ('BONAP', 'Laurence L', '')",
                       "CREATE TABLE orders (OrderID INT, CustomerID TEXT, OrderDate TEXT)",
                       "INSERT INTO orders VALUES (1, 'ALFKI', '2024-01-02'), (2, 'BONAP', '2024-02-03')",
                       "CREATE TABLE order_details (OrderID INT, ProductID INT, UnitPrice REAL, Quantity INT)",
                       "INSERT INTO order_details VALUES (1, 11, 2.5, 4), (1, 12, 1, 1), (2, 11, 2.5, 2), (3, 11, 1, 1)")
    made = load(client, ("shop.db", file), name="shop")
    stats = client.get(path(made, "stats")).json()
    assert stats["customers"] == 2 and stats["purchases"] == 3 and stats["left_out"]["no_customer"] == 1
    assert client.get(path(made, "customers", "ALFKI")).json()["spend"]["amount"] == "11.00"


@pytest.fixture(scope="module")
def retail(shared_client, shared_data):
    data = gzip.decompress(shared_data("OnlineRetail.csv.gz").read_bytes())
    return load(shared_client, ("OnlineRetail.csv", data), name="retail")


def test_online_retail(shared_client, retail):
    stats = shared_client.get(path(retail, "stats")).json()
    assert stats["customers"] == 4372 and stats["buyers"] == 4338 and stats["products"] == 3665
    assert stats["purchases"] == 397884 and stats["invoices"] == 18532
    assert stats["left_out"] == {"no_customer": 135080, "cancelled": 8905, "no_price": 40, "rows": 144025}
    assert stats["revenue"]["amount"] == "8911407.904"
    assert len(stats["by_month"]) == 13 and stats["by_month"][0]["month"] == "2010-12"
    assert stats["top_products"][0]["product"] == "REGENCY CAKESTAND 3 TIER"
    assert stats["top_products"][0]["customers"] == 881
    one = shared_client.get(path(retail, "customers", "12583")).json()
    assert one["spend"]["amount"] == "7281.38" and one["invoices"] == 15 and one["purchases"] == 247
    assert one["first_purchase"] == "2010-12-01T08:45:00Z" and one["last_purchase"] == "2011-12-07T08:07:00Z"
    assert one["other"] == {"Country": "France"}
    assert find(shared_client, retail, q="1258")["total"] == len(
        [c for c in find(shared_client, retail, q="1258", limit=1000)["items"] if "1258" in c["id"]])
    offers = shared_client.get(path(retail, "customers", "12583", "recommendations")).json()["items"]
    assert len(offers) == 10 and all(0 < o["probability"] <= 1 and o["why"] for o in offers)
    known = shared_client.get(path(retail, "recommender")).json()
    assert known["hit_rate_at_10"] > known["popularity"]["hit_rate_at_10"] * 1.3
    assert known["map_at_7"] > known["popularity"]["map_at_7"] * 2


def test_every_invoice_of_a_large_buyer_counts(client):
    """Whoever pays at the till without a card is one customer with very many invoices: none is taken for another."""
    n = 200_000
    rows = "".join(f"0,INV-{i:07d},Bread,1.50,2026-01-{1 + i % 28:02d}\n" for i in range(n))
    made = load(client, ("till.csv", ("customer_id,invoice,product,amount,date\n" + rows).encode()), name="till")
    stats = client.get(f"/api/v1/datasets/{made['id']}/stats").json()
    assert (stats["purchases"], stats["invoices"]) == (n, n)
