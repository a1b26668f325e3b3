"""The command line: help, usage, folders, settings, and every command with and without a server."""
import json
import re
import shutil

import pytest
from program import mode, one_line

COMMANDS = [
    "serve", "init", "config", "org add", "org list", "user add", "user list", "user disable", "user enable",
    "user passwd", "user import", "token add", "token list", "token remove", "import", "dataset list", "dataset show",
    "dataset confirm", "dataset discard", "dataset remove", "stats", "template", "recommend", "likely", "offers", "train sales", "train purchase", "train linear", "train logistic", "train schedule", "evaluate recommend", "query", "backup", "restore", "check", "demo"]


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
    (["exprot"], "Unknown command"),
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
    (["--nonsense"], "Unknown option"),
    (["-x"], "Unknown option '-x'"),
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
    assert "Line 2" in one_line(anyhow("user", "import", bad, "--role", "operator", status=1))
    anyhow("user", "import", good, "--role", "operator")
    users = {u["email"]: u["role"] for u in anyhow("user", "list", "--json").json()}
    assert users == {"admin@example.com": "admin", "one@example.org": "operator", "two@example.org": "manager"}
    one_line(anyhow("user", "import", good, "--role", "operator", status=1))
    (tmp_path / "empty").write_text("")
    one_line(anyhow("user", "import", tmp_path / "empty", "--role", "operator", status=1))
    one_line(anyhow("user", "import", tmp_path / "none", "--role", "operator", status=1))


CSV = "id,name,birth date,product\n007,Анна Иванова,1980-02-01,Car\n008,Пётр Сидоров,1975-12-31,Loan\n"
WRONG = "id,name,birth date,product\n009,Иван Орлов,1980-02-01,Car\n010,Олег Орлов,весной,Loan\n"


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
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(WRONG)
    told = anyhow("import", wrong, "--name", "people", "--append", status=1)
    assert 'Line 3 of "wrong": ' in told.stderr and "does not fit, not a date" in told.stderr
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
