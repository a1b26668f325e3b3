"""The next version by key, and what a version that waits says it changes."""
import base64
import random

import pytest
from loading import CLIENTS, column, load, query, refused, stored, upload, workbook
from program import Server, one_line
from test_confirm import confirm, later

HEAD = "id,full_name,birth_date,phone,points\n"
BASE = HEAD + ("001,Иванов Иван,1980-05-01,+79123456701,10\n"
               "002,Петрова Анна,1991-12-31,+79123456702,20\n"
               "003,Сидоров Пётр,1975-01-15,+79123456703,30\n"
               "004,Новая Мария,1999-02-03,+79123456704,40\n")


@pytest.fixture
def base(client):
    return load(client, ("people.csv", BASE.encode()), name="people")


def versions_of(dataset):
    return f"/api/v1/datasets/{dataset['id']}/versions"


def rows(client, columns="*"):
    return query(client, f"SELECT {columns} FROM people ORDER BY id")["rows"]


def test_upsert(client, folder, base):
    """One row changed, one the same, one new; those that the file does not have stay."""
    file = HEAD + ("003,Сидоров Пётр,1975-01-15,+79123456703,31\n"
                   "005,Пятый Лев,2001-01-01,+79123456705,50\n"
                   "001,Иванов Иван,1980-05-01,+79123456701,10\n")
    at = later(client, ("more.csv", file.encode()), path=versions_of(base), mode="upsert")
    got = client.get(at).json()
    assert (got["mode"], got["rows"], got["rejects"]) == ("upsert", 5, 0) and got["files"] == ["people.csv", "more.csv"]
    [table] = got["changes"]["tables"]
    assert table["by"] == "key" and table["key"] == ["id"] and got["changes"]["against"] == 1
    assert table["rows"] == {"before": 4, "after": 5, "added": 1, "changed": 1, "gone": 0, "unchanged": 3}
    assert table["columns"] == {"new": [], "gone": [], "types": []}
    assert table["cells"] == [{"column": "points", "rows": 1}]
    assert table["sample"] == [{"key": ["003"], "column": "points", "old": "30", "new": "31"}]
    assert len(rows(client)) == 4, "not in use yet"
    assert confirm(client, at)["state"] == "done"
    assert rows(client, "id, points") == [["001", 10], ["002", 20], ["003", 31], ["004", 40], ["005", 50]]
    # In its place, the new one last; and the counts of the columns are of all rows.
    items = client.get(f"/api/v1/datasets/{base['id']}/rows").json()["items"]
    assert [i["id"] for i in items] == ["001", "002", "003", "004", "005"]
    shown = client.get(f"/api/v1/datasets/{base['id']}").json()
    assert column(shown, "points") | {"non_null": 5, "min": "10", "max": "50"} == column(shown, "points")
    assert client.get(f"/api/v1/datasets/{base['id']}/customers").json()["total"] == 5
    assert len(stored(folder)) == 2
    # One step back, and rows can be appended after it.
    assert client.post(versions_of(base) + "/1/activate").status_code == 200
    assert rows(client, "id, points") == [["001", 10], ["002", 20], ["003", 30], ["004", 40]]
    assert client.post(versions_of(base) + "/2/activate").status_code == 200
    load(client, ("a.csv", (HEAD + "006,Шестой Ян,2000-01-01,,60\n").encode()), path=versions_of(base), mode="append")
    assert [r[0] for r in rows(client, "id")] == ["001", "002", "003", "004", "005", "006"]


def test_upsert_published_at_once(client, base):
    got = load(client, ("a.csv", (HEAD + "002,Петрова Анна,1991-12-31,,21\n").encode()), path=versions_of(base),
               mode="upsert", key="id")
    assert got["rows"] == 4 and got["versions"][0]["mode"] == "upsert"
    assert rows(client, "id, phone, points")[1] == ["002", None, 21]


def test_columns_new_gone_and_widened(client, base):
    file = "id;points;city\n002;20,5;Омск\n007;70;Тверь\n"
    at = later(client, ("a.csv", file.encode()), path=versions_of(base), mode="upsert", key="id")
    got = client.get(at).json()
    [table] = got["changes"]["tables"]
    assert table["columns"] == {"new": ["city"], "gone": [], "types": [
        {"column": "points", "from": "BIGINT", "to": column(got, "points")["type"]}]}
    assert column(got, "points")["type"].startswith("DECIMAL(") and column(got, "city")["type"] == "VARCHAR"
    assert table["rows"] | {"added": 1, "changed": 1, "gone": 0, "unchanged": 3} == table["rows"]
    assert confirm(client, at)["state"] == "done"
    assert query(client, "SELECT id, full_name, points, city FROM people ORDER BY id")["rows"] == [
        ["001", "Иванов Иван", 10.0, None], ["002", "Петрова Анна", 20.5, "Омск"], ["003", "Сидоров Пётр", 30.0, None],
        ["004", "Новая Мария", 40.0, None], ["007", None, 70.0, "Тверь"]]


def test_replace_is_compared(client, base):
    file = "id,full_name,phone,points,city\n" + ("001,Иванов Иван,+79990000001,10,Омск\n"
                                                  "002,Петрова Анна,+79123456702,20,Омск\n"
                                                  "009,Девятый Ян,+79123456709,90,Уфа\n")
    at = later(client, ("people of may.csv", file.encode()), path=versions_of(base), mode="replace")
    changes = client.get(at).json()["changes"]
    assert (changes["tables_new"], changes["tables_gone"]) == ([], []), "the only table of each"
    [table] = changes["tables"]
    assert table["columns"] == {"new": ["city"], "gone": ["birth_date"], "types": []}
    assert table["rows"] == {"before": 4, "after": 3, "added": 1, "changed": 1, "gone": 2, "unchanged": 1}
    assert table["cells"] == [{"column": "phone", "rows": 1}]
    [cell] = table["sample"]
    assert cell["key"] == ["001"] and "99900" not in cell["new"] and "***" in cell["new"], "phones come masked"
    # It is masked by what the column means now.
    client.put(at + "/roles", json={"roles": {"phone": ""}})
    assert client.get(at).json()["changes"]["tables"][0]["sample"][0]["new"] == "+79990000001"
    partner = client.get(at, params={})
    assert partner.status_code == 200


def test_append_tells_of_keys_that_are_there(client, base):
    file = HEAD + "004,Новая Мария,1999-02-03,+79123456704,41\n008,Восьмой Ян,1999-02-03,,1\n"
    at = later(client, ("a.csv", file.encode()), path=versions_of(base), mode="append")
    [table] = client.get(at).json()["changes"]["tables"]
    assert table["rows"] == {"before": 4, "after": 6, "added": 2, "changed": 0, "gone": 0, "unchanged": 4}
    assert table["known_keys"] == 1 and table["key"] == ["id"]


def test_rows_without_a_key(client):
    head = "customer_id,product,amount\n"
    made = load(client, ("sales.csv", (head + "1,Вклад,10\n1,Вклад,10\n2,Карта,20\n2,Карта,5\n").encode()), name="sales")
    file = head + "1,Вклад,10\n2,Карта,20\n3,Карта,7\n3,Карта,7\n"
    at = later(client, ("sales.csv", file.encode()), path=versions_of(made), mode="replace")
    [table] = client.get(at).json()["changes"]["tables"]
    assert (table["by"], table["why"], table["key"], table["sample"]) == ("rows", "no_key", [], [])
    assert table["rows"] == {"before": 4, "after": 4, "added": 2, "changed": 0, "gone": 2, "unchanged": 2}
    client.delete(at)
    error = refused(client, ("sales.csv", file.encode()), path=versions_of(made), mode="upsert")
    assert error["field"] == "key" and "which columns are the key" in error["message"]


def test_key_of_two_columns(client):
    head = "shop,code,left\n"
    made = load(client, ("stock.csv", (head + "a,1,10\na,2,20\nb,1,30\n").encode()), name="people")
    at = later(client, ("stock.csv", (head + "b,1,31\nb,2,5\n").encode()), path=versions_of(made), mode="upsert",
               key="shop, stock.code")
    [table] = client.get(at).json()["changes"]["tables"]
    assert table["key"] == ["shop", "code"] and table["rows"]["changed"] == 1 and table["rows"]["added"] == 1
    assert confirm(client, at)["state"] == "done"
    assert query(client, "SELECT shop, code, \"left\" FROM people ORDER BY 1, 2")["rows"] == [
        ["a", 1, 10], ["a", 2, 20], ["b", 1, 31], ["b", 2, 5]]


def test_several_tables(client, folder):
    clients = [["id", "name"], ["C1", "Anna Nowak"], ["C2", "Jan Kowal"]]
    sales = [["sale", "customer_id", "product", "amount"], ["S1", "C1", "Tea", 5], ["S2", "C2", "Salt", 7]]
    made = load(client, ("shop.xlsx", workbook(clients=clients, sales=sales)), name="shop")
    book = workbook(sales=[sales[0], ["S2", "C2", "Salt", 8], ["S3", "C1", "Rice", 9]])
    at = later(client, ("shop.xlsx", book), path=versions_of(made), mode="upsert", key="sales.sale")
    tables = {t["table"]: t for t in client.get(at).json()["changes"]["tables"]}
    assert tables["sales"]["rows"] == {"before": 2, "after": 3, "added": 1, "changed": 1, "gone": 0, "unchanged": 1}
    assert tables["clients"]["rows"]["unchanged"] == 2
    assert confirm(client, at)["state"] == "done"
    assert query(client, "SELECT sale, amount FROM shop.sales ORDER BY 1")["rows"] == [["S1", 5], ["S2", 8], ["S3", 9]]
    assert query(client, "SELECT count(*) FROM shop.clients")["rows"] == [[2]]


@pytest.mark.parametrize("file, fields, words", [
    ("001,А,,,1\n002,Б,,,2\n001,В,,,3\n", {}, "2 rows of the file share theirs with another, rows 1 and 3"),
    ("001,А,,,1\n,Б,,,2\n", {}, "blank in 1 rows of the file: rows 2 "),
    ("001,А,,,1\n", {"key": "nobody"}, "no column \"nobody\""),
    ("001,А,,,1\n", {"key": "people.nobody"}, "no column \"nobody\""),
    ("001,А,,,1\n", {"key": ","}, "with commas between"),
    ("001,А,1980-01-01,,10\n002,А,1980-01-01,,10\n", {"key": "points"}, "points"),
])
def test_refused(client, folder, base, file, fields, words):
    before = client.get(f"/api/v1/datasets/{base['id']}").json(), stored(folder), rows(client)
    error = refused(client, ("people.csv", (HEAD + file).encode()), path=versions_of(base), mode="upsert", **fields)
    assert error["field"] == "key" and words in error["message"], error
    assert (client.get(f"/api/v1/datasets/{base['id']}").json(), stored(folder), rows(client)) == before


def test_wrong_fields(client, base):
    assert upload(client, ("a.csv", BASE.encode()), key="id").json()["error"]["field"] == "key"
    assert upload(client, ("a.csv", BASE.encode()), path=versions_of(base), mode="merge").json()["error"]["field"] == "mode"
    error = refused(client, ("a.csv", BASE.encode()), ("b.csv", BASE.encode()), path=versions_of(base), mode="upsert")
    assert "twice" in error["message"]


def test_many_rows(client, folder):
    """Fifty thousand rows of twenty columns, every tenth changed in one cell: counted exactly."""
    def file(start, n, bump):
        lines = ["id," + ",".join(f"c{k}" for k in range(19))]
        for i in range(start, start + n):
            cells = [str(i * k % 97) for k in range(19)]
            cells[3] = str(i % 10 == 0 and bump or 5)
            lines.append(f"K{i}," + ",".join(cells))
        return ("\n".join(lines) + "\n").encode()
    made = load(client, ("big.csv", file(0, 50000, 5)), name="people")
    at = later(client, ("big.csv", file(25000, 50000, 6)), path=versions_of(made), mode="upsert", key="id")
    [table] = client.get(at).json()["changes"]["tables"]
    assert table["rows"] == {"before": 50000, "after": 75000, "added": 25000, "changed": 2500, "gone": 0,
                             "unchanged": 47500}
    assert table["cells"] == [{"column": "c3", "rows": 2500}] and len(table["sample"]) == 25
    assert confirm(client, at)["state"] == "done"
    assert query(client, "SELECT count(*), count(DISTINCT id), sum(c3) FROM people")["rows"] == [
        [75000, 75000, 75000 * 5 + 5000]]


def noise(megabytes, seed):
    """A file that nothing makes smaller; its rows have the same keys whatever the seed."""
    luck = random.Random(seed)
    lines = (f"K{i},{base64.b64encode(luck.randbytes(750)).decode()}\n" for i in range(1000 * megabytes))
    return ("id,text\n" + "".join(lines)).encode()


def test_disk_full(small_disk):
    """What is read fits, the rows joined with those that are there do not: as if nothing had been tried."""
    server = Server(small_disk)
    try:
        client = server.client(small_disk.admin)
        made = load(client, ("big.csv", noise(8, 1)), name="people")
        before = client.get(f"/api/v1/datasets/{made['id']}").json(), stored(small_disk)
        error = refused(client, ("big.csv", noise(8, 2)), path=versions_of(made), mode="upsert", key="id")
        assert error["code"] == "disk_full", error
        assert (client.get(f"/api/v1/datasets/{made['id']}").json(), stored(small_disk)) == before
        at = later(client, ("big.csv", CLIENTS), path=versions_of(made), mode="replace")
        assert confirm(client, at)["state"] == "done"
        assert query(client, "SELECT count(*) FROM people")["rows"] == [[3]]
    finally:
        server.stop()


def test_on_the_command_line(cli, tmp_path):
    file, more = tmp_path / "people.csv", tmp_path / "more.csv"
    file.write_text("id,name,points\n001,Anna,1\n002,Jan,2\n")
    more.write_text("id,name,points\n002,Jan,22\n003,Ewa,3\n")
    cli("import", file, "--name", "people")
    args = ("import", more, "--name", "people", "--mode", "upsert", "--key", "id")
    said = cli(*args, "--dry-run").stdout
    for words in ("2 rows become 3 (1 added, 1 changed, 0 gone, 1 unchanged)", "told apart by: id",
                  "points changes in 1 rows", '002 points: "2" -> "22"'):
        assert words in said, said
    [table] = cli(*args, "--dry-run", "--json").json()["changes"]["tables"]
    assert table["rows"]["changed"] == 1 and table["key"] == ["id"]
    count = ("query", "SELECT count(*), sum(points) FROM people", "--format", "json")
    assert cli(*count).json()["rows"] == [[2, 3]], "nothing is kept"
    assert "waits" not in cli("dataset", "list").stdout
    assert "people: 3 rows" in cli(*args).stdout
    assert cli(*count).json()["rows"] == [[3, 26]]
    assert "rows 1 and 3" in one_line(cli("import", "-", "--name", "people", "--mode", "upsert", "--key", "id", status=1,
                                             input="id,name,points\n1,a,1\n2,b,1\n1,c,1\n"))
    for args, status in [
        (["import", more, "--mode", "upsert"], 2), (["import", more, "--name", "people", "--key", "id"], 2),
        (["import", more, "--name", "people", "--mode", "merge"], 2),
        (["import", more, "--name", "people", "--mode", "upsert", "--append"], 2),
        (["import", more, "--name", "people", "--mode", "upsert", "--key", "nobody"], 1),
        (["dataset", "confirm", "people"], 1), (["dataset", "discard", "people"], 1), (["dataset", "discard", "none"], 1),
    ]:
        one_line(cli(*args, status=status))
    assert cli(*count).json()["rows"] == [[3, 26]]
    cli("dataset", "remove", "people")
