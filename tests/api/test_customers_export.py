"""The list of customers as a file: what a search shows, with the columns that are asked for, and nothing that runs."""
import csv
import io

import openpyxl
import pytest
from loading import load

PEOPLE = ("id,full_name,birth_date,phone,email,products\n"
          "17,\"Иванов; \"\"Иван\"\"\",1980-05-01,+79123456701,ivan@mail.ru,\"Вклад, Карта\"\n"
          "18,\"=HYPERLINK(\"\"http://x\"\")\",1991-12-31,+79123456702,alena@mail.ru,Карта\n"
          "19,@SUM(A1),1975-01-15,,,-\n"
          "20,+7 Иванова,2001-02-03,,,\n").encode()


@pytest.fixture(scope="module")
def people(shared_client):
    return load(shared_client, ("people.csv", PEOPLE), name="exported people")


def export(client, dataset, **params):
    return client.get(f"/api/v1/datasets/{dataset['id']}/customers/export", params=params)


def table(answer):
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode(), newline="")))


def test_csv(shared_client, people):
    answer = export(shared_client, people)
    rows = table(answer)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="customers.csv"'
    assert rows[0] == ["id", "name", "products", "last_product", "purchases", "spend", "currency", "first_purchase",
                       "last_purchase", "age"]
    assert [r[0] for r in rows[1:]] == ["17", "18", "19", "20"]
    assert rows[1][1:4] == ['Иванов; "Иван"', "2", "Вклад"]


def test_nothing_begins_a_formula(shared_client, people):
    names = [r[1] for r in table(export(shared_client, people))[1:]]
    assert names[1:] == ["'=HYPERLINK(\"http://x\")", "'@SUM(A1)", "'+7 Иванова"]


def test_no_phone_and_no_email_leave(shared_client, people):
    for form in ("csv", "xlsx"):
        body = export(shared_client, people, format=form).content
        assert b"9123456701" not in body and b"ivan@mail.ru" not in body


@pytest.mark.parametrize("params, ids", [
    ({"q": "иванов"}, ["17", "20"]),
    ({"filter": "age:ge:40", "sort": "name"}, ["17", "19"]),
    ({"sort": "-age"}, ["19", "17", "18", "20"]),
    ({"q": "nobody"}, []),
])
def test_what_the_list_shows(shared_client, people, params, ids):
    shown = shared_client.get(f"/api/v1/datasets/{people['id']}/customers", params=params).json()
    assert [c["id"] for c in shown["items"]] == [r[0] for r in table(export(shared_client, people, **params))[1:]]
    assert sorted(r[0] for r in table(export(shared_client, people, **params))[1:]) == sorted(ids)


def test_columns(shared_client, people):
    rows = table(export(shared_client, people, columns="age,id", q="17"))
    assert rows[0] == ["age", "id"] and rows[1][1] == "17"


@pytest.mark.parametrize("params, field", [
    ({"format": "pdf"}, "format"), ({"format": ""}, "format"), ({"columns": "phone"}, "columns"),
    ({"columns": "id,"}, None), ({"columns": ",id"}, "columns"), ({"columns": "id,id;drop"}, "columns"),
    ({"columns": ",".join(["id"] * 18)}, "columns"), ({"sort": "phone"}, "sort"), ({"filter": "x"}, "filter"),
])
def test_refused(shared_client, people, params, field):
    answer = export(shared_client, people, **params)
    if field is None:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 422 and answer.json()["error"]["field"] == field


def test_workbook(shared_client, people):
    answer = export(shared_client, people, format="xlsx", columns="id,name,products,age", sort="name")
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = [[c.value for c in row] for row in sheet.rows]
    assert rows[0] == ["id", "name", "products", "age"] and len(rows) == 5
    ivanov = next(r for r in rows if r[0] == "17")
    assert ivanov[1] == 'Иванов; "Иван"' and ivanov[2] == 2
    assert all(c.data_type != "f" for row in sheet.rows for c in row)
    assert any(r[1] == '=HYPERLINK("http://x")' for r in rows)


def test_more_than_one_page(shared_client):
    many = "id,full_name\n" + "".join(f"{i},Имя {i}\n" for i in range(1, 2502))
    dataset = load(shared_client, ("many.csv", many.encode()), name="many to export")
    assert [r[0] for r in table(export(shared_client, dataset, columns="id"))[1:]] == [str(i) for i in range(1, 2502)]
    sheet = openpyxl.load_workbook(io.BytesIO(export(shared_client, dataset, format="xlsx").content)).active
    assert sheet.max_row == 2502


def test_it_is_in_the_audit_log(shared_client, people):
    export(shared_client, people)
    event = shared_client.get("/api/v1/audit", params={"action": "customers_export"}).json()["items"][0]
    assert event["object_kind"] == "dataset" and event["object_id"] == people["id"]
