"""Dumps of real servers: the same rows as in the server, whatever stands in them. Skipped where Debian's servers are not installed."""
import decimal
import json
import random

import pytest
from databases import MariaDB, PostgreSQL, started
from hypothesis import given
from loading import zipped
from random_tables import tables
from roundtrip import check_table, examples, loaded

TEXTS = ["Иванов Пётр", "O'Hara", 'say "hi"', "back\\slash", "tab\there", "two\nlines", "semi;colon, (bracket)", "-- no comment",
         "/* nor this */", "Łódź", "скидка 50%", "\\N", "NULL", "x\\", "'", "''", "a''b", "`tick`", "$$", "{}", "😀", "E'x'", "# hash", "\\.", "null, null"]


def rows(n):
    r = random.Random(7)
    made = []
    for i in range(n):
        made.append((i, f"{r.choice(TEXTS)} {i}" if i % 11 else None, f"{r.randrange(-10**9, 10**9) / 100:.2f}" if i % 7 else None,
                     f"20{r.randrange(10, 27)}-0{r.randrange(1, 10)}-{r.randrange(10, 28)}", bool(i % 2) if i % 5 else None,
                     f"0{r.randrange(10**9)}"))
    return made


ROWS = rows(2000)
COLUMNS = ["id", "text", "sum", "day", "ok", "phone"]


def literal(v, mysql):
    if v is None:
        return "NULL"
    if isinstance(v, (bool, int)):
        return str(v).upper()
    v = v.replace("'", "''")
    return "'" + (v.replace("\\", "\\\\") if mysql else v) + "'"


def inserts(mysql):
    lines = []
    for at in range(0, len(ROWS), 100):
        lines.append("INSERT INTO client VALUES " + ",".join("(" + ",".join(literal(v, mysql) for v in row) + ")" for row in ROWS[at:at + 100]) + ";")
    lines.append("INSERT INTO product VALUES (1,'Автокредит',0.30000000000000004),(2,'x',1234567890.5);")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def mariadb():
    for server in started(MariaDB):
        server.sql("""CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop;
CREATE TABLE client (id INT PRIMARY KEY, `text` VARCHAR(200), `sum` DECIMAL(12,2), day DATE, ok BOOLEAN, phone VARCHAR(20), KEY k (phone)) COMMENT 'it''s (x';
CREATE TABLE product (id INT, name VARCHAR(40), factor DECIMAL(30,17));
CREATE TABLE log (n INT); CREATE VIEW v AS SELECT id FROM client;
CREATE TRIGGER tr BEFORE DELETE ON client FOR EACH ROW INSERT INTO log VALUES (1);
""" + inserts(True))
        yield server


@pytest.fixture(scope="module")
def postgres():
    for server in started(PostgreSQL):
        server.sql("""
CREATE TABLE client (id int PRIMARY KEY, text text, sum numeric(12,2), day date, ok boolean, phone text);
CREATE TABLE product (id int, name text, factor numeric);
CREATE TABLE log (n int); CREATE VIEW v AS SELECT id FROM client;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO log VALUES (1); RETURN OLD; END $f$;
CREATE TRIGGER tr BEFORE DELETE ON client FOR EACH ROW EXECUTE FUNCTION f();
""" + inserts(False))
        yield server


def check(cli, tmp_path, dump, *, booleans):
    file = tmp_path / "shop.sql"
    file.write_bytes(dump)
    made = json.loads(cli("import", file, "--name", "shop", "--json").stdout)
    types = {t["name"]: {c["name"]: c["type"] for c in t["columns"]} for t in made["tables"]}
    assert types["client"] == {"id": "BIGINT", "text": "VARCHAR", "sum": "DECIMAL(18,2)", "day": "DATE", "ok": "BOOLEAN" if booleans else "BIGINT", "phone": "VARCHAR"}
    assert types["product"]["factor"] == "DECIMAL(38,17)"
    assert set(types) == {"client", "product", "log"}
    assert made["rejects"] == 0 and made["rows"] == len(ROWS) + 2
    got = json.loads(cli("query", "SELECT id, text, sum::VARCHAR AS sum, day::VARCHAR AS day, ok, phone FROM client ORDER BY id",
                         "--dataset", "shop", "--format", "json").stdout)
    want = [[i, text.strip() if text else text, s, day, ok if booleans or ok is None else int(ok), phone] for i, text, s, day, ok, phone in ROWS]
    got = got["rows"] if isinstance(got, dict) else [[row[c] for c in COLUMNS] if isinstance(row, dict) else row for row in got]
    assert [list(row) for row in got] == want


@pytest.mark.parametrize("options", [[], ["--skip-extended-insert"], ["--complete-insert", "--hex-blob"], ["--compact"], ["--default-character-set=cp1251"]])
def test_mariadb(cli, tmp_path, mariadb, options):
    if "cp1251" in str(options):  # what that page has no letter for is a question mark in the dump itself
        file = tmp_path / "p.sql"
        file.write_bytes(mariadb.dump(*options, "shop", "product"))
        cli("import", file, "--name", "p")
        assert "Автокредит" in cli("query", "SELECT name FROM product WHERE id = 1", "--dataset", "p").stdout
        return
    check(cli, tmp_path, mariadb.dump(*options, "shop"), booleans=False)


@pytest.mark.parametrize("options", [[], ["--inserts"], ["--column-inserts"], ["--rows-per-insert=50"], ["--clean", "--if-exists", "--create"]])
def test_postgres(cli, tmp_path, postgres, options):
    check(cli, tmp_path, postgres.dump(*options, "postgres"), booleans=True)


# -- random tables --

def mysql_type(c):
    return {"VARCHAR": "TEXT", "TIMESTAMP": "DATETIME(3)"}.get(c.type, c.type.replace("(18,", "(38,"))


def postgres_type(c):
    return {"VARCHAR": "text", "TIMESTAMP": "timestamp" + "tz" * c.zone}.get(c.type, "numeric" if c.type[:3] == "DEC" else c.type.lower())


def sql_literal(v, mysql):
    if v is None or isinstance(v, (bool, int)):
        return literal(v, mysql)
    return literal(f"{v:f}" if isinstance(v, decimal.Decimal) else str(v), mysql)


def filled(server, table, kind, mysql):
    """Puts the table into the server, in the place of the one before."""
    mark = "`" if mysql else '"'
    columns = ", ".join(f"{mark}{name.replace(mark, 2 * mark)}{mark} {kind(c)}" for name, c in zip(table.names, table.columns))
    rows = ",\n".join("(" + ", ".join(sql_literal(v, mysql) for v in row) + ")" for row in table.rows())
    server.sql(f"DROP TABLE IF EXISTS t; CREATE TABLE t ({columns});\n" + (f"INSERT INTO t VALUES {rows};\n" if rows else ""), "random")


def read_dumps(client, table, dumps):
    with loaded(client, ("all.zip", zipped(*[(f"{i}.sql", dump) for i, dump in enumerate(dumps)]))) as made:
        assert len(made["tables"]) == len(dumps)
        for t in made["tables"]:
            # A server's rows have no order: long ones go where there is room.
            check_table(client, made, t["name"], table, t["name"], ordered=False)


@pytest.fixture(scope="module")
def random_databases(mariadb, postgres):
    mariadb.sql("CREATE DATABASE random CHARACTER SET utf8mb4")
    postgres.sql("CREATE DATABASE random")


@examples(2)
@given(table=tables(least_rows=1))
def test_random_tables_of_mariadb(shared_client, mariadb, random_databases, table):
    filled(mariadb, table, mysql_type, True)
    ways = [[], ["--skip-extended-insert", "--complete-insert"], ["--compact", "--hex-blob"]]
    read_dumps(shared_client, table.without_truth(), [mariadb.dump(*way, "random", "t") for way in ways])


@examples(2)
@given(table=tables(least_rows=1))
def test_random_tables_of_postgresql(shared_client, postgres, random_databases, table):
    filled(postgres, table, postgres_type, False)
    ways = [[], ["--inserts"], ["--column-inserts", "--quote-all-identifiers"], ["--rows-per-insert=7", "--clean", "--if-exists"]]
    read_dumps(shared_client, table, [postgres.dump(*way, "random") for way in ways])
