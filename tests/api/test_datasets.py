"""Data sets over HTTP: lists, one, its rows, what its columns mean; and who may do what."""
import pytest
from loading import CLIENTS, column, load, query, stored, upload


@pytest.fixture(scope="module")
def people(shared_client):
    return load(shared_client, ("people.csv", CLIENTS), name="people")


def test_list(client):
    assert client.get("/api/v1/datasets").json() == {"items": [], "next": None, "total": 0}
    made = [load(client, ("c.csv", CLIENTS), name=f"set {i}") for i in range(3)]
    page = client.get("/api/v1/datasets?limit=2").json()
    assert [d["name"] for d in page["items"]] == ["set 2", "set 1"] and page["total"] == 3
    rest = client.get(f"/api/v1/datasets?limit=2&cursor={page['next']}").json()
    assert [d["name"] for d in rest["items"]] == ["set 0"] and rest["next"] is None
    assert page["items"][0] == made[2]
    for wrong in ("limit=0", "limit=1001", "limit=x", "cursor=abc"):
        assert client.get(f"/api/v1/datasets?{wrong}").status_code == 422


def test_one(shared_client, people):
    assert people["rows"] == 3 and people["state"] == "ready" and people["rejects"] == 0
    assert people["versions"][0]["mode"] == "create" and people["versions"][0]["state"] == "current"
    assert column(people, "id")["role"] == "customer.id"
    assert column(people, "birth_date")["role"] == "customer.birth_date"
    assert column(people, "full_name")["role"] == "customer.full_name"
    # Contacts do not show in samples.
    assert column(people, "phone")["role"] == "customer.phone"
    text = shared_client.get(f"/api/v1/datasets/{people['id']}").text
    assert "+7912" not in text and "ivan@" not in text and "***01" in text
    for wrong in ("0", "abc", "123", "99999999999999999999"):
        assert shared_client.get(f"/api/v1/datasets/{wrong}").status_code == 404


def rows(client, dataset, **params):
    return client.get(f"/api/v1/datasets/{dataset}/rows", params=params)


def test_rows(shared_client, people):
    page = rows(shared_client, people["id"]).json()
    assert page["total"] == 3 and page["next"] is None and page["table"] == "people"
    assert [c["name"] for c in page["columns"]] == ["id", "full_name", "birth_date", "phone", "email", "product"]
    assert page["items"][0] == {"id": "001", "full_name": "Иванов Иван Иванович", "birth_date": "1980-05-01",
                                "phone": "***01", "email": "i***@mail.ru", "product": "Автокредит"}
    first = rows(shared_client, people["id"], limit=2).json()
    rest = rows(shared_client, people["id"], limit=2, cursor=first["next"]).json()
    assert first["items"] + rest["items"] == page["items"] and rest["next"] is None


@pytest.mark.parametrize("params, ids", [
    ({"filter": "product:eq:Автокредит"}, ["001", "003"]),
    ({"filter": "product:ne:Автокредит"}, ["002"]),
    ({"filter": "birth_date:ge:1980-05-01"}, ["001", "002"]),
    ({"filter": "birth_date:gt:1980-05-01,full_name:contains:АННА"}, ["002"]),
    ({"filter": "full_name:starts:сид"}, ["003"]),
    ({"filter": "id:null"}, []),
    ({"sort": "-id"}, ["003", "002", "001"]),
    ({"sort": "product,-birth_date"}, ["001", "003", "002"]),
    ({"sort": "birth_date", "filter": "id:lt:003"}, ["001", "002"]),
])
def test_rows_filtered_and_sorted(shared_client, people, params, ids):
    page = rows(shared_client, people["id"], **params).json()
    assert [r["id"] for r in page["items"]] == ids and page["total"] == len(ids)
    seen, cursor = [], None
    while True:  # the same, one at a time
        page = rows(shared_client, people["id"], limit=1, **params, **({"cursor": cursor} if cursor else {})).json()
        seen += [r["id"] for r in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == ids


@pytest.mark.parametrize("params, status", [
    ({"filter": "nobody:eq:1"}, 422), ({"filter": "id"}, 422), ({"filter": "id:like:1"}, 422),
    ({"filter": "birth_date:eq:not a day"}, 422), ({"filter": "id:eq:1) OR (1=1"}, 200),
    ({"sort": "nobody"}, 422), ({"sort": "id; DROP TABLE x"}, 422), ({"table": "nobody"}, 404),
    ({"limit": "5000"}, 422), ({"cursor": "x"}, 422),
])
def test_rows_wrong(shared_client, people, params, status):
    answer = rows(shared_client, people["id"], **params)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.json()["items"] == []


def test_roles_are_corrected(client):
    made = load(client, ("people.csv", CLIENTS), name="people")
    path = f"/api/v1/datasets/{made['id']}/roles"
    answer = client.put(path, json={"roles": [{"table": "people", "column": "product", "role": "customer.products"},
                                              {"column": "phone", "role": "ignore"}]})
    assert answer.status_code == 200, answer.text
    got = answer.json()
    assert column(got, "product")["role"] == "customer.products" and column(got, "product")["by_person"] is True
    assert column(got, "phone")["role"] == "ignore" and column(got, "id")["by_person"] is False
    assert got == client.get(f"/api/v1/datasets/{made['id']}").json()
    assert len(got["versions"]) == 1  # the same rows: no version to go back to
    assert client.put(path, json={"roles": {"people.phone": "customer.phone", "product": None}}).status_code == 200
    got = client.get(f"/api/v1/datasets/{made['id']}").json()
    assert column(got, "phone")["role"] == "customer.phone" and column(got, "product")["role"] is None
    # What a person said is kept by the next version.
    grown = load(client, ("people.csv", CLIENTS), path=f"/api/v1/datasets/{made['id']}/versions", mode="replace")
    assert column(grown, "product")["role"] is None and column(grown, "product")["by_person"] is True
    assert query(client, "SELECT count(*) FROM people")["rows"] == [[3]]


@pytest.mark.parametrize("roles, field", [
    ([{"column": "id", "role": "customer.nonsense"}], "id"),
    ([{"column": "nobody", "role": "ignore"}], "nobody"),
    ([{"table": "nobody", "column": "id", "role": "ignore"}], "nobody"),
    ([{"column": "id", "role": "customer.age"}, {"column": "product", "role": "customer.age"}], "product"),
    ([], "roles"), ([{"role": "ignore"}], "column"), ([{"column": "id", "x": 1}], "x"), ("x", "roles"), ({"id": 5}, "id"),
])
def test_wrong_roles(shared_client, shared_folder, people, roles, field):
    before = shared_client.get(f"/api/v1/datasets/{people['id']}").json(), stored(shared_folder)
    answer = shared_client.put(f"/api/v1/datasets/{people['id']}/roles", json={"roles": roles})
    assert answer.status_code == 422 and answer.json()["error"]["field"] == field, answer.text
    assert (shared_client.get(f"/api/v1/datasets/{people['id']}").json(), stored(shared_folder)) == before


def test_removed(client, folder):
    made = load(client, ("c.csv", CLIENTS), name="c")
    assert client.delete(f"/api/v1/datasets/{made['id']}").status_code == 204
    for method, path in (("GET", ""), ("GET", "/rows"), ("GET", "/rejects"), ("DELETE", ""), ("PUT", "/roles")):
        answer = client.request(method, f"/api/v1/datasets/{made['id']}{path}", json={"roles": {"id": None}})
        assert answer.status_code == 404, (method, path)
    assert stored(folder) == [] and client.get("/api/v1/datasets").json()["total"] == 0
    assert client.post("/api/v1/query", json={"sql": "SELECT * FROM c"}).status_code == 422


def test_another_organisation_sees_nothing(shared_client, shared_cli, shared_make_user, people):
    shared_cli("org", "add", "Partner")
    partner = shared_make_user("admin", org="Partner")
    assert partner.get("/api/v1/datasets").json()["total"] == 0
    at = f"/api/v1/datasets/{people['id']}"
    for method, path, body in (("GET", "", None), ("DELETE", "", None), ("GET", "/rows", None), ("GET", "/rejects", None),
                               ("PUT", "/roles", {"roles": {"id": "ignore"}}), ("POST", "/versions/1/activate", None)):
        assert partner.request(method, at + path, json=body).status_code == 404, (method, path)
    assert upload(partner, ("a.csv", CLIENTS), path=at + "/versions", mode="append").status_code == 404
    load(partner, ("people.csv", CLIENTS), name="people")  # the same name is no conflict
    assert shared_client.get(at).json() == people


MAY = {
    ("GET", ""): {"analyst": 200, "manager": 200, "operator": 200, "client": 403},
    ("GET", "/{id}"): {"analyst": 200, "manager": 200, "operator": 200, "client": 403},
    ("GET", "/{id}/rows"): {"analyst": 200, "manager": 200, "operator": 403, "client": 403},
    ("GET", "/{id}/rejects"): {"analyst": 200, "manager": 200, "operator": 403, "client": 403},
    ("PUT", "/{id}/roles"): {"manager": 403, "operator": 403, "client": 403},
    ("DELETE", "/{id}"): {"manager": 403, "operator": 403, "client": 403},
    ("POST", ""): {"manager": 403, "operator": 403, "client": 403},
    ("POST", "/{id}/versions"): {"manager": 403, "operator": 403, "client": 403},
}


@pytest.mark.parametrize("role", ["analyst", "manager", "operator", "client"])
def test_who_may(shared_make_user, people, role):
    someone = shared_make_user(role)
    for (method, path), statuses in MAY.items():
        if role in statuses:
            at = "/api/v1/datasets" + path.replace("{id}", people["id"])
            assert someone.request(method, at).status_code == statuses[role], (method, path)
    if role == "operator":  # finds customers, but sees no values of columns
        got = someone.get(f"/api/v1/datasets/{people['id']}").json()
        assert "sample" not in column(got, "id") and "min" not in column(got, "id")


def test_nobody_without_signing_in(shared_server, people):
    stranger = shared_server.client()
    for path in ("", f"/{people['id']}", f"/{people['id']}/rows", f"/{people['id']}/rejects"):
        assert stranger.get("/api/v1/datasets" + path).status_code == 401
    assert upload(stranger, ("a.csv", CLIENTS)).status_code == 401


def test_load_db(client):
    answer = client.post("/load_db", files=[("file", ("Клиенты банка.csv", CLIENTS))])
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["index_result"] == 200 and body["stat"]["num_users"] == 3
    assert list(body["stat"]["top_10_product"]) == [str(i) for i in range(1, 11)]
    assert body["users"]["1"] == {"id": "001", "FIO": "Иванов Иван Иванович"}
    assert client.get(f"/api/v1/datasets/{body['dataset']}").json()["name"] == "Клиенты банка"
    # Once more, without a name: another data set.
    again = client.post("/load_db?users_limit=1", files=[("file", ("Клиенты банка.csv", CLIENTS))]).json()
    assert len(again["users"]) == 1 and again["dataset"] != body["dataset"]
    assert client.get(f"/api/v1/datasets/{again['dataset']}").json()["name"] == "Клиенты банка 2"
    for files, fields, status in (([("file", ("x.csv", b""))], {}, 422), ([("file", ("x.csv", CLIENTS))],
                                  {"name": "Клиенты банка"}, 409), ([("file", ("x.xlsx", b"<html>"))], {}, 422)):
        answer = client.post("/load_db", files=files, data=fields)
        assert answer.status_code == status and answer.json()["index_result"] == status, answer.text
