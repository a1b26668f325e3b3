"""Templates for employees: downloaded, filled in, uploaded, and known again."""
import io
import re
import zipfile

import openpyxl
import pytest
from loading import load, query, refused, upload

ROWS = "код,имя,город,сумма,дата,да\n" + "".join(
    f"{i:03d},Клиент {i},{['Омск', 'Уфа', 'Чита'][i % 3]},{i * 10}.50,2024-01-{i % 28 + 1:02d},{'true' if i % 2 else 'false'}\n"
    for i in range(1, 31))


@pytest.fixture
def dataset(client):
    return load(client, ("orders.csv", ROWS.encode()), name="orders", role=["имя=customer.full_name", "код=customer.id"])


def template(client, dataset, **params):
    answer = client.get(f"/api/v1/datasets/{dataset['id']}/template.xlsx", params=params)
    assert answer.status_code == 200, answer.text
    return answer.content


def filled(content, *rows, order=None):
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    heads = [c.value for c in sheet[1]]
    if order:
        for column, name in enumerate(order, 1):
            sheet.cell(1, column, name)
    for number, row in enumerate(rows, 2):
        for column, name in enumerate(order or heads, 1):
            sheet.cell(number, column, row[heads.index(name)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


NEW = [("031", "Клиент 31", "Омск", 310.5, "2024-02-01", True), ("032", "Клиент 32", "Уфа", 320, "2024-02-02", False)]


def test_what_a_template_holds(client, dataset):
    content = template(client, dataset)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert [(s.title, s.sheet_state) for s in book.worksheets] == [("orders", "visible"), ("_vitrina", "veryHidden")]
    sheet = book["orders"]
    assert [c.value for c in sheet[1]] == ["код", "имя", "город", "сумма", "дата", "да"] and sheet.max_row == 1
    checks = {str(v.sqref)[0]: (v.type, v.formula1) for v in sheet.data_validations.dataValidation}
    assert checks["C"] == ("list", "_vitrina!$D$1:$D$3")
    assert [checks[c][0] for c in "DEF"] == ["decimal", "date", "list"] and "A" not in checks and "B" not in checks
    assert [book["_vitrina"].cell(r, 4).value for r in (1, 2, 3)] == ["Омск", "Уфа", "Чита"]
    assert sheet.column_dimensions["A"].width > 10


@pytest.mark.parametrize("order", [None, ["дата", "код", "да", "сумма", "имя", "город"]])
def test_filled_in_and_known_again(client, dataset, order):
    book = filled(template(client, dataset), *NEW, order=order)
    d = load(client, ("whatever.xlsx", book), name="another name")
    assert (d["id"], d["name"], d["version"], d["rows"]) == (dataset["id"], "orders", 2, 32)
    assert d["versions"][0]["mode"] == "append"
    assert query(client, 'SELECT "код", "имя", "город", "сумма", CAST("дата" AS VARCHAR), "да" FROM orders '
                 'WHERE "код" > \'030\' ORDER BY 1')["rows"] == [
        ["031", "Клиент 31", "Омск", 310.5, "2024-02-01", True], ["032", "Клиент 32", "Уфа", 320.0, "2024-02-02", False]]


def test_a_table_of_several(client):
    d = load(client, ("a.csv", b"id,name\n1,ann\n2,bob\n"), ("b/c[d].csv", b"id,sum\n1,10\n2,20\n"), name="two")
    names = [t["name"] for t in d["tables"]]
    book = filled(template(client, d, table=names[1]), (3, 30))
    d = load(client, ("x.xlsx", book))
    assert [t["rows"] for t in d["tables"]] == [2, 3]


def test_cells_that_do_not_fit_are_refused(client, dataset):
    error = refused(client, ("x.xlsx", filled(template(client, dataset), ("1", "a", "b", "сто", "вчера", True))))
    assert error["field"] == "сумма"
    assert client.get(f"/api/v1/datasets/{dataset['id']}").json()["rows"] == 30


def altered(content, change):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.namelist():
            new.writestr(item, change(item, old.read(item)))
    return out.getvalue()


@pytest.mark.parametrize("old, new", [(rb"table</t>", rb"tabla</t>"), (rb"version</t></is></c><c [^>]*><is><t>\d", rb"\g<0>7"),
                                      (rb"dataset</t></is></c><c [^>]*><is><t>\d", rb"\g<0>7")])
def test_an_altered_key_is_refused(client, dataset, old, new):
    content = template(client, dataset)
    book = altered(content, lambda name, data: re.sub(old, new, data) if "sheet2" in name or "shared" in name else data)
    assert book != content
    assert refused(client, ("x.xlsx", book))["code"] == "template_altered"
    assert len(client.get("/api/v1/datasets").json()["items"]) == 1


def test_of_a_data_set_that_is_gone(client, dataset):
    book = filled(template(client, dataset), *NEW)
    assert client.delete(f"/api/v1/datasets/{dataset['id']}").status_code in (200, 202, 204)
    assert refused(client, ("x.xlsx", book))["code"] == "template_stale"


def test_only_ones_own(client, dataset, make_user, cli):
    book = filled(template(client, dataset), *NEW)
    cli("org", "add", "Partner")
    other = make_user("analyst", org="Partner")
    assert other.get(f"/api/v1/datasets/{dataset['id']}/template.xlsx").status_code == 404
    answer = upload(other, ("x.xlsx", book))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "template_altered")
    assert client.get(f"/api/v1/datasets/{dataset['id']}/template.xlsx", params={"table": "x"}).status_code == 404


def test_on_the_command_line(client, dataset, cli, tmp_path):
    file = tmp_path / "t.xlsx"
    cli("template", file, "--dataset", "orders")
    file.write_bytes(filled(file.read_bytes(), *NEW))
    assert "32 rows" in cli("import", file).stdout
