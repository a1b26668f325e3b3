"""Files in: every kind that is taken, what is refused, and that what fails leaves nothing."""
import gzip
import io
import json
import zipfile

import pytest
from loading import CLIENTS, column, load, old_workbook, query, refused, spreadsheet, sqlite_file, stored, upload, workbook, zipped

SALES = "day;amount;client\n01.02.2024;1 234,50;Иванов Пётр\n28.02.2024;0,99;Сидорова Анна\n"


def test_upload_is_accepted_and_done(client, folder):
    answer = upload(client, ("clients.csv", CLIENTS), name="Клиенты")
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert set(body) == {"dataset", "job"} and body["dataset"]["name"] == "Клиенты"
    job = client.wait_for_job(body["job"]["id"])
    assert job["state"] == "done" and job["kind"] == "import" and job["progress"] == 1
    assert job["result"]["rows"] == 3 and job["result"]["rejects"] == 0
    got = client.get(f"/api/v1/datasets/{body['dataset']['id']}").json()
    assert got["rows"] == 3 and got["version"] == 1 and got["state"] == "ready"
    assert [t["name"] for t in got["tables"]] == ["clients"]
    assert column(got, "id")["type"] == "VARCHAR" and column(got, "id")["sample"][0] == "001"
    assert column(got, "birth_date")["type"] == "DATE"
    assert column(got, "id")["non_null"] == 3
    assert got["versions"][0]["files"] == ["clients.csv"]
    assert len(stored(folder)) == 1
    # Nothing that was uploaded lies on the disk as it was.
    for path in folder.path.rglob("*"):
        if path.is_file():
            assert "Иванов".encode() not in path.read_bytes(), path


ROWS = [("Автокредит", 5, "1.50"), ("Страхование жизни", 7, "2.25")]
SHEET = [("code", "n", "price"), ("Автокредит", 5, 1.5), ("Страхование жизни", 7, 2.25)]
TEXT = "code,n,price\nАвтокредит,5,1.50\nСтрахование жизни,7,2.25\n"


def with_macros(book):
    """An .xlsx as Excel saves it with macros: another content type, and the program beside the sheets."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            text = old.read(part)
            if part == "[Content_Types].xml":
                text = text.replace(b"openxmlformats-officedocument.spreadsheetml.sheet.main",
                                    b"ms-excel.sheet.macroEnabled.main")
            new.writestr(part, text)
        new.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + bytes(2000))
    return out.getvalue()


@pytest.mark.parametrize("name, data", [
    ("t.csv", TEXT.encode()),
    ("t.csv", b"\xef\xbb\xbf" + TEXT.encode()),
    ("t.tsv", TEXT.replace(",", "\t").encode()),
    ("t.csv", TEXT.replace(",", ";").replace("\n", "\r\n").encode("cp1251")),
    ("t.csv", TEXT.encode("utf-16")),
    ("t.csv.gz", gzip.compress(TEXT.encode())),
    ("no ending", TEXT.encode()),
    ("t.xlsx", workbook(t=SHEET)),
    ("t.xlsx.gz", gzip.compress(workbook(t=SHEET))),
    ("t.db", sqlite_file("CREATE TABLE t (code TEXT, n INTEGER, price REAL)",
                         "INSERT INTO t VALUES ('Автокредит', 5, 1.5), ('Страхование жизни', 7, 2.25)")),
    ("t.json", json.dumps([dict(zip(SHEET[0], row)) for row in SHEET[1:]]).encode()),
    ("t.json", json.dumps({"t": [dict(zip(SHEET[0], row)) for row in SHEET[1:]]}, ensure_ascii=False).encode()),
    ("t.json", json.dumps(SHEET).encode()),
    ("t.jsonl.gz", gzip.compress("\n".join(json.dumps(dict(zip(SHEET[0], row))) for row in SHEET[1:]).encode())),
    ("t.ods", spreadsheet(t=SHEET)),
    ("t.ods.gz", gzip.compress(spreadsheet(t=SHEET))),
    ("t.xls", old_workbook(t=SHEET)),
    ("t.csv", old_workbook(t=SHEET)),
    ("t.xls.gz", gzip.compress(old_workbook(t=SHEET))),
    ("t.xlsm", with_macros(workbook(t=SHEET))),
    ("t.zip", zipped(("in/t.csv", TEXT.encode()))),
    ("t.zip", zipped(("t.xlsx", workbook(t=SHEET)))),
], ids=["csv", "bom", "tsv", "cp1251", "utf16", "gzip", "no-ending", "xlsx", "xlsx-gzip", "sqlite", "json", "json-tables",
        "json-lists", "ndjson-gzip", "ods", "ods-gzip",
        "xls", "xls-called-csv", "xls-gzip", "xlsm", "zip", "zip-xlsx"])
def test_kinds_of_files(shared_client, name, data, request):
    made = load(shared_client, (name, data), name=request.node.callspec.id)
    got = query(shared_client, f'SELECT code, n, CAST(price AS DECIMAL(9,2))::VARCHAR FROM "{made["name"]}"')
    assert [tuple(row) for row in got["rows"]] == ROWS
    assert column(made, "n")["type"] == "BIGINT"


def test_decimal_comma_and_dates(client):
    made = load(client, ("sales.csv", SALES.encode("cp1251")))
    assert made["name"] == "sales"
    assert [c["type"] for c in made["tables"][0]["columns"]] == ["DATE", "DECIMAL(18,2)", "VARCHAR"]
    rows = query(client, "SELECT day::VARCHAR, amount::VARCHAR, client FROM sales")["rows"]
    assert rows == [["2024-02-01", "1234.50", "Иванов Пётр"], ["2024-02-28", "0.99", "Сидорова Анна"]]


def test_every_sheet_is_a_table(client):
    made = load(client, ("book.xlsx", workbook(People=[("id",), (1,), (2,)], Sales=[("id", "sum"), (1, 5), (1, 6)])))
    assert {t["name"]: t["rows"] for t in made["tables"]} == {"People": 2, "Sales": 2}
    assert query(client, 'SELECT sum("sum") FROM book."Sales"')["rows"] == [[11]]


def test_several_files_are_one_data_set(client):
    made = load(client, ("clients.csv", CLIENTS), ("Clients.csv", CLIENTS), ("sales.csv", SALES.encode()), name="all")
    assert [t["name"] for t in made["tables"]] == ["clients", "Clients_2", "sales"]
    assert made["rows"] == 8 and made["versions"][0]["files"] == ["clients.csv", "Clients.csv", "sales.csv"]
    assert query(client, 'SELECT count(*) FROM "all"."Clients_2"')["rows"] == [[3]]


def test_archive_of_several_files(client):
    """Each file of a zip is a table or several; what holds none is named among the rejects."""
    made = load(client, ("all.zip", zipped(
        ("a/clients.csv", CLIENTS if isinstance(CLIENTS, bytes) else CLIENTS.encode()), ("a/sales.csv", SALES.encode()),
        ("a/b/book.xlsx", workbook(People=[("id",), (1,)], clients=[("id",), (2,)])), ("photo.png", b"\x89PNG\r\n\x1a\n"),
        ("../up.json", b'[{"id":1}]'), ("__MACOSX/._x", b"\0\1"))), name="all")
    assert {t["name"]: t["rows"] for t in made["tables"]} == {
        "clients": 3, "sales": 2, "People": 1, "clients_2": 1, "up": 1}
    page = client.get(f"/api/v1/datasets/{made['id']}/rejects").json()
    assert [r["text"] for r in page["items"]] == ["photo.png"]
    error = refused(client, ("x.zip", zipped(("a.csv", b"a\n1\n"), ("b.zip", zipped(("c.csv", b"a\n1\n"))))), name="x")
    assert error["code"] == "nested_archive" and "b.zip" in error["message"]


def test_baskets(client):
    made = load(client, ("b.csv", b"milk,bread\nmilk\nbeer,bread,eggs\n"), name="b", **{"as": "baskets"})
    assert sum(t["rows"] for t in made["tables"]) == 6


def test_what_the_dates_of_a_column_do_not_tell(client):
    """Day and month: told by a column that has a 13th day, said where none does; kept by the next version."""
    made = load(client, ("days.csv", "a,b,c\n04/05/26,13/05/26,x\n03/04/26,03/04/26,y\n"), name="days")
    notes = {c["name"]: c["note"] for c in made["tables"][0]["columns"]}
    assert "day and month" in notes["a"] and notes["b"] is None and notes["c"] is None
    assert query(client, 'SELECT a::VARCHAR FROM days ORDER BY a')["rows"] == [["2026-04-03"], ["2026-05-04"]]


def test_totals_are_left_out_and_counted(client):
    made = load(client, ("totals.csv", "город;сумма\nТула;5\nОмск;7\nИтого;12\n"), name="totals")
    table = made["tables"][0]
    assert table["rows"] == 2 and table["rows_left_out"] == 1
    rejects = client.get(f"/api/v1/datasets/{made['id']}/rejects").json()["items"]
    assert [(r["line"], r["text"], r["reason"]) for r in rejects] == [(4, "Итого | 12", "a row of totals; it was left out")]


# -- real files, with exact figures --

@pytest.fixture(scope="module")
def retail(shared_client, shared_data):
    path = shared_data("OnlineRetail.csv.gz")
    return load(shared_client, (path.name, path.read_bytes()), name="retail")


def test_online_retail(shared_client, retail):
    assert retail["rows"] == 541909 and retail["rejects"] == 0
    got = query(shared_client, """
        SELECT count(*), count(DISTINCT "InvoiceNo"), count(DISTINCT "StockCode"), count(DISTINCT "CustomerID"),
               count(*) FILTER ("CustomerID" IS NULL), sum("Quantity"), sum("Quantity" * "UnitPrice")::VARCHAR
        FROM retail""")
    assert got["rows"][0][:6] == [541909, 25900, 4070, 4372, 135080, 5176450]
    assert abs(float(got["rows"][0][6]) - 9747747.934) < 0.0005


def test_online_retail_workbook_is_the_same_table(shared_client, retail, shared_data):
    path = shared_data("OnlineRetail.xlsx")
    book = load(shared_client, (path.name, path.read_bytes()), name="book")
    types = [[(c["name"], c["type"]) for c in x["tables"][0]["columns"]] for x in (retail, book)]
    assert types[0] == types[1]
    left, right = (f'SELECT * FROM "{x["name"]}"."{x["tables"][0]["name"]}"' for x in (retail, book))
    assert query(shared_client, f"SELECT count(*) FROM ({left} EXCEPT ALL {right})")["rows"] == [[0]]
    assert query(shared_client, f"SELECT count(*) FROM ({right} EXCEPT ALL {left})")["rows"] == [[0]]


def test_users_vouchers(client, shared_data):
    path = shared_data("users_vouchers.db")
    made = load(client, (path.name, path.read_bytes()), name="shop")
    tables = {t["name"]: t["rows"] for t in made["tables"]}
    assert (tables["user_info"], tables["user_spending"]) == (3000, 12000)
    got = query(client, "SELECT round(sum(money_spent), 2)::VARCHAR FROM shop.user_spending WHERE user_id = ?", 791)
    assert float(got["rows"][0][0]) == 26796.21
    got = query(client, "SELECT count(*) FROM shop.user_info WHERE user_id NOT IN (SELECT user_id FROM shop.user_spending)")
    assert got["rows"] == [[1556]]
    roles = {c["role"] for t in made["tables"] for c in t["columns"]}
    assert {"customer.id", "purchase.customer_id", "purchase.amount"} <= roles


@pytest.mark.parametrize("name, rows", [
    ("bank-additional-full.csv", 41188), ("online_shoppers_intention.csv", 12330), ("Sample_Superstore.csv", 10194),
    ("Financial_Sample.csv", 700), ("Financial_Sample.xlsx", 700), ("ru_molochnye_prodazhi_bom.csv", 64),
    ("ru_prodazhi_ingrad.xlsx", 6027),
])
def test_real_files(shared_client, shared_data, name, rows):
    made = load(shared_client, (name, shared_data(name).read_bytes()), name=name)
    assert made["rows"] == rows and made["rejects"] == 0


def test_related_files(client, shared_data):
    files = [shared_data(name) for name in ("pl_klienci.csv", "pl_sprzedaz_z_idklient.csv")]
    made = load(client, *[(f.name, f.read_bytes()) for f in files], name="pl")
    assert [t["rows"] for t in made["tables"]] == [1000, 1000]
    assert made["relations"] == [{"from": {"table": "pl_sprzedaz_z_idklient", "column": "klient_id"},
                                  "to": {"table": "pl_klienci", "column": "klient_id"}, "matched": 1}]


def test_northwind(client, shared_data):
    made = load(client, ("northwind.db", shared_data("northwind.db").read_bytes()))
    tables = [t for t in made["tables"] if t["columns"][0]["reason"] != "a view, whose rows are those of other tables"]
    assert len(tables) == 13 and len(made["tables"]) == 29
    assert query(client, "SELECT count(*) FROM northwind.orders")["rows"] == [[830]]
    # Pictures are no values; what they are is said once a cell.
    page = client.get(f"/api/v1/datasets/{made['id']}/rejects?limit=1000").json()
    assert page["total"] == made["rejects"] == len(page["items"]) == 17
    assert {r["table"] for r in page["items"]} == {"categories", "employees"}


def test_groceries(client, shared_data):
    made = load(client, ("g.csv", shared_data("groceries.csv").read_bytes()), name="g", **{"as": "baskets"})
    assert made["rows"] == 43367
    got = query(client, "SELECT count(DISTINCT item), count(DISTINCT basket) FROM g")
    assert got["rows"] == [[169, 9835]]


# -- rejects --

def test_rejects(client):
    lines = ["id,age,note"] + [f"{i},{20 + i % 50},n{i}" for i in range(1000)]
    lines[500] = '499,"=cmd|x",formula'
    lines[700] = "699,сорок,text"
    made = load(client, ("people.csv", "\n".join(lines).encode()), name="people")
    assert made["rows"] == 1000 and made["rejects"] == 2
    assert column(made, "age")["type"] == "BIGINT" and column(made, "age")["non_null"] == 998
    page = client.get(f"/api/v1/datasets/{made['id']}/rejects").json()
    assert page["total"] == 2 and page["next"] is None
    assert [(r["table"], r["line"], r["column"], r["text"]) for r in page["items"]] == [
        ("people", 501, "age", "=cmd|x"), ("people", 701, "age", "сорок")]
    assert all(r["reason"] for r in page["items"])
    first = client.get(f"/api/v1/datasets/{made['id']}/rejects?limit=1").json()
    second = client.get(f"/api/v1/datasets/{made['id']}/rejects?limit=1&cursor={first['next']}").json()
    assert first["items"] + second["items"] == page["items"]
    text = client.get(f"/api/v1/datasets/{made['id']}/rejects?format=csv")
    assert text.headers["Content-Type"].startswith("text/csv")
    body = text.content.decode()
    assert body.splitlines()[0] == "table,line,column,text,reason" and '"\'=cmd|x"' in body
    assert client.get(f"/api/v1/datasets/{made['id']}/rejects?format=pdf").status_code == 422


# -- versions --

def versions_of(client, dataset):
    return [(v["number"], v["state"], v["rows"]) for v in client.get(f"/api/v1/datasets/{dataset}").json()["versions"]]


def test_append_replace_activate(client, folder):
    made = load(client, ("m.csv", b"id,sum\n1,10\n2,20\n"), name="m")
    path = f"/api/v1/datasets/{made['id']}/versions"
    grown = load(client, ("m2.csv", b"id,sum\n3,30\n"), path=path, mode="append")
    assert grown["rows"] == 3 and column(grown, "id")["non_null"] == 3 and column(grown, "id")["max"] == "3"
    assert query(client, "SELECT id, sum FROM m ORDER BY id")["rows"] == [[1, 10], [2, 20], [3, 30]]
    rows = client.get(f"/api/v1/datasets/{made['id']}/rows").json()["items"]
    assert [r["id"] for r in rows] == [1, 2, 3]
    # In another order, under another name.
    load(client, ("april.csv", b"SUM,id\n40,4\n"), path=path, mode="append")
    assert query(client, "SELECT * FROM m ORDER BY id")["rows"][2:] == [[3, 30], [4, 40]]
    other = load(client, ("new.csv", b"a,b\nx,y\n"), path=path, mode="replace")
    assert other["rows"] == 1 and [c["name"] for c in other["tables"][0]["columns"]] == ["a", "b"]
    assert versions_of(client, made["id"]) == [(4, "current", 1), (3, "old", 4), (2, "old", 3), (1, "old", 2)]
    back = client.post(f"{path}/2/activate")
    assert back.status_code == 200, back.text
    assert back.json()["rows"] == 3 and back.json()["version"] == 5
    assert query(client, "SELECT sum(id) FROM m")["rows"] == [[6]]
    assert client.post(f"{path}/99/activate").status_code == 404
    assert len(stored(folder)) == 4
    # The fifth before the current one is gone.
    load(client, ("new.csv", b"a,b\nx,y\n"), path=path, mode="replace")
    assert [v[0] for v in versions_of(client, made["id"])] == [6, 5, 4, 3, 2]
    assert client.delete(f"/api/v1/datasets/{made['id']}").status_code == 204
    assert stored(folder) == []


@pytest.mark.parametrize("data, word", [
    (b"id,sum\nx,1\ny,2\n", "id"),
    (b"id,total\n1,2\n", "sum"),
    (b"id,sum,city\n1,Omsk,2\n", "sum"),
    (b"other,columns\n1,2\n", ""),
    (b"", "empty"),
])
def test_append_that_does_not_fit(client, folder, data, word):
    made = load(client, ("m.csv", b"id,sum\n1,10\n2,20\n"), name="m")
    before = client.get(f"/api/v1/datasets/{made['id']}").json()
    error = refused(client, ("m.csv", data), path=f"/api/v1/datasets/{made['id']}/versions", mode="append")
    assert word in error["message"]
    assert client.get(f"/api/v1/datasets/{made['id']}").json() == before
    assert len(stored(folder)) == 1


def test_append_names_the_first_cell_that_does_not_fit(client):
    made = load(client, ("m.csv", b"id,sum\n1,10\n2,20\n"), name="m")
    path = f"/api/v1/datasets/{made['id']}/versions"
    error = refused(client, ("june.csv", "id,sum\n3,30\n4,сорок\n5,пять\n".encode()), path=path, mode="append")
    assert (error["code"], error["field"]) == ("column_misfit", "sum")
    assert 'Line 3 of "june": "сорок" does not fit, not a whole number: Column "sum" is BIGINT' in error["message"]
    assert "2 of the file's 3 values are not" in error["message"] and "replace" in error["message"]
    long = "ы" * 400
    error = refused(client, ("june.csv", f"id,sum\n3,{long}\n".encode()), path=path, mode="append")
    assert error["message"].endswith("text.") and "ы" * 30 + '"' in error["message"]
    error = refused(client, ("june.xlsx", workbook(m=[("id", "sum"), (3, 1), (4, "many")])), path=path, mode="append")
    assert 'Line 3 of "m": "many" does not fit' in error["message"]


@pytest.mark.parametrize("data, column, note", [
    (b"id;n\n1;1,000\n2;2,500\n", "n", "1,000 may be one or a thousand in this column; it was taken as one"),
    (b"id|n\n1|1,000\n2|2,500\n", "n", "1,000 may be one or a thousand in this column; it was taken as a thousand"),
    (b"id,n\n1,1.000\n2,2.500\n", "n", "1.000 may be one or a thousand in this column; it was taken as one"),
    (b"id|n|m\n1|1,000|1,5\n2|2,500|2,5\n", "n", None),
    (b"id|n\n1|1,000\n2|0,125\n", "n", None),
])
def test_thousand_or_one(shared_client, data, column, note):
    made = load(shared_client, ("t.csv", data), name=f"marks {abs(hash(data))}")
    assert next(c for c in made["tables"][0]["columns"] if c["name"] == column)["note"] == note


def test_dots_are_thousands_beside_decimal_commas(client):
    made = load(client, ("t.csv", b"id;n;m\n1;1.000;1,5\n2;2.500;2,5\n"), name="t")
    assert query(client, f'SELECT n FROM "{made["name"]}"')["rows"] == [[1000], [2500]]


def test_append_to_several_tables(client):
    made = load(client, ("book.xlsx", workbook(People=[("id",), (1,), (2,)], Sales=[("id", "sum"), (1, 5)])))
    path = f"/api/v1/datasets/{made['id']}/versions"
    grown = load(client, ("may.xlsx", workbook(Sales=[("sum", "id"), (7, 2), (8, 1)])), path=path, mode="append")
    assert {t["name"]: t["rows"] for t in grown["tables"]} == {"People": 2, "Sales": 3}
    assert query(client, 'SELECT id, sum FROM book."Sales"')["rows"] == [[1, 5], [2, 7], [1, 8]]
    rows = client.get(f"/api/v1/datasets/{made['id']}/rows?table=Sales").json()["items"]
    assert [r["sum"] for r in rows] == [5, 7, 8]
    for rows, word in (([("id", "x"), (1, 1)], "sum"), ([("x", "y"), (1, 1)], "id"), ([("id", "sum"), (1, "a")], "sum")):
        error = refused(client, ("june.xlsx", workbook(Sales=rows)), path=path, mode="append")
        assert error["field"] == word, error
    error = refused(client, ("june.xlsx", workbook(sales=[("id", "sum"), (1, 1)])), path=path, mode="append")
    assert "sales" in error["message"]
    error = refused(client, ("june.xlsx", workbook(Visits=[("id", "n"), (1, 1)])), path=path, mode="append")
    assert "Visits" in error["message"]


def test_damaged_segment_is_named_and_nothing_else_is_lost(client, folder, server):
    load(client, ("whole.csv", CLIENTS), name="whole")
    kept = stored(folder)
    load(client, ("hurt.csv", CLIENTS), name="hurt")
    hurt, = set(stored(folder)) - set(kept)
    data = bytearray((folder.path / hurt).read_bytes())
    data[len(data) // 2] ^= 1
    (folder.path / hurt).write_bytes(data)
    answer = client.post("/api/v1/query", json={"sql": "SELECT count(*) FROM hurt"})
    assert answer.status_code == 500 and answer.json()["error"]["code"] == "damaged", answer.text
    assert query(client, "SELECT count(*) FROM whole")["rows"] == [[3]]
    assert hurt in server.read_log()
    checked = folder.cli("check", status=1)
    assert hurt in checked.stdout + checked.stderr and kept[0] not in checked.stdout + checked.stderr


def test_append_several_files(client):
    """Rows keep the order of the files, whichever way they came."""
    made = load(client, ("a.csv", b"id,t\n1,a\n2,a\n"), name="a")
    path = f"/api/v1/datasets/{made['id']}/versions"
    load(client, ("b.csv", b"id,t\n3,b\n"), ("c.csv", b"t,id\nc,4\nc,5\n"), path=path, mode="append")
    got = load(client, ("d.csv", b"id,t\n6,d\n"), path=path, mode="append")
    assert got["rows"] == 6 and got["versions"][0]["files"] == ["a.csv", "b.csv", "c.csv", "d.csv"]
    rows = client.get(f"/api/v1/datasets/{made['id']}/rows").json()["items"]
    assert [(r["id"], r["t"]) for r in rows] == [(1, "a"), (2, "a"), (3, "b"), (4, "c"), (5, "c"), (6, "d")]
    assert query(client, "SELECT count(DISTINCT _row), min(_row), max(_row) FROM \"_raw\".\"a.a\"")["rows"] == [[6, 0, 5]]
