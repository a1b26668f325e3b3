"""Backups made from the page: kept in the data folder, only for the bank's administrator, restored by the command."""
import shutil
import threading

import pytest
from program import Folder, Server


def make(client):
    started = client.post("/api/v1/backups")
    assert started.status_code == 202, started.text
    assert started.headers["Location"] == f"/api/v1/jobs/{started.json()['job']['id']}"
    job = client.wait_for_job(started.json()["job"]["id"])
    assert (job["state"], job["kind"]) == ("done", "backup"), job
    return job["result"]["backup"]


def kept(client):
    return client.get("/api/v1/backups").json()["items"]


def load(folder, tmp_path, rows=2000):
    (tmp_path / "people.csv").write_text("id,word\n" + "".join(f"{i},слово{i}\n" for i in range(rows)))
    folder.cli("import", tmp_path / "people.csv", "--name", "people")


def test_made_downloaded_restored(client, folder, vitrina, tmp_path):
    load(folder, tmp_path)
    assert kept(client) == []
    one = make(client)
    assert [b["id"] for b in kept(client)] == [one]
    file = client.get(f"/api/v1/backups/{one}/file")
    assert file.headers["Content-Disposition"].startswith('attachment; filename="vitrina-20')
    assert len(file.content) == kept(client)[0]["bytes"]
    assert "слово1999".encode() not in file.content and b"admin@example.com" not in file.content
    on_disk = list((folder.path / "backups").iterdir())
    assert [p.name for p in on_disk] == [f"{one}.backup"] and on_disk[0].stat().st_mode & 0o777 == 0o600
    (tmp_path / "b").write_bytes(file.content)
    other = Folder(vitrina)
    try:
        shutil.copy2(folder.parent / "data.key", other.parent / "data.key")
        other.cli("restore", tmp_path / "b")
        assert "2000" in other.cli("query", "SELECT count(*) FROM people", "--format", "csv").stdout
    finally:
        other.remove()


def test_newest_first_and_deleted(client):
    first, second = make(client), make(client)
    assert [b["id"] for b in kept(client)] == [second, first]
    assert client.delete(f"/api/v1/backups/{first}").status_code == 204
    assert [b["id"] for b in kept(client)] == [second]
    assert client.delete(f"/api/v1/backups/{first}").status_code == 404
    assert client.get(f"/api/v1/backups/{first}/file").status_code == 404
    actions = [e["action"] for e in client.get("/api/v1/audit").json()["items"]]
    assert [actions.count(a) for a in ("backup_create", "backup_remove", "backup_read")] == [2, 1, 0]
    client.get(f"/api/v1/backups/{second}/file")
    assert client.get("/api/v1/audit?limit=1").json()["items"][0]["action"] == "backup_read"


@pytest.mark.parametrize("name", ["0", "-1", "x", "..%2fstore.db", "123", "9223372036854775807"])
def test_no_other_file(client, name):
    assert client.get(f"/api/v1/backups/{name}/file").status_code == 404
    assert client.delete(f"/api/v1/backups/{name}").status_code == 404
    assert (client.get("/api/v1/session").json()["user"]["role"]) == "admin"


def test_not_more_than_ten(client, folder):
    one = make(client)
    file = folder.path / "backups" / f"{one}.backup"
    for i in range(1, 10):
        shutil.copy2(file, file.with_name(f"{int(one) + i}.backup"))
    refused = client.post("/api/v1/backups")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "too_many_backups")
    answer = client.get("/api/v1/backups").json()
    assert len(answer["items"]) == answer["total"] == answer["most"] == 10 and answer["next"] is None
    client.delete(f"/api/v1/backups/{one}")
    make(client)
    assert len(kept(client)) == 10


def test_one_at_a_time(client, folder, tmp_path):
    load(folder, tmp_path, 200000)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(client.post("/api/v1/backups"))) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    started = [a for a in answers if a.status_code == 202]
    assert started and {a.json()["error"]["code"] for a in answers if a.status_code != 202} <= {"busy"}
    for a in started:
        assert client.wait_for_job(a.json()["job"]["id"])["state"] == "done"
    assert len(kept(client)) == len(started)


def test_stopped_leaves_nothing(client, folder, tmp_path):
    load(folder, tmp_path, 300000)
    job = client.post("/api/v1/backups").json()["job"]["id"]
    client.delete(f"/api/v1/jobs/{job}")
    state = client.wait_for_job(job)["state"]
    names = [p.name for p in (folder.path / "backups").iterdir()]
    assert len(names) == (1 if state == "done" else 0), (state, names)
    assert not [p for p in folder.path.iterdir() if p.name.startswith("backup.")]


def test_what_a_killed_server_left_goes(folder, server, client):
    one = make(client)
    server.kill()
    (folder.path / "backups" / f".{one}.backup.0123456789abcdef.part").write_bytes(b"half")
    again = Server(folder)
    try:
        assert [b["id"] for b in kept(again.client(folder.admin))] == [one]
        assert [p.name for p in (folder.path / "backups").iterdir()] == [f"{one}.backup"]
    finally:
        again.stop()


def test_backups_outlive_a_restore(client, folder, tmp_path):
    load(folder, tmp_path)
    one = make(client)
    folder.cli("org", "add", "Later")
    folder.cli("restore", folder.path / "backups" / f"{one}.backup", "--force")
    assert "Later" not in folder.cli("org", "list").stdout
    assert [p.name for p in (folder.path / "backups").iterdir()] == [f"{one}.backup"]


@pytest.mark.parametrize("role, org", [("analyst", None), ("manager", None), ("operator", None), ("client", None),
                                       ("admin", "Partner")])
def test_only_the_bank_administrator(cli, client, make_user, role, org):
    one = make(client)
    if org:
        cli("org", "add", org)
    other = make_user(role, org=org)
    for method, path in (("GET", ""), ("POST", ""), ("GET", f"/{one}/file"), ("DELETE", f"/{one}")):
        assert other.request(method, f"/api/v1/backups{path}").status_code == 403, (method, path)
    assert [b["id"] for b in kept(client)] == [one]
