"""Trainings by themselves, two versions side by side: the clock, new data, what serves meanwhile, what is refused."""
import time

import pytest
from loading import load
from test_models import ask, purchases_csv, train

SCHEDULE = "/api/v1/models/{}/schedule"


def until(what, seconds=180):
    """The first true answer of what()."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.3)
    raise AssertionError("it did not come to pass")


def versions(client, kind="sales"):
    return client.get(f"/api/v1/models/{kind}").json()["items"]


def put(client, kind="sales", **body):
    answer = client.put(SCHEDULE.format(kind), json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def append(client, made, text):
    answer = client.post(f"/api/v1/datasets/{made['id']}/versions", data={"mode": "append"},
                         files=[("file", ("shop.csv", text))])
    assert answer.status_code == 202, answer.text
    job = client.wait_for_job(answer.json()["job"]["id"])
    assert job["state"] == "done", job


def more_csv(days=25):
    rows = [f"C{c:03d},M{d}{c},2025-07-{20 + d % 10:02d},Thing,{10 + c}.00" for d in range(days) for c in range(0, 60, 7)]
    return ("customer_id,invoice,date,product,amount\n" + "\n".join(rows) + "\n").encode()


@pytest.fixture
def shop(client):
    return load(client, ("shop.csv", purchases_csv()), name="shop")


def test_nothing_unless_said(client, shop):
    answer = client.get(SCHEDULE.format("sales")).json()
    assert answer["on"] is False and answer["next_run"] is None and answer["last"] is None


@pytest.mark.waits
def test_by_the_clock(client, shop):
    """Each minute: the first one serves, and says what made it."""
    set_to = put(client, schedule="* * * * *", zone="Europe/Warsaw")
    assert set_to["on"] and set_to["next_run"] and set_to["set_by"] == client.account.email
    first = until(lambda: versions(client))[0]
    assert (first["cause"], first["verdict"], first["active"], first["created_by"]) == ("schedule", "first", True, None)
    last = until(lambda: client.get(SCHEDULE.format("sales")).json()["last"])
    assert last["version"] == 1 and last["error"] is None
    put(client, schedule="")
    assert client.get(SCHEDULE.format("sales")).json()["on"] is False
    actions = [a["action"] for a in client.get("/api/v1/audit").json()["items"]]
    assert {"model_schedule", "model_schedule_off", "model_add"} <= set(actions)


def test_after_every_new_version(client, shop):
    """Trained when new rows come; it waits for a person, and the old one and its forecasts serve."""
    train(client, "sales", dataset="shop")
    assert put(client, after_version=True, activate="wait")["next_run"] is None
    append(client, shop, more_csv())
    made = until(lambda: len(versions(client)) > 1 and versions(client))
    assert (made[0]["cause"], made[0]["verdict"], made[0]["active"]) == ("new_version", "waits", False)
    assert made[1]["active"] and made[0]["model"]["dataset"]["version"] != made[1]["model"]["dataset"]["version"]
    # What serves is asked on the new data all the same.
    history = client.get(f"/api/v1/datasets/{shop['id']}/customers/C007/forecasts").json()["sales"]
    assert len(history) == 2 and history[0]["as_of"] > history[1]["as_of"]
    until(lambda: client.get(SCHEDULE.format("sales")).json()["running"] is False)


def test_the_better_one_serves(client, shop):
    """On the same newest customers: the version says which, and what serves is what the comparison calls better."""
    train(client, "sales", dataset="shop")
    put(client, after_version=True, activate="better")
    append(client, shop, more_csv())
    made = until(lambda: len(versions(client)) > 1 and versions(client))
    assert made[0]["verdict"] in ("better", "worse") and made[0]["active"] == (made[0]["verdict"] == "better")
    measured = client.get("/api/v1/models/sales/compare", params={"a": 1, "b": 2}).json()["measured"]
    old, new = (m["mse"] for m in measured["items"])
    assert made[0]["verdict"] == ("better" if new <= old else "worse"), measured


def test_what_was_missed_is_made_up_for_once(cli, folder, start_server, tmp_path):
    """New data while no server ran: one training at the next start, and none at the start after it."""
    (tmp_path / "shop.csv").write_bytes(purchases_csv())
    (tmp_path / "more.csv").write_bytes(more_csv())
    cli("import", tmp_path / "shop.csv", "--name", "shop")
    said = cli("train", "schedule", "purchase", "--dataset", "shop", "--after-version", "--json").json()
    assert said["on"] and said["after_version"] and said["activate"] == "better"
    cli("import", tmp_path / "shop.csv", "--name", "other")
    server = start_server()
    client = server.client(folder.admin)
    time.sleep(1)
    assert versions_of(client, "shop") == []
    server.stop()
    answer = cli("import", tmp_path / "more.csv", "--name", "shop", "--append", status=None)
    assert answer.status == 0, answer
    server = start_server()
    client = server.client(folder.admin)
    until(lambda: versions_of(client, "shop"))
    until(lambda: client.get(SCHEDULE.format("purchase"), params={"dataset": "shop"}).json()["last"])
    server.stop()
    server = start_server()
    client = server.client(folder.admin)
    time.sleep(2)
    assert len(versions_of(client, "shop")) == 1
    server.stop()


def test_killed_in_the_middle(folder, start_server):
    """kill -9 while it is being trained by itself: the old one serves, the run is made up for, once."""
    server = start_server()
    client = server.client(folder.admin)
    made = load(client, ("shop.csv", purchases_csv()), name="shop")
    train(client, "sales", dataset="shop")
    before = ask(client, "sales", customers=["C003"])["items"][0]["forecast"]
    put(client, after_version=True, activate="wait")
    append(client, made, more_csv())
    until(lambda: client.get(SCHEDULE.format("sales")).json()["running"] or len(versions(client)) > 1)
    server.kill()
    server = start_server()
    client = server.client(folder.admin)
    made = until(lambda: len(versions(client)) > 1 and versions(client))
    until(lambda: client.get(SCHEDULE.format("sales")).json()["last"])
    time.sleep(1)
    assert [v["active"] for v in versions(client)] == [False, True] and len(made) == 2
    assert client.get(SCHEDULE.format("sales")).json()["running"] is False
    numbers = [f["forecast"] for f in client.get(
        f"/api/v1/datasets/{made[0]['model']['dataset']['id']}/customers/C003/forecasts").json()["sales"]]
    assert before in numbers
    server.stop()


def versions_of(client, dataset):
    return client.get("/api/v1/models/purchase", params={"dataset": dataset}).json()["items"]


@pytest.mark.parametrize("body, status, field", [
    ({"schedule": "61 * * * *"}, 422, "schedule"),
    ({"schedule": "0 3 30 2 *"}, 422, "schedule"),
    ({"schedule": "0 3 * * *", "zone": "Mars/Base"}, 422, "zone"),
    ({"schedule": "0 3 * * *", "activate": "always"}, 422, "activate"),
    ({"schedule": "0 3 * * *", "l2": -1}, 422, "l2"),
    ({"schedule": 5}, 422, "schedule"),
    ({"when": "daily"}, 422, "when"),
])
def test_refused(shared_client, shared_shop, body, status, field):
    answer = shared_client.put(SCHEDULE.format("sales"), json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
    assert shared_client.get(SCHEDULE.format("sales")).json()["on"] is False


def test_command(cli, tmp_path):
    (tmp_path / "shop.csv").write_bytes(purchases_csv())
    cli("import", tmp_path / "shop.csv", "--name", "shop")
    assert "by hand only" in cli("train", "schedule", "sales", "--dataset", "shop").stdout
    said = cli("train", "schedule", "sales", "--dataset", "shop", "--cron", "0 3 * * 1", "--zone", "Europe/Warsaw").stdout
    assert '"0 3 * * 1" by the clock of Europe/Warsaw' in said and "next:" in said
    for options, says in ((["--cron", "x"], "minute"), (["--cron", "0 3 * * 1", "--off"], "--off"),
                          (["--cron", "0 3 * * 1", "--zone", "Here"], "time zone")):
        answer = cli("train", "schedule", "sales", "--dataset", "shop", *options, status=None)
        assert answer.status in (1, 2) and says in answer.stderr, answer
    assert cli("train", "schedule", "profit", "--dataset", "shop", status=None).status == 2
    assert "by hand only" in cli("train", "schedule", "sales", "--dataset", "shop", "--off").stdout


# -- two versions side by side --

@pytest.fixture(scope="module")
def shared_shop(shared_client):
    made = load(shared_client, ("shop.csv", purchases_csv()), name="shop")
    train(shared_client, "purchase", dataset="shop")
    train(shared_client, "purchase", dataset="shop", l2=50)
    train(shared_client, "purchase", dataset="shop", cutoff="2025-06-01")
    return made


def compare(client, a, b, kind="purchase"):
    answer = client.get(f"/api/v1/models/{kind}/compare", params={"a": a, "b": b})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_compared_on_the_same_rows(shared_client, shared_shop):
    one = compare(shared_client, 1, 2)
    assert one["same_test"] is True and one["differs"] == []
    stored = [v["model"]["metrics"] for v in one["versions"]]
    measured = one["measured"]["items"]
    for was, now in zip(stored, measured):  # the same rows: the same figures as at the training
        assert now["log_loss"] == pytest.approx(was["log_loss"], rel=1e-9)
        assert now["roc_auc"] == pytest.approx(was["roc_auc"], rel=1e-9)
    assert [v["model"]["l2"] for v in one["versions"]] == [1, 50]
    changes = [abs(c["change"]) for c in one["coefficients"]]
    assert changes == sorted(changes, reverse=True) and changes[0] > 0
    better = min(measured, key=lambda m: m["log_loss"])["version"]
    assert one["measured"]["better"] == better


def test_compared_where_the_days_differ(shared_client, shared_shop):
    other = compare(shared_client, 3, 1)
    assert other["same_test"] is False and other["differs"] == ["cutoff"]
    cutoffs = [v["model"]["cutoff"] for v in other["versions"]]
    assert other["measured"]["cutoff"] == max(cutoffs) and other["measured"]["rows"] > 0
    assert compare(shared_client, 1, 1)["measured"]["better"] is None


def test_compare_refused(shared_client, shared_shop, shared_make_user):
    def status(**params):
        return shared_client.get("/api/v1/models/purchase/compare", params=params).status_code
    assert status(a=1) == 422 and status(a=1, b="x") == 422 and status(a=0, b=1) == 422
    assert status(a=1, b=99) == 404 and status(a=1, b=2, dataset="nothing") == 404
    shared_client.post("/api/v1/orgs", json={"name": "Partner"})
    other = shared_make_user("admin", org="Partner")
    assert other.get("/api/v1/models/purchase/compare", params={"a": 1, "b": 2, "dataset": shared_shop["id"]}).status_code == 404
    assert other.put(SCHEDULE.format("sales"), json={"dataset": shared_shop["id"], "schedule": "0 3 * * *"}).status_code == 404


def test_two_at_once(client, shop):
    """One of the same kind is refused clearly, whoever asks; the other kind is not in its way."""
    answers = [client.post("/api/v1/models/sales/train", json={}) for _ in range(3)]
    assert [a.status_code for a in answers].count(202) == 1
    refused = next(a for a in answers if a.status_code == 409)
    assert refused.json()["error"]["code"] == "already_training"
    other = client.post("/api/v1/models/purchase/train", json={})
    assert other.status_code == 202
    for a in answers + [other]:
        if a.status_code == 202:
            assert client.wait_for_job(a.json()["job"]["id"])["state"] == "done"
    assert len(versions(client)) == 1
    train(client, "sales")  # free again


def test_cancelled_in_the_middle_leaves_nothing(client, shop):
    train(client, "sales")
    before = ask(client, "sales", customers=["C003"])["items"][0]["forecast"]
    for _ in range(4):
        job = client.post("/api/v1/models/sales/train", json={"l2": 1e6}).json()["job"]["id"]
        client.delete(f"/api/v1/jobs/{job}")
        state = client.wait_for_job(job)["state"]
        if state == "cancelled":
            break
    assert state == "cancelled"
    assert [v["version"] for v in versions(client)] == [1]
    assert ask(client, "sales", customers=["C003"])["items"][0]["forecast"] == before
