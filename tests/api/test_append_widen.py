"""Appending a file whose columns are wider than the data set's: what is widened, what is refused, and that all else works."""
import io

import openpyxl
import pytest
from loading import column, load, query, refused, stored, workbook
from test_confirm import confirm, later
from test_models import ask, train


def versions(made):
    return f"/api/v1/datasets/{made['id']}/versions"


def types(made, table=0):
    return {c["name"]: c["type"] for c in made["tables"][table]["columns"]}


# What a column was, what is added to it, the type of both, and how the engine reads all of it as text, in order.
WIDER = [
    ("1\n2", "12.50\n3", "DECIMAL(18,1)", ["1.0", "2.0", "12.5", "3.0"]),
    ("1\n2", "-0.125", "DECIMAL(18,3)", ["1.000", "2.000", "-0.125"]),
    ("1.5\n2.25", "3.125\n7", "DECIMAL(18,3)", ["1.500", "2.250", "3.125", "7.000"]),
    ("1.5\n2.25", "123456789012345678.5", "DECIMAL(38,2)", ["1.50", "2.25", "123456789012345678.50"]),
    ("12345678901\n5", "0.00000125", "DECIMAL(38,8)", ["12345678901.00000000", "5.00000000", "0.00000125"]),
    ("12345678901234567890.25", "0.0625", "DECIMAL(38,4)", ["12345678901234567890.2500", "0.0625"]),
    ("2026-01-31", "2026-02-01 09:30:00", "TIMESTAMP", ["2026-01-31 00:00:00", "2026-02-01 09:30:00"]),
    ("1\n2", "1e-300\n2.5e-200", "DOUBLE", ["1.0", "2.0", "1e-300", "2.5e-200"]),
    ("x\ny", "5\n06", "VARCHAR", ["x", "y", "5", "06"]),
]
# The file is narrower than the data set: nothing changes.
NARROWER = [
    ("1.25\n2", "7\n8", "DECIMAL(18,2)", ["1.25", "2.00", "7.00", "8.00"]),
    ("12345678901234567890.25", "7", "DECIMAL(38,2)", ["12345678901234567890.25", "7.00"]),
    ("2026-01-31 09:30:00", "2026-02-01", "TIMESTAMP", ["2026-01-31 09:30:00", "2026-02-01 00:00:00"]),
    ("1e-300\n2.5e-200", "5", "DOUBLE", ["1e-300", "2.5e-200", "5.0"]),
    ("5\n6", "", "BIGINT", ["5", "6", None]),
]


def table_of(values):
    return ("n,v\n" + "".join(f"{i},{v}\n" for i, v in enumerate(values.split("\n")))).encode()


@pytest.mark.parametrize("was, added, type, texts", WIDER + NARROWER)
def test_types(shared_client, was, added, type, texts):
    client = shared_client
    made = load(client, ("t.csv", table_of(was)), name=f"t {abs(hash((was, added)))}")
    before = types(made)["v"]
    grown = load(client, ("u.csv", table_of(added)), path=versions(made), mode="append")
    assert types(grown)["v"] == type
    assert query(client, f'SELECT DISTINCT typeof(v) FROM "{made["name"]}"')["rows"] == [[type]]
    read = query(client, f'SELECT CAST(v AS VARCHAR) FROM "_raw"."{made["name"]}.t" ORDER BY _row')["rows"]
    assert [r[0] for r in read] == texts
    # Back again: the type that was, and its rows.
    back = client.post(versions(made) + "/1/activate")
    assert back.status_code == 200, back.text
    assert types(client.get(f"/api/v1/datasets/{made['id']}").json())["v"] == before
    assert query(client, f'SELECT DISTINCT typeof(v) FROM "{made["name"]}"')["rows"] == [[before]]
    client.delete(f"/api/v1/datasets/{made['id']}")


# -- what is said, before and after --


def test_said_before_it_is_confirmed(client, folder):
    made = load(client, ("m.csv", b"id,sum,day,city\n1,10,2026-01-31,Omsk\n2,20,2026-02-01,Ufa\n"), name="m")
    at = later(client, ("m2.csv", b"day,city,sum,id\n2026-03-01 10:30:00,Omsk,12.50,3\n"), path=versions(made), mode="append")
    [table] = client.get(at).json()["changes"]["tables"]
    assert table["columns"] == {"new": [], "gone": [], "types": [
        {"column": "sum", "from": "BIGINT", "to": "DECIMAL(18,1)"}, {"column": "day", "from": "DATE", "to": "TIMESTAMP"}]}
    assert table["missing"] == [] and table["rows"]["added"] == 1 and table["known_keys"] == 0
    # Until then all is as it was; thrown away, nothing of it stays.
    assert types(client.get(f"/api/v1/datasets/{made['id']}").json())["sum"] == "BIGINT"
    assert query(client, "SELECT typeof(sum) FROM m")["rows"] == [["BIGINT"]] * 2
    assert client.delete(at).status_code == 204 and len(stored(folder)) == 1
    at = later(client, ("m2.csv", b"day,city,sum,id\n2026-03-01 10:30:00,Omsk,12.50,3\n"), path=versions(made), mode="append")
    assert confirm(client, at)["state"] == "done"
    assert query(client, "SELECT id, CAST(sum AS VARCHAR), CAST(day AS VARCHAR) FROM m ORDER BY id")["rows"] == [
        [1, "10.0", "2026-01-31 00:00:00"], [2, "20.0", "2026-02-01 00:00:00"], [3, "12.5", "2026-03-01 10:30:00"]]
    shown = client.get(f"/api/v1/datasets/{made['id']}").json()
    assert (column(shown, "sum")["min"], column(shown, "sum")["max"]) == ("10.0", "20.0")
    assert column(shown, "day")["max"] == "2026-03-01 10:30:00" and len(stored(folder)) == 2


def test_said_by_the_job_and_the_command_line(client, cli, tmp_path, start_server):
    made = load(client, ("m.csv", b"id,sum,note\n1,10,a\n2,20,b\n"), name="m")
    answer = client.post(versions(made), files=[("file", ("m2.csv", b"id,sum,note\n3,1.5,c\n"))], data={"mode": "append"})
    job = client.wait_for_job(answer.json()["job"]["id"])
    assert job["result"]["columns"] == [
        {"table": "m", "column": "sum", "what": "widened", "from": "BIGINT", "to": "DECIMAL(18,1)"}]
    (tmp_path / "m3.csv").write_text("id,sum\n4,2.25\n")
    for options in (["--dry-run"], []):
        said = cli("import", tmp_path / "m3.csv", "--name", "m", "--mode", "append", *options).stdout
        assert "sum: DECIMAL(18,1) becomes DECIMAL(18,2)" in said, said
        assert "columns that the file does not have, blank in its rows: note" in said, said
    (tmp_path / "m4.csv").write_text("id,sum,note,city\n5,7,x,Omsk\n")
    said = cli("import", tmp_path / "m4.csv", "--name", "m", "--mode", "append").stdout
    assert "new columns: city" in said and "becomes DECIMAL" not in said, said
    (tmp_path / "m5.csv").write_text("id,sum,note,city\n6,8,y,Ufa\n")
    assert "changes in" not in cli("import", tmp_path / "m5.csv", "--name", "m", "--mode", "append").stdout
    assert query(client, "SELECT id, CAST(sum AS VARCHAR), note, city FROM m ORDER BY id")["rows"] == [
        [1, "10.00", "a", None], [2, "20.00", "b", None], [3, "1.50", "c", None], [4, "2.25", None, None],
        [5, "7.00", "x", "Omsk"], [6, "8.00", "y", "Ufa"]]


# -- not made text by a cell --


def test_one_stray_cell_is_a_reject(client):
    made = load(client, ("m.csv", b"id,sum\n1,10\n2,20\n"), name="m")
    rows = [f"{i},{i}.5" for i in range(3, 10003)]
    rows[5000] = "5003,ошибка"
    grown = load(client, ("m2.csv", ("id,sum\n" + "\n".join(rows) + "\n").encode()), path=versions(made), mode="append")
    assert types(grown)["sum"] == "DECIMAL(18,1)" and grown["rejects"] == 1
    [reject] = client.get(f"/api/v1/datasets/{made['id']}/rejects").json()["items"]
    assert (reject["line"], reject["column"], reject["text"]) == (5002, "sum", "ошибка")
    assert query(client, "SELECT count(sum), count(*) FROM m")["rows"] == [[10001, 10002]]


@pytest.mark.parametrize("was, added, cell", [
    ("1\n2", "many\n3\n4", 'Line 2 of "u": "many" does not fit, not a whole number'),
    ("1.5\n2", "3\nA-17", 'Line 3 of "u": "A-17" does not fit, not a number'),
    ("2026-01-31", "soon", 'Line 2 of "u": "soon" does not fit, not a date'),
    ("2026-01-31", "17\n18", 'Line 2 of "u": "17" does not fit, not a date'),
    ("1\n2", "2026-01-31", 'Line 2 of "u": "2026-01-31" does not fit, not a whole number'),
    # More than 38 digits together, though each of them has less.
    ("1234567890123456789012345678.25", "0.000000000001", "without rounding"),
    # 18 digits do not come back from a DOUBLE.
    ("1234567.12345678901", "1e-300\n2.5e-200", "without rounding"),
])
def test_text_only_where_a_person_says_so(shared_client, was, added, cell):
    client = shared_client
    made = load(client, ("t.csv", table_of(was)), name=f"t {abs(hash((was, added)))}")
    before = client.get(f"/api/v1/datasets/{made['id']}").json()
    error = refused(client, ("u.csv", table_of(added)), path=versions(made), mode="append")
    assert (error["code"], error["field"]) == ("column_misfit", "v") and cell in error["message"], error
    assert error["message"].endswith("send it with the column read as text.")
    assert client.get(f"/api/v1/datasets/{made['id']}").json() == before
    # What it says to do is what helps: every text as it stands, old values as they are shown.
    grown = load(client, ("u.csv", table_of(added)), path=versions(made), mode="append", text="v")
    assert types(grown)["v"] == "VARCHAR"
    read = query(client, f'SELECT v FROM "_raw"."{made["name"]}.t" ORDER BY _row')["rows"]
    old = {"1.5\n2": "1.5\n2.0"}.get(was, was)
    assert [r[0] for r in read] == old.split("\n") + added.split("\n")
    client.delete(f"/api/v1/datasets/{made['id']}")


def test_text_on_the_check_page(client):
    made = load(client, ("m.csv", b"id,sum\n1,10\n2,20\n"), name="m")
    at = later(client, ("m2.csv", b"id,sum\n3,none yet\n"), path=versions(made), mode="append", text="m.sum")
    [table] = client.get(at).json()["changes"]["tables"]
    assert table["columns"]["types"] == [{"column": "sum", "from": "BIGINT", "to": "VARCHAR"}]
    assert confirm(client, at)["state"] == "done"
    assert query(client, "SELECT sum FROM m ORDER BY id")["rows"] == [["10"], ["20"], ["none yet"]]


def test_a_column_without_values_takes_the_type_that_comes(client):
    made = load(client, ("m.csv", b"id,closed,sum\n1,,5\n2,,6\n"), name="m")
    grown = load(client, ("m2.csv", b"id,closed,sum\n3,2026-03-01,\n"), path=versions(made), mode="append")
    assert types(grown) == {"id": "BIGINT", "closed": "DATE", "sum": "BIGINT"}
    assert query(client, "SELECT CAST(closed AS VARCHAR), sum FROM m ORDER BY id")["rows"] == [
        [None, 5], [None, 6], ["2026-03-01", None]]


# -- columns --


def test_new_and_missing_columns(client):
    made = load(client, ("m.csv", b"id,sum,note\n1,10,a\n2,20,b\n"), name="m")
    at = later(client, ("m2.csv", b"id,note,sum,city\n3,c,30,Omsk\n"), path=versions(made), mode="append")
    [table] = client.get(at).json()["changes"]["tables"]
    assert (table["columns"]["new"], table["columns"]["gone"], table["missing"]) == (["city"], [], [])
    assert confirm(client, at)["state"] == "done"
    at = later(client, ("m3.csv", b"sum,id\n40,4\n"), path=versions(made), mode="append")
    [table] = client.get(at).json()["changes"]["tables"]
    assert (table["columns"]["new"], table["columns"]["gone"], table["missing"]) == ([], [], ["note", "city"])
    client.patch(at, json={"columns": [{"table": "m", "column": "note", "name": "remark"}]})
    assert client.get(at).json()["changes"]["tables"][0]["missing"] == ["remark", "city"]
    assert confirm(client, at)["state"] == "done"
    assert query(client, "SELECT id, sum, remark, city FROM m ORDER BY id")["rows"] == [
        [1, 10, "a", None], [2, 20, "b", None], [3, 30, "c", "Omsk"], [4, 40, None, None]]
    shown = client.get(f"/api/v1/datasets/{made['id']}").json()
    assert [column(shown, c)["non_null"] for c in ("id", "remark", "city")] == [4, 3, 1]
    # Found again under what the file calls it, and by its new name.
    load(client, ("m4.csv", b"id,sum,note,city\n5,50,e,Ufa\n"), path=versions(made), mode="append")
    load(client, ("m5.csv", b"id,sum,remark,city\n6,60,f,Ufa\n"), path=versions(made), mode="append")
    assert query(client, "SELECT remark FROM m ORDER BY id")["rows"][3:] == [[None], ["e"], ["f"]]


def test_several_files_of_other_columns(client):
    """Each of them is added to what the ones before it made."""
    made = load(client, ("m.csv", b"id,sum\n1,10\n2,20\n"), name="m")
    load(client, ("a.csv", b"id,sum,city\n3,1.5,Omsk\n"), ("b.csv", b"city,id,sum\n7,4,12345678901234567.25\n"),
         ("c.csv", b"id,sum\n5,6\n"), path=versions(made), mode="append")
    assert query(client, "SELECT id, CAST(sum AS VARCHAR), city FROM m ORDER BY id")["rows"] == [
        [1, "10.00", None], [2, "20.00", None], [3, "1.50", "Omsk"], [4, "12345678901234567.25", "7"], [5, "6.00", None]]
    assert types(client.get(f"/api/v1/datasets/{made['id']}").json()) == {
        "id": "BIGINT", "sum": "DECIMAL(38,2)", "city": "VARCHAR"}


@pytest.mark.parametrize("data, field, says", [
    (b"id,total\n3,30\n", "sum", 'it has "total" instead'),
    (b"a,b\n1,2\n", "id", 'no column "id"'),
    (b"sum\n1\n", "id", 'no column "id"'),
    (b"id,sum,SUM\n1,2,3\n", None, "sum"),
])
def test_another_file_is_refused(client, folder, data, field, says):
    """A column without which the rows mean nothing, and one that looks renamed."""
    made = load(client, ("m.csv", b"id,sum\n1,10\n2,20\n"), name="m", role="id=customer.id")
    before = client.get(f"/api/v1/datasets/{made['id']}").json()
    if field is None:
        assert types(load(client, ("n.csv", data), path=versions(made), mode="append")).keys() == {"id", "sum", "SUM_2"}
        return
    error = refused(client, ("m2.csv", data), path=versions(made), mode="append")
    assert (error["code"], error["field"]) == ("column_missing", field) and says in error["message"], error
    assert client.get(f"/api/v1/datasets/{made['id']}").json() == before and len(stored(folder)) == 1


# -- one after the other, and what else there is --


def test_widened_twice_upserted_and_back(client, folder):
    made = load(client, ("m.csv", b"id,sum,day\n1,10,2026-01-31\n2,20,2026-02-01\n"), name="m", role="id=customer.id")
    load(client, ("a.csv", b"id,sum,day\n3,0.5,2026-02-02\n"), path=versions(made), mode="append")
    load(client, ("b.csv", b"sum,day,id\n12345678901234567.125,2026-02-03 08:00:00,4\n"), path=versions(made), mode="append")
    load(client, ("c.csv", b"id,day,sum\n5,2026-02-04,7\n"), path=versions(made), mode="append")
    everything = [[1, "10.000", "2026-01-31 00:00:00"], [2, "20.000", "2026-02-01 00:00:00"],
                  [3, "0.500", "2026-02-02 00:00:00"], [4, "12345678901234567.125", "2026-02-03 08:00:00"],
                  [5, "7.000", "2026-02-04 00:00:00"]]
    read = "SELECT id, CAST(sum AS VARCHAR), CAST(day AS VARCHAR) FROM m ORDER BY id"
    assert query(client, read)["rows"] == everything
    assert types(client.get(f"/api/v1/datasets/{made['id']}").json())["sum"] == "DECIMAL(38,3)"
    assert query(client, "SELECT CAST(sum(sum) AS VARCHAR), count(DISTINCT typeof(sum)) FROM m")["rows"] == [
        ["12345678901234604.625", 1]]
    # The rows as the page pages them, filtered and sorted across the segments.
    rows = client.get(f"/api/v1/datasets/{made['id']}/rows?filter=sum:ge:10&sort=-sum").json()["items"]
    assert [r["id"] for r in rows] == [4, 2, 1]
    rows = client.get(f"/api/v1/datasets/{made['id']}/rows?filter=day:lt:2026-02-02&limit=1").json()
    assert [r["id"] for r in rows["items"]] == [1]
    # By key, over rows of four shapes.
    load(client, ("u.csv", b"id,sum,day\n2,20.0625,2026-02-01\n6,1,2026-02-05\n"), path=versions(made), mode="upsert")
    assert [r[1] for r in query(client, read)["rows"]] == [
        "10.0000", "20.0625", "0.5000", "12345678901234567.1250", "7.0000", "1.0000"]
    load(client, ("d.csv", b"id,sum,day\n7,0.00001,2026-02-06\n"), path=versions(made), mode="append")
    assert [r[1] for r in query(client, read)["rows"]][1:4] == ["20.06250", "0.50000", "12345678901234567.12500"]
    # A replacement has its own types.
    load(client, ("e.csv", b"id,sum,day\n1,1,2026-01-31\n"), path=versions(made), mode="replace")
    assert query(client, "SELECT typeof(sum), typeof(day) FROM m")["rows"] == [["BIGINT", "DATE"]]
    # And each version that is kept, its own: 7 is the replacement, 3 the second widening.
    assert client.post(versions(made) + "/3/activate").status_code == 200
    assert query(client, read)["rows"] == everything[:4]
    assert types(client.get(f"/api/v1/datasets/{made['id']}").json()) == {
        "id": "BIGINT", "sum": "DECIMAL(38,3)", "day": "TIMESTAMP"}


def test_shapes_in_a_workbook_and_an_engine_that_began_anew(client, server, start_server, folder):
    made = load(client, ("book.xlsx", workbook(S=[("id", "sum"), (1, 5), (2, 6)], P=[("n",), (1,)])), name="book")
    load(client, ("may.xlsx", workbook(S=[("sum", "id"), (7.25, 3), (8, 4)])), path=versions(made), mode="append")
    want = [[1, "5.00"], [2, "6.00"], [3, "7.25"], [4, "8.00"]]
    read = 'SELECT id, CAST(sum AS VARCHAR) FROM book."S" ORDER BY id'
    assert query(client, read)["rows"] == want
    server.stop()
    again = start_server().client(folder.admin)
    assert query(again, read)["rows"] == want
    assert query(again, 'SELECT count(*) FROM book."S" s JOIN book."P" p ON p.n = s.id')["rows"] == [[1]]


PEOPLE = "client_id,full_name,birth_date,points\n" + "".join(
    f"{i},Клиент Номер{i},19{50 + i % 50}-0{1 + i % 9}-1{i % 10},{i}\n" for i in range(1, 61))


def sales(start, n, amount, at, customer="{c}"):
    """n purchases of 60 customers, each day some."""
    return "customer_id,invoice,date,product,amount\n" + "".join(
        ",".join([customer.format(c=1 + i * 7 % 60), f"N{i}", at.format(m=1 + i // 100 % 6, d=1 + i % 28),
                  f"Thing {i % 5}", amount.format(a=10 + i % 40)]) + "\n" for i in range(start, start + n))


def test_customers_statistics_forecasts_and_back(client):
    """All that is computed of customers, over purchases whose amounts, times and customers were widened."""
    made = load(client, ("people.csv", PEOPLE.encode()),
                ("sales.csv", sales(0, 600, "{a}", "2025-0{m}-{d:02d}").encode()), name="shop")
    at = f"/api/v1/datasets/{made['id']}"
    [relation] = made["relations"]
    train(client, "sales", dataset="shop")
    train(client, "purchase", dataset="shop")
    before = {c: client.get(f"{at}/customers/{c}").json() for c in (1, 8)}
    stats = client.get(f"{at}/stats").json()
    was = ask(client, "sales", customers=["8"])["items"][0]

    extra = "customer_id,invoice,date,product,amount\n8,X1,2025-06-28 10:30:00,Lamp,0.25\n8,X2,2025-06-28 11:00:00,Lamp,1000\n"
    grown = load(client, ("sales.csv", extra.encode()), path=versions(made), mode="append")
    assert types(grown, 1) | {"date": "TIMESTAMP", "amount": "DECIMAL(18,2)"} == types(grown, 1)
    assert grown["relations"] == [relation] and [c["role"] for c in grown["tables"][1]["columns"]] == [
        c["role"] for c in made["tables"][1]["columns"]]
    card = client.get(f"{at}/customers/8").json()
    assert float(card["spend"]["amount"]) == float(before[8]["spend"]["amount"]) + 1000.25
    assert card["invoices"] == before[8]["invoices"] + 2 and card["birth_date"] == before[8]["birth_date"]
    assert client.get(f"{at}/customers/1").json()["spend"] == before[1]["spend"]
    bought = client.get(f"{at}/customers/8/purchases").json()["items"]
    assert {p["product"] for p in bought[:2]} == {"Lamp"} and {float(p["amount"]["amount"]) for p in bought[:2]} == {0.25, 1000}
    now = client.get(f"{at}/stats").json()
    assert now["customers"] == stats["customers"] == 60
    assert client.get(f"{at}/customers").json()["total"] == 60
    # Models that were trained on whole numbers and days go on, and see what came.
    answer = ask(client, "sales", customers=["8", "1"])["items"]
    assert answer[0]["forecast"] != was["forecast"] and answer[1]["forecast"] >= 0
    train(client, "sales", dataset="shop")

    # The other table: a customer's own figures, and births with an hour.
    more = "client_id,full_name,birth_date,points\n61,Новый Иван,1999-02-03 04:05:00,0.5\n"
    load(client, ("people.csv", more.encode()), path=versions(made), mode="append")
    card = client.get(f"{at}/customers/61").json()
    assert card["birth_date"][:10] == "1999-02-03" and card["age"] > 20
    assert client.get(f"{at}/customers/8").json()["birth_date"] == before[8]["birth_date"]
    assert client.get(f"{at}/customers").json()["total"] == 61

    # Customers that are no numbers any more, in both tables; the old ones are the same people.
    load(client, ("sales.csv", b"customer_id,invoice,date,product,amount\nA-17,Y1,2025-06-28,Lamp,5\n"),
         path=versions(made), mode="append", text="sales.customer_id")
    load(client, ("people.csv", "client_id,full_name,birth_date,points\nA-17,Буквин Ян,1990-01-01,1\n".encode()),
         path=versions(made), mode="append", text="people.client_id")
    card = client.get(f"{at}/customers/8").json()
    assert float(card["spend"]["amount"]) == float(before[8]["spend"]["amount"]) + 1000.25
    assert float(client.get(f"{at}/customers/A-17").json()["spend"]["amount"]) == 5
    assert client.get(f"{at}/customers").json()["total"] == 62
    # Files that leave: customers, and a template that comes back as one more append.
    rows = client.get(f"{at}/customers/export").content.decode().splitlines()
    assert len(rows) == 63 and rows[1].startswith("1,")
    book = client.get(f"{at}/customers/export?format=xlsx").content
    assert len(list(openpyxl.load_workbook(io.BytesIO(book)).active.rows)) == 63
    form = openpyxl.load_workbook(io.BytesIO(client.get(f"{at}/template.xlsx?table=sales").content))
    for column_, value in enumerate(["8", "Z1", "2025-06-28 12:00", "Lamp", 0.125], 1):
        form.worksheets[0].cell(2, column_, value)
    out = io.BytesIO()
    form.save(out)
    load(client, ("filled.xlsx", out.getvalue()))
    card = client.get(f"{at}/customers/8").json()
    assert float(card["spend"]["amount"]) == float(before[8]["spend"]["amount"]) + 1000.375
    # All of it back.
    assert client.post(f"{versions(made)}/3/activate").status_code == 200
    assert client.get(f"{at}/customers").json()["total"] == 61


def test_one_step_back_restores_everything(client):
    made = load(client, ("sales.csv", sales(0, 200, "{a}", "2025-0{m}-{d:02d}").encode()), name="shop")
    at = f"/api/v1/datasets/{made['id']}"
    before = client.get(f"{at}/customers/8").json(), client.get(f"{at}/stats").json()
    load(client, ("b.csv", sales(200, 50, "{a}.75", "2025-0{m}-{d:02d} 09:15:00").encode()), path=versions(made), mode="append")
    assert client.get(f"{at}/stats").json() != before[1]
    assert client.post(f"{versions(made)}/1/activate").status_code == 200
    after = client.get(f"{at}/customers/8").json(), client.get(f"{at}/stats").json()
    for was, now in zip(before, after):
        assert {k: v for k, v in now.items() if k not in ("version", "as_of", "computed_at")} == {
            k: v for k, v in was.items() if k not in ("version", "as_of", "computed_at")}
    assert types(client.get(at).json()) == types(made)


def test_cancelled_or_killed_it_never_was(client, server, folder, start_server):
    made = load(client, ("m.csv", b"id,sum\n1,10\n2,20\n"), name="m")
    before = client.get(f"/api/v1/datasets/{made['id']}").json()
    big = b"id,sum\n" + b"".join(b"%d,%d.125\n" % (i, i) for i in range(10, 300000)) * 4
    answer = client.post(versions(made), files=[("file", ("big.csv", big))], data={"mode": "append"})
    job = answer.json()["job"]["id"]
    client.delete(f"/api/v1/jobs/{job}")
    assert client.wait_for_job(job)["state"] == "cancelled"
    assert client.get(f"/api/v1/datasets/{made['id']}").json() == before and len(stored(folder)) == 1
    client.post(versions(made), files=[("file", ("big.csv", big))], data={"mode": "append"})
    server.kill()
    again = start_server().client(folder.admin)
    assert again.get(f"/api/v1/datasets/{made['id']}").json() == before and len(stored(folder)) == 1
    assert query(again, "SELECT id, sum, typeof(sum) FROM m ORDER BY id")["rows"] == [[1, 10, "BIGINT"], [2, 20, "BIGINT"]]
