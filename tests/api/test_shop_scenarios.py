"""Every endpoint of the shop and of reports in every circumstance: a table of what each answers."""
import pytest
from loading import load
from mongodb import free_port
from test_vouchers import PEOPLE, SPENDING

LIST = [{"user_id": 1, "total_spending": 3000}, {"user_id": 2, "total_spending": 3000}]
REPORT = {"name": "New", "figure": "statistics"}
TARGET = {"name": "New", "kind": "webhook", "address": "https://hooks.example/"}
# What it answers: with data, without any, to another organisation, while MongoDB is away. {…} is something of the first
# organisation's, which the others ask for too.
ANSWERS = [
    ("GET", "/total_spent/1", None, 200, 404, 404, 200),
    ("GET", "/total_spent/1?dataset=shop", None, 200, 404, 404, 200),
    ("GET", "/total_spent/999", None, 404, 404, 404, 404),
    ("GET", "/average_spending_by_age", None, 200, 404, 404, 200),
    ("GET", "/average_spending_by_age?dataset=shop&year=2023", None, 200, 404, 404, 200),
    ("GET", "/average_spending_by_age?send=telegram", None, 409, 404, 404, 409),
    ("GET", "/api/v1/spending?dataset=shop", None, 200, 404, 404, 200),
    ("GET", "/api/v1/spending/top?dataset=shop", None, 200, 404, 404, 200),
    ("POST", "/write_to_mongodb", {"user_id": 1, "total_spending": 3000}, 201, 404, 404, 503),
    ("POST", "/write_to_mongodb", LIST, 201, 404, 404, 503),
    ("POST", "/write_to_mongodb", {"user_id": 999, "total_spending": 3000}, 404, 404, 404, 404),
    ("GET", "/vouchers", None, 200, 200, 200, 503),
    ("GET", "/vouchers/export", None, 200, 200, 200, 503),
    ("GET", "/vouchers/export?format=xlsx", None, 200, 200, 200, 503),
    ("POST", "/vouchers/scan", None, 202, 404, 404, 503),
    ("POST", "/vouchers/scan?dataset=shop", None, 202, 404, 404, 503),
    ("GET", "/api/v1/vouchers/limit", None, 200, 200, 200, 200),
    ("PUT", "/api/v1/vouchers/limit", {"limit": "2000"}, 200, 200, 200, 200),
    ("GET", "/api/v1/figures/average_spending_by_age?dataset=shop", None, 200, 422, 422, 200),
    ("GET", "/api/v1/figures/total_spending", None, 200, 404, 404, 200),
    ("GET", "/api/v1/figures/top_customers/chart", None, 200, 404, 404, 200),
    ("GET", "/api/v1/figures/statistics", None, 200, 404, 404, 200),
    ("GET", "/api/v1/figures/weather", None, 404, 404, 404, 404),
    ("GET", "/api/v1/reports", None, 200, 200, 200, 200),
    ("POST", "/api/v1/reports", REPORT, 201, 201, 201, 201),
    ("POST", "/api/v1/reports", REPORT | {"name": "More", "targets": ["{target}"]}, 201, 422, 422, 201),
    ("POST", "/api/v1/reports", REPORT | {"name": "Set", "dataset": "shop"}, 201, 422, 422, 201),
    ("GET", "/api/v1/reports/{report}", None, 200, 404, 404, 200),
    ("PATCH", "/api/v1/reports/{report}", {"top": 5}, 200, 404, 404, 200),
    ("GET", "/api/v1/reports/{report}/preview", None, 200, 404, 404, 200),
    ("GET", "/api/v1/reports/{report}/chart", None, 200, 404, 404, 200),
    ("POST", "/api/v1/reports/{report}/send", None, 202, 404, 404, 202),
    ("GET", "/api/v1/targets", None, 200, 200, 200, 200),
    ("POST", "/api/v1/targets", TARGET, 201, 201, 201, 201),
    ("PATCH", "/api/v1/targets/{target}", {"name": "Renamed"}, 200, 404, 404, 200),
    ("POST", "/api/v1/targets/{target}/test", None, 202, 404, 404, 202),
    ("GET", "/api/v1/deliveries", None, 200, 200, 200, 200),
    ("POST", "/api/v1/deliveries/{delivery}/retry", None, 409, 404, 404, 409),
    ("GET", "/api/v1/integrations", None, 200, 200, 200, 200),
    ("DELETE", "/api/v1/reports/{report}", None, 204, 404, 404, 204),
    ("DELETE", "/api/v1/targets/{target}", None, 204, 404, 404, 204),
]
BODIES = [(method, path) for method, path, body, *_ in ANSWERS if body and "{" not in path and "?" not in path]


def things(client):
    """One report, target and delivery of this organisation. The delivery stays on its way: nobody listens there."""
    target = client.post("/api/v1/targets", json={"name": "Hook", "kind": "telegram", "address": "5"}).json()["id"]
    report = client.post("/api/v1/reports", json={"name": "Weekly", "figure": "top_customers", "targets": [target]})
    assert report.status_code == 201, report.text
    sent = client.post("/api/v1/reports/Weekly/send")
    assert sent.status_code == 202, sent.text
    return {"{report}": "Weekly", "{target}": target, "{delivery}": sent.json()["deliveries"][0]["id"]}


def fill(value, names):
    if isinstance(value, dict):
        return {k: fill(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [fill(v, names) for v in value]
    for name, own in names.items():
        value = value.replace(name, own) if isinstance(value, str) else value
    return value


def walk(client, names, column):
    wrong = []
    for method, path, body, *expected in ANSWERS:
        answer = client.request(method, fill(path, names), json=fill(body, names) if body else None)
        if answer.status_code != expected[column]:
            wrong.append((method, path, answer.status_code, expected[column], answer.text[:200]))
        elif answer.status_code >= 400:
            error = answer.json()["error"]
            assert error["code"] and error["message"], (method, path)
            assert answer.status_code != 503 or int(answer.headers["Retry-After"]) > 0, (method, path)
    assert wrong == []


@pytest.fixture
def anyone(folder):
    """Settings under which Telegram is a port where nobody listens."""
    return {"VITRINA_TELEGRAM_URL": f"http://127.0.0.1:{free_port()}", "VITRINA_TELEGRAM_TOKEN": "1:a"}


def shop(client):
    load(client, ("people.csv", PEOPLE.encode()), ("spending.csv", SPENDING.encode()), name="shop")
    return client


def test_with_data(start_server, folder, anyone):
    client = shop(start_server(**anyone).client(folder.admin))
    walk(client, things(client), 0)


def test_without_data(start_server, folder, anyone):
    client = start_server(**anyone).client(folder.admin)
    walk(client, {"{report}": "Weekly", "{target}": "12345", "{delivery}": "12345"}, 1)


def test_another_organisation(start_server, folder, anyone):
    """Asks for what the bank has, by its names and ids, and changes nothing of it."""
    server = start_server(**anyone)
    client = shop(server.client(folder.admin))
    names = things(client)
    before = [client.get(p).json() for p in ("/api/v1/reports", "/api/v1/targets", "/vouchers", "/api/v1/vouchers/limit")]
    folder.cli("org", "add", "Partner")
    folder.cli("user", "add", "--email", "boss@partner.example", "--role", "admin", "--org", "Partner", "--password-stdin",
               input="correct horse partner\n")
    other = server.client(type(folder.admin)("boss@partner.example", "correct horse partner"))
    walk(other, names, 2)
    assert before == [client.get(p).json() for p in ("/api/v1/reports", "/api/v1/targets", "/vouchers",
                                                     "/api/v1/vouchers/limit")]


def test_mongodb_away(start_server, folder, anyone):
    """Only what needs the list of vouchers fails, at once and with the reason; nothing of it is half written."""
    away = {"VITRINA_MONGODB_URI": f"mongodb://127.0.0.1:{free_port()}/shop", "VITRINA_MONGODB_SERVER_SELECTION_TIMEOUT_MS": 300}
    server = start_server(**anyone, **away)
    client = shop(server.client(folder.admin))
    walk(client, things(client), 3)
    server.stop()
    again = start_server(**anyone).client(folder.admin)
    assert again.get("/vouchers").json()["items"] == []


@pytest.mark.parametrize("method, path", sorted(set(BODIES)))
def test_wrong_json(shared_client, method, path):
    def status(data, kind="application/json"):
        answer = shared_client.request(method, path, data=data, headers={"Content-Type": kind})
        assert answer.json()["error"]["message"], (method, path)
        return answer.status_code

    for data in (b"", b"{", b"{]", b"[" * 100, b'{"a":1,"a":2}', b'{"name":"\xff"}', b'{"name":NaN}', b'{"name":1e999}',
                 b'{"limit":-1e999}', b"\x00", b"{} {}", "{“name”:1}".encode()):
        assert status(data) == 400, data
    for data in (b"5", b'"text"', b"null", b"true", b'{"unknown":1}', b'{"name":{"$gt":0}}'):
        assert status(data) == 422, data
    assert status(b"name=1", "application/x-www-form-urlencoded") == 415
    assert status(b'{"name":"' + b"a" * 17_000_000 + b'"}') == 413


@pytest.mark.parametrize("path", ["/total_spent/{}", "/api/v1/reports/{}", "/api/v1/reports/{}/preview",
                                  "/api/v1/reports/{}/chart", "/api/v1/figures/{}"])
def test_malformed_ids(shared_client, path):
    for text, status in (("-1", 404), ("1.5", 404), ("0x10", 404), ("99999999999999999999999", 404), ("%20", 404),
                         ("%00", 400), ("%ff", 400), ("..%2f..%2fetc", 404), ("'%20OR%201=1", 404), ("x" * 3000, 404)):
        answer = shared_client.get(path.format(text))
        assert answer.status_code == status, (text[:30], answer.text[:200])
    for method, where in (("PATCH", "/api/v1/targets/{}"), ("DELETE", "/api/v1/targets/{}"), ("POST", "/api/v1/targets/{}/test"),
                          ("POST", "/api/v1/deliveries/{}/retry"), ("POST", "/api/v1/reports/{}/send"), ("DELETE", "/api/v1/reports/{}")):
        for text in ("x", "-1", "0", "99999999999999999999999", "1.5"):
            body = {"json": {"on": True}} if method == "PATCH" else {}
            assert shared_client.request(method, where.format(text), **body).status_code == 404, (method, where, text)


def test_huge_lists(shared_client):
    for params, field in (({"limit": 1001}, "limit"), ({"limit": 0}, "limit"), ({"limit": 10 ** 18}, "limit")):
        for path in ("/api/v1/reports", "/api/v1/deliveries", "/vouchers"):
            answer = shared_client.get(path, params=params)
            assert (answer.status_code, answer.json()["error"]["field"]) == (422, field), path
    many = {"name": "a", "figure": "statistics", "targets": [str(i) for i in range(1, 300)]}
    assert shared_client.post("/api/v1/reports", json=many).json()["error"]["field"] == "targets"
    mails = {"name": "a", "kind": "email", "address": ",".join(f"a{i}@b.example" for i in range(51))}
    assert shared_client.post("/api/v1/targets", json=mails).json()["error"]["field"] == "address"
