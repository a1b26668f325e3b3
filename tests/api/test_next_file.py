"""A next version that waits: what its own file holds, apart from the rows that were there; the copy of it to correct."""
import io

import openpyxl
import pytest
from loading import load, upload, workbook
from test_confirm import confirm, later

HEAD = "id,full_name,phone,points,joined\n"


def people(first, last, **bad):
    """Numbers first to last; bad: "points_12" → what stands there instead."""
    cell = lambda name, i, good: bad.get(f"{name}_{i}", good)
    return HEAD + "".join(f"{i:03d},Персона Номер{i},+791234567{i % 100:02d},{cell('points', i, i * 10)},{cell('joined', i, f'2024-01-{i % 28 + 1:02d}')}\n"
                          for i in range(first, last + 1))


BASE = people(1, 50, points_7="many")
# Number 50 is there already, with other points.
MORE = people(50, 99, points_50=21, points_51="few", joined_52="some day")
ORDERS = "order_no,sum\n" + "".join(f"{i},{i}0\n" for i in range(1, 31))
OWN = [f"{i:03d}" for i in range(50, 100)]


@pytest.fixture
def base(client):
    return load(client, ("people.csv", BASE.encode()), name="people")


def versions_of(dataset):
    return f"/api/v1/datasets/{dataset['id']}/versions"


def waiting(client, base, mode, text=MORE, **fields):
    return later(client, ("more.csv", text.encode()), path=versions_of(base), mode=mode, **fields)


def own_rejects(client, at):
    answer = client.get(at + "/rejects", params={"of": "file"}).json()
    return answer["total"], [(r["line"], r["column"], r["text"]) for r in answer["items"]]


BAD = [(3, "points", "few"), (4, "joined", "some day")]


@pytest.mark.parametrize("mode, first_row, rows", [("append", 50, 100), ("upsert", None, 99)])
def test_the_file_by_itself(client, base, mode, first_row, rows):
    at = waiting(client, base, mode)
    got = client.get(at).json()
    assert (got["rows"], got["rejects"]) == (rows, 3)
    assert own_rejects(client, at) == (2, BAD)
    assert client.get(at + "/rejects").json()["total"] == 3
    assert client.get(at + "/rejects", params={"of": "x"}).status_code == 422
    text = client.get(at + "/rejects", params={"of": "file", "format": "csv"}).text
    assert "some day" in text and "many" not in text
    [table] = got["changes"]["tables"]
    file = table["file"]
    assert {k: file[k] for k in ("first_row", "rows", "rejects", "rows_left_out")} == {
        "first_row": first_row, "rows": 50, "rejects": 2, "rows_left_out": 0}
    columns = {c["column"]: c for c in file["columns"]}
    assert list(columns) == ["id", "full_name", "phone", "points", "joined"]
    assert columns["id"]["sample"][0] == "050" and columns["points"]["non_null"] == 49
    assert "+7912" not in str(file), "phones are masked"
    if mode == "upsert":
        assert [r[0] for r in file["first"]] == OWN[:10]
        assert file["first"][0] == ["050", "Персона Номер50", "+7********50", "21", "2024-01-23"] and file["first"][1][3] is None
    else:
        assert file["first"] is None
        items = client.get(at + "/rows", params={"cursor": file["first_row"]}).json()["items"]
        assert [i["id"] for i in items] == OWN
    # A name that is given now is followed.
    renamed = client.patch(at, json={"columns": [{"table": "people", "column": "phone", "name": "mobile"}]}).json()
    file = renamed["changes"]["tables"][0]["file"]
    assert [c["column"] for c in file["columns"]][2] == "mobile" and "+7912" not in str(file)


def test_nothing_but_its_file(client, base):
    at = waiting(client, base, "replace")
    got = client.get(at).json()
    assert got["changes"]["tables"][0]["file"] is None and (got["rows"], got["rejects"]) == (50, 2)
    assert own_rejects(client, at) == (2, BAD)


def copy_of(client, at):
    answer = client.get(at + "/rejects.xlsx", params={"of": "file"})
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.content))


@pytest.mark.parametrize("mode", ["append", "upsert"])
@pytest.mark.parametrize("drop", [False, True])
def test_the_copy_is_corrected_and_sent_again(client, base, mode, drop):
    fields = {"rejected_rows": "drop"} if drop else {}
    at = waiting(client, base, mode, **fields)
    book = copy_of(client, at)
    sheet = book.worksheets[0]
    cells = {row[0].value: row for row in sheet.iter_rows(min_row=2)}
    # An update by key puts rows among those that are there, and takes these again as they are.
    assert sorted(cells) == (OWN if mode == "append" else [f"{i:03d}" for i in range(1, 100)])
    assert (cells["051"][3].value, cells["052"][4].value) == ("few", "some day")
    assert cells["051"][3].comment and cells["052"][4].comment and "points" in cells["051"][5].value
    assert [number for number, row in cells.items() if row[5].value] == ["051", "052"], "reasons beside no other row"
    cells["051"][3].value, cells["052"][4].value = 510, "2024-02-06"
    out = io.BytesIO()
    book.save(out)
    assert client.delete(at).status_code == 204
    at = later(client, ("rejects.xlsx", out.getvalue()), path=versions_of(base), mode=mode, **fields)
    got = client.get(at).json()
    assert got["changes"]["tables"][0]["columns"] == {"new": [], "gone": [], "types": []}
    assert (got["rows"], own_rejects(client, at)) == (100 if mode == "append" else 99, (0, []))
    assert confirm(client, at)["state"] == "done"


def test_several_files_and_tables(client):
    base = load(client, ("people.csv", BASE.encode()), ("orders.csv", ORDERS.encode()), name="two")
    more = "order_no,sum\n3,about 30\n" + "".join(f"{i},{i}0\n" for i in range(60, 90))
    at = later(client, ("orders.csv", more.encode()), path=versions_of(base), mode="append")
    people, orders = sorted(client.get(at).json()["changes"]["tables"], key=lambda t: t["table"], reverse=True)
    assert people["file"] is None and (orders["file"]["first_row"], orders["file"]["rows"]) == (30, 31)
    assert [s.title for s in copy_of(client, at).worksheets] == ["orders"]
    assert client.get(at + "/rejects.csv", params={"of": "file", "table": "people"}).status_code == 404
    assert own_rejects(client, at) == (1, [(2, "sum", "about 30")])


def test_two_files_into_one_table(client, base):
    book = workbook(people=[["id", "full_name", "phone", "points", "joined"], ["100", "Сотый Ян", "", 90, "2024-03-09"]])
    at = later(client, ("a.csv", MORE.encode()), ("b.xlsx", book), path=versions_of(base), mode="append")
    file = client.get(at).json()["changes"]["tables"][0]["file"]
    assert (file["first_row"], file["rows"], file["rejects"]) == (50, 51, 2)
    assert {c["column"]: c["non_null"] for c in file["columns"]}["points"] == 50
    assert upload(client, ("c.csv", MORE.encode()), path=versions_of(base), mode="append").status_code == 409
