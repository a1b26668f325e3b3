"""One table in every format: it reads back the same, with the same types and the same roles."""
import csv
import datetime
import decimal
import gzip
import io
import json
import random

import pytest
from loading import load, old_workbook, query, spreadsheet, sqlite_file, workbook, zipped

HEADER = ["client_id", "name", "birth_date", "amount", "bought_at", "items", "note", "code"]
TEXTS = ", ".join(f'"{h}"::VARCHAR' for h in HEADER)
NAMES = ["Иванов Пётр", "Łucja Żak", "O'Neil \"Bob\"", "Петровска Ана", "Smith; John", "two\nlines", "Schröder, A"]


def table(seed):
    """Rows of values: whole numbers, texts, days, decimals, moments; some are missing. The first row has all of them."""
    r = random.Random(seed)
    rows = []
    for i in range(r.choice([1, 7, 120])):
        row = [
            f"{i:05}",
            r.choice(NAMES) + f" {i}",
            datetime.date(1950, 1, 1) + datetime.timedelta(days=r.randrange(20000)),
            decimal.Decimal(r.randrange(1, 10**7) * 10 + 5) / 100,
            datetime.datetime(2020, 1, 1, 9, 5, 7) + datetime.timedelta(minutes=r.randrange(10**6)),
            r.randrange(-1000, 10**6),
            r.choice(["one", "ДВА", "trzy", "x = y", "100 %"]),
            f"A-{r.randrange(1000):04}",
        ]
        rows.append([v if not i or k == 0 or r.random() > 0.1 else None for k, v in enumerate(row)])
    return rows


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, datetime.date) else value


def as_csv(rows):
    out = io.StringIO()
    csv.writer(out).writerows([HEADER] + [["" if v is None else plain(v) for v in row] for row in rows])
    return out.getvalue().encode()


def as_json(rows):
    # Decimals are written digit by digit: json has no type for them.
    def text(v):
        return str(v) if isinstance(v, decimal.Decimal) else json.dumps(plain(v), ensure_ascii=False)
    return ["{" + ", ".join(f"{json.dumps(h)}: {text(v)}" for h, v in zip(HEADER, row)) + "}" for row in rows]


def as_sqlite(rows):
    def text(v):
        if v is None:
            return "NULL"
        return str(v) if isinstance(v, (int, decimal.Decimal)) else "'" + str(plain(v)).replace("'", "''") + "'"
    return sqlite_file("CREATE TABLE t (" + ", ".join(HEADER) + ")",
                       *["INSERT INTO t VALUES (" + ", ".join(map(text, row)) + ")" for row in rows])


FORMATS = {
    "csv": ("t.csv", as_csv),
    "csv.gz": ("t.csv.gz", lambda rows: gzip.compress(as_csv(rows))),
    "zip": ("t.zip", lambda rows: zipped(("t.csv", as_csv(rows)))),
    "xlsx": ("t.xlsx", lambda rows: workbook(t=[HEADER] + rows)),
    "xls": ("t.xls", lambda rows: old_workbook(t=[HEADER] + rows)),
    "ods": ("t.ods", lambda rows: spreadsheet(t=[HEADER] + rows)),
    "json": ("t.json", lambda rows: ("[" + ",\n".join(as_json(rows)) + "]").encode()),
    "ndjson": ("t.ndjson", lambda rows: "\n".join(as_json(rows)).encode()),
    "sqlite": ("t.db", as_sqlite),
}


@pytest.mark.parametrize("seed", range(3))
def test_one_table_in_every_format(shared_client, seed):
    rows, first = table(seed), None
    for kind, (name, write) in FORMATS.items():
        made = load(shared_client, (name, write(rows)), name=f"{kind} {seed}")
        got = {
            "tables": [t["name"] for t in made["tables"]],
            "columns": [(c["name"], c["type"], c["role"]) for c in made["tables"][0]["columns"]],
            "rows": query(shared_client, f'SELECT {TEXTS} FROM "{made["name"]}" ORDER BY client_id')["rows"],
            "rejects": made["rejects"],
        }
        first = first or got
        assert got == first, kind
    assert first["tables"] == ["t"] and first["rejects"] == 0 and len(first["rows"]) == len(rows)
    types = dict((name, kind) for name, kind, _ in first["columns"])
    assert types == {"client_id": "VARCHAR", "name": "VARCHAR", "birth_date": "DATE", "amount": "DECIMAL(18,2)",
                     "bought_at": "TIMESTAMP", "items": "BIGINT", "note": "VARCHAR", "code": "VARCHAR"}
    for want, have in zip(rows, first["rows"]):
        expected = [v if v is None else str(plain(v)) for v in want]
        if want[3] is not None:
            expected[3] = f"{want[3]:.2f}"
        assert have == expected


def test_views(client):
    """A view is a table without roles, for its rows are in the tables; one that fails is named among the rejects."""
    made = load(client, ("v.db", sqlite_file(
        "CREATE TABLE sales (client_id INTEGER, product TEXT, amount REAL, date TEXT)",
        "INSERT INTO sales VALUES (1, 'Cheese', 10.5, '2026-01-02'), (2, 'Milk', 2.5, '2026-01-03')",
        "CREATE VIEW report AS SELECT client_id, product, amount, date FROM sales WHERE amount > 5",
        "CREATE VIEW broken AS SELECT * FROM gone")), name="v")
    assert {t["name"]: t["rows"] for t in made["tables"]} == {"sales": 2, "report": 1}
    roles = {t["name"]: {c["role"] for c in t["columns"]} for t in made["tables"]}
    assert "purchase.amount" in roles["sales"] and roles["report"] <= {"", None}
    page = client.get(f"/api/v1/datasets/{made['id']}/rejects").json()
    assert [(r["text"], r["column"]) for r in page["items"]] == [("broken", None)] and "left out" in page["items"][0]["reason"]


@pytest.mark.waits
@pytest.mark.parametrize("view", [
    "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r",
    "SELECT hex(zeroblob(8000000)) FROM (WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r)",
    "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r ORDER BY -x",
    "SELECT load_extension('x')",
], ids=["endless", "huge", "sorted", "extension"])
def test_a_view_written_to_harm_is_left_out(client, view):
    made = load(client, ("endless.db", sqlite_file(
        "CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1)", f"CREATE VIEW v AS {view}")))
    assert [t["name"] for t in made["tables"]] == ["t"]
    assert made["rejects"] == 1
