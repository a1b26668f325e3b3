"""Uploads that are refused, and what of them stays: nothing."""
import gzip
import io
import random
import zipfile

import pytest
from loading import CLIENTS, column, load, query, refused, sqlite_file, stored, upload, workbook

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
    ("page.xlsx", b"<html><body><p>1</p></body></html>"),
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
    ({"encoding": "latin9"}, 422, "encoding"),
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
