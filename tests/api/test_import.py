"""Files in: every kind that is taken, what is refused, and that what fails leaves nothing."""
import gzip
import io
import json
import random
import shutil
import socket
import subprocess
import threading
import time
import zipfile

import pytest
from loading import CLIENTS, column, load, old_workbook, query, refused, spreadsheet, sqlite_file, stored, upload, workbook
from program import Folder, Server

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


def zipped(*files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


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


# -- real files, with exact figures --

def test_online_retail(client, shared_data):
    path = shared_data("OnlineRetail.csv.gz")
    made = load(client, (path.name, path.read_bytes()), name="retail")
    assert made["rows"] == 541909 and made["rejects"] == 0
    got = query(client, """
        SELECT count(*), count(DISTINCT "InvoiceNo"), count(DISTINCT "StockCode"), count(DISTINCT "CustomerID"),
               count(*) FILTER ("CustomerID" IS NULL), sum("Quantity"), sum("Quantity" * "UnitPrice")::VARCHAR
        FROM retail""")
    assert got["rows"][0][:6] == [541909, 25900, 4070, 4372, 135080, 5176450]
    assert abs(float(got["rows"][0][6]) - 9747747.934) < 0.0005


def test_online_retail_workbook_is_the_same_table(client, shared_data):
    book, text = shared_data("OnlineRetail.xlsx"), shared_data("OnlineRetail.csv.gz")
    a = load(client, (text.name, text.read_bytes()), name="a")
    b = load(client, (book.name, book.read_bytes()), name="b")
    types = [[(c["name"], c["type"]) for c in x["tables"][0]["columns"]] for x in (a, b)]
    assert types[0] == types[1]
    left, right = (f'SELECT * FROM "{x}"."{y["tables"][0]["name"]}"' for x, y in (("a", a), ("b", b)))
    assert query(client, f"SELECT count(*) FROM ({left} EXCEPT ALL {right})")["rows"] == [[0]]
    assert query(client, f"SELECT count(*) FROM ({right} EXCEPT ALL {left})")["rows"] == [[0]]


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
    (b"id\n1\n", "sum"),
    (b"id,sum,city\n1,2,Omsk\n", "city"),
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


def test_append_to_several_tables(client):
    made = load(client, ("book.xlsx", workbook(People=[("id",), (1,), (2,)], Sales=[("id", "sum"), (1, 5)])))
    path = f"/api/v1/datasets/{made['id']}/versions"
    grown = load(client, ("may.xlsx", workbook(Sales=[("sum", "id"), (7, 2), (8, 1)])), path=path, mode="append")
    assert {t["name"]: t["rows"] for t in grown["tables"]} == {"People": 2, "Sales": 3}
    assert query(client, 'SELECT id, sum FROM book."Sales"')["rows"] == [[1, 5], [2, 7], [1, 8]]
    rows = client.get(f"/api/v1/datasets/{made['id']}/rows?table=Sales").json()["items"]
    assert [r["sum"] for r in rows] == [5, 7, 8]
    for rows, word in (([("id",), (1,)], "sum"), ([("id", "sum", "x"), (1, 1, 1)], "x"), ([("id", "sum"), (1, "a")], "sum")):
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


# -- refusals --

BOMB = io.BytesIO()
with zipfile.ZipFile(BOMB, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("[Content_Types].xml", "<Types/>")
    z.writestr("xl/workbook.xml", "<workbook/>")
    with z.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as f:
        for _ in range(256):
            f.write(b"\0" * (1 << 20))
BOOK = workbook(t=[("a", "b")] + [(i, str(i)) for i in range(2000)])
BASE = sqlite_file("CREATE TABLE t (a, b)", *[f"INSERT INTO t VALUES ({i}, hex(randomblob(500)))" for i in range(50)])


@pytest.mark.parametrize("name, data", [
    ("empty.csv", b""),
    ("blank.csv", b"\n\n\n"),
    ("book.xlsx", BOOK[:len(BOOK) // 2]),
    ("book.xlsx", BOOK[:100]),
    ("bomb.xlsx", BOMB.getvalue()),
    ("bomb.csv.gz", gzip.compress(b"\0" * (300 << 20))),
    ("base.db", BASE[:len(BASE) // 2]),
    ("base.db", BASE[:50]),
    ("base.db", b"SQLite format 3\0" + b"\xff" * 5000),
    ("page.xlsx", b"<html><body><table><tr><td>1</td></tr></table></body></html>"),
    ("old.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 2000),
    ("photo.csv", b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(20000)),
    ("noise.csv", random.Random(2).randbytes(50000)),
    ("zeros.csv", b"\0" * 10000),
    ("wide.csv", ",".join(f"c{i}" for i in range(100000)).encode() + b"\n" + b",".join([b"1"] * 100000) + b"\n"),
    ("cut.csv.gz", gzip.compress(random.Random(3).randbytes(3000).hex().encode())[:1500]),
    ("hostile.db", sqlite_file("CREATE TABLE t (a)", "INSERT INTO t VALUES (1)", "PRAGMA writable_schema = ON",
                               "UPDATE sqlite_master SET sql = 'CREATE TABLE t (a'")),
], ids=["empty", "blank", "xlsx-cut", "xlsx-100", "zip-bomb", "gzip-bomb", "sqlite-cut", "sqlite-50", "sqlite-noise", "html",
        "xls", "png", "noise", "zeros", "100000-columns", "gzip-cut", "hostile-schema"])
def test_bad_files(shared_client, shared_folder, name, data):
    before = stored(shared_folder), shared_client.get("/api/v1/datasets").json()["total"]
    error = refused(shared_client, (name, data), name="bad")
    assert error["code"] not in ("internal", "engine_protocol") and len(error["message"]) > 10, error
    assert "/" + "proc" not in error["message"] and str(shared_folder.path) not in error["message"]
    assert (stored(shared_folder), shared_client.get("/api/v1/datasets").json()["total"]) == before


def test_one_huge_line(client, folder):
    error = refused(client, ("line.csv", b"a,b\n" + b"x" * (64 << 20)))
    assert error["message"]
    assert stored(folder) == []


def test_duplicate_headers_and_header_only(client):
    made = load(client, ("d.csv", b"a,a,\n1,2,3\n4,5,6\n"), name="d")
    names = [c["name"] for c in made["tables"][0]["columns"]]
    assert len(names) == len({n.lower() for n in names}) == 3
    answer = upload(client, ("h.csv", b"a,b,c\n"), name="h")
    if answer.status_code == 202:  # an empty table, or a refusal in one sentence
        job = client.wait_for_job(answer.json()["job"]["id"])
        assert job["state"] in ("done", "failed")
        if job["state"] == "done":
            assert query(client, "SELECT count(*) FROM h")["rows"] == [[0]]
    else:
        assert answer.status_code == 422 and answer.json()["error"]["message"]


@pytest.mark.parametrize("fields, status, field", [
    ({"name": "main"}, 422, "name"),
    ({"name": "x" * 300}, 422, "name"),
    ({"name": "a\tb"}, 422, "name"),
    ({"role": "id"}, 422, "role"),
    ({"role": "id=customer.nonsense"}, 422, "id"),
    ({"role": "nobody=customer.id"}, 422, "nobody"),
    ({"as": "soup"}, 422, "as"),
    ({"mode": "append"}, 422, "mode"),
    ({"surprise": "1"}, 422, None),
])
def test_wrong_fields(shared_client, shared_folder, fields, status, field):
    before = stored(shared_folder)
    error = refused(shared_client, ("c.csv", CLIENTS), **fields)
    assert error.get("field") == field, error
    assert stored(shared_folder) == before


def test_wrong_requests(shared_client, shared_folder):
    before = stored(shared_folder)
    assert shared_client.post("/api/v1/datasets", json={"a": 1}).status_code == 415
    assert shared_client.post("/api/v1/datasets", files=[("other", ("a.csv", CLIENTS))]).status_code == 422
    assert shared_client.post("/api/v1/datasets", data=b"--x\r\n", headers={
        "Content-Type": "multipart/form-data; boundary=x"}).status_code == 400
    assert shared_client.post("/api/v1/datasets/123/versions", files=[("file", ("a.csv", CLIENTS))],
                              data={"mode": "append"}).status_code == 404
    assert stored(shared_folder) == before


def test_name_taken(client, folder):
    load(client, ("a.csv", CLIENTS), name="Клиенты")
    answer = upload(client, ("b.csv", CLIENTS), name="КЛИЕНТЫ")
    assert answer.status_code == 409 and answer.json()["error"]["code"] == "name_taken"
    assert len(stored(folder)) == 1


def test_roles_given_at_the_upload(client):
    made = load(client, ("c.csv", CLIENTS), name="c", role=["c.product=customer.products", "phone=ignore"])
    assert column(made, "product")["role"] == "customer.products" and column(made, "product")["by_person"]
    assert column(made, "phone")["role"] == "ignore"


# -- at the same time --

def big_csv(megabytes, seed=0):
    """Does not compress well, so that segments are about as large."""
    r = random.Random(seed)
    lines = [b"id,text,number"]
    for i in range(megabytes * 10000):
        lines.append(b"%d,%s,%d" % (i, r.randbytes(40).hex().encode(), r.getrandbits(40)))
    return b"\n".join(lines)


def long_csv(megabytes=200):
    """Takes a while to import and little to make."""
    block = b"".join(b"%d,%s,%d\n" % (i, b"text" * (i % 9), i * 7919 % 100003) for i in range(50000))
    return b"id,text,number\n" + block * (megabytes * 1000000 // len(block))


def test_a_type_that_the_last_line_proves_wrong(client, folder):
    """A second pass, over an upload that is too large to be held in memory."""
    data = long_csv(100) + b"00012,last,7\n"
    made = load(client, ("long.csv", data), name="long")
    assert made["rows"] == data.count(b"\n") - 1 and column(made, "id")["type"] == "VARCHAR"
    assert query(client, "SELECT number FROM long WHERE id = '00012'")["rows"] == [[7]]
    assert len(stored(folder)) == 1


@pytest.mark.server
def test_imports_side_by_side(client):
    made = {}

    def one(name):
        made[name] = load(client.__class__(client.url).sign_in(client.account), (f"{name}.csv", CLIENTS), name=name)

    threads = [threading.Thread(target=one, args=(f"s{i}",)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert {n: m["rows"] for n, m in made.items()} == {f"s{i}": 3 for i in range(4)}


@pytest.mark.server
def test_questions_while_the_data_change(client):
    """Each answer is of one version, whole, whatever is replaced, pruned or removed meanwhile."""
    made = load(client, ("m.csv", b"id\n" + b"1\n" * 1000), name="m")
    path = f"/api/v1/datasets/{made['id']}/versions"
    done, seen, wrong = threading.Event(), set(), []

    def ask():
        mine = client.__class__(client.url).sign_in(client.account)
        number = 0
        while not done.is_set():
            number += 1
            answer = mine.post("/api/v1/query", json={"sql": f"SELECT count(*), min(id), max(id) FROM m -- {number}"})
            row = answer.json()["rows"][0] if answer.status_code == 200 else answer.text
            if row[0] == 1000 and row[1] == row[2]:
                seen.add(row[1])
            else:
                wrong.append(row)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for t in threads:
        t.start()
    try:
        for version in range(2, 10):
            load(client, ("m.csv", b"id\n" + b"%d\n" % version * 1000), path=path, mode="replace")
    finally:
        done.set()
        for t in threads:
            t.join()
    assert not wrong, wrong[:3]
    assert len(seen) > 3


def test_two_versions_at_once(client):
    made = load(client, ("m.csv", b"id,text,number\n1,a,2\n"), name="m")
    path = f"/api/v1/datasets/{made['id']}/versions"
    first = upload(client, ("big.csv", long_csv()), path=path, mode="replace")
    assert first.status_code == 202, first.text
    second = upload(client, ("m.csv", b"id,text,number\n1,a,2\n"), path=path, mode="append")
    assert second.status_code == 409 and second.json()["error"]["code"] == "import_running"
    assert client.delete(f"/api/v1/datasets/{made['id']}").status_code == 409
    assert query(client, "SELECT count(*) FROM m")["rows"] == [[1]]  # the one before is read meanwhile
    client.delete(f"/api/v1/jobs/{first.json()['job']['id']}")
    assert client.wait_for_job(first.json()["job"]["id"])["state"] in ("cancelled", "done")


@pytest.mark.server
def test_an_upload_that_breaks_off(client, folder, server):
    """The client goes away in the middle: what had come is gone at once."""
    head = (f"POST /api/v1/datasets HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {client.url}\r\n"
            f"Cookie: {'; '.join(f'{c.name}={c.value}' for c in client.cookies)}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 99999999\r\n\r\n"
            '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n')
    with socket.create_connection(("127.0.0.1", server.port)) as s:
        s.sendall(head.encode() + b"1,2,3\n" * 500000)
        deadline = time.monotonic() + 30
        while not stored(folder) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert stored(folder)
    while stored(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert stored(folder) == [] and client.get("/api/v1/datasets").json()["total"] == 0


@pytest.mark.server
def test_cancel_leaves_nothing(client, folder):
    answer = upload(client, ("big.csv", long_csv()), name="big")
    assert answer.status_code == 202, answer.text
    job = answer.json()["job"]["id"]
    assert client.delete(f"/api/v1/jobs/{job}").status_code == 202
    state = client.wait_for_job(job)
    assert state["state"] == "cancelled", state
    assert stored(folder) == []
    assert client.get("/api/v1/datasets").json()["total"] == 0
    assert client.get(f"/api/v1/datasets/{answer.json()['dataset']['id']}").status_code == 404
    load(client, ("small.csv", CLIENTS), name="big")  # and the name is free again


def test_cancelled_while_they_wait(client, folder):
    """More imports than run at a time: those that never began leave nothing either."""
    data = long_csv(30)
    jobs = []
    for i in range(6):
        answer = upload(client, ("big.csv", data), name=f"big {i}")
        assert answer.status_code == 202, answer.text
        jobs.append(answer.json()["job"]["id"])
    for job in reversed(jobs):
        client.delete(f"/api/v1/jobs/{job}")
    states = [client.wait_for_job(job)["state"] for job in jobs]
    done = states.count("done")
    assert set(states) <= {"done", "cancelled"}
    assert client.get("/api/v1/datasets").json()["total"] == done and len(stored(folder)) == done


def test_the_server_stops_in_the_middle(folder):
    server = Server(folder)
    client = server.client(folder.admin)
    load(client, ("kept.csv", CLIENTS), name="kept")
    answer = upload(client, ("big.csv", long_csv()), name="big")
    assert answer.status_code == 202, answer.text
    job = answer.json()["job"]["id"]
    server.stop()
    assert len(stored(folder)) == 1
    server = Server(folder)
    try:
        client = server.client(folder.admin)
        assert [d["name"] for d in client.get("/api/v1/datasets").json()["items"]] == ["kept"]
        assert client.get(f"/api/v1/jobs/{job}").json()["state"] in ("cancelled", "failed")
        load(client, ("small.csv", CLIENTS), name="big")
    finally:
        server.stop()


# -- a full disk, and a killed server --

@pytest.fixture
def small_disk(vitrina, template, tmp_path):
    """A data folder on a disk of 24 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", place], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting a small tmpfs needs root")
    made = Folder(vitrina)
    shutil.copytree(template.path, place / "data")
    shutil.copy2(template.path.with_name("data.key"), place / "data.key")
    shutil.rmtree(made.parent)
    made.parent, made.path, made.admin = place, place / "data", template.admin
    yield made
    subprocess.run(["umount", place], check=True)


def test_disk_full(small_disk):
    server = Server(small_disk)
    try:
        client = server.client(small_disk.admin)
        kept = load(client, ("kept.csv", CLIENTS), name="kept")
        before = stored(small_disk)
        answer = upload(client, ("big.csv", big_csv(30)), name="big")  # the spool does not hold it
        assert answer.status_code == 500 and answer.json()["error"]["code"] == "disk_full", answer.text
        assert stored(small_disk) == before
        answer = upload(client, ("big.csv", big_csv(21)), name="big")  # the segment beside the spool does not fit
        if answer.status_code == 202:
            job = client.wait_for_job(answer.json()["job"]["id"])
            assert job["state"] == "failed" and job["error"]["code"] == "disk_full", job
        else:
            assert answer.json()["error"]["code"] == "disk_full", answer.text
        assert stored(small_disk) == before
        assert client.get("/api/v1/datasets").json()["total"] == 1
        assert query(client, "SELECT count(*) FROM kept")["rows"] == [[3]]
        again = load(client, ("again.csv", CLIENTS), name="big")
        assert again["rows"] == 3 and client.get(f"/api/v1/datasets/{kept['id']}").json()["rows"] == 3
    finally:
        server.stop()


@pytest.mark.kill
def test_killed_at_any_moment(folder, kills):
    """What was said to be done is there after a restart; what was not is there whole or not at all."""
    r = random.Random(7)
    data = big_csv(3)
    rows = data.count(b"\n")
    acknowledged = {}
    for i in range(kills):
        server = Server(folder)
        client = server.client(folder.admin)
        check_after_restart(client, folder, acknowledged, rows)
        timer = threading.Timer(r.uniform(0.02, 1.0), server.kill)
        timer.start()
        try:
            answer = upload(client, ("k.csv", data), name=f"k{i}")
            if answer.status_code == 202:
                job = client.wait_for_job(answer.json()["job"]["id"])
                if job["state"] == "done":
                    acknowledged[f"k{i}"] = rows
                    # And an append over it, cut off somewhere.
                    upload(client, ("k.csv", data), path=f"/api/v1/datasets/{answer.json()['dataset']['id']}/versions",
                           mode="append")
        except (OSError, ValueError):  # the connection broke, as it should
            pass
        timer.join()
        server.kill()
    server = Server(folder)
    try:
        check_after_restart(server.client(folder.admin), folder, acknowledged, rows)
    finally:
        server.stop()


def check_after_restart(client, folder, acknowledged, rows):
    listed = client.get("/api/v1/datasets?limit=1000").json()["items"]
    assert set(acknowledged) <= {d["name"] for d in listed}
    segments = 0
    for d in listed:
        assert d["state"] == "ready" and d["rows"] in (rows, 2 * rows), d
        segments += d["rows"] // rows
        assert query(client, f'SELECT count(*) FROM "{d["name"]}"')["rows"] == [[d["rows"]]]
    assert len(stored(folder)) == segments
    # Few at a time, so that many rounds stay quick.
    for d in listed[3:]:
        assert client.delete(f"/api/v1/datasets/{d['id']}").status_code == 204
        acknowledged.pop(d["name"], None)


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
