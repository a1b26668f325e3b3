"""SQL over the caller's own data sets: what works, what is refused, what is bounded."""
import time
from pathlib import Path

import pytest
import requests
from loading import CLIENTS, load, query, sqlite_file


@pytest.fixture(scope="module")
def client(shared_client):
    load(shared_client, ("clients.csv", CLIENTS), name="Клиенты")
    load(shared_client, ("shop.db", sqlite_file("CREATE TABLE a (x INTEGER)", "INSERT INTO a VALUES (1), (2)",
                                                "CREATE TABLE b (y TEXT)", "INSERT INTO b VALUES ('=1+1'), ('-5')")))
    return shared_client


def status_of(client, sql, **fields):
    answer = client.post("/api/v1/query", json={"sql": sql, **fields})
    return answer.status_code, answer.json()


def test_columns_and_rows(client):
    got = query(client, 'SELECT id, birth_date FROM "Клиенты" ORDER BY id')
    assert got["columns"] == [{"name": "id", "type": "VARCHAR"}, {"name": "birth_date", "type": "DATE"}]
    assert got["rows"] == [["001", "1980-05-01"], ["002", "1991-12-31"], ["003", "1975-01-15"]]
    assert got["truncated"] is False and got["took_ms"] >= 0 and got["as_of"].endswith("Z")
    assert query(client, 'SELECT count(*) FROM "Клиенты"."clients"')["rows"] == [[3]]
    assert query(client, "SELECT sum(x) FROM shop.a")["rows"] == [[3]]
    assert query(client, "SELECT 1 WHERE false")["rows"] == []


def test_parameters(client):
    got = query(client, "SELECT ?, ?, ?, ?, ?", 1, "a'; --", None, True, 1.5)
    assert got["rows"] == [[1, "a'; --", None, True, 1.5]]
    assert status_of(client, "SELECT ?", params=[{"a": 1}])[0] == 422
    assert status_of(client, "SELECT ?", params="x")[0] == 422
    assert status_of(client, "SELECT ?, ?", params=[1])[0] == 422


def test_a_repeat_is_cached_until_the_data_change(client):
    sql = 'SELECT count(*), max(id) FROM "Клиенты" -- repeat'
    first, second = query(client, sql), query(client, sql)
    assert (first["cached"], second["cached"]) == (False, True)
    assert {**first, "cached": 0, "took_ms": 0} == {**second, "cached": 0, "took_ms": 0}
    assert query(client, sql + " ")["cached"] is False
    load(client, ("more.csv", CLIENTS), name="more")
    assert query(client, sql)["cached"] is False
    assert query(client, "SELECT ? -- p", 1)["rows"] == [[1]] and query(client, "SELECT ? -- p", 2)["rows"] == [[2]]
    for changing in ("SELECT random()", "SELECT now()", "SELECT current_date", "SELECT uuid()"):
        assert [query(client, changing)["cached"] for _ in range(2)] == [False, False]
    assert [query(client, "SELECT 1 AS random_name")["cached"] for _ in range(2)] == [False, True]


@pytest.mark.parametrize("sql", [
    "", " ", ";", "SELEC 1", "SELECT * FROM nobody", "SELECT nothing FROM \"Клиенты\"", "SELECT 1; SELECT 2",
    "DROP TABLE \"Клиенты\"", "CREATE TABLE x (a INT)", "INSERT INTO shop.a VALUES (1)", "UPDATE shop.a SET x = 1",
    "DELETE FROM shop.a", "COPY (SELECT 1) TO '/tmp/vitrina-out.csv'", "ATTACH '/etc/passwd' AS x",
    "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/hostname')", "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/*')", "INSTALL httpfs", "LOAD httpfs", "SET memory_limit = '100GB'", "PRAGMA database_list",
    "SELECT * FROM read_parquet('https://example.com/x.parquet')", "EXPORT DATABASE '/tmp/x'", "CALL pragma_version()",
    "SELECT getenv('HOME')", "SELECT CAST('x' AS INTEGER)", "SELECT 1/", "BEGIN", "CHECKPOINT", "SELECT error('mine')",
])
def test_refused(client, sql):
    status, body = status_of(client, sql)
    assert status == 422, (sql, body)
    assert body["error"]["message"] and "/proc" not in body["error"]["message"]
    assert query(client, "SELECT 1")["rows"] == [[1]]


@pytest.mark.parametrize("body, status", [
    ({}, 422), ({"sql": 5}, 422), ({"sql": "SELECT 1", "more": 1}, 422), ({"sql": "x" * 70000}, 422),
    ({"sql": "SELECT 1", "dataset": "nobody"}, 404), ({"sql": "SELECT 1", "dataset": "123"}, 404),
    ({"sql": "SELECT 1", "limit": 0}, 422), ({"sql": "SELECT '\u0000'"}, 400), ([], 422),
])
def test_wrong_bodies(client, body, status):
    answer = client.post("/api/v1/query", json=body)
    assert answer.status_code == status, answer.text


def test_not_json(client):
    assert client.post("/api/v1/query", data="SELECT 1").status_code == 415
    assert client.post("/api/v1/query", data="{", headers={"Content-Type": "application/json"}).status_code == 400


def test_bounds(client):
    got = query(client, "SELECT range FROM range(1000)", limit=10)
    assert len(got["rows"]) == 10 and got["truncated"] is True
    status, body = status_of(client, "SELECT range FROM range(200000)")
    assert status == 422 and body["error"]["code"] == "too_many_rows", body
    status, body = status_of(client, "SELECT repeat('x', 30000000) FROM range(100)")
    assert status == 422, body
    status, body = status_of(client, "SELECT list(a.range) FROM range(100000000) a, range(100) b GROUP BY a.range % 7")
    assert status in (422, 503), body
    assert query(client, "SELECT 1")["rows"] == [[1]]


def engine_ticks(server):
    """The processor time of the server's engine processes."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            program = (process / "cmdline").read_bytes().split(b"\0")[0]
            fields = (process / "stat").read_text().rpartition(") ")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if program == b"vitrina-engine" and int(fields[1]) == server.process.pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks


@pytest.mark.server
def test_stops_when_the_client_goes_away(client, shared_server):
    """The statement would take hours; its engine must come to rest."""
    slow = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range * b.range % 7 = 3"
    with pytest.raises(requests.exceptions.Timeout):
        client.post("/api/v1/query", json={"sql": slow}, timeout=1)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        before = engine_ticks(shared_server)
        assert before > 0
        time.sleep(0.3)
        if engine_ticks(shared_server) - before <= 1:
            break
    else:
        raise AssertionError("the engine still works")
    assert query(client, "SELECT 2")["rows"] == [[2]]


def test_csv(client):
    answer = client.post("/api/v1/query?format=csv", json={"sql": "SELECT y, 1 AS n FROM shop.b ORDER BY y"})
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/csv")
    lines = answer.content.decode().splitlines()
    assert lines == ["y,n", "\"'-5\",1", "\"'=1+1\",1"]
    assert client.post("/api/v1/query?format=xml", json={"sql": "SELECT 1"}).status_code == 422


def test_only_the_callers_data(client, shared_make_user, shared_cli):
    shared_cli("org", "add", "Partner")
    partner = shared_make_user("analyst", org="Partner")
    status, body = status_of(partner, 'SELECT count(*) FROM "Клиенты"')
    assert status == 422 and "Клиенты" in body["error"]["message"]
    assert status_of(partner, "SELECT 1", dataset="Клиенты")[0] == 404
    load(partner, ("own.csv", b"a\n5\n"), name="Клиенты")
    assert query(partner, 'SELECT * FROM "Клиенты"')["rows"] == [[5]]
    assert query(client, 'SELECT count(*) FROM "Клиенты"')["rows"] == [[3]]
    seen = query(partner, "SELECT count(*) FROM information_schema.tables WHERE table_name ILIKE '%shop%'")
    assert seen["rows"] == [[0]]


@pytest.mark.parametrize("role, status", [("analyst", 200), ("manager", 403), ("operator", 403), ("client", 403)])
def test_who_may(shared_make_user, role, status):
    assert shared_make_user(role).post("/api/v1/query", json={"sql": "SELECT 1"}).status_code == status


def test_command_line(cli, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,x\n2,y\n")
    cli("import", path, "--name", "t")
    assert cli("query", "SELECT * FROM t ORDER BY a", "--format", "csv").stdout == "a,b\n1,x\n2,y\n"
    assert cli("query", "SELECT sum(a) AS s FROM t", "--format", "json").json()["rows"] == [[3]]
    assert "s\n" in cli("query", "SELECT sum(a) AS s FROM t").stdout
    assert cli("query", "SELECT * FROM nobody", status=1).stderr.count("\n") == 1
