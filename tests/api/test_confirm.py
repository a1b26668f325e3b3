"""Loading in two steps: read and looked at first, in use only once it is confirmed."""
import pytest
from loading import CLIENTS, column, load, query, stored, upload

MORE = CLIENTS + "004,Новая Мария,1999-02-03,+79123456704,maria@mail.ru,Вклад\n".encode()


def later(client, *files, path="/api/v1/datasets", **fields):
    """Uploads with confirm=later and waits; returns the path of the version that waits."""
    answer = upload(client, *files, path=path, confirm="later", **fields)
    assert answer.status_code == 202, answer.text
    job = client.wait_for_job(answer.json()["job"]["id"])
    assert job["state"] == "done" and job["result"]["state"] == "ready", job
    return f"/api/v1/datasets/{job['result']['dataset']}/versions/{job['result']['number']}"


def confirm(client, at):
    answer = client.post(at + "/confirm")
    assert answer.status_code == 202, answer.text
    return client.wait_for_job(answer.json()["job"]["id"])


def of(at):
    return at.rsplit("/versions/", 1)[0]


def test_new_data_set_waits(client, folder):
    at = later(client, ("people.csv", CLIENTS), name="people")
    got = client.get(at).json()
    assert (got["state"], got["mode"], got["rows"], got["number"]) == ("ready", "create", 3, 1)
    assert got["expires_at"] > got["created_at"] and got["dataset"] == {
        "id": of(at).rsplit("/", 1)[1], "name": "people", "confirmed": False}
    assert column(got, "id")["role"] == "customer.id" and column(got, "id")["confidence"] > 0.5
    assert column(got, "id")["reason"] and column(got, "id")["sample"]
    assert "***01" in client.get(at).text and "+7912" not in client.get(at).text
    rows = client.get(at + "/rows").json()
    assert rows["total"] == 3 and rows["items"][0]["id"] == "001" and rows["items"][0]["phone"] == "***01"
    assert client.get(at + "/rejects").json() == {"items": [], "next": None, "total": 0}

    # It is nobody's data yet.
    shown = client.get(of(at)).json()
    assert (shown["state"], shown["waiting"], shown["updating"]) == ("waiting", 1, False) and "tables" not in shown
    assert client.get(of(at) + "/rows").json()["error"]["code"] == "not_confirmed"
    assert client.get(of(at) + "/stats").status_code == 409
    assert client.post("/api/v1/query", json={"sql": "SELECT * FROM people"}).status_code == 422

    job = confirm(client, at)
    assert job["state"] == "done" and job["kind"] == "confirm", job
    shown = client.get(of(at)).json()
    assert (shown["state"], shown["waiting"], shown["rows"]) == ("ready", None, 3)
    assert client.get(at).json()["state"] == "current" and "expires_at" not in client.get(at).json()
    assert query(client, "SELECT count(*) FROM people")["rows"] == [[3]]
    assert client.get(of(at) + "/customers").json()["total"] == 3
    actions = [e["action"] for e in client.get("/api/v1/audit").json()["items"]]
    assert "dataset_upload" in actions and "dataset_import" in actions
    assert len(stored(folder)) == 1


def test_confirmed_twice_does_no_harm(client):
    at = later(client, ("people.csv", CLIENTS))
    first, second = client.post(at + "/confirm"), client.post(at + "/confirm")
    states = [client.wait_for_job(a.json()["job"]["id"]) for a in (first, second) if a.status_code == 202]
    # Either may come first; the other finds it in work, or done.
    assert "done" in [job["state"] for job in states]
    for job in states:
        assert job["state"] == "done" or job["error"]["code"] == "confirm_running"
    if second.status_code != 202:
        assert second.status_code == 409
    assert confirm(client, at)["state"] == "done"
    assert len(client.get(of(at)).json()["versions"]) == 1


def test_thrown_away(client, folder):
    at = later(client, ("people.csv", CLIENTS), name="people")
    assert client.delete(at).status_code == 204
    for method, path in (("GET", at), ("GET", of(at)), ("DELETE", at), ("POST", at + "/confirm"), ("GET", at + "/rows")):
        assert client.request(method, path).status_code == 404, (method, path)
    assert stored(folder) == [] and client.get("/api/v1/datasets").json()["total"] == 0
    load(client, ("people.csv", CLIENTS), name="people")  # the name is free again


def test_next_version_waits(client, folder):
    made = load(client, ("people.csv", CLIENTS), name="people")
    path = f"/api/v1/datasets/{made['id']}/versions"
    at = later(client, ("people.csv", MORE), path=path, mode="replace")
    assert client.get(at).json()["rows"] == 4 and client.get(at + "/rows").json()["total"] == 4
    # The one in use goes on as it is.
    shown = client.get(of(at)).json()
    assert (shown["state"], shown["rows"], shown["waiting"]) == ("ready", 3, 2)
    assert query(client, "SELECT count(*) FROM people")["rows"] == [[3]]
    assert client.get(path + "/1/rows").json()["total"] == 3
    # What it was compared with must not change meanwhile.
    for answer in (upload(client, ("a.csv", MORE), path=path, mode="append"),
                   client.put(of(at) + "/roles", json={"roles": {"phone": "ignore"}}),
                   client.post(path + "/1/activate")):
        if answer.status_code == 202:
            job = client.wait_for_job(answer.json()["job"]["id"])
            assert job["error"]["code"] == "version_waiting"
        elif answer.status_code == 409:
            assert answer.json()["error"]["code"] == "version_waiting"
        else:
            assert answer.status_code == 200 and answer.json()["version"] == 1  # it is current already
    assert client.delete(at).status_code == 204
    assert client.get(of(at)).json()["waiting"] is None and len(stored(folder)) == 1
    at = later(client, ("people.csv", MORE), path=path, mode="append")
    assert confirm(client, at)["state"] == "done"
    assert query(client, "SELECT count(*) FROM people")["rows"] == [[7]]


def test_roles_are_corrected_first(client):
    at = later(client, ("people.csv", CLIENTS), name="people")
    answer = client.put(at + "/roles", json={"roles": [{"column": "product", "role": "ignore"},
                                                       {"table": "people", "column": "phone", "role": ""}]})
    assert answer.status_code == 200, answer.text
    assert column(answer.json(), "product") | {"role": "ignore", "by_person": True} == column(answer.json(), "product")
    assert answer.json() == client.get(at).json()
    for roles, field in (([{"column": "id", "role": "customer.nonsense"}], "id"), ([{"column": "x", "role": ""}], "x")):
        wrong = client.put(at + "/roles", json={"roles": roles})
        assert wrong.status_code == 422 and wrong.json()["error"]["field"] == field
    assert answer.json() == client.get(at).json()
    assert confirm(client, at)["state"] == "done"
    shown = client.get(of(at)).json()
    assert column(shown, "product")["role"] == "ignore" and column(shown, "phone")["role"] is None
    late = client.put(at + "/roles", json={"roles": {"phone": "customer.phone"}})
    assert late.status_code == 409 and late.json()["error"]["code"] == "not_waiting"
    assert client.delete(at).json()["error"]["code"] == "not_waiting"


def test_kept_as_text(client):
    file = ("people.csv", "id,code,sum\n1,1.10,5\n2,2.20,x\n3,3.30,7\n".encode())
    at = later(client, file, name="people", text="code")
    assert column(client.get(at).json(), "code")["type"] == "VARCHAR"
    assert [r["code"] for r in client.get(at + "/rows").json()["items"]] == ["1.10", "2.20", "3.30"]
    assert column(client.get(at).json(), "sum")["type"] == "VARCHAR"
    client.delete(at)
    many = "id,code\n" + "".join(f"{i},{i}.50\n" for i in range(60000)) + "60000,late word\n" * 3000  # two passes
    at = later(client, ("people.csv", many.encode()), name="people", text="people.id")
    assert column(client.get(at).json(), "id")["type"] == "VARCHAR"
    client.delete(at)
    for text, words in (("nobody", "no column"), ("", "no name")):
        answer = upload(client, file, confirm="later", text=text)
        if answer.status_code == 202:
            error = client.wait_for_job(answer.json()["job"]["id"])["error"]
        else:
            error = answer.json()["error"]
        assert error["field"] == "text" and words in error["message"], error
    assert client.get("/api/v1/datasets").json()["total"] == 0


def test_waits_through_a_restart(folder, start_server):
    server = start_server()
    client = server.client(folder.admin)
    at = later(client, ("people.csv", CLIENTS), name="people")
    before = client.get(at).json()
    server.kill()
    server = start_server()
    client = server.client(folder.admin)
    assert client.get(at).json() == before and client.get(at + "/rows").json()["total"] == 3
    assert confirm(client, at)["state"] == "done"
    server.stop()
    folder.cli("check")


def test_on_the_command_line(client, cli):
    at = later(client, ("people.csv", CLIENTS), name="people")
    assert "waits to be confirmed" in cli("dataset", "list").stdout
    assert "waits to be checked" in cli("dataset", "show", "people", status=1).stderr
    assert "version 1 of people is in use" in cli("dataset", "confirm", "people").stdout
    assert client.get(at).json()["state"] == "current"
    later(client, ("people.csv", MORE), path=of(at) + "/versions", mode="replace")
    assert "threw away version 2" in cli("dataset", "discard", "people").stdout
    assert client.get(of(at)).json()["waiting"] is None


def test_removed_while_it_waits(client, folder):
    made = load(client, ("people.csv", CLIENTS), name="people")
    later(client, ("people.csv", MORE), path=f"/api/v1/datasets/{made['id']}/versions", mode="replace")
    assert client.delete(f"/api/v1/datasets/{made['id']}").status_code == 204
    assert stored(folder) == []


@pytest.mark.parametrize("fields, field", [({"confirm": "maybe"}, "confirm"), ({"confirm": ""}, "confirm")])
def test_wrong(client, folder, fields, field):
    answer = upload(client, ("people.csv", CLIENTS), **fields)
    assert answer.status_code == 422 and answer.json()["error"]["field"] == field
    assert stored(folder) == []
    bank = client.post("/load_db", files=[("file", ("a.csv", CLIENTS))], data={"confirm": "later"})
    assert bank.status_code == 422


def test_another_organisation_sees_nothing(client, cli, make_user):
    at = later(client, ("people.csv", CLIENTS), name="people")
    cli("org", "add", "Partner")
    partner = make_user("admin", org="Partner")
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/rows"), ("GET", "/rejects"), ("POST", "/confirm"),
                         ("PUT", "/roles")):
        assert partner.request(method, at + path, json={"roles": {"id": "ignore"}}).status_code == 404, (method, path)
    assert client.get(at).json()["state"] == "ready"
