"""One table of purchases in which each row names the customer: customers and purchases come out of it."""
from loading import column, load

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
