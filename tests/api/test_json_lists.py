"""JSON whose records have lists: the tables they become, and customers and purchases at the first try."""
import json
import random

import pytest
from loading import column, load, query, refused
from test_confirm import confirm, later

GOODS = [("T-100", "Чай чёрный", "3.50"), ("C-200", "Кофе", "12.00"), ("S-300", "Сахар", "1.25"), ("M-400", "Молоко", "0.99"),
         ("B-500", "Хлеб", "1.10")]
PEOPLE = [(900 + i, first, last) for i, (first, last) in enumerate(
    [("Иван", "Петров"), ("Анна", "Сидорова"), ("Пётр", "Иванов"), ("Ольга", "Смирнова"), ("Лев", "Козлов"), ("Мария", "Орлова")])]


def orders(seed, n=40):
    """(number, person, day, [(good, quantity)]): what all the files below say in their own way."""
    r = random.Random(seed)
    return [(1001 + i, r.choice(PEOPLE), f"2025-{1 + i % 12:02}-{1 + r.randrange(28):02}",
             [(g, r.randrange(1, 4)) for g in r.sample(GOODS, r.randrange(1, 4))]) for i in range(n)]


def total(lines):
    return sum(round(float(price) * 100) * n for (_, _, price), n in lines) / 100


def shopify(made):
    def line(number, k, good, n):
        code, name, price = good
        return {"id": number * 100 + k, "variant_id": 7000 + k, "title": name, "quantity": n, "sku": code, "vendor": "Acme",
                "price": price, "taxable": True, "properties": [], "tax_lines": [{"title": "VAT", "price": "0.10", "rate": 0.2}]}

    def order(number, person, day, lines):
        return {"id": 5_000_000 + number, "admin_graphql_api_id": f"gid://shopify/Order/{number}", "created_at": f"{day}T10:00:00+02:00",
                "updated_at": f"{day}T11:30:00+02:00", "currency": "EUR", "email": f"u{person[0]}@shop.example", "name": f"#{number}",
                "note": None, "number": number - 1000, "order_number": number, "tags": "", "total_price": f"{total(lines):.2f}",
                "subtotal_price": f"{total(lines):.2f}", "note_attributes": [], "discount_codes": [],
                "billing_address": {"first_name": person[1], "last_name": person[2], "city": "Riga", "zip": "01001"},
                "customer": {"id": person[0], "first_name": person[1], "last_name": person[2], "orders_count": 3,
                             "total_spent": "0.00"},
                "line_items": [line(number, k, *x) for k, x in enumerate(lines)],
                "shipping_lines": [{"id": number, "title": "Курьер", "price": "5.00", "code": "COURIER"}],
                "fulfillments": [{"id": number * 3, "created_at": f"{day}T15:00:00+02:00",
                                  "line_items": [line(number, k, *x) for k, x in enumerate(lines)]}],
                "tax_lines": [{"title": "VAT", "price": "0.10", "rate": 0.2}], "refunds": []}
    return {"orders": [order(*o) for o in made]}


def woocommerce(made):
    return [{"id": number, "status": "completed", "currency": "EUR", "date_created": f"{day}T10:00:00",
             "date_modified": f"{day}T12:00:00", "date_paid": f"{day}T10:01:00", "total": f"{total(lines):.2f}",
             "total_tax": "0.00", "customer_id": person[0], "order_key": f"wc_order_{number}", "number": str(number),
             "billing": {"first_name": person[1], "last_name": person[2], "email": f"u{person[0]}@shop.example",
                         "phone": f"+3712000{person[0]}"},
             "meta_data": [{"id": number * 7, "key": "_source", "value": "web"}],
             "line_items": [{"id": number * 10 + k, "name": name, "product_id": 30 + GOODS.index((code, name, price)), "quantity": n,
                             "subtotal": f"{total([((code, name, price), n)]):.2f}", "total": f"{total([((code, name, price), n)]):.2f}",
                             "sku": code, "price": float(price), "meta_data": []}
                            for k, ((code, name, price), n) in enumerate(lines)],
             "shipping_lines": [{"id": number, "method_title": "Flat rate", "total": "5.00"}], "fee_lines": [],
             "coupon_lines": [{"id": 1, "code": "NY", "discount": "1.00"}] if number % 5 == 0 else []}
            for number, person, day, lines in made]


def of_1c(made):
    return [{"Номер": f"РТ00-{number:06}", "Дата": f"{day[8:]}.{day[5:7]}.{day[:4]} 10:00:00", "Контрагент": f"{person[2]} {person[1]}",
             "Склад": "Основной", "СуммаДокумента": total(lines),
             "Товары": [{"НомерСтроки": k + 1, "Номенклатура": name, "Количество": n, "Цена": float(price),
                         "Сумма": total([((code, name, price), n)])} for k, ((code, name, price), n) in enumerate(lines)]}
            for number, person, day, lines in made]


def nested(made):
    return {"customers": [{"id": person[0], "first_name": person[1], "last_name": person[2], "registered_at": "2020-01-05",
                           "orders": [{"order_id": number, "date": day,
                                       "items": [{"sku": code, "name": name, "qty": n, "price": float(price)}
                                                 for (code, name, price), n in lines]}
                                      for number, who, day, lines in made if who == person]} for person in PEOPLE]}


def without_sums(made):
    return [{"id": number, "created_at": f"{day}T10:00:00", "customer": {"id": person[0], "first_name": person[1], "last_name": person[2]},
             "items": [{"sku": code, "title": name, "quantity": n, "price": price} for (code, name, price), n in lines]}
            for number, person, day, lines in made]


FILES = {
    "without_sums": ("rows.json", without_sums, "rows", "items"),
    "shopify": ("shopify_orders.json", shopify, "orders", "line_items"),
    "woocommerce": ("wc-orders-export.json", woocommerce, "wc-orders-export", "line_items"),
    "1c": ("Реализация.json", of_1c, "Реализация", "Товары"),
    "nested": ("export.json", nested, "orders", "items"),
}


def spent(made, person):
    return round(sum(total(lines) for _, who, _, lines in made if who == person), 2)


@pytest.mark.parametrize("kind", FILES)
def test_shops(client, kind):
    """Every line a purchase, of the customer and the day of its order: cards, statistics and next products."""
    file, write, head, lines = FILES[kind]
    made = orders(5)
    d = load(client, (file, json.dumps(write(made), ensure_ascii=False).encode()), name="shop")
    tables = {t["name"]: t for t in d["tables"]}
    assert tables[head]["rows"] == tables[head]["rows_read"] == len(made)
    n_lines = sum(len(x[3]) for x in made)
    assert tables[lines]["rows"] == tables[lines]["rows_read"] == n_lines
    assert all(t["rejects"] == 0 and t["rows_left_out"] == 0 for t in d["tables"])
    given = {t["name"]: {c["name"]: c["role"] for c in t["columns"] if c["role"]} for t in d["tables"]}
    assert all(not roles for t, roles in given.items() if t not in (head, lines, "customers")), given
    assert "purchase.invoice" in given[head].values() and "purchase.at" in given[head].values()
    assert not {"purchase.amount", "purchase.quantity", "purchase.product"} & set(given[head].values()), given[head]
    assert {"purchase.invoice", "purchase.product", "purchase.quantity"} <= set(given[lines].values()), given[lines]
    [relation] = [r for r in d["relations"] if r["from"]["table"] == lines and r["to"]["table"] == head]
    assert relation["matched"] == 1
    path = f"/api/v1/datasets/{d['id']}"
    listed = client.get(f"{path}/customers", params={"limit": 100}).json()
    buyers = [p for p in PEOPLE if kind == "nested" or spent(made, p)]
    assert listed["total"] == len(buyers)
    for person in buyers:
        words = f"{person[2]} {person[1]}"
        [found] = client.get(f"{path}/customers", params={"q": words}).json()["items"]
        mine = [x for x in made if x[1] == person]
        assert found["purchases"] == sum(len(x[3]) for x in mine)
        assert float(found["spend"]["amount"]) == spent(made, person)
        if kind != "1c":
            assert found["id"] == str(person[0])
        bought = client.get(f"{path}/customers/{found['id']}/purchases", params={"limit": 100}).json()
        assert sorted((p["product"], p["at"][:10]) for p in bought["items"]) == sorted(
            (name, day) for _, _, day, basket in mine for (_, name, _), _ in basket)
        offers = client.get(f"{path}/customers/{found['id']}/recommendations").json()["items"]
        assert offers and all(o["product"] in [g[1] for g in GOODS] for o in offers)
    stats = client.get(f"{path}/stats").json()
    assert (stats["customers"], stats["purchases"], stats["invoices"]) == (len(buyers), n_lines, len(made))
    assert stats["revenue"]["amount"] == f"{sum(total(x[3]) for x in made):.2f}".rstrip("0").rstrip(".")


def test_one_order(shared_client):
    """What a shop's webhook sends: a customer with what was bought."""
    [order] = without_sums(orders(5)[:1])
    d = load(shared_client, ("order.json", json.dumps({**order, "total": "99.00"}).encode()), name="one_order")
    assert [(t["name"], t["rows"]) for t in d["tables"]] == [("order", 1), ("items", len(order["items"]))]
    path = f"/api/v1/datasets/{d['id']}/customers/{order['customer']['id']}"
    assert shared_client.get(path).json()["name"] == f"{order['customer']['last_name']} {order['customer']['first_name']}"
    bought = shared_client.get(f"{path}/purchases").json()["items"]
    assert sorted(p["product"] for p in bought) == sorted(i["title"] for i in order["items"])


def test_bank(client):
    """Clients with accounts, and these with transactions: two tables up to whose they are."""
    clients = [{"client_id": f"{i:05}", "fio": f"{last} {first} Иванович", "birth_date": f"19{60 + i}-03-04",
                "accounts": [{"number": f"4081781000000000{i:02}{k}", "currency": "RUB", "opened": "2020-01-01", "balance": 1000 + i,
                              "transactions": [{"date": f"2025-0{1 + m}-1{k}", "amount": 100 * m + i, "category": c, "description": c}
                                               for m, c in enumerate(["Кафе", "Такси", "Аптека"])]}
                             for k in range(1 + i % 2)]}
               for i, (_, first, last) in enumerate(PEOPLE, 1)]
    d = load(client, ("clients.ndjson", "\n".join(json.dumps(c, ensure_ascii=False) for c in clients).encode()), name="bank")
    assert [(t["name"], t["rows"]) for t in d["tables"]] == [("clients", 6), ("accounts", 9), ("transactions", 27)]
    assert [(c["name"], c["type"], c["role"]) for c in d["tables"][2]["columns"]] == [
        ("client_id", "VARCHAR", "purchase.customer_id"), ("account_number", "VARCHAR", None), ("date", "DATE", "purchase.at"),
        ("amount", "BIGINT", "purchase.amount"), ("category", "VARCHAR", None), ("description", "VARCHAR", "purchase.product")]
    assert column(d, "client_id")["role"] == "customer.id" and column(d, "number", 1)["type"] == "VARCHAR"
    assert {(r["from"]["table"], r["from"]["column"], r["to"]["table"], r["to"]["column"]) for r in d["relations"]} == {
        ("accounts", "client_id", "clients", "client_id"), ("transactions", "client_id", "clients", "client_id"),
        ("transactions", "account_number", "accounts", "number")}
    assert query(client, "SELECT c.fio, count(*), sum(t.amount) FROM bank.clients c JOIN bank.accounts a USING (client_id) "
                         "JOIN bank.transactions t ON t.account_number = a.number GROUP BY ALL ORDER BY 1")["rows"] == sorted(
        [c["fio"], 3 * len(c["accounts"]), sum(t["amount"] for a in c["accounts"] for t in a["transactions"])] for c in clients)
    card = client.get(f"/api/v1/datasets/{d['id']}/customers/00001").json()
    assert card["name"] == "Петров Иван Иванович"
    assert client.get(f"/api/v1/datasets/{d['id']}/customers/00001/purchases").json()["total"] == 6


def month(first, n, note=None):
    """Receipts of a till, without anything that numbers them."""
    return "\n".join(json.dumps({"till": f"T{i % 3}", "at": f"2025-03-{1 + i % 28:02}", "note": note,
                                 "goods": [{"sku": f"G{(i + k) % 5}", "qty": 1 + k, "sum": 10 * (k + 1)} for k in range(1 + i % 2)]})
                     for i in range(first, first + n)).encode()


def test_next_month(client):
    """Records that have no number of their own, in a file of another name: their numbers go on, and one step back."""
    made = load(client, ("receipts_march.ndjson", month(0, 10)), name="till")
    path = f"/api/v1/datasets/{made['id']}/versions"
    assert [(t["name"], t["rows"]) for t in made["tables"]] == [("receipts_march", 10), ("goods", 15)]
    assert [c["name"] for c in made["tables"][1]["columns"]] == ["receipt_row", "sku", "qty", "sum"]
    at = later(client, ("receipts_april.ndjson", month(0, 5)), path=path, mode="append")
    changes = {t["table"]: t["rows"] for t in client.get(at).json()["changes"]["tables"]}
    assert {t: r["after"] - r["before"] for t, r in changes.items()} == {"receipts_march": 5, "goods": 7}
    assert query(client, "SELECT count(*) FROM till.goods")["rows"] == [[15]], "not in use yet"
    assert confirm(client, at)["state"] == "done"
    joined = "SELECT count(*), count(DISTINCT g.receipt_row), sum(g.sum) FROM till.goods g JOIN till.receipts_march r USING (receipt_row)"
    assert query(client, joined)["rows"] == [[22, 15, 220 + 70]]
    assert query(client, "SELECT max(receipt_row) FROM till.receipts_march")["rows"] == [[15]]
    assert client.post(f"{path}/1/activate").status_code == 200
    assert query(client, joined)["rows"] == [[15, 10, 200]]
    load(client, ("receipts_may.ndjson", month(0, 4)), path=path, mode="replace")
    assert query(client, "SELECT count(*), count(DISTINCT receipt_row) FROM till.goods")["rows"] == [[6, 4]]


def test_upsert_of_lists(client):
    """Orders by their number, lines by order and article."""
    def file(*orders):
        return json.dumps({"orders": [{"id": i, "state": s, "items": [{"sku": k, "qty": q} for k, q in items]}
                                      for i, s, items in orders]}).encode()
    made = load(client, ("o.json", file((1, "new", [("A", 1), ("B", 2)]), (2, "new", [("A", 5)]))), name="o")
    path = f"/api/v1/datasets/{made['id']}/versions"
    at = later(client, ("o.json", file((2, "paid", [("A", 6)]), (3, "new", [("C", 1), ("D", 1)]))), path=path, mode="upsert",
               key=["orders.id", "items.order_id", "items.sku"])
    tables = {t["table"]: t["rows"] for t in client.get(at).json()["changes"]["tables"]}
    assert tables["orders"] == {"before": 2, "after": 3, "added": 1, "changed": 1, "gone": 0, "unchanged": 1}
    assert tables["items"] == {"before": 3, "after": 5, "added": 2, "changed": 1, "gone": 0, "unchanged": 2}
    assert confirm(client, at)["state"] == "done"
    assert query(client, "SELECT o.id, state, sku, qty FROM o.orders o JOIN o.items i ON o.id = i.order_id ORDER BY ALL")["rows"] == [
        [1, "new", "A", 1], [1, "new", "B", 2], [2, "paid", "A", 6], [3, "new", "C", 1], [3, "new", "D", 1]]


def test_rejects_and_rows_left_out(client):
    """A cell that does not fit is told with its table, row, text and reason; and a row is left out in its own table only."""
    made = [{"id": i, "items": [{"sku": f"A{i}", "qty": "many" if i == 30 else i}]} for i in range(1, 61)]
    file = ("orders.json", json.dumps(made).encode())
    d = load(client, file, name="kept")
    [reject] = client.get(f"/api/v1/datasets/{d['id']}/rejects").json()["items"]
    assert (reject["table"], reject["line"], reject["column"], reject["text"], reject["reason"]) == (
        "items", 30, "qty", "many", "not a whole number")
    assert column(d, "order_id", 1)["type"] == column(d, "id")["type"] == "BIGINT"
    d = load(client, file, name="dropped", rejected_rows="drop")
    assert [(t["rows_read"], t["rows"], t["rows_left_out"]) for t in d["tables"]] == [(60, 60, 0), (60, 59, 1)]
    assert client.get(f"/api/v1/datasets/{d['id']}/rejects.csv").status_code == 200


def test_templates_and_columns_that_changed(client):
    d = load(client, ("orders.json", json.dumps(shopify(orders(2, 6))).encode()), name="t")
    for table in d["tables"]:
        answer = client.get(f"/api/v1/datasets/{d['id']}/template.xlsx", params={"table": table["name"]})
        assert answer.status_code == 200 and answer.content[:2] == b"PK", table["name"]
    error = refused(client, ("orders.json", b'{"orders":[{"id":1,"gifts":[{"a":1}]}]}'), mode="append",
                    path=f"/api/v1/datasets/{d['id']}/versions")
    assert "column" in error["message"] or "table" in error["message"]


def test_several_lists_in_a_zip(client):
    import io
    import zipfile
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("people.csv", "id,name\n1,A\n2,B\n3,C\n")
        z.writestr("till.ndjson", month(0, 4))
    d = load(client, ("all.zip", out.getvalue()), name="z")
    assert [(t["name"], t["rows"]) for t in d["tables"]] == [("people", 3), ("till", 4), ("goods", 6)]
    assert [(r["from"]["table"], r["to"]["table"]) for r in d["relations"]] == [("goods", "till")]
    assert query(client, "SELECT sum(g.sum) FROM z.goods g JOIN z.till t USING (record_row)")["rows"] == [[80]]
