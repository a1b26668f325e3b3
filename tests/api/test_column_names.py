"""Columns that a person gives other names: before a version is confirmed, and what the next versions make of it."""
import io

import pytest
from loading import column, load, query, refused, upload
from test_confirm import confirm, later, of

CLIENTS = ("Код;ФИО клиента;Тел.;Сумма\n"
           "001;Иванов Иван Иванович;+79123456701;10,55\n"
           "002;Петрова Анна Ильинична;+79123456702;нет\n"
           "003;Сидоров Пётр Петрович;+79123456703;30,55\n" + "".join(
               f"{i:03};Иванов Иван Иванович;+791234567{i};{i},55\n" for i in range(10, 60))).encode()
MORE = "Код;ФИО клиента;Тел.;Сумма\n901;Новая Мария Ивановна;+79123456704;7,25\n".encode()


def names(shown, table=0):
    return [c["name"] for c in shown["tables"][table]["columns"]]


@pytest.fixture
def waiting(client):
    at = later(client, ("clients.csv", CLIENTS), name="clients")
    answer = client.patch(at, json={"columns": [{"column": "ФИО клиента", "name": "Клиент"},
                                                {"table": "clients", "column": "Сумма", "name": " Сумма, руб. "}]})
    assert answer.status_code == 200, answer.text
    assert answer.json() == client.get(at).json()
    return at


def test_renamed_before_it_is_confirmed(client, waiting):
    shown = client.get(waiting).json()
    assert names(shown) == ["Код", "Клиент", "Тел.", "Сумма, руб."]
    assert [c["header"] for c in shown["tables"][0]["columns"]] == [None, "ФИО клиента", None, "Сумма"]
    assert column(shown, "Клиент")["role"] == "customer.full_name" and column(shown, "Сумма, руб.")["type"] == "DECIMAL(18,2)"
    rows = client.get(waiting + "/rows", params={"filter": "Клиент:starts:Петрова"}).json()
    assert rows["items"] == [{"Код": "002", "Клиент": "Петрова Анна Ильинична", "Тел.": "***02", "Сумма, руб.": None}]
    rejects = client.get(waiting + "/rejects").json()["items"]
    assert [(r["column"], r["text"], r["line"]) for r in rejects] == [("Сумма, руб.", "нет", 3)]
    assert confirm(client, waiting)["state"] == "done"
    assert query(client, 'SELECT "Клиент", "Сумма, руб." FROM clients ORDER BY "Код" LIMIT 2')["rows"] == [
        ["Иванов Иван Иванович", 10.55], ["Петрова Анна Ильинична", None]]
    assert client.get(of(waiting) + "/customers", params={"q": "петрова"}).json()["total"] == 1
    late = client.patch(waiting, json={"columns": [{"column": "Код", "name": "id"}]})
    assert late.status_code == 409 and late.json()["error"]["code"] == "not_waiting"


def test_renamed_twice_and_back(client, waiting):
    for name, header in (("Имя", "ФИО клиента"), ("ФИО клиента", "ФИО клиента"), ("Покупатель", "ФИО клиента")):
        shown = client.patch(waiting, json={"columns": [{"column": "ФИО клиента", "name": name}]}).json()
        assert column(shown, name)["header"] == header and len(names(shown)) == 4
        assert client.get(waiting + "/rows").json()["items"][0][name] == "Иванов Иван Иванович"


@pytest.mark.parametrize("columns, field, words", [
    ([{"column": "Клиент", "name": "  "}], "Клиент", "is empty"),
    ([{"column": "Клиент", "name": "Тел."}], "Клиент", "another column has that name"),
    ([{"column": "Код", "name": "x"}, {"column": "Тел.", "name": "X"}], "Код", "another column has that name"),
    ([{"column": "Код", "name": "Сумма"}], "Код", "files call another column so"),
    ([{"column": "Код", "name": "x"}, {"column": "Код", "name": "y"}], "Код", "two names"),
    ([{"column": "Код", "name": "я" * 101}], "Код", "too long: it has 202 bytes"),
    ([{"column": "Код", "name": "a\u0001b"}], "Код", "a character"),
    ([{"column": "Код", "name": "_row"}], "Код", "uses that name itself"),
    ([{"column": "nobody", "name": "x"}], "nobody", "no column"),
    ([{"table": "other", "column": "Код", "name": "x"}], "Код", "no column"),
    ([{"column": "Код"}], "name", ""),
    ([{"column": "Код", "name": 5}], "name", ""),
    ([], "columns", "1 to"),
    ({"Код": "x"}, "columns", "1 to"),
])
def test_a_name_that_cannot_be(client, waiting, columns, field, words):
    before = client.get(waiting).json()
    answer = client.patch(waiting, json={"columns": columns})
    error = answer.json()["error"]
    assert answer.status_code == 422 and error["field"] == field and words in error["message"], error
    assert client.get(waiting).json() == before


def test_the_next_files_find_their_columns(client, waiting):
    assert confirm(client, waiting)["state"] == "done"
    path = of(waiting) + "/versions"
    want = ["Код", "Клиент", "Тел.", "Сумма, руб."]
    load(client, ("may.csv", MORE), path=path, mode="append")
    shown_names = MORE.decode().replace("ФИО клиента", "Клиент").replace("Сумма", '"Сумма, руб."').replace("901", "902")
    shown = load(client, ("june.csv", shown_names.encode()), path=path, mode="append")
    assert names(shown) == want and shown["rows"] == 55
    assert query(client, """SELECT "Код", "Клиент", "Сумма, руб." FROM clients WHERE "Код" > '9' ORDER BY 1""")["rows"] == [
        ["901", "Новая Мария Ивановна", 7.25], ["902", "Новая Мария Ивановна", 7.25]]

    changed = "Код;ФИО клиента;Тел.;Сумма;Город\n901;Новая Мария Ивановна;+79123456704;8,25;Омск\n905;Пятый Пётр Ильич;1;1,00;Тула\n"
    at = later(client, ("july.csv", changed.encode()), path=path, mode="upsert", key="Код")
    got = client.get(at).json()["changes"]["tables"][0]
    assert got["columns"] == {"new": ["Город"], "gone": [], "types": []}
    assert got["cells"] == [{"column": "Сумма, руб.", "rows": 1}]
    assert (got["rows"]["added"], got["rows"]["changed"]) == (1, 1)
    # A name that is given now is also that of what was compared.
    client.patch(at, json={"columns": [{"column": "Сумма", "name": "Итого"}, {"column": "Город", "name": "Откуда"}]})
    got = client.get(at).json()["changes"]["tables"][0]
    assert got["columns"]["new"] == ["Откуда"] and {"column": "Итого", "rows": 1} in got["cells"]
    assert confirm(client, at)["state"] == "done"
    assert query(client, """SELECT "Клиент", "Итого", "Откуда" FROM clients WHERE "Код" > '9' ORDER BY "Код" """)["rows"] == [
        ["Новая Мария Ивановна", 8.25, "Омск"], ["Новая Мария Ивановна", 7.25, None], ["Пятый Пётр Ильич", 1, "Тула"]]

    shown = load(client, ("all.csv", CLIENTS), path=path, mode="replace")
    assert names(shown) == ["Код", "Клиент", "Тел.", "Итого"] and shown["rows"] == 53
    assert column(shown, "Клиент")["header"] == "ФИО клиента"
    rejects = client.get(of(waiting) + "/rejects").json()["items"]
    assert [(r["column"], r["text"]) for r in rejects] == [("Итого", "нет")]
    # By the names that were given: after that, by those of the first file again.
    shown = load(client, ("again.csv", shown_names.replace('"Сумма, руб."', "Итого").encode()), path=path, mode="replace")
    assert names(shown) == ["Код", "Клиент", "Тел.", "Итого"] and column(shown, "Итого")["header"] == "Сумма"
    shown = load(client, ("old.csv", MORE), path=path, mode="append")
    assert shown["rows"] == 2 and names(shown) == ["Код", "Клиент", "Тел.", "Итого"]
    assert query(client, 'SELECT DISTINCT "Итого" FROM clients')["rows"] == [[7.25]]


def test_templates_and_copies_carry_the_names(client, waiting):
    import openpyxl

    assert confirm(client, waiting)["state"] == "done"
    book = openpyxl.load_workbook(io.BytesIO(client.get(of(waiting) + "/template.xlsx").content))
    sheet = book.worksheets[0]
    assert [c.value for c in sheet[1]] == ["Код", "Клиент", "Тел.", "Сумма, руб."]
    sheet.append(["950", "Шаблонов Иван Ильич", "+79123450000", 12.5])
    filled = io.BytesIO()
    book.save(filled)
    shown = load(client, ("filled.xlsx", filled.getvalue()))
    assert shown["rows"] == 54 and shown["id"] == of(waiting).rsplit("/", 1)[1]
    assert query(client, """SELECT "Клиент", "Сумма, руб." FROM clients WHERE "Код" = '950'""")["rows"] == [["Шаблонов Иван Ильич", 12.5]]
    copy = openpyxl.load_workbook(io.BytesIO(client.get(of(waiting) + "/rejects.xlsx").content)).worksheets[0]
    head = [c.value for c in copy[1]]
    assert head[:4] == ["Код", "Клиент", "Тел.", "Сумма, руб."]
    assert copy.cell(3, 4).value == "нет" and copy.cell(3, 4).comment
    back = client.post(of(waiting) + "/versions/1/activate")
    assert names(back.json()) == ["Код", "Клиент", "Тел.", "Сумма, руб."]


def test_named_with_the_file(client, cli, tmp_path):
    made = load(client, ("clients.csv", CLIENTS), name="clients", rename=["ФИО клиента=Клиент", "clients.Код=id"], role="Код=customer.id")
    assert names(made) == ["id", "Клиент", "Тел.", "Сумма"] and column(made, "id")["role"] == "customer.id"
    path = f"/api/v1/datasets/{made['id']}/versions"
    shown = load(client, ("more.csv", MORE), path=path, mode="append", rename="Сумма=Оборот")
    assert names(shown) == ["id", "Клиент", "Тел.", "Оборот"] and column(shown, "Оборот")["type"] == "DECIMAL(18,2)"
    rejects = client.get(f"/api/v1/datasets/{made['id']}/rejects").json()["items"]
    assert [(r["column"], r["text"]) for r in rejects] == [("Оборот", "нет")]
    shown = load(client, ("more.csv", MORE), path=path, mode="replace", text="Оборот")
    assert column(shown, "Оборот")["type"] == "VARCHAR"
    for wrong in ("nobody=x", "Код=Тел.", "Код="):
        error = refused(client, ("clients.csv", CLIENTS), name="another", rename=wrong)
        assert error["field"] in ("nobody", "Код"), error
    assert upload(client, ("clients.csv", CLIENTS), rename="nothing").json()["error"]["field"] == "rename"
    file = tmp_path / "c.csv"
    file.write_bytes(CLIENTS)
    cli("import", str(file), "--name", "by hand", "--rename", "Код=Номер")
    assert query(client, 'SELECT max("Номер") FROM "by hand"')["rows"] == [["059"]]
    assert "is empty" in cli("import", str(file), "--rename", "Код=", status=1).stderr


def test_only_ones_own(client, cli, make_user, waiting):
    cli("org", "add", "Partner")
    body = {"columns": [{"column": "Код", "name": "x"}]}
    assert make_user("admin", org="Partner").patch(waiting, json=body).status_code == 404
    assert make_user("operator").patch(waiting, json=body).status_code == 403
