"""Dumps of real servers: the same rows as in the server, whatever stands in them. Skipped where Debian's servers are not installed."""
import json
import os
import pwd
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

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


def as_user(place, user):
    """Runs a command as somebody who is not root: neither server wants to be."""
    if os.getuid() != 0:
        return []
    who = pwd.getpwnam(user)
    os.chown(place, who.pw_uid, who.pw_gid)
    return ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]


def run(command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, timeout=120, **options)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout


def wait_until(ready, process):
    for _ in range(300):
        if ready():
            return
        assert process.poll() is None, "the database server ended"
        time.sleep(0.1)
    raise AssertionError("the database server does not answer")


@pytest.fixture
def place():
    folder = Path(tempfile.mkdtemp(prefix="dump"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def stop(process, sign):
    process.send_signal(sign)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture
def mariadb(place):
    server, install, dump = (shutil.which(n) for n in ("mariadbd", "mariadb-install-db", "mariadb-dump"))
    if not (server and install and dump):
        pytest.skip("mariadb-server is not installed")
    become, socket = as_user(place, "mysql"), place / "sock"
    run([*become, install, "--no-defaults", f"--datadir={place}/data", "--auth-root-authentication-method=normal", "--skip-test-db"])
    process = subprocess.Popen([*become, server, "--no-defaults", f"--datadir={place}/data", f"--socket={socket}", "--skip-networking",
                                f"--pid-file={place}/pid", "--innodb-buffer-pool-size=16M"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = ["mariadb", "--no-defaults", f"--socket={socket}", "-uroot", "--default-character-set=utf8mb4"]
    try:
        wait_until(lambda: subprocess.run([*client, "-e", "SELECT 1"], capture_output=True).returncode == 0, process)
        run(client, input=("""CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop;
CREATE TABLE client (id INT PRIMARY KEY, `text` VARCHAR(200), `sum` DECIMAL(12,2), day DATE, ok BOOLEAN, phone VARCHAR(20), KEY k (phone)) COMMENT 'it''s (x';
CREATE TABLE product (id INT, name VARCHAR(40), factor DECIMAL(30,17));
CREATE TABLE log (n INT); CREATE VIEW v AS SELECT id FROM client;
CREATE TRIGGER tr BEFORE DELETE ON client FOR EACH ROW INSERT INTO log VALUES (1);
""" + inserts(True)).encode())
        yield [dump, "--no-defaults", f"--socket={socket}", "-uroot"]
    finally:
        stop(process, signal.SIGTERM)


@pytest.fixture
def postgres(place):
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if not found:
        pytest.skip("postgresql is not installed")
    tools, become = found[-1].parent, as_user(place, "nobody")
    run([*become, tools / "initdb", "-D", place / "data", "-U", "root", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
    process = subprocess.Popen([str(c) for c in [*become, tools / "postgres", "-D", place / "data", "-k", place, "-c", "listen_addresses=",
                                                 "-c", "fsync=off", "-c", "shared_buffers=16MB"]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = ["-h", place, "-U", "root"]
    try:
        wait_until(lambda: subprocess.run([str(c) for c in [tools / "psql", *address, "-c", "SELECT 1", "postgres"]], capture_output=True).returncode == 0, process)
        run([tools / "psql", *address, "-q", "-v", "ON_ERROR_STOP=1", "postgres"], input=("""
CREATE TABLE client (id int PRIMARY KEY, text text, sum numeric(12,2), day date, ok boolean, phone text);
CREATE TABLE product (id int, name text, factor numeric);
CREATE TABLE log (n int); CREATE VIEW v AS SELECT id FROM client;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO log VALUES (1); RETURN OLD; END $f$;
CREATE TRIGGER tr BEFORE DELETE ON client FOR EACH ROW EXECUTE FUNCTION f();
""" + inserts(False)).encode())
        yield [tools / "pg_dump", *address, "postgres"]
    finally:
        stop(process, signal.SIGINT)


def check(cli, place, dump, *, booleans):
    file = place / "shop.sql"
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
def test_mariadb(cli, place, mariadb, options):
    dump = run([*mariadb, *options, "shop"])
    if "cp1251" in str(options):  # what that page has no letter for is a question mark in the dump itself
        dump = run([*mariadb, *options, "shop", "product"])
        file = place / "p.sql"
        file.write_bytes(dump)
        cli("import", file, "--name", "p")
        assert "Автокредит" in cli("query", "SELECT name FROM product WHERE id = 1", "--dataset", "p").stdout
        return
    check(cli, place, dump, booleans=False)


@pytest.mark.parametrize("options", [[], ["--inserts"], ["--column-inserts"], ["--rows-per-insert=50"], ["--clean", "--if-exists", "--create"]])
def test_postgres(cli, place, postgres, options):
    check(cli, place, run([*postgres[:-1], *options, postgres[-1]]), booleans=True)
