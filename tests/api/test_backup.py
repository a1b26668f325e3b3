"""Backup, restore, check: with and without a server, while others write, and with damage."""
import os
import re
import shutil
import threading

import pytest
from program import Folder, Server


def csv(rows, word="x"):
    return "id,word\n" + "".join(f"{i},{word}{i}\n" for i in range(rows))


def load(folder, tmp_path, name, rows=1000, word="x"):
    (tmp_path / f"{name}.csv").write_text(csv(rows, word))
    folder.cli("import", tmp_path / f"{name}.csv", "--name", name)


def answers(folder, *names):
    """What the folder says: rows of each data set, people, organisations."""
    return ([folder.cli("query", f"SELECT count(*), min(word), max(word) FROM {n}", "--format", "csv").stdout for n in names],
            [(u["email"], u["role"]) for u in folder.cli("user", "list", "--json").json()],
            [o["name"] for o in folder.cli("org", "list", "--json").json()])


@pytest.fixture
def elsewhere(vitrina, folder):
    """A folder that is not there yet, with the same key beside it."""
    other = Folder(vitrina)
    shutil.copy2(folder.parent / "data.key", other.parent / "data.key")
    yield other
    other.remove()


@pytest.fixture(params=["alone", "through a server"])
def anyhow(request, folder):
    server = Server(folder) if request.param != "alone" else None
    yield folder
    if server:
        server.stop()


def test_backup_and_restore(anyhow, elsewhere, tmp_path):
    load(anyhow, tmp_path, "people")
    anyhow.cli("org", "add", "Partner")
    said = anyhow.cli("backup", tmp_path / "b").stdout
    assert "1 segment" in said and "key, which is not in it" in said
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    expected = answers(anyhow, "people")
    anyhow.cli("org", "add", "Later")
    elsewhere.cli("restore", tmp_path / "b")
    assert answers(elsewhere, "people") == expected
    assert "no damage" in elsewhere.cli("check").stdout
    assert sorted(p.name for p in elsewhere.parent.iterdir()) == ["data", "data.key"]


def test_backup_does_not_replace(anyhow, tmp_path):
    (tmp_path / "b").write_text("mine")
    assert "--force replaces it" in anyhow.cli("backup", tmp_path / "b", status=1).stderr
    assert (tmp_path / "b").read_text() == "mine"
    anyhow.cli("backup", tmp_path / "b", "--force")
    assert (tmp_path / "b").stat().st_size > 1000
    anyhow.cli("backup", tmp_path / "none" / "b", status=1)
    assert os.listdir(tmp_path) == ["b"]
    assert {p.name for p in anyhow.path.iterdir()} <= {"store.db", "store.db-wal", "store.db-shm", "segments", "spool",
                                                       "lock", "control"}


@pytest.mark.server
def test_backup_while_others_write(folder, server, elsewhere, tmp_path, vitrina):
    """Each backup holds a moment: a row that was acknowledged before it began is in it, and every data set is whole."""
    stop = threading.Event()
    added, failures = [], []

    def keep(f):
        try:
            f()
        except AssertionError as e:
            failures.append(e)

    def write_organisations():
        while not stop.is_set():
            name = f"Partner {len(added)}"
            folder.cli("org", "add", name)
            added.append(name)

    def replace_data():
        (tmp_path / "d.csv").write_text(csv(20_000))
        for i in range(1000):
            if stop.is_set():
                break
            folder.cli("import", tmp_path / "d.csv", "--name", "d", *(["--replace"] if i else []))

    writers = [threading.Thread(target=keep, args=(f,)) for f in (write_organisations, replace_data)]
    for t in writers:
        t.start()
    try:
        for i in range(3):
            before = list(added)
            folder.cli("backup", tmp_path / f"b{i}")
            other = Folder(vitrina)
            try:
                shutil.copy2(folder.parent / "data.key", other.parent / "data.key")
                other.cli("restore", tmp_path / f"b{i}")
                names = {o["name"] for o in other.cli("org", "list", "--json").json()}
                assert set(before) <= names
                if other.cli("dataset", "list", "--json").json():
                    assert other.cli("query", "SELECT count(*) FROM d", "--format", "csv").stdout.split()[1] == "20000"
                assert "no damage" in other.cli("check").stdout
            finally:
                other.remove()
    finally:
        stop.set()
        for t in writers:
            t.join()
    assert not failures, failures[0]
    assert added


def test_restore_replaces_only_when_told(folder, tmp_path):
    load(folder, tmp_path, "people")
    (folder.path / "vitrina.conf").write_text("session_hours = 3\n")
    folder.cli("backup", tmp_path / "b")
    expected = answers(folder, "people")
    folder.cli("org", "add", "Later")
    folder.cli("dataset", "remove", "people")
    assert "--force" in folder.cli("restore", tmp_path / "b", status=1).stderr
    assert len(folder.cli("org", "list", "--json").json()) == 2
    folder.cli("restore", tmp_path / "b", "--force")
    assert answers(folder, "people") == expected
    assert (folder.path / "vitrina.conf").read_text() == "session_hours = 3\n", "settings of the machine stay"
    assert sorted(p.name for p in folder.parent.iterdir()) == ["data", "data.key"]


@pytest.mark.server
def test_restore_under_a_running_server(folder, server, tmp_path):
    load(folder, tmp_path, "people")
    folder.cli("backup", tmp_path / "b")
    expected = answers(folder, "people")
    folder.cli("org", "add", "Later")
    folder.cli("dataset", "remove", "people")
    before, client = server.client(folder.admin), server.client().sign_in(folder.admin)
    for _ in range(2):
        folder.cli("restore", tmp_path / "b", "--force")
        assert answers(folder, "people") == expected
    # The same process, on the same port; who was signed in before the backup was made still is.
    assert server.process.poll() is None
    assert client.get("/api/v1/session").status_code == 401
    assert before.get("/api/v1/session").status_code == 200
    assert server.client().sign_in(folder.admin).get("/api/v1/orgs").json()["total"] == 1
    assert sorted(p.name for p in folder.parent.iterdir() if not p.name.startswith("server-")) == ["data", "data.key"]
    (tmp_path / "b").write_bytes((tmp_path / "b").read_bytes()[:-1])
    folder.cli("restore", tmp_path / "b", "--force", status=1)
    assert answers(folder, "people") == expected


@pytest.mark.parametrize("spoil, says", [
    (lambda b: b[:len(b) // 2], "cut short|damaged"),
    (lambda b: b[:-1], "cut short|damaged"),
    (lambda b: b + b"x", "cut short|damaged|after the end"),
    (lambda b: b[:len(b) // 2] + bytes([b[len(b) // 2] ^ 1]) + b[len(b) // 2 + 1:], "damaged"),
    (lambda b: b"", "cut short"), (lambda b: b"hello" * 100, "not a sealed file"),
    (lambda b: b[:100] + b[100:][::-1], "damaged"),
])
def test_damaged_backup_changes_nothing(folder, elsewhere, tmp_path, spoil, says):
    load(folder, tmp_path, "people")
    folder.cli("backup", tmp_path / "b")
    expected = answers(folder, "people")
    (tmp_path / "b").write_bytes(spoil((tmp_path / "b").read_bytes()))
    for where, options in ((elsewhere, []), (folder, ["--force"])):
        refused = where.cli("restore", tmp_path / "b", *options, status=1)
        assert re.search(says, refused.stderr) and refused.stderr.count("\n") == 1, refused
    assert not elsewhere.path.exists() and not elsewhere.path.with_name("data.new").exists()
    assert answers(folder, "people") == expected
    assert sorted(p.name for p in folder.parent.iterdir()) == ["data", "data.key"]


def test_restore_needs_the_key(vitrina, folder, tmp_path):
    folder.cli("backup", tmp_path / "b")
    other = Folder(vitrina)
    try:
        assert "key" in other.cli("restore", tmp_path / "b", status=1).stderr
        vitrina.run("init", "--data", other.parent / "third")
        shutil.copy2(other.parent / "third.key", other.parent / "data.key")
        refused = other.cli("restore", tmp_path / "b", status=1)
        assert "another key" in refused.stderr
        assert not other.path.exists()
        other.cli("restore", tmp_path / "b", "--key-file", folder.parent / "data.key")
        other.cli("user", "list")  # the key's place is remembered
    finally:
        other.remove()


# --- check ---

def flip(path, at):
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("at", [0.3, 0.6, 0.95])
def test_flipped_byte_in_the_store(folder, at):
    flip(folder.path / "store.db", at)
    result = folder.cli("check", status=1)
    assert re.search(r"store\.db( page \d+)?", result.stdout + result.stderr), result
    assert re.fullmatch(r"vitrina: [^\n]+\n", result.stderr)


@pytest.mark.parametrize("at", [0.0, 0.5, 0.999])
def test_flipped_byte_in_a_segment(anyhow, tmp_path, at):
    load(anyhow, tmp_path, "one")
    load(anyhow, tmp_path, "two")
    segments = sorted((anyhow.path / "segments").iterdir())
    assert len(segments) == 2
    flip(segments[1], at)
    result = anyhow.cli("check", status=1)
    assert result.stdout.splitlines()[0].startswith(f"damaged: segments/{segments[1].name}: ")
    assert segments[0].name not in result.stdout
    # A backup of it is refused, by name.
    refused = anyhow.cli("backup", tmp_path / "b", status=1)
    assert segments[1].name in refused.stderr and not (tmp_path / "b").exists()


def test_missing_segment(folder, tmp_path):
    load(folder, tmp_path, "one")
    segment = next((folder.path / "segments").iterdir())
    segment.unlink()
    result = folder.cli("check", status=1)
    assert f"damaged: segments/{segment.name}: " in result.stdout


def test_all_damage_is_named(folder, tmp_path):
    names = ["one", "two", "three"]
    for name in names:
        load(folder, tmp_path, name)
    segments = sorted((folder.path / "segments").iterdir())
    for segment in segments:
        flip(segment, 0.5)
    result = folder.cli("check", status=1)
    assert [line.split(":")[1].strip() for line in result.stdout.splitlines()] == [f"segments/{s.name}" for s in segments]
    assert "3 damaged" in result.stderr
