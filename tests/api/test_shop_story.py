"""The shop as a new user has it: the file is imported, the routes answer, the report arrives by itself with its chart, and the
list of vouchers survives its database being stopped and started."""
import time

import pytest
from mongodb import MongoServer
from outbound import TOKEN, telegram, until  # noqa: F401
from test_vouchers import error, everything


@pytest.fixture
def mongo():
    server = MongoServer()
    yield server
    server.remove()


@pytest.mark.waits
def test_the_shop(cli, start_server, folder, shared_data, telegram, mongo):
    cli("import", shared_data("users_vouchers.db"), "--name", "vouchers")
    server = start_server(VITRINA_TELEGRAM_URL=f"http://127.0.0.1:{telegram.port}", VITRINA_MONGODB_URI=mongo.uri(),
                          VITRINA_MONGODB_SERVER_SELECTION_TIMEOUT_MS=500)
    program = server.client()
    program.headers["Authorization"] = "Bearer " + cli("token", "add", "--email", folder.admin.email).stdout.split()[-1]

    # 1. The three routes.
    assert program.get("/total_spent/791").text == '{"user_id":791,"total_spent":26796.21}'
    assert program.get("/average_spending_by_age").text == (
        '{"18-24":2509.74,"25-30":2471.58,"31-36":2529.15,"37-47":2495.84,">47":2485.77}')
    assert program.get("/average_spending_by_age?per=customer").text == (
        '{"18-24":20707.98,"25-30":21603.96,"31-36":20843.34,"37-47":19865.9,">47":21205.93}')
    written = program.post("/write_to_mongodb", json={"user_id": 791, "total_spending": 26796.21})
    assert written.status_code == 201 and written.json()["user_id"] == 791

    # 2. A report that the clock sends, with its chart.
    assert program.put("/api/v1/integrations/telegram", json={"token": TOKEN}).status_code == 204
    chat = program.post("/api/v1/targets", json={"name": "Managers", "kind": "telegram", "address": "-1001234567890"}).json()
    made = program.post("/api/v1/reports", json={"name": "Spending", "figure": "average_spending_by_age",
                                                 "schedule": "* * * * *", "zone": "Europe/Warsaw", "targets": [chat["id"]]})
    assert made.status_code == 201, made.text

    # 3. Meanwhile the list: everybody over the limit, and the database goes and comes back.
    job = program.post("/vouchers/scan").json()["job"]["id"]
    assert program.wait_for_job(job)["result"] == {"found": 1440, "created": 1439, "updated": 1}
    listed = everything(program, 1000)
    assert len(listed) == 1440 and listed[791] == 26796.21 and min(listed.values()) > 2000
    mongo.stop()
    error(program.get("/vouchers"), 503)
    error(program.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}), 503)
    assert program.get("/total_spent/791").json()["total_spent"] == 26796.21
    mongo.start()
    until(lambda: program.get("/vouchers").status_code == 200, 60)
    assert everything(program, 1000) == listed

    calls = until(lambda: (c := telegram.calls()) and len(c) >= 2 and c, 90)
    assert [c["method"] for c in calls[:2]] == ["sendMessage", "sendPhoto"] and calls[0]["token"] == TOKEN
    for figure in ("2,509.74", "2,471.58", "2,529.15", "2,495.84", "2,485.77"):
        assert figure in calls[0]["json"]["text"]
    photo = telegram.form(calls[1])["photo"]
    assert photo[:8] == b"\x89PNG\r\n\x1a\n" and len(photo) > 1000
    [*_, first] = program.get("/api/v1/deliveries").json()["items"]
    until(lambda: program.get("/api/v1/deliveries").json()["items"][-1]["state"] == "sent")
    assert (first["cause"], first["report"], first["target"]["name"]) == ("schedule", "Spending", "Managers")


@pytest.mark.waits
def test_the_clock_after_a_stop(cli, start_server, folder, shared_data, telegram):
    """Away over two of its minutes: one run is made up for, whether the server was stopped or killed; and none twice."""
    cli("import", shared_data("users_vouchers.db"), "--name", "vouchers")
    settings = {"VITRINA_TELEGRAM_URL": f"http://127.0.0.1:{telegram.port}"}
    server = start_server(**settings)
    client = server.client(folder.admin)
    client.put("/api/v1/integrations/telegram", json={"token": TOKEN})
    chat = client.post("/api/v1/targets", json={"name": "Managers", "kind": "telegram", "address": "5"}).json()
    made = client.post("/api/v1/reports", json={"name": "Spending", "figure": "total_spending", "parts": ["text"],
                                                "schedule": "* * * * *", "targets": [chat["id"]]}).json()
    server.kill()
    # The second run after the one it knows of has passed as well.
    due = time.mktime(time.strptime(made["next_run"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    time.sleep(max(0, due + 61 - time.time()))
    again = start_server(**settings)
    client = again.client(folder.admin)
    runs = until(lambda: client.get("/api/v1/deliveries", params={"state": "sent"}).json()["items"])
    assert len(runs) == 1, runs
    again.stop()
    third = start_server(**settings)
    client = third.client(folder.admin)
    time.sleep(1)
    now = client.get("/api/v1/reports/Spending").json()
    sent = len(telegram.calls())
    # At most the run of a minute that began meanwhile came on top.
    assert sent == 1 + (now["last_run"][:16] > runs[0]["created_at"][:16]), (now, runs)
