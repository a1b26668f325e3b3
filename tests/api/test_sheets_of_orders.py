"""A workbook of customers, orders with a sum, and what was ordered: each sum counted once, each product known."""
import csv
import io
import random
import zipfile

import pytest
from loading import load, query, spreadsheet, sqlite_file, workbook

GOODS = [("T-100", "Чай чёрный", 3.5), ("C-200", "Кофе", 12.0), ("S-300", "Сахар", 1.25), ("M-400", "Молоко", 0.99),
         ("B-500", "Хлеб", 1.1)]
PEOPLE = [(900 + i, f"{last} {first}", f"+7916123450{i}") for i, (first, last) in enumerate(
    [("Иван", "Петров"), ("Анна", "Сидорова"), ("Пётр", "Иванов"), ("Ольга", "Смирнова"), ("Лев", "Козлов"), ("Мария", "Орлова")])]

# Sheets and headers: (customers, orders, lines); of customers (number, name, phone), of orders (number, customer, date, sum),
# of lines (order, code, name, quantity, price).
SPOKEN = {
    "en": (("Customers", "customer_id", "full_name", "phone"), ("Orders", "id", "customer_id", "date", "total"),
           ("Items", "order_id", "sku", "product", "quantity", "price")),
    "ru": (("Клиенты", "Код клиента", "ФИО", "Телефон"), ("Заказы", "№ заказа", "Код клиента", "Дата", "Сумма"),
           ("Состав", "id заказа", "Артикул", "Товар", "Кол-во", "Цена")),
    "ru_short": (("Клиенты", "ИД", "ФИО", "Телефон"), ("Заказы", "№", "Клиент ИД", "Дата заказа", "Сумма заказа"),
                 ("Товары", "Заказ", "Артикул", "Наименование", "Количество", "Цена")),
    "pl": (("Klienci", "id", "imię i nazwisko", "telefon"), ("Zamówienia", "Numer zamówienia", "ID klienta", "Data", "Kwota"),
           ("Pozycje", "zamowienie_id", "Symbol", "Nazwa produktu", "Ilość", "Cena")),
    "mk": (("Клиенти", "Шифра на клиент", "Име и презиме", "Телефон"),
           ("Нарачки", "Број на нарачка", "Шифра на клиент", "Датум", "Износ"),
           ("Ставки", "Број на нарачка", "Шифра на производ", "Производ", "Количина", "Цена")),
}


def orders(seed=5, n=60):
    r = random.Random(seed)
    return [(1001 + i, r.choice(PEOPLE), f"2025-{1 + i % 12:02}-{1 + r.randrange(28):02}",
             [(g, r.randrange(1, 4)) for g in r.sample(GOODS, r.randrange(1, 4))]) for i in range(n)]


def total(lines):
    return sum(round(price * 100) * n for (_, _, price), n in lines) / 100


def sheets(spoken, made):
    (c, *of_c), (o, *of_o), (i, *of_i) = SPOKEN[spoken]
    return {c: [of_c] + [list(p) for p in PEOPLE],
            o: [of_o] + [[n, who[0], day, total(lines)] for n, who, day, lines in made],
            i: [of_i] + [[n, code, name, q, price] for n, _, _, lines in made for (code, name, price), q in lines]}


def packed(tables):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, rows in tables.items():
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            z.writestr(f"{name}.csv", text.getvalue())
    return out.getvalue()


def text(rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def quoted(v):
    return str(v) if isinstance(v, (int, float)) else "'" + v + "'"


def statements(tables):
    for name, (head, *rows) in tables.items():
        kinds = ["INTEGER" if isinstance(v, int) else "REAL" if isinstance(v, float) else "TEXT" for v in rows[0]]
        columns = ", ".join(f'"{h}" {k}' for h, k in zip(head, kinds))
        yield f'CREATE TABLE "{name}" ({columns})'
        for row in rows:
            yield f'INSERT INTO "{name}" VALUES ({", ".join(map(quoted, row))})'


FORMATS = {
    "xlsx": ("shop.xlsx", lambda t: workbook(**t)),
    "ods": ("shop.ods", lambda t: spreadsheet(**t)),
    "zip": ("shop.zip", packed),
    "sqlite": ("shop.db", lambda t: sqlite_file(*statements(t))),
    "sql": ("shop.sql", lambda t: ";\n".join(statements(t)).encode() + b";\n"),
}


def check(client, d, made, names, order_name):
    """Cards, statistics and next products, of every line once."""
    given = {t["name"]: {c["role"]: c["name"] for c in t["columns"] if c["role"]} for t in d["tables"]}
    _, of_o, of_i = (given[n] for n in names)
    assert set(of_o) == {"purchase.invoice", "purchase.customer_id", "purchase.at"}, given
    assert set(of_i) == {"purchase.invoice", "purchase.product_code", "purchase.product", "purchase.quantity",
                         "purchase.unit_price"}, given
    assert of_o["purchase.invoice"] == order_name
    path = f"/api/v1/datasets/{d['id']}"
    n_lines = sum(len(x[3]) for x in made)
    stats = client.get(f"{path}/stats").json()
    assert (stats["customers"], stats["purchases"], stats["invoices"]) == (len(PEOPLE), n_lines, len(made))
    assert float(stats["revenue"]["amount"]) == round(sum(total(x[3]) for x in made), 2)
    for number, name, _ in PEOPLE:
        mine = [x for x in made if x[1][0] == number]
        card = client.get(f"{path}/customers/{number}").json()
        assert card["name"] == name
        bought = client.get(f"{path}/customers/{number}/purchases", params={"limit": 200}).json()["items"]
        assert sorted((p["product"], p["at"][:10]) for p in bought) == sorted(
            (good, day) for _, _, day, lines in mine for (_, good, _), _ in lines)
        offers = client.get(f"{path}/customers/{number}/recommendations").json()["items"]
        assert offers and all(o["product"] in [g[1] for g in GOODS] for o in offers)


@pytest.mark.parametrize("spoken, kind", [(s, "xlsx") for s in SPOKEN] + [("en", k) for k in FORMATS if k != "xlsx"])
def test_orders_and_lines(shared_client, spoken, kind):
    made = orders()
    file, write = FORMATS[kind]
    d = load(shared_client, (file, write(sheets(spoken, made))), name=f"shop_{spoken}_{kind}")
    names = [x[0] for x in SPOKEN[spoken]]
    check(shared_client, d, made, names, SPOKEN[spoken][1][1])
    related = {(r["from"]["table"], r["from"]["column"], r["to"]["table"], r["to"]["column"]): r["matched"] for r in d["relations"]}
    (_, *_), (o, o_id, *_), (i, i_order, *_) = SPOKEN[spoken]
    assert related[i, i_order, o, o_id] == 1, related


@pytest.mark.parametrize("spoken, sums", [("en", True), ("ru_short", False), ("pl", True)])
def test_files_of_their_own(shared_client, spoken, sums):
    """Customers, orders and lines in three files, each read without the others."""
    made = orders(3)
    (c, of_c), (o, of_o), (i, of_i) = sheets(spoken, made).items()
    if not sums:
        of_o = [row[:-1] for row in of_o]
    d = load(shared_client, (f"{i}.csv", text(of_i)), (f"{o}.csv", text(of_o)), (f"{c}.csv", text(of_c)), name=f"files_{spoken}_{sums}")
    check(shared_client, d, made, [c, o, i], SPOKEN[spoken][1][1])


def test_lines_first_and_payments_beside(shared_client):
    """The lines before their orders, and the same money once more, as payments."""
    made = orders(7)
    t = sheets("en", made)
    paid = [["payment_id", "order_id", "date", "amount"]] + [[k, n, day, total(lines)] for k, (n, _, day, lines) in enumerate(made, 1)]
    d = load(shared_client, ("shop.xlsx", workbook(Items=t["Items"], Payments=paid, Orders=t["Orders"], Customers=t["Customers"])), name="paid")
    check(shared_client, d, made, ["Customers", "Orders", "Items"], "id")
    [payments] = [x for x in d["tables"] if x["name"] == "Payments"]
    assert not any(c["role"] for c in payments["columns"])
    assert {c["name"]: c["reason"] for c in payments["columns"]}["amount"] == "the lines of the order, in the other table, give it already"


def test_two_years(shared_client):
    """Each year's lines belong to that year's orders."""
    made = orders(9)
    a, b = sheets("en", made[:30]), sheets("en", made[30:])
    d = load(shared_client, ("shop.xlsx", workbook(Customers=a["Customers"], Orders_24=a["Orders"], Items_24=a["Items"],
                                            Orders_25=b["Orders"], Items_25=b["Items"])), name="two_years")
    stats = shared_client.get(f"/api/v1/datasets/{d['id']}/stats").json()
    assert (stats["customers"], stats["purchases"], stats["invoices"]) == (len(PEOPLE), sum(len(x[3]) for x in made), len(made))
    assert float(stats["revenue"]["amount"]) == round(sum(total(x[3]) for x in made), 2)


def test_lines_that_say_whose(shared_client):
    """Lines with the customer and the day of their order beside the orders: the sums once, all the same."""
    made = orders(11)
    t = sheets("en", made)
    lines = [["order_id", "customer_id", "date", "product", "quantity", "price"]] + [
        [n, who[0], day, name, q, price] for n, who, day, bought in made for (_, name, price), q in bought]
    d = load(shared_client, ("shop.xlsx", workbook(Customers=t["Customers"], Orders=t["Orders"], Items=lines)), name="whose")
    stats = shared_client.get(f"/api/v1/datasets/{d['id']}/stats").json()
    assert (stats["purchases"], stats["invoices"]) == (sum(len(x[3]) for x in made), len(made))
    assert float(stats["revenue"]["amount"]) == round(sum(total(x[3]) for x in made), 2)


def test_what_is_no_order(shared_client):
    """Sales, and a list of products whose numbers happen to be among theirs: nothing is taken for an order."""
    sales = [["id", "customer_id", "date", "product", "amount"]] + [[i, 900 + i % 6, "2025-01-05", GOODS[i % 5][1], 10 + i] for i in range(1, 41)]
    goods = [["id", "order_id", "product", "price", "quantity"]] + [[i, i, g[1], g[2], 5] for i, g in enumerate(GOODS, 1)]
    d = load(shared_client, ("shop.xlsx", workbook(Sales=sales, Stock=goods)), name="no_order")
    stats = shared_client.get(f"/api/v1/datasets/{d['id']}/stats").json()
    assert (stats["customers"], stats["purchases"], float(stats["revenue"]["amount"])) == (6, 40, sum(range(11, 51)))
    assert query(shared_client, "SELECT sum(amount) FROM no_order.Sales")["rows"] == [[sum(range(11, 51))]]
