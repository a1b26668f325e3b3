"""Signing in, sessions, tokens, invitations, roles, organisations, the audit log: over HTTP against the real program."""
import re

import pytest
from program import Account, Client

ROLES = ["admin", "analyst", "manager", "operator", "client"]


def error(answer, status):
    """The contract's error body; returns its code."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    body = answer.json()["error"]
    assert set(body) <= {"code", "message", "field"}
    assert re.fullmatch(r"[a-z][a-z0-9_]*", body["code"]) and body["message"]
    return body["code"]


def sign_in(server, email, password, **more):
    return server.client().post("/api/v1/session", json={"email": email, "password": password, **more})


# --- sessions ---

@pytest.mark.server
def test_sign_in_and_out(server, folder):
    client = server.client()
    answer = client.post("/api/v1/session", json={"email": folder.admin.email, "password": folder.admin.password})
    assert answer.status_code == 200
    user = answer.json()["user"]
    assert user["email"] == folder.admin.email and user["role"] == "admin" and user["org"] == "Bank"
    assert re.fullmatch(r"\d+", user["id"])
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert "Max-Age" not in cookie and "Secure" not in cookie
    assert client.get("/api/v1/session").json() == answer.json()
    signed_in = dict(client.cookies)
    assert client.delete("/api/v1/session").status_code == 204
    assert error(client.get("/api/v1/session"), 401) == "not_signed_in"
    # The cookie that was thrown away lets nobody in either.
    other = server.client()
    other.cookies.update(signed_in)
    error(other.get("/api/v1/session"), 401)


def test_remembered_session_has_an_end(server, folder):
    cookie = sign_in(server, folder.admin.email, folder.admin.password, remember=True).headers["Set-Cookie"]
    assert int(re.search(r"Max-Age=(\d+)", cookie)[1]) == 30 * 86400


def test_email_of_any_case(server, folder):
    assert sign_in(server, folder.admin.email.upper(), folder.admin.password).status_code == 200


def test_unknown_and_wrong_look_the_same(server, folder):
    answers = [sign_in(server, folder.admin.email, "a wrong password"),
               sign_in(server, "nobody@example.com", "a wrong password"),
               sign_in(server, folder.admin.email, "")]
    for answer in answers:
        error(answer, 401)
        assert "Set-Cookie" not in answer.headers
    assert answers[0].json() == answers[1].json() == answers[2].json()


@pytest.mark.parametrize("body, status", [
    ({}, 422), ({"email": "a@b.c"}, 422), ({"password": "x"}, 422), ({"email": 5, "password": "x"}, 422),
    ({"email": "a@b.c", "password": "x", "more": 1}, 422), ([], 422), ("text", 422),
    ({"email": "a@b.c", "password": "x", "remember": "yes"}, 422), ({"email": "x" * 300, "password": "x"}, 422),
])
def test_bad_sign_in(shared_server, body, status):
    error(shared_server.client().post("/api/v1/session", json=body), status)


def test_sign_in_of_another_type(shared_server):
    error(shared_server.client().post("/api/v1/session", data=b"{", headers={"Content-Type": "application/json"}), 400)
    error(shared_server.client().post("/api/v1/session", data=b"email=a", headers={"Content-Type": "text/plain"}), 415)


@pytest.mark.waits
def test_repeated_failures_have_to_wait(server, folder):
    statuses = []
    for _ in range(12):
        answer = sign_in(server, folder.admin.email, "a wrong password")
        statuses.append(answer.status_code)
    assert statuses[0] == 401 and statuses[-1] == 429
    error(answer, 429)
    assert 1 <= int(answer.headers["Retry-After"]) <= 3600
    # The right password does not help now, and an unknown account is throttled alike.
    error(sign_in(server, folder.admin.email, folder.admin.password), 429)
    for _ in range(12):
        last = sign_in(server, "nobody@example.com", "a wrong password")
    error(last, 429)
    # An administrator of the machine lets it in again.
    folder.cli("user", "enable", folder.admin.email)
    assert sign_in(server, folder.admin.email, folder.admin.password).status_code == 200


def test_disabling_ends_sessions_and_tokens(server, folder, make_user, cli):
    client = make_user("analyst")
    token = cli("token", "add", "--email", client.account.email).stdout.strip()
    bearer = {"Authorization": f"Bearer {token}"}
    assert server.client().get("/api/v1/session", headers=bearer).status_code == 200
    cli("user", "disable", client.account.email)
    error(client.get("/api/v1/session"), 401)
    error(server.client().get("/api/v1/session", headers=bearer), 401)
    error(sign_in(server, client.account.email, client.account.password), 401)


def test_own_password(server, make_user):
    client = make_user("operator")
    elsewhere = server.client(client.account)
    change = {"current": client.account.password, "password": "another fine password"}
    assert error(client.put("/api/v1/session/password", json={**change, "current": "guess"}), 422) == "wrong_value"
    error(client.put("/api/v1/session/password", json={**change, "password": "short"}), 422)
    assert client.put("/api/v1/session/password", json=change).status_code == 204
    assert client.get("/api/v1/session").status_code == 200, "one's own session stays"
    error(elsewhere.get("/api/v1/session"), 401)
    error(sign_in(server, client.account.email, client.account.password), 401)
    assert sign_in(server, client.account.email, "another fine password").status_code == 200


def test_sessions_and_signing_out_everywhere(server, make_user):
    client = make_user("manager")
    elsewhere = server.client(client.account)
    listed = client.get("/api/v1/sessions").json()
    assert listed["total"] == 2 and [s["current"] for s in listed["items"]].count(True) == 1
    assert client.delete("/api/v1/sessions").status_code == 204
    error(client.get("/api/v1/session"), 401)
    error(elsewhere.get("/api/v1/session"), 401)


OLD_PASSWORD = "old password 1"
OLD_HASH = "$2b$06$78D5UD8PY45/IWo9U40zDORqBsEEai8Wqbf6YWiNiGoLjvvbiwVky"


def test_old_hashes_still_let_in(server, cli, tmp_path):
    (tmp_path / "old.csv").write_text(f"old@example.com,{OLD_HASH}\n")
    cli("user", "import", tmp_path / "old.csv", "--role", "manager")
    error(sign_in(server, "old@example.com", "old password 2"), 401)
    for _ in range(2):  # the second time with the new hash
        assert sign_in(server, "old@example.com", OLD_PASSWORD).status_code == 200


# --- origin ---

@pytest.mark.parametrize("headers, status", [
    ({"Origin": None}, 403), ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403),
    ({"Origin": None, "Sec-Fetch-Site": "cross-site"}, 403), ({"Origin": None, "Sec-Fetch-Site": "same-site"}, 403),
    ({"Origin": None, "Sec-Fetch-Site": "same-origin"}, 201), ({}, 201),
])
def test_writes_come_from_a_page_of_this_server(shared_client, headers, status):
    name = f"Partner {sorted(headers.items(), key=str)}"
    answer = shared_client.post("/api/v1/orgs", json={"name": name}, headers=headers)
    assert answer.status_code == status, answer.text
    listed = [o["name"] for o in shared_client.get("/api/v1/orgs").json()["items"]]
    assert (name in listed) == (status == 201)


def test_tokens_need_no_origin(shared_server, shared_cli, shared_folder):
    token = shared_cli("token", "add", "--email", shared_folder.admin.email).stdout.strip()
    program = Client(shared_server.url)
    del program.headers["Origin"]
    program.headers["Authorization"] = f"Bearer {token}"
    assert program.post("/api/v1/orgs", json={"name": "By a program"}).status_code == 201


def test_foreign_page_signs_nobody_in(shared_server, shared_folder):
    body = {"email": shared_folder.admin.email, "password": shared_folder.admin.password}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site", "Origin": None}):
        answer = shared_server.client().post("/api/v1/session", json=body, headers=headers)
        assert error(answer, 403) == "wrong_origin" and "Set-Cookie" not in answer.headers


# --- tokens ---

def test_tokens(server, client, folder):
    made = client.post("/api/v1/tokens", json={"name": "nightly"})
    assert made.status_code == 201
    token = made.json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert server.client().get("/api/v1/session", headers=bearer).json()["user"]["email"] == folder.admin.email
    listed = client.get("/api/v1/tokens")
    assert token not in listed.text
    assert [t["name"] for t in listed.json()["items"]] == ["nightly"]
    assert listed.json()["items"][0]["last_used_at"]
    assert client.delete(f"/api/v1/tokens/{made.json()['id']}").status_code == 204
    error(server.client().get("/api/v1/session", headers=bearer), 401)
    error(client.delete(f"/api/v1/tokens/{made.json()['id']}"), 404)


@pytest.mark.parametrize("authorization", [
    "Bearer", "Bearer ", "Bearer x", "Bearer vtr_" + "A" * 43, "Basic YTpi", "bearer vtr_short", "Bearer a b"])
def test_bad_tokens(shared_server, authorization):
    answer = shared_server.client().get("/api/v1/session", headers={"Authorization": authorization})
    assert answer.status_code in (400, 401), answer.text


@pytest.mark.parametrize("body, field", [
    ({}, "name"), ({"name": ""}, "name"), ({"name": "x" * 200}, "name"), ({"name": 5}, "name"),
    ({"name": "x", "expires_at": "tomorrow"}, "expires_at"), ({"name": "x", "expires_at": "2001-01-01"}, "expires_at"),
    ({"name": "x", "user": 5}, "user"), ({"name": "x", "admin": True}, "admin"),
])
def test_token_refusals(shared_client, body, field):
    answer = shared_client.post("/api/v1/tokens", json=body)
    error(answer, 422)
    assert answer.json()["error"]["field"] == field
    error(shared_client.post("/api/v1/tokens", json={"name": "x", "user": "1"}), 404)


# --- people ---

def test_invitation(server, client):
    made = client.post("/api/v1/users", json={"email": "new@example.com", "role": "analyst"})
    assert made.status_code == 201
    invitation = made.json()["invitation"]
    assert invitation["link"].startswith(server.url + "/#/invitation?token=vti_")
    guest = server.client()
    whose = guest.post("/api/v1/invitation", json={"token": invitation["token"]})
    assert whose.json() == {"email": "new@example.com", "role": "analyst", "org": "Bank", "accepted": False}
    error(guest.post("/api/v1/invitation", json={"token": invitation["token"], "password": "short"}), 422)
    chosen = {"token": invitation["token"], "password": "my own password"}
    assert guest.post("/api/v1/invitation", json=chosen).json()["accepted"] is True
    error(guest.post("/api/v1/invitation", json=chosen), 404)
    assert sign_in(server, "new@example.com", "my own password").status_code == 200
    for token in ("x", "vti_" + "A" * 43, ""):
        assert guest.post("/api/v1/invitation", json={"token": token}).status_code in (404, 422)


def test_new_link_replaces_the_old_one(server, client):
    made = client.post("/api/v1/users", json={"email": "new@example.com", "role": "analyst"}).json()
    again = client.patch(f"/api/v1/users/{made['user']['id']}", json={"invite": True})
    assert again.status_code == 200
    guest = server.client()
    error(guest.post("/api/v1/invitation", json={"token": made["invitation"]["token"]}), 404)
    assert guest.post("/api/v1/invitation", json={"token": again.json()["invitation"]["token"]}).status_code == 200


def test_changing_people(client, make_user):
    other = make_user("analyst")
    path = f"/api/v1/users/{other.user['id']}"
    assert client.patch(path, json={"role": "operator"}).json()["user"]["role"] == "operator"
    assert other.get("/api/v1/session").json()["user"]["role"] == "operator"
    assert client.patch(path, json={"disabled": True}).json()["user"]["disabled"] is True
    error(other.get("/api/v1/session"), 401)
    assert client.patch(path, json={"disabled": False}).json()["user"]["disabled"] is False
    for body in ({"role": "king"}, {"role": 5}, {"disabled": "yes"}, {"email": "x@example.com"}, [], {"role": "ADMIN"}):
        error(client.patch(path, json=body), 422)
    error(client.patch("/api/v1/users/1", json={"role": "operator"}), 404)
    error(client.patch("/api/v1/users/x", json={"role": "operator"}), 404)


def test_last_administrator_stays(client):
    path = f"/api/v1/users/{client.user['id']}"
    error(client.patch(path, json={"disabled": True}), 409)
    error(client.patch(path, json={"role": "client"}), 409)
    assert client.get("/api/v1/session").status_code == 200


@pytest.mark.parametrize("body, status", [
    ({"email": "a@example.com", "role": "king"}, 422), ({"email": "nonsense", "role": "admin"}, 422),
    ({"email": "a@example.com"}, 422), ({"role": "admin"}, 422), ({"email": "a@example.com", "role": "admin", "org": "7"}, 404),
    ({"email": "admin@example.com", "role": "admin"}, 409), ({"email": "ADMIN@example.com", "role": "client"}, 409),
])
def test_people_refusals(shared_client, body, status):
    before = shared_client.get("/api/v1/users").json()["total"]
    error(shared_client.post("/api/v1/users", json=body), status)
    assert shared_client.get("/api/v1/users").json()["total"] == before


def test_lists_come_in_pages(client, cli, tmp_path):
    (tmp_path / "many.csv").write_text("".join(f"user{i:03}@example.com,{OLD_HASH}\n" for i in range(120)))
    cli("user", "import", tmp_path / "many.csv", "--role", "client")
    first = client.get("/api/v1/users").json()
    assert first["total"] == 121 and len(first["items"]) == 50
    seen, cursor = [], None
    while True:
        page = client.get("/api/v1/users", params={"limit": 40, **({"cursor": cursor} if cursor else {})}).json()
        seen += [u["email"] for u in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 121
    for params in ({"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"cursor": "x"}, {"cursor": "-1"}, {"limit": ""}):
        error(client.get("/api/v1/users", params=params), 422)


# --- organisations ---

@pytest.fixture
def partner(client, cli, make_user):
    cli("org", "add", "Partner")
    return make_user("admin", org="Partner")


def test_partner_sees_itself_only(client, partner, make_user):
    here = make_user("analyst")
    assert [o["name"] for o in partner.get("/api/v1/orgs").json()["items"]] == ["Partner"]
    assert {u["email"] for u in partner.get("/api/v1/users").json()["items"]} == {partner.account.email}
    assert partner.account.email not in {u["email"] for u in client.get("/api/v1/users").json()["items"]}
    error(partner.get(f"/api/v1/users/{here.user['id']}"), 404)
    error(partner.patch(f"/api/v1/users/{here.user['id']}", json={"role": "client"}), 404)
    error(client.get(f"/api/v1/users/{partner.user['id']}"), 404)
    token = client.post("/api/v1/tokens", json={"name": "bank's"}).json()
    error(partner.delete(f"/api/v1/tokens/{token['id']}"), 404)
    assert partner.get("/api/v1/tokens").json()["items"] == []
    error(partner.post("/api/v1/tokens", json={"name": "x", "user": here.user["id"]}), 404)
    error(partner.post("/api/v1/orgs", json={"name": "Mine"}), 403)
    events = partner.get("/api/v1/audit", params={"limit": 1000}).json()["items"]
    assert "analyst" not in str(events) and all(e["email"] in ("", partner.account.email) for e in events)


def test_bank_makes_a_partner_and_its_administrator(server, client):
    org = client.post("/api/v1/orgs", json={"name": "Автосалон"}).json()["org"]
    assert org["bank"] is False and org["people"] == 0
    made = client.post("/api/v1/users", json={"email": "chief@partner.example", "role": "admin", "org": org["id"]}).json()
    guest = server.client()
    guest.post("/api/v1/invitation", json={"token": made["invitation"]["token"], "password": "partner password"})
    chief = server.client(Account("chief@partner.example", "partner password"))
    assert chief.user["org"] == "Автосалон"
    error(client.post("/api/v1/orgs", json={"name": "АВТОСАЛОН "}), 409)
    closed = client.patch(f"/api/v1/orgs/{org['id']}", json={"closed": True})
    assert closed.status_code == 200 and closed.json()["org"]["closed_at"]
    error(chief.get("/api/v1/session"), 401)
    error(client.patch(f"/api/v1/orgs/{org['id']}", json={"closed": False}), 422)
    error(client.patch(f"/api/v1/orgs/{client.user['org_id']}", json={"closed": True}), 409)
    for body in ({}, {"name": ""}, {"name": "  "}, {"name": "x" * 300}, {"name": "a\nb"}):
        error(client.post("/api/v1/orgs", json=body), 422)


# --- figures ---

def test_figures(shared_server, shared_client, shared_cli, shared_folder):
    text = shared_client.get("/metrics").text
    for name in ("vitrina_jobs_queued", "vitrina_jobs_running", "vitrina_engines", "vitrina_engine_resident_bytes"):
        assert re.search(rf"^# TYPE {name} gauge\n{name} \d+", text, re.M), name
    token = shared_cli("token", "add", "--email", shared_folder.admin.email).stdout.strip()
    by_token = Client(shared_server.url).get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert by_token.status_code == 200 and by_token.headers["Content-Type"].startswith("text/plain")


# --- audit ---

def test_audit(client, make_user):
    before = client.get("/api/v1/audit").json()["total"]
    other = make_user("operator")
    client.patch(f"/api/v1/users/{other.user['id']}", json={"role": "manager"})
    events = client.get("/api/v1/audit").json()
    assert events["total"] >= before + 3
    newest = events["items"][0]
    assert newest["email"] == client.account.email and newest["object_id"] == other.user["id"]
    assert newest["address"] == "127.0.0.1"
    signs = client.get("/api/v1/audit", params={"action": "sign_in", "user": other.user["id"]}).json()
    assert signs["total"] == 1 and signs["items"][0]["action"] == "sign_in"
    assert client.get("/api/v1/audit", params={"until": "2001-01-01"}).json()["items"] == []
    assert client.get("/api/v1/audit", params={"since": "2001-01-01T00:00:00Z"}).json()["total"] >= events["total"]
    for params in ({"since": "x"}, {"user": "x"}, {"until": "2001-13-01"}):
        error(client.get("/api/v1/audit", params=params), 422)
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(client, method)("/api/v1/audit")
        assert answer.status_code == 405 and "GET" in answer.headers["Allow"]


# --- every route and every role ---

PEOPLE = {"admin"}
DATA = {"admin", "analyst"}
LISTS = {"admin", "manager"}
OFFICE = {"admin", "analyst", "manager"}
CUSTOMERS = {"admin", "analyst", "manager", "operator"}
DATASET = "/api/v1/datasets/{id}"
EVERYBODY = set(ROLES)
# Who is let through: by path, or by method and path. A route that is missing here fails the test. Whoever is let through
# may still get 404 or 422 from the handler: the ids are invented.
ALLOWED = {
    "/metrics": PEOPLE, "/api/v1/audit": PEOPLE, "/api/v1/users": PEOPLE, "/api/v1/users/{id}": PEOPLE,
    "/api/v1/orgs": PEOPLE, "/api/v1/orgs/{id}": PEOPLE, "/api/v1/tokens": PEOPLE, "/api/v1/tokens/{id}": PEOPLE,
    "/api/v1/session": EVERYBODY, "/api/v1/sessions": EVERYBODY, "/api/v1/session/password": EVERYBODY,
    "/api/v1/openapi.json": EVERYBODY,
    "/api/v1/backups": PEOPLE, "/api/v1/backups/{id}": PEOPLE, "/api/v1/backups/{id}/file": PEOPLE,
    "/api/v1/jobs": OFFICE, "/api/v1/jobs/{id}": OFFICE, "/api/v1/jobs/{id}/events": OFFICE,
    "get /api/v1/datasets": CUSTOMERS, "post /api/v1/datasets": DATA,
    f"get {DATASET}": CUSTOMERS, f"delete {DATASET}": DATA,
    f"{DATASET}/rows": OFFICE, f"{DATASET}/rejects": OFFICE, f"{DATASET}/template.xlsx": OFFICE, f"{DATASET}/rejects.xlsx": OFFICE,
    f"{DATASET}/rejects.csv": OFFICE, f"{DATASET}/roles": DATA, f"{DATASET}/versions": DATA,
    f"get {DATASET}/versions/{{n}}": OFFICE, f"delete {DATASET}/versions/{{n}}": DATA, f"patch {DATASET}/versions/{{n}}": DATA,
    f"{DATASET}/versions/{{n}}/rejects.xlsx": OFFICE, f"{DATASET}/versions/{{n}}/rejects.csv": OFFICE,
    f"{DATASET}/versions/{{n}}/rows": OFFICE, f"{DATASET}/versions/{{n}}/rejects": OFFICE,
    f"{DATASET}/versions/{{n}}/roles": DATA, f"{DATASET}/versions/{{n}}/confirm": DATA,
    f"{DATASET}/versions/{{n}}/activate": DATA, "/api/v1/query": DATA, "/load_db": DATA,
    f"{DATASET}/stats": OFFICE, f"{DATASET}/recommender": OFFICE, f"{DATASET}/offers": OFFICE,
    f"{DATASET}/products/{{product}}/customers": OFFICE, f"{DATASET}/products/{{product}}/customers/export": OFFICE,
    f"get {DATASET}/links": CUSTOMERS, f"put {DATASET}/links": PEOPLE,
    f"get {DATASET}/customers": CUSTOMERS, f"post {DATASET}/customers": DATA,
    f"{DATASET}/customers/export": OFFICE,
    f"get {DATASET}/customers/{{customer}}": CUSTOMERS, f"patch {DATASET}/customers/{{customer}}": DATA,
    f"{DATASET}/customers/{{customer}}/purchases": CUSTOMERS, 
    f"get {DATASET}/customers/{{customer}}/activity": CUSTOMERS, f"post {DATASET}/customers/{{customer}}/activity": DATA,
    f"{DATASET}/activity": DATA,
    f"{DATASET}/customers/{{customer}}/recommendations": CUSTOMERS, "/stat_user": CUSTOMERS,
    f"{DATASET}/customers/{{customer}}/forecasts": CUSTOMERS,
    f"{DATASET}/customers/{{customer}}/forecasts/why": CUSTOMERS,
    "/api/v1/dashboard": OFFICE, "/api/v1/models/{kind}": OFFICE, "/api/v1/models/{kind}/{version}/file": OFFICE,
    "/api/v1/models/{kind}/train": DATA, "/api/v1/models/{kind}/active": DATA, "/api/v1/models/{kind}/threshold": DATA,
    "get /api/v1/models/{kind}/schedule": OFFICE, "put /api/v1/models/{kind}/schedule": DATA,
    "/api/v1/models/{kind}/compare": OFFICE, "/api/v1/models/{kind}/segments": OFFICE,
    "/api/v1/models/{kind}/file": DATA, "/api/v1/models/{kind}/predict": DATA,
    "/total_spent/{user_id}": OFFICE, "/average_spending_by_age": OFFICE, "/api/v1/spending": OFFICE,
    "/api/v1/spending/top": OFFICE,
    "/api/v1/reports": OFFICE, "/api/v1/reports/{name}": OFFICE, "/api/v1/reports/{name}/send": OFFICE,
    "/api/v1/reports/{name}/preview": OFFICE, "/api/v1/reports/{name}/chart": OFFICE,
    "/api/v1/figures/{figure}": OFFICE, "/api/v1/figures/{figure}/chart": OFFICE,
    "get /api/v1/targets": OFFICE, "post /api/v1/targets": PEOPLE, "/api/v1/targets/{id}": PEOPLE,
    "/api/v1/targets/{id}/test": PEOPLE, "/api/v1/deliveries": OFFICE, "/api/v1/deliveries/{id}/retry": OFFICE,
    "/api/v1/integrations": PEOPLE, "/api/v1/integrations/telegram": PEOPLE, "/api/v1/integrations/mail": PEOPLE,
    "/write_to_mongodb": LISTS, "/vouchers": OFFICE, "/vouchers/scan": LISTS, "/vouchers/export": OFFICE,
    "get /api/v1/vouchers/limit": OFFICE, "put /api/v1/vouchers/limit": PEOPLE,
}
PUBLIC = {("post", "/api/v1/session"), ("post", "/api/v1/invitation"), ("get", "/healthz")}


def operations(client):
    for path, methods in client.get("/api/v1/openapi.json").json()["paths"].items():
        for method in methods:
            if method in ("get", "post", "put", "patch", "delete"):
                yield method, path


def call(client, method, path):
    url = re.sub(r"\{\w+\}", "1", path)
    # An operator may find a customer, but not list them all.
    return client.request(method.upper(), url, json={} if method in ("post", "put", "patch") else None,
                          params={"q": "somebody"} if path.endswith("/customers") else None)


def test_nothing_without_signing_in(shared_server, shared_client):
    guest = Client(shared_server.url)
    for method, path in operations(shared_client):
        status = call(guest, method, path).status_code
        if (method, path) in PUBLIC:
            assert status in (200, 422), (method, path)
        else:
            assert status == 401, (method, path, status)


@pytest.mark.parametrize("role", ROLES)
def test_roles(shared_client, shared_make_user, role):
    client = shared_make_user(role)
    for method, path in operations(shared_client):
        if (method, path) in PUBLIC or path == "/api/v1/echo":
            continue
        if (method, path) in {("delete", "/api/v1/session"), ("delete", "/api/v1/sessions")}:
            continue
        allowed = ALLOWED[path] if path in ALLOWED else ALLOWED[f"{method} {path}"]
        answer = call(client, method, path)
        if role in allowed:
            assert answer.status_code not in (401, 403), (method, path, answer.text)
        else:
            assert answer.status_code == 403, (method, path, answer.status_code)
            if path not in ("/load_db", "/stat_user"):
                error(answer, 403)


def test_every_route_is_described(shared_client):
    for method, path in operations(shared_client):
        assert shared_client.get("/api/v1/openapi.json").json()["paths"][path][method].get("summary"), (method, path)
