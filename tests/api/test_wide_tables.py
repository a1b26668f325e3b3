"""One table of purchases in which each row names the customer: customers and purchases come out of it."""
from loading import column, load, query

WIDE = "Номер заказа;Дата заказа;ФИО клиента;Телефон;Товар;Кол-во;Сумма\n" + "".join(
    f"{n};2024-0{1 + n % 3}-15;{name};{phone};{product};1;{n * 10},50\n" for n, (name, phone, product) in enumerate(
        [("Петрова Ирина", "+7 916 000-00-01", "Стол"), ("Иванов Константин", "+7 916 000-00-02", "Стул"),
         ("Петрова Ирина", "+7 916 000-00-01", "Шкаф"), ("Сидоров Пётр", "+7 916 000-00-03", "Стол"),
         ("Петрова Ирина", "+7 916 000-00-01", "Стул"), ("Иванов Константин", "+7 916 000-00-02", "Стол")], 1))


def test_customers_and_purchases_of_one_table(client):
    d = load(client, ("orders.csv", WIDE.encode()), name="orders")
    assert [c["role"] for c in d["tables"][0]["columns"]] == [
        "purchase.invoice", "purchase.at", "customer.full_name", "customer.phone", "purchase.product",
        "purchase.quantity", "purchase.amount"]
    assert all(c["confidence"] > 0.5 and c["reason"] for c in d["tables"][0]["columns"])
    assert column(d, "Телефон")["type"] == "VARCHAR"
    listed = client.get(f"/api/v1/datasets/{d['id']}/customers").json()
    assert sorted((c["name"], c["purchases"]) for c in listed["items"]) == [
        ("Иванов Константин", 2), ("Петрова Ирина", 3), ("Сидоров Пётр", 1)]


def test_what_offices_send(client):
    """A report of 1C as it comes: sep=, letterhead, CP1251, comma decimals, totals and a signature; at the first try."""
    head = "sep=;\r\nООО «Ромашка»;;;;;\r\nВедомость по контрагентам;;;;;\r\n;;;;;\r\nКонтрагент.Код;Контрагент.Наименование;" \
           "Номенклатура;Дата проводки;Количество (оборот);Сумма (оборот)\r\n"
    rows = "".join(f"00-000{i % 7:03};Иванов Иван {'Петрович' if i % 2 else 'Ильич'};Сыр «Гауда» {i % 3};{1 + i % 28:02}.05.2026 9:15:00;"
                   f"{i % 4 + 1},000;1 {200 + i},50\r\n" for i in range(30))
    foot = "Итого;;;;75,000;36 450,00\r\n;;;;;\r\nБухгалтер: Петрова А.И.;;;;;\r\n"
    made = load(client, ("1c.csv", (head + rows + foot).encode("cp1251")), name="1c")
    assert [(c["name"], c["type"], c["role"]) for c in made["tables"][0]["columns"]] == [
        ("Контрагент.Код", "VARCHAR", "purchase.customer_id"), ("Контрагент.Наименование", "VARCHAR", "customer.full_name"),
        ("Номенклатура", "VARCHAR", "purchase.product"), ("Дата проводки", "TIMESTAMP", "purchase.at"),
        ("Количество (оборот)", "BIGINT", "purchase.quantity"), ("Сумма (оборот)", "DECIMAL(18,1)", "purchase.amount")]
    assert (made["rows"], made["rows_left_out"]) == (30, 2)
    assert query(client, 'SELECT * FROM "1c" LIMIT 1')["rows"] == [
        ["00-000000", "Иванов Иван Ильич", "Сыр «Гауда» 0", "2026-05-01T09:15:00", 1, 1200.5]]
    told = [(r["line"], r["text"]) for r in client.get(f"/api/v1/datasets/{made['id']}/rejects").json()["items"]]
    assert told == [(36, "Итого | 75,000 | 36 450,00"), (38, "Бухгалтер: Петрова А.И.")]
    assert client.get(f"/api/v1/datasets/{made['id']}/customers").json()["total"] == 7


def test_what_is_left_of_two_wide_tables(client):
    """Taking one of two tables out of the engine names the other one again, with all of its columns."""
    header = [f"{'a long name of a column ' * 6}{i}" for i in range(400)]
    wide = (",".join(header) + "\n" + ",".join(["1"] * 400) + "\n").encode()
    d = load(client, ("a.csv", wide), ("b.csv", wide), name="two")
    assert query(client, "SELECT count(*) FROM two.a")["rows"] == [[1]]
    assert client.delete(f"/api/v1/datasets/{d['id']}").status_code == 204
    load(client, ("c.csv", wide), name="one")
    assert query(client, "SELECT count(*) FROM one")["rows"] == [[1]]


def test_sums_of_absurd_amounts(client):
    """They end at what is kept of money and do not begin again below zero."""
    rows = "".join(f"C{i % 2},Tea,900000000000000.25,2026-01-0{1 + i}\n" for i in range(4))
    d = load(client, ("sales.csv", ("client_id,product,amount,date\n" + rows).encode()), name="absurd")
    assert column(d, "amount")["type"] == "DECIMAL(18,2)" and column(d, "amount")["role"] == "purchase.amount"
    listed = client.get(f"/api/v1/datasets/{d['id']}/customers").json()["items"]
    assert [c["spend"]["amount"] for c in listed] == ["922337203685477.5807"] * 2
