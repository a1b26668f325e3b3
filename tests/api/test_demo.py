"""vitrina demo: the same data each time, found roles, believable people, an account for each role."""
import re

import pytest
from program import Account, Folder, Server

SHOP = ("--org", "Sklep Jantar")


@pytest.fixture(scope="module")
def demo(vitrina):
    folder = Folder(vitrina)
    folder.output = folder.cli("demo").stdout
    yield folder
    folder.remove()


@pytest.fixture(scope="module")
def served(vitrina, template):
    """The same, made by the server of a folder that was there."""
    folder = Folder(vitrina, template)
    folder.server = Server(folder)
    try:
        folder.output = folder.cli("demo").stdout
        yield folder
    finally:
        folder.server.stop()
        folder.remove()


def rows(folder, sql, *options):
    return folder.cli("query", sql, "--format", "json", *options).json()["rows"]


def accounts(text):
    found = re.findall(r"^(\S.*?) {2,}(admin|analyst|manager|operator|client) +(\S+@\S+) +(\S+)$", text, re.M)
    return {(org, role): Account(email, password) for org, role, email, password in found}


def test_accounts_let_in(demo):
    made = accounts(demo.output)
    assert {role for org, role in made if org == "Bank"} == {"admin", "analyst", "manager", "operator", "client"}
    server = Server(demo)
    try:
        for (org, role), account in made.items():
            user = server.client(account).user
            assert (user["org"], user["role"]) == (org, role)
    finally:
        server.stop()


def test_it_is_the_same_each_time(demo, served):
    assert served.output != demo.output, "passwords are generated"
    for sql, options in [("SELECT * FROM clients ORDER BY id", ()),
                         ("SELECT md5(string_agg(k, '' ORDER BY k)) FROM (SELECT zakupy::VARCHAR AS k FROM shop.zakupy)", SHOP),
                         ("SELECT md5(string_agg(k, '' ORDER BY k)) FROM (SELECT wizyty::VARCHAR AS k FROM shop.wizyty)", SHOP)]:
        assert rows(demo, sql, *options) == rows(served, sql, *options)


def test_roles_are_found(demo):
    def roles(name, *options):
        tables = demo.cli("dataset", "show", name, "--json", *options).json()["tables"]
        return {c["role"] for t in tables for c in t["columns"] if c["role"]}

    people = {"customer.id", "customer.last_name", "customer.first_name", "customer.birth_date", "customer.phone"}
    assert roles("clients") == people | {"customer.middle_name", "customer.birth_place", "customer.products"}
    assert roles("shop", *SHOP) >= people | {
        "customer.email", "customer.registered_at", "purchase.customer_id", "purchase.at", "purchase.product",
        "purchase.product_code", "purchase.quantity", "purchase.unit_price", "purchase.invoice", "purchase.currency",
        "activity.customer_id", "activity.at", "activity.visits", "activity.newsletter_opened", "activity.ad_clicks",
        "activity.seconds_on_site"}


def test_names_agree_in_gender(demo):
    women = rows(demo, """SELECT count(*) FROM clients WHERE "Отчество" LIKE '%на'""")[0][0]
    assert 2000 < women < 3000
    wrong = rows(demo, """SELECT count(*) FROM clients WHERE ("Отчество" LIKE '%на') = ("Отчество" LIKE '%ич')
        OR ("Отчество" LIKE '%ич' AND "Фамилия" LIKE '%ова') OR ("Отчество" LIKE '%на' AND "Фамилия" LIKE '%ов')""")
    assert wrong == [[0]]
    wrong = rows(demo, """SELECT count(*) FROM klienci WHERE "nazwisko" LIKE '%ski' AND "imię" LIKE '%a'""",
                 "--dataset", "shop", *SHOP)
    assert wrong == [[0]]


def test_products_go_together(demo):
    both, car, loan, everybody = rows(demo, """SELECT
        count(*) FILTER (WHERE "Продукты" LIKE '%Автомобиль%' AND "Продукты" LIKE '%Автокредит%'),
        count(*) FILTER (WHERE "Продукты" LIKE '%Автомобиль%'),
        count(*) FILTER (WHERE "Продукты" LIKE '%Автокредит%'), count(*) FROM clients""")[0]
    assert everybody == 5000
    assert both / car > 1.3 * loan / everybody


def test_two_years_with_seasons(demo):
    months = dict(rows(demo, "SELECT strftime(data_zakupu, '%Y-%m'), count(*) FROM zakupy GROUP BY 1", "--dataset", "shop", *SHOP))
    assert len(months) == 24
    assert months["2025-12"] > 1.5 * months["2025-10"] and months["2025-12"] > 1.5 * months["2026-01"]


def test_the_main_job(demo):
    stats = demo.cli("stats", "--dataset", "clients", "--json").json()
    assert stats["customers"] == 5000
    answer = demo.cli("recommend", "--dataset", "clients", "--customer", "112312323321", "--json").json()
    assert answer["name"] == "Иванов Иван Иванович"
    names = [item["product"] for item in answer["items"]]
    assert {"Автокредит", "Страхование"} & set(names[:3])
    assert not {"Автомобиль", "Дебетовая карта"} & set(names)
    assert all(0 <= item["probability"] <= 1 for item in answer["items"])
    assert any(item["linked"] for item in answer["items"])


def test_twice_is_refused(demo):
    before = rows(demo, "SELECT count(*) FROM clients")
    refused = demo.cli("demo", status=1)
    assert re.fullmatch(r"vitrina: [^\n]+ already\.\n", refused.stderr) and refused.stdout == ""
    assert rows(demo, "SELECT count(*) FROM clients") == before
    # Its accounts keep their passwords, too.
    server = Server(demo)
    try:
        server.client(accounts(demo.output)["Bank", "admin"])
    finally:
        server.stop()


def test_into_a_folder_that_is_there_and_served(served):
    folder, server = served, served.server
    made = accounts(folder.output)
    client = server.client(made["Bank", "analyst"])
    assert [d["name"] for d in client.get("/api/v1/datasets").json()["items"]] == ["clients"]
    analyses = [
        folder.cli("stats", "--dataset", "clients", "--json").json(),
        folder.cli("recommend", "--dataset", "clients", "--customer", "112312323321", "--json").json()["items"],
        folder.cli("stats", "--dataset", "shop", *SHOP).stdout]
    assert "Иванов" in folder.cli("recommend", "--dataset", "clients", "--customer", "112312323321").stdout
    measured = folder.cli("evaluate", "recommend", "--dataset", "shop", "--json", *SHOP).json()
    assert measured["hit_rate_at_10"] > measured["popularity"]["hit_rate_at_10"] > 0
    for args in (["recommend", "--dataset", "clients", "--customer", "none"],
                 ["recommend", "--dataset", "shop", "--customer", "1001"], ["stats", "--dataset", "shop"]):
        assert re.fullmatch(r"vitrina: [^\n]+\n", folder.cli(*args, status=1).stderr)
    assert server.client(folder.admin).get("/api/v1/session").status_code == 200
    server.stop()
    assert analyses == [
        folder.cli("stats", "--dataset", "clients", "--json").json(),
        folder.cli("recommend", "--dataset", "clients", "--customer", "112312323321", "--json").json()["items"],
        folder.cli("stats", "--dataset", "shop", *SHOP).stdout]
