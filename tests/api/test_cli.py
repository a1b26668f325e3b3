"""The command line: help, usage, folders, settings, and every command with and without a server."""
import json
import os
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest
from program import Folder, Server, clean_environment

COMMANDS = [
    "serve", "init", "config", "org add", "org list", "user add", "user list", "user disable", "user enable",
    "user passwd", "user import", "token add", "token list", "token remove", "import", "dataset list", "dataset show",
    "dataset confirm", "dataset discard", "dataset remove", "stats", "template", "recommend", "train sales", "train purchase", "train linear", "train logistic", "evaluate recommend", "query", "backup", "restore", "check", "demo"]


def one_line(result):
    """A refusal is one line on standard error that names the program, and nothing on standard output."""
    assert result.stdout == "", result
    assert re.fullmatch(r"vitrina: [^\n]+\n", result.stderr), result
    return result.stderr


# --- help and usage ---

def test_help_lists_every_command(vitrina):
    text = vitrina.run("--help").stdout
    listed = re.findall(r"^    (\w+(?: \w+)?)  +\S", text.split("\nCOMMANDS\n")[1].split("\n\n")[0], re.M)
    assert listed == COMMANDS
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(vitrina, command):
    text = vitrina.run(*command.split(), "--help").stdout
    assert text.startswith(f"NAME\n    vitrina {command} - ")
    for heading in ("SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"):
        assert f"\n{heading}\n" in text, heading
    assert "--data DIR" in text
    for option in re.findall(r"--[a-z-]+", text.split("\nSYNOPSIS\n")[1].split("\n\n")[0]):
        assert f"\n    {option}" in text, f"{option} is not explained"
    assert vitrina.run("help", *command.split()).stdout == text


def test_version(vitrina):
    assert re.fullmatch(r"vitrina \d+\.\d+\.\d+\n", vitrina.run("--version").stdout)


@pytest.mark.parametrize("args, says", [
    (["exprot"], "unknown command"),
    (["imprt", "x.csv"], "did you mean 'import'"),
    (["user", "ad"], "did you mean 'user add'"),
    (["user", "fly"], "there are: user add"),
    (["user"], "needs a second word"),
    (["org", "list", "--jsn"], "did you mean '--json'"),
    (["user", "add", "--emial", "a@b.example"], "did you mean '--email'"),
    (["user", "add", "--role", "admin"], "needs --email"),
    (["user", "add", "--email", "a@b.example", "--role", "king"], "one of: admin, analyst"),
    (["user", "add", "--email"], "--email needs a value"),
    (["org", "list", "--json=yes"], "takes no value"),
    (["org", "list", "--json", "extra"], "one argument too many: 'extra'"),
    (["org", "add"], "needs NAME"),
    (["import"], "needs FILE"),
    (["init", "--admin", "a@b.example", "--admin", "c@d.example"], "given twice"),
    (["serve", "--threads", "many"], "whole number"),
    (["serve", "--threads", "100000"], "from 0 to 256"),
    (["serve", "--log-level", "loud"], "debug, info"),
    (["backup", "a", "b"], "one argument too many"),
    (["recommend", "--dataset", "x", "--customer", "1", "--method", "magic"], "one of: auto"),
    (["--nonsense"], "unknown option"),
    (["-x"], "unknown option '-x'"),
])
def test_wrong_usage(vitrina, tmp_path, args, says):
    result = vitrina.run(*args, status=2, cwd=tmp_path)
    assert says in one_line(result)
    assert list(tmp_path.iterdir()) == []


def test_no_command_is_wrong_usage(vitrina):
    result = vitrina.run(status=2)
    assert result.stdout == "" and "SYNOPSIS" in result.stderr


def test_options_stand_anywhere(folder, vitrina):
    at = str(folder.path)
    expected = vitrina.run("org", "list", "--json", "--data", at).json()
    for args in (["--data", at, "org", "list", "--json"], ["org", "--json", "--data=" + at, "list"],
                 ["--json", "org", "--data", at, "list"]):
        assert vitrina.run(*args).json() == expected
    assert vitrina.run("org", "list", "--json", VITRINA_DATA=at).json() == expected


def test_double_dash_ends_options(folder, vitrina):
    vitrina.run("org", "add", "--data", folder.path, "--", "--json")
    assert [o["name"] for o in vitrina.run("org", "list", "--json", "--data", folder.path).json()] == ["Bank", "--json"]


# --- the folder ---

def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_init_makes_a_private_folder(vitrina, tmp_path):
    at = tmp_path / "deep" / "er" / "data"
    result = vitrina.run("init", "--data", at, "--admin", "maria@example.org")
    assert "e-mail: maria@example.org" in result.stdout
    assert re.search(r"^password: \S{20,}$", result.stdout, re.M)
    assert mode(at) == 0o700
    assert mode(at.with_name("data.key")) == 0o600
    assert {p.name for p in at.parent.iterdir()} == {"data", "data.key"}
    assert all(mode(p) & 0o077 == 0 for p in at.rglob("*"))


def test_init_refuses_what_is_there(vitrina, folder, tmp_path):
    before = (folder.path / "store.db").read_bytes()
    assert "is a data folder already" in one_line(vitrina.run("init", "--data", folder.path, status=1))
    assert (folder.path / "store.db").read_bytes() == before
    foreign = tmp_path / "photos"
    foreign.mkdir()
    (foreign / "cat.jpg").write_text("x")
    assert "is not an empty folder" in one_line(vitrina.run("init", "--data", foreign, status=1))
    file = tmp_path / "file"
    file.write_text("x")
    one_line(vitrina.run("init", "--data", file, status=1))
    one_line(vitrina.run("init", "--data", tmp_path / "bad", "--admin", "no address", status=1))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "photos"]


def test_init_takes_an_empty_folder_and_an_old_key(vitrina, tmp_path):
    (tmp_path / "data").mkdir()
    vitrina.run("init", "--data", tmp_path / "data")
    key = (tmp_path / "data.key").read_text()
    shutil.rmtree(tmp_path / "data")
    result = vitrina.run("init", "--data", tmp_path / "data")
    assert "was there before" in result.stdout
    assert (tmp_path / "data.key").read_text() == key


def test_init_clears_what_a_crash_left(vitrina, tmp_path):
    left = tmp_path / "data.new"
    (left / "segments").mkdir(parents=True)
    (left / "store.db").write_text("half")
    vitrina.run("init", "--data", tmp_path / "data")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "data.key"]
    vitrina.run("user", "list", "--data", tmp_path / "data")


def test_key_file_elsewhere_is_remembered(vitrina, tmp_path):
    at, key = tmp_path / "data", tmp_path / "keys" / "k"
    key.parent.mkdir()
    vitrina.run("init", "--data", at, "--key-file", key)
    assert not (tmp_path / "data.key").exists() and mode(key) == 0o600
    vitrina.run("user", "list", "--data", at)
    shown = vitrina.run("config", "--data", at, "--json").json()["key_file"]
    assert shown == {"value": str(key), "source": "vitrina.conf"}


@pytest.mark.parametrize("spoil, says", [
    (lambda key: key.unlink(), "is missing"),
    (lambda key: key.write_text("vitrina-key-1 " + "0" * 64 + "\n"), "store"),
    (lambda key: key.write_text("hello\n"), "key"),
    (lambda key: key.chmod(0o644), "key"),
])
def test_without_the_key_nothing_opens(folder, cli, spoil, says):
    key = folder.parent / "data.key"
    spoil(key)
    assert says in one_line(cli("user", "list", status=1))


def test_no_folder(vitrina, tmp_path):
    for args in (["user", "list"], ["serve"], ["check"], ["backup", tmp_path / "b"]):
        assert "no data folder" in one_line(vitrina.run(*args, "--data", tmp_path / "none", status=1))
    assert list(tmp_path.iterdir()) == []


# --- settings ---

def test_settings_and_their_sources(folder, vitrina):
    def shown(*args, **env):
        return vitrina.run("config", "--json", "--data", folder.path, *args, **env).json()

    assert shown()["listen"] == {"value": "127.0.0.1:8080", "source": "default"}
    conf = folder.path / "vitrina.conf"
    conf.write_text("# mine\nlisten = 127.0.0.1:1\n\n  session_hours=3  \ntls_cert = cert.pem\n")
    assert shown()["listen"] == {"value": "127.0.0.1:1", "source": "vitrina.conf"}
    assert shown()["session_hours"] == {"value": "3", "source": "vitrina.conf"}
    assert shown()["tls_cert"]["value"] == str(folder.path / "cert.pem")
    assert shown(VITRINA_LISTEN="127.0.0.1:2")["listen"] == {"value": "127.0.0.1:2", "source": "environment"}
    option = shown("--key-file", "/k", VITRINA_KEY_FILE="/e")["key_file"]
    assert option == {"value": "/k", "source": "option"}
    assert "127.0.0.1:1" in vitrina.run("config", "--data", folder.path).stdout


@pytest.mark.parametrize("text, says", [
    ("lisen = 1", "did you mean 'listen'"),
    ("session_hours = 0", "whole number from 1"),
    ("session_hours = -1", "whole number from 1"),
    ("session_hours = 1.5", "whole number from 1"),
    ("log_level = loud", "debug, info"),
    ("listen", "is not 'name = value'"),
    ("listen =", "is empty"),
    ("= 3", "unknown setting"),
    pytest.param("x" * 300_000, "larger than", id="too large"),
])
def test_bad_settings_are_refused(folder, cli, text, says):
    (folder.path / "vitrina.conf").write_text(text + "\n")
    assert says in one_line(cli("user", "list", status=2))


# --- with and without a server ---

@pytest.fixture(params=["alone", "through a server"])
def anyhow(request, folder):
    """Runs commands on a folder, once by themselves and once through a running server."""
    server = Server(folder) if request.param != "alone" else None
    yield folder.cli
    if server:
        server.stop()


def test_organisations(anyhow):
    anyhow("org", "add", "Автосалон Восток")
    one_line(anyhow("org", "add", " автосалон  восток ", status=1))
    listed = anyhow("org", "list", "--json").json()
    assert [(o["name"], o["bank"], o["people"]) for o in listed] == [("Bank", True, 1), ("Автосалон Восток", False, 0)]
    lines = anyhow("org", "list").stdout.splitlines()
    assert len(lines) == 3 and lines[0].startswith("name")
    # Columns line up in terminal columns, whatever the alphabet.
    assert lines[0].index("kind") == lines[1].index("bank") == lines[2].index("partner")
    one_line(anyhow("org", "add", "", status=1))
    one_line(anyhow("org", "add", "x" * 500, status=1))
    one_line(anyhow("user", "list", "--org", "Nobody", status=1))


def test_accounts(anyhow):
    anyhow("org", "add", "Partner")
    added = anyhow("user", "add", "--email", "anna@example.org", "--role", "analyst")
    assert re.search(r"^password: \S{20,}$", added.stdout, re.M)
    anyhow("user", "add", "--email", "p@example.org", "--role", "admin", "--org", "Partner", "--password-stdin",
           input="a good password\nsecond line\n")
    users = {u["email"]: u for u in anyhow("user", "list", "--json").json()}
    assert users["anna@example.org"]["role"] == "analyst" and users["anna@example.org"]["state"] == "active"
    assert "p@example.org" not in users
    assert [u["email"] for u in anyhow("user", "list", "--org", "Partner", "--json").json()] == ["p@example.org"]
    anyhow("user", "disable", "anna@example.org")
    assert "disabled" in anyhow("user", "list").stdout
    anyhow("user", "enable", "--email", "ANNA@example.org")
    assert "disabled" not in anyhow("user", "list").stdout
    assert re.search(r"^password: \S{20,}$", anyhow("user", "passwd", "anna@example.org").stdout, re.M)
    link = anyhow("user", "add", "--email", "i@example.org", "--role", "operator", "--invite")
    assert re.search(r"^invitation: /#/invitation\?token=vti_\S+$", link.stdout, re.M)
    for args, says in [
        (["user", "add", "--email", "anna@example.org", "--role", "admin"], "already"),
        (["user", "add", "--email", "not an address", "--role", "admin"], ""),
        (["user", "disable", "nobody@example.org"], ""),
        (["user", "passwd", "nobody@example.org"], ""),
    ]:
        assert says in one_line(anyhow(*args, status=1))
    one_line(anyhow("user", "passwd", "anna@example.org", "--password-stdin", input="short\n", status=1))
    one_line(anyhow("user", "passwd", "anna@example.org", "--password-stdin", input="", status=1))


def test_tokens(anyhow):
    token = anyhow("token", "add", "--email", "admin@example.com", "--name", "nightly", "--days", "2").stdout.strip()
    assert re.fullmatch(r"vtr_[\w-]{43}", token)
    listed = anyhow("token", "list", "--json").json()
    assert [t["name"] for t in listed] == ["nightly"] and listed[0]["expires_at"]
    assert token not in json.dumps(listed)
    anyhow("token", "remove", listed[0]["id"])
    assert anyhow("token", "list", "--json").json() == []
    one_line(anyhow("token", "remove", listed[0]["id"], status=1))
    one_line(anyhow("token", "remove", "12x", status=2))
    one_line(anyhow("token", "add", "--email", "nobody@example.org", status=1))


def test_old_accounts_all_or_none(anyhow, tmp_path):
    old = "$2b$06$" + "a" * 21 + "e" + "b" * 30 + "u"
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(f"# mail,hash\none@example.org,{old}\n\ntwo@example.org;{old};manager\n")
    bad.write_text(f"three@example.org,{old}\nfour@example.org,plain\n")
    assert "line 2" in one_line(anyhow("user", "import", bad, "--role", "operator", status=1))
    anyhow("user", "import", good, "--role", "operator")
    users = {u["email"]: u["role"] for u in anyhow("user", "list", "--json").json()}
    assert users == {"admin@example.com": "admin", "one@example.org": "operator", "two@example.org": "manager"}
    one_line(anyhow("user", "import", good, "--role", "operator", status=1))
    (tmp_path / "empty").write_text("")
    one_line(anyhow("user", "import", tmp_path / "empty", "--role", "operator", status=1))
    one_line(anyhow("user", "import", tmp_path / "none", "--role", "operator", status=1))


CSV = "id,name,birth date,product\n007,Анна Иванова,1980-02-01,Car\n008,Пётр Сидоров,1975-12-31,Loan\n"


def test_data_sets(anyhow, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(CSV)
    result = anyhow("import", file, "--name", "people", "--role", "name=customer.full_name")
    assert "people: 2 rows in 1 table" in result.stdout and "customer.full_name" in result.stdout
    assert "people" in one_line(anyhow("import", file, "--name", "people", status=1))
    shown = anyhow("dataset", "show", "people", "--json").json()
    assert shown["name"] == "people"
    assert "customer.full_name" in anyhow("dataset", "show", "people").stdout
    assert [d["name"] for d in anyhow("dataset", "list", "--json").json()] == ["people"]
    assert anyhow("query", "SELECT id FROM people ORDER BY id", "--format", "csv").stdout.split() == ["id", "007", "008"]
    assert anyhow("query", "SELECT count(*) AS n FROM people", "--format", "json").json()["rows"] == [[2]]
    assert "007" in anyhow("query", "SELECT * FROM people").stdout
    bound = anyhow("query", "SELECT name FROM people WHERE id = ?1", "--params", '["008"]', "--format", "csv")
    assert bound.stdout.splitlines()[1] == "Пётр Сидоров"
    anyhow("import", file, "--name", "people", "--append")
    assert anyhow("query", "SELECT count(*) AS n FROM people", "--format", "json").json()["rows"] == [[4]]
    anyhow("import", file, "--name", "people", "--replace")
    assert anyhow("query", "SELECT count(*) AS n FROM people", "--format", "json").json()["rows"] == [[2]]
    for args, status in [
        (["import", tmp_path / "none.csv"], 1), (["import", tmp_path], 2),
        (["import", file, "--name", "x", "--role", "name=king"], 1),
        (["import", file, "--name", "x", "--role", "nothing=customer.id"], 1),
        (["import", file, "--append"], 2), (["import", file, "--name", "new", "--append"], 1),
        (["import", file, "--append", "--replace", "--name", "people"], 2),
        (["dataset", "show", "none"], 1), (["dataset", "remove", "none"], 1), (["query", "SELEC"], 1),
        (["query", "DROP TABLE people"], 1), (["query", "SELECT 1; SELECT 2"], 1),
        (["query", "SELECT * FROM people", "--dataset", "none"], 1), (["stats", "--dataset", "none"], 1),
    ]:
        one_line(anyhow(*args, status=status))
    assert [d["name"] for d in anyhow("dataset", "list", "--json").json()] == ["people"]
    anyhow("dataset", "remove", "people")
    assert anyhow("dataset", "list", "--json").json() == []


def test_import_from_a_pipe(anyhow):
    anyhow("import", "-", "--name", "piped", input=CSV)
    assert anyhow("query", "SELECT count(*) FROM piped", "--format", "csv").stdout.split()[1] == "2"


def test_import_of_several_files(anyhow, tmp_path):
    (tmp_path / "clients.csv").write_text("id,name\n1,Ann\n2,Bob\n")
    (tmp_path / "purchases.csv").write_text("client_id,product,amount\n1,tea,2.50\n1,cup,7\n2,tea,2.50\n")
    anyhow("import", tmp_path / "clients.csv", tmp_path / "purchases.csv", "--name", "shop")
    joined = anyhow("query", 'SELECT name, sum(amount) FROM clients JOIN purchases ON clients.id = client_id '
                             'GROUP BY 1 ORDER BY 1', "--dataset", "shop", "--format", "csv")
    assert [line.split(",")[0] for line in joined.stdout.splitlines()[1:]] == ["Ann", "Bob"]


def test_check_is_clean(anyhow):
    assert "no damage" in anyhow("check").stdout


# --- servers and commands side by side ---

@pytest.mark.server
def test_second_server_is_refused(server, vitrina):
    result = vitrina.run("serve", "--data", server.folder.path, "--listen", "127.0.0.1:0", status=1)
    assert "already works in" in one_line(result) and str(server.process.pid) in result.stderr


@pytest.mark.parametrize("args, says", [
    (["--listen", "127.0.0.1:99999"], ""), (["--listen", "nowhere"], ""), (["--tls-cert", "x.pem"], "go together"),
    (["--tls-cert", "/none.pem", "--tls-key", "/none.pem"], ""), (["--store", "mysql://x"], "store"),
])
def test_server_that_cannot_start(folder, cli, args, says):
    result = cli("serve", "--log-level", "off", *args, status=None)
    assert result.status in (1, 2)
    assert says in one_line(result)
    cli("check")


@pytest.mark.server
def test_many_commands_at_once(anyhow):
    failures = []

    def add(i):
        try:
            anyhow("org", "add", f"Partner {i}")
        except AssertionError as e:
            failures.append(e)

    threads = [threading.Thread(target=add, args=(i,)) for i in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures, failures[0]
    assert len(anyhow("org", "list", "--json").json()) == 7


@pytest.mark.server
def test_stops_on_sigterm_and_starts_again(folder, start_server):
    for sig in (signal.SIGTERM, signal.SIGINT):
        server = start_server()
        server.process.send_signal(sig)
        assert server.process.wait(60) == 0
        assert not (folder.path / "control").exists()


def test_a_killed_server_is_no_obstacle(folder, start_server, cli):
    server = start_server()
    server.kill()
    assert (folder.path / "control").exists()
    cli("org", "add", "After")
    start_server()
    assert len(cli("org", "list", "--json").json()) == 2


def test_paths_longer_than_a_socket_address(vitrina, template):
    folder = Folder(vitrina, template)
    try:
        deep = folder.parent / ("x" * 90) / ("y" * 90)
        deep.mkdir(parents=True)
        folder.path = shutil.move(folder.path, deep / "data")
        shutil.move(folder.parent / "data.key", deep / "data.key")
        folder.path = deep / "data"
        server = Server(folder)
        folder.cli("org", "add", "Far away")
        assert "name=\"org add\"" in server.read_log()
        server.stop()
    finally:
        folder.remove()


def test_control_socket_is_private(server):
    assert mode(server.folder.path / "control") == 0o600


def test_interrupted_command_stops_in_the_server(server, vitrina):
    endless = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    process = subprocess.Popen([str(vitrina.path), "query", endless, "--data", str(server.folder.path)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and out == "" and err.startswith("vitrina: ")
    assert "name=query" in server.read_log()


def test_killed_command_stops_in_the_server(server, vitrina):
    endless = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    process = subprocess.Popen([str(vitrina.path), "query", endless, "--data", str(server.folder.path)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.kill()
    process.communicate()
    # Its thread in the server ends: stopping is quick and clean, and the log has its line.
    server.stop()
    assert "name=query" in server.read_log()


def test_interrupted_import_leaves_nothing(folder, vitrina, tmp_path):
    file = tmp_path / "big.csv"
    with open(file, "w") as out:
        out.write("id,a,b\n")
        out.writelines(f"{i},{i * 7},text {i}\n" for i in range(2_000_000))
    process = subprocess.Popen([str(vitrina.path), "import", str(file), "--name", "big", "--data", str(folder.path)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
    while not any(task.read_text() for task in Path(f"/proc/{process.pid}/task").glob("*/children")):
        assert process.poll() is None  # it is importing once its import process is there
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and out == "" and re.fullmatch(r"vitrina: [^\n]+\n", err)
    assert folder.cli("dataset", "list", "--json").json() == []
    assert list((folder.path / "segments").iterdir()) == [] and list((folder.path / "spool").iterdir()) == []


def test_output_that_nobody_reads(folder, vitrina):
    process = subprocess.Popen([str(vitrina.path), "user", "list", "--data", str(folder.path)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
    process.stdout.close()
    assert process.wait(60) == 1
    process.stderr.close()


def test_secrets_are_in_no_log(folder, start_server):
    server = start_server("--log-level", "debug")
    password = "a secret horse"
    folder.cli("user", "add", "--email", "s@example.org", "--role", "admin", "--password-stdin", input=password)
    token = folder.cli("token", "add", "--email", "s@example.org").stdout.strip()
    client = server.client()
    client.post("/api/v1/session", json={"email": "s@example.org", "password": password})
    client.get("/api/v1/session", headers={"Authorization": "Bearer " + token})
    server.stop()
    log = server.read_log()
    for secret in (password, token, client.cookies.get("vitrina_session"), "s@example.org"):
        assert secret and secret not in log


@pytest.mark.server
def test_certificate_is_read_again(folder, start_server, tmp_path):
    def certificate(name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem", "-days", "2", "-subj",
                        f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        return (tmp_path / "cert.pem").read_bytes()

    import ssl
    first = certificate("first")
    server = start_server("--tls-cert", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem")
    assert server.url.startswith("https://")
    port = int(server.url.rsplit(":", 1)[1])
    assert ssl.get_server_certificate(("127.0.0.1", port)).split() == first.decode().split()
    second = certificate("second")
    server.process.send_signal(signal.SIGHUP)
    for _ in range(500):
        if "certificate_reloaded" in server.read_log():
            break
        threading.Event().wait(0.01)
    assert ssl.get_server_certificate(("127.0.0.1", port)).split() == second.decode().split()
    (tmp_path / "cert.pem").write_text("nonsense")
    server.process.send_signal(signal.SIGHUP)
    for _ in range(500):
        if "certificate_not_reloaded" in server.read_log():
            break
        threading.Event().wait(0.01)
    assert ssl.get_server_certificate(("127.0.0.1", port)).split() == second.decode().split()


def test_root_or_the_same_user_only(server, vitrina):
    if os.geteuid() != 0:
        pytest.skip("needs root, to become somebody else")
    folder = server.folder
    for path in (folder.parent, folder.path):
        path.chmod(0o711)
    (folder.path / "control").chmod(0o666)
    # nobody may now connect, and is refused by the server itself.
    script = ("import socket\ns = socket.socket(socket.AF_UNIX)\n"
              f"s.connect({str(folder.path / 'control')!r})\n"
              "got = b''\n"
              "while True:\n    part = s.recv(4096)\n    if not part: break\n    got += part\n"
              "assert b'belongs to another user' in got, got\n")
    subprocess.run(["/usr/bin/python3", "-c", script], check=True, user="nobody", timeout=60)


# --- strangers at the control socket ---

def connect(folder):
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(60)
    at = os.open(folder.path, os.O_PATH)
    end.connect(f"/proc/self/fd/{at}/control")
    os.close(at)
    return end


def answer_of(end):
    """What the server wrote to the client's stderr, and the exit status."""
    got = b""
    try:
        while part := end.recv(65536):
            got += part
    except ConnectionResetError:
        pass  # what was sent was not read to its end
    text, status = b"", None
    while got:
        kind, length = chr(got[0]), int.from_bytes(got[1:5], "little")
        payload, got = got[5:5 + length], got[5 + length:]
        if kind == "e":
            text += payload
        if kind == "x":
            status = payload[0]
    return text.decode(), status


def hello(body, descriptors=0, magic=0x76747263, length=None):
    size = len(body) if length is None else length
    return b"".join(n.to_bytes(4, "little") for n in (magic, size, descriptors)) + body


def request(argv, **more):
    body = {"version": "0.1.0", "argv": argv, "out_tty": False, "err_tty": False, "columns": 80, "input": False, "pid": 1}
    return json.dumps({**body, **more}).encode()


@pytest.mark.parametrize("sent", [
    b"", b"x", b"GET / HTTP/1.1\r\n\r\n", random.Random(1).randbytes(12), random.Random(2).randbytes(5000), hello(b"", magic=7), hello(b""), hello(b"{"),
    hello(b"[]"), hello(b"{}"), hello(b"{}", length=100), hello(b"x" * 10, length=0xffffffff), hello(b"{}", descriptors=3),
    hello(request("user list")), hello(request([1, 2])), hello(request(["user", "list"], version="9.9.9")),
    hello(request(["user", "list"], columns=0)), hello(request(["user", "list"], more=1)), hello(b"[" * 5000),
    hello(request(["import", "/etc/passwd"])), hello(request(["serve"])), hello(request(["init"])), hello(request([])),
    hello(request(["user", "list"], input=True), descriptors=1), hello(request(["nonsense"])),
], ids=lambda sent: f"{len(sent)} bytes")
def test_nonsense_at_the_control_socket(shared_server, shared_folder, sent):
    with connect(shared_folder) as end:
        end.sendall(sent)
        end.shutdown(socket.SHUT_WR)
        text, status = answer_of(end)
    assert status in (1, 2) and re.fullmatch(r"vitrina: [^\n]+\n", text), (text, status)
    shared_folder.cli("org", "list")


def test_a_command_by_hand(shared_server, shared_folder):
    with connect(shared_folder) as end:
        end.sendall(hello(request(["org", "list", "--json"])))
        assert answer_of(end) == ("", 0)


def test_too_many_commands(server, folder):
    ends = [connect(folder) for _ in range(32)]
    try:
        # The listener takes them one after the other, so the last one is counted after the others.
        with connect(folder) as one_more:
            text, status = answer_of(one_more)
        assert "too many commands" in text and status == 1
    finally:
        for end in ends:
            end.close()
    for _ in range(200):
        if folder.cli("org", "list", status=None).status == 0:
            break
    folder.cli("org", "list")


# --- kill -9 ---

def killed(vitrina, seconds, *args):
    """Runs a command and kills it after a while; its status, None when it was killed."""
    process = subprocess.Popen([str(vitrina.path), *map(str, args)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=clean_environment())
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


@pytest.mark.kill
def test_killed_init_leaves_nothing_or_a_folder(vitrina, tmp_path, kills):
    chance = random.Random(1)
    for i in range(kills):
        at = tmp_path / str(i) / "data"
        status = killed(vitrina, chance.uniform(0, 0.25), "init", "--data", at)
        if at.exists():
            vitrina.run("user", "list", "--data", at)
        else:
            assert status is None
            vitrina.run("init", "--data", at)
            assert {p.name for p in at.parent.iterdir()} == {"data", "data.key"}
        shutil.rmtree(tmp_path / str(i), ignore_errors=True)


@pytest.mark.kill
def test_killed_restore_leaves_the_old_or_the_new(folder, vitrina, tmp_path, kills):
    def names():
        return [o["name"] for o in folder.cli("org", "list", "--json").json()]

    folder.cli("backup", tmp_path / "b")
    folder.cli("org", "add", "Later")
    old, new = ["Bank", "Later"], ["Bank"]
    chance = random.Random(2)
    for _ in range(kills):
        status = killed(vitrina, chance.uniform(0, 0.06), "restore", tmp_path / "b", "--force", "--data", folder.path)
        assert names() in ([new] if status == 0 else [old, new])
        folder.cli("restore", tmp_path / "b", "--force")
        assert names() == new
        assert {p.name for p in folder.parent.iterdir()} == {"data", "data.key"}
        folder.cli("org", "add", "Later")


@pytest.mark.kill
def test_killed_backup_is_whole_or_not_there(folder, vitrina, tmp_path, kills):
    (tmp_path / "d.csv").write_text("id,word\n" + "".join(f"{i},{i * 7919 % 10007}\n" for i in range(100_000)))
    folder.cli("import", tmp_path / "d.csv", "--name", "d")
    target, chance = tmp_path / "out" / "b", random.Random(3)
    for _ in range(kills):
        target.parent.mkdir()
        status = killed(vitrina, chance.uniform(0, 0.1), "backup", target, "--data", folder.path)
        assert status is None or target.exists()
        if target.exists():  # under its name it is whole
            vitrina.run("restore", target, "--data", tmp_path / "again", "--key-file", folder.parent / "data.key")
            shutil.rmtree(tmp_path / "again")
        folder.cli("org", "list")
        assert not list(folder.path.glob("backup.*"))
        shutil.rmtree(target.parent)
